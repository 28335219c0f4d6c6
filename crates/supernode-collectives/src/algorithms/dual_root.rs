//! Dual-root trees (Traeff 2021, arXiv 2109.12626): two halves of the ranks, a tree over each, and
//! results that go down while later blocks still come up.
//!
//! Each half is a balanced binary tree in post-order: of a run of ranks the last is the root, and what is
//! before it is halved. In round j a node shares with its first child, its second, then its parent (the
//! roots with each other): up goes the partial sum of block j, down the result of the block that many
//! rounds ago as the child is deep. Sums are in rank order, so this is right where the operation does
//! not commute. Ranks 5, roots 1 and 4:
//!
//! ```text
//!   1       4          round 0   0 > 1: x0      2 > 4: x2, 3 > 4: x3     1 <> 4: x0+x1, x2+x3+x4
//!   |      / \         round 1   0 <> 1, 2 <> 4, 3 <> 4: block 1 up, result of block 0 down
//!   0     2   3        ...
//! ```
//!
//! Cost with h the depth of a half's last child and b blocks: (4h - 3 + 3(b-1)) (alpha + n/b beta) on
//! 2^(h+1) - 2 ranks, as an inner rank meets three others in each round. Any N, all-reduce only. The
//! roots add in the same order, so results are bit-identical across ranks.

use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The dual-root trees.
#[derive(Debug, Clone, Copy)]
pub struct DualRoot {
    ranks: u32,
    blocks: u32,
}

/// Where a rank is in its half.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The parent, or the other root.
    up: Rank,
    depth: u32,
    children: [Option<Rank>; 2],
}

impl Node {
    fn degree(&self) -> u32 {
        self.children.iter().flatten().count() as u32
    }

    /// Blocks whose result comes down while others go up.
    fn early(&self, blocks: u32) -> u32 {
        blocks.saturating_sub(self.depth)
    }
}

impl DualRoot {
    /// The trees over `ranks` ranks with `blocks` blocks of the vector.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^20 blocks, or
    /// [`CollectiveError::Unsupported`] for anything but all-reduce.
    pub fn new(collective: Collective, ranks: u32, blocks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "dual-root";
        collective.check(algorithm, ranks, collective == Collective::AllReduce)?;
        if blocks >= 1 << 20 {
            return Err(CollectiveError::TooManyChunks { algorithm, ranks });
        }
        Ok(Self { ranks, blocks: if ranks == 1 { 1 } else { blocks.max(1) } })
    }

    /// Whether `rank` is in the second half.
    fn is_second(self, rank: Rank) -> bool {
        rank >= self.ranks / 2
    }

    fn node(self, rank: Rank) -> Node {
        let half = self.ranks / 2;
        // The ranks of the subtree, without its root, which is behind them.
        let (mut first, mut root, mut up) = if rank < half {
            (0, half - 1, self.ranks - 1)
        } else {
            (half, self.ranks - 1, half - 1)
        };
        let mut depth = 0;
        let middle = |first: u32, root: u32| first + (root - first).div_ceil(2);
        while rank != root {
            let middle = middle(first, root);
            up = root;
            depth += 1;
            (first, root) = if rank < middle { (first, middle - 1) } else { (middle, root - 1) };
        }
        let middle = middle(first, root);
        let children = [(middle > first).then(|| middle - 1), (root > middle).then(|| root - 1)];
        Node { up, depth, children }
    }

    /// Steps of one block on its way up.
    fn steps_up(self, rank: Rank, node: &Node) -> u32 {
        let degree = node.degree();
        // The own addend, and at the second root that of its half.
        let adds = u32::from(degree > 0) + u32::from(node.depth == 0 && self.is_second(rank));
        degree + adds + 1
    }

    /// Step `at` of the round in which `block` goes up.
    fn up(self, rank: Rank, node: &Node, block: u32, at: u32) -> Action {
        let (own, sum) = (Span::input(block, 1), Span::scratch(block, 1));
        let (degree, up) = (node.degree(), node.up);
        let result = |block: u32| Span::output(block, 1);
        if at < degree {
            let from = node.children[at as usize].unwrap_or_default();
            let with = (at > 0).then_some(sum);
            return match block.checked_sub(node.depth + 1) {
                Some(done) => {
                    Action::Exchange { to: from, src: result(done), from, dst: sum, with }
                }
                None => Action::Recv { from, dst: sum, with, more: false },
            };
        }
        if degree > 0 && at == degree {
            return Action::Reduce { src: own, dst: sum };
        }
        let partial = if degree > 0 { sum } else { own };
        if at > degree
            && self.is_second(rank)
            && node.depth == 0
            && at + 1 == self.steps_up(rank, node)
        {
            return Action::Reduce { src: partial, dst: result(block) };
        }
        match block.checked_sub(node.depth) {
            Some(done) => {
                let with = (node.depth == 0 && !self.is_second(rank)).then_some(partial);
                Action::Exchange { to: up, src: partial, from: up, dst: result(done), with }
            }
            None => Action::Send { to: up, src: partial },
        }
    }

    /// Step `at` after the last block has gone up: results only.
    fn down(self, node: &Node, at: u32) -> Action {
        let (degree, early) = (node.degree(), node.early(self.blocks));
        let result = |block: u32| Span::output(block, 1);
        let send = |block: u32, child: u32| Action::Send {
            to: node.children[child as usize].unwrap_or_default(),
            src: result(block),
        };
        // The last result that came with a block on its way up is still to be passed on.
        let pending = if early > 0 { degree } else { 0 };
        if at < pending {
            return send(early - 1, at);
        }
        let (block, at) = (early + (at - pending) / (1 + degree), (at - pending) % (1 + degree));
        match at.checked_sub(1) {
            Some(child) => send(block, child),
            None => Action::Recv { from: node.up, dst: result(block), with: None, more: false },
        }
    }
}

impl Schedule for DualRoot {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::Contended },
            input_chunks: self.blocks,
            output_chunks: self.blocks,
            scratch_chunks: if self.ranks == 1 { 0 } else { self.blocks },
            bit_identical: true,
            in_rank_order: true,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        let node = self.node(rank);
        let (degree, early) = (node.degree(), node.early(self.blocks));
        let pending = if early > 0 { degree } else { 0 };
        self.blocks * self.steps_up(rank, &node) + pending + (self.blocks - early) * (1 + degree)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let node = self.node(rank);
        let steps = self.steps_up(rank, &node);
        match index.checked_sub(self.blocks * steps) {
            Some(at) => self.down(&node, at).into(),
            None => self.up(rank, &node, index / steps, index % steps).into(),
        }
    }
}
