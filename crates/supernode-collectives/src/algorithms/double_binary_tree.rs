//! Double binary tree, pipelined (Sanders, Speck and Traeff 2009; NCCL's Tree).
//!
//! Two binary trees over the ranks, in which (almost) nobody is an inner node twice. Each carries
//! half of the vector, cut into slices: partial sums flow up, results flow down, slice after slice.
//! Ranks 5, first tree (in-order numbering) and second (shifted by one, because 5 is odd):
//!
//! ```text
//!       0                  1
//!       |                  |
//!       4                  0
//!      /                  /
//!     2                  3
//!    / \                / \
//!   1   3              2   4
//!
//! tree 0, slice 0      rank 1   rank 3   rank 2       rank 4     rank 0
//! up                   send 2   send 2   1+2+3 > 4    +4 > 0     +0 = C
//! down                 C        C        C > 1, 3     C > 2      C > 4
//! ```
//!
//! Cost with D the depth (at most ceil(log2 N)) and k slices a tree: each slice of n/2k takes 2D
//! hops and each port passes at most two messages up and two down a slice, so about
//! (4D + 4k)(alpha + n beta / 2k), least at k = sqrt(D n beta / 2 alpha). Any N, all-reduce only. The
//! order of every sum is fixed by the trees, so results are bit-identical across ranks. The four
//! lanes of a rank (up and down in both trees) contend for its ports.

use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The pipelined double binary tree.
#[derive(Debug, Clone, Copy)]
pub struct DoubleBinaryTree {
    ranks: u32,
    slices: u32,
}

/// A rank's neighbours in one tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Node {
    parent: Option<Rank>,
    children: [Option<Rank>; 2],
}

impl Node {
    fn map(self, f: impl Fn(Rank) -> Rank) -> Self {
        Self { parent: self.parent.map(&f), children: self.children.map(|child| child.map(&f)) }
    }

    fn degree(&self) -> u32 {
        self.children.iter().flatten().count() as u32
    }

    fn child(&self, index: u32) -> Option<Rank> {
        self.children.iter().flatten().nth(index as usize).copied()
    }
}

/// The in-order binary tree: inner nodes are multiples of higher powers of two, the root is 0.
fn tree(ranks: u32, rank: Rank) -> Node {
    if rank == 0 {
        // The largest power of two below `ranks`.
        let child = (ranks > 1).then(|| 1 << (ranks - 1).ilog2());
        return Node { parent: None, children: [child, None] };
    }
    let bit = rank & rank.wrapping_neg();
    let up = (rank ^ bit) | (bit << 1);
    let parent = if up >= ranks { rank ^ bit } else { up };
    let half = bit / 2;
    let left = (half > 0).then(|| rank - half);
    // The right subtree may be cut off by the end of the ranks.
    let mut step = half;
    while step > 0 && rank + step >= ranks {
        step /= 2;
    }
    let right = (step > 0).then(|| rank + step);
    Node { parent: Some(parent), children: [left, right] }
}

impl DoubleBinaryTree {
    /// The trees over `ranks` ranks with `slices` slices each.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], or [`CollectiveError::Unsupported`] for anything but
    /// all-reduce.
    pub fn new(collective: Collective, ranks: u32, slices: u32) -> Result<Self, CollectiveError> {
        collective.check("double-binary-tree", ranks, collective == Collective::AllReduce)?;
        if slices >= 1 << 20 {
            return Err(CollectiveError::TooManyChunks { algorithm: "double-binary-tree", ranks });
        }
        Ok(Self { ranks, slices: slices.max(1) })
    }

    /// Neighbours of `rank` in tree 0 or 1. The second tree is the first one mirrored (even N) or
    /// shifted by one (odd N), so that leaves of one are inner nodes of the other.
    fn node(self, second: bool, rank: Rank) -> Node {
        let n = self.ranks;
        if !second {
            tree(n, rank)
        } else if n.is_multiple_of(2) {
            tree(n, n - 1 - rank).map(|r| n - 1 - r)
        } else {
            tree(n, (rank + n - 1) % n).map(|r| (r + 1) % n)
        }
    }

    /// Steps per slice on the way up.
    fn up_steps(node: &Node) -> u32 {
        match (node.parent, node.degree()) {
            (Some(_), 0 | 1) => 1,
            (Some(_), degree) => degree + 1,
            (None, degree) => degree,
        }
    }

    /// Steps per slice on the way down.
    fn down_steps(node: &Node) -> u32 {
        match (node.parent, node.degree()) {
            (Some(_), 0) => 1,
            (_, degree) => degree,
        }
    }

    fn up(node: &Node, chunk: u32, at: u32) -> Action {
        let (input, output) = (Span::input(chunk, 1), Span::output(chunk, 1));
        let degree = node.degree();
        match (node.child(at), node.parent) {
            (Some(child), Some(parent)) if degree == 1 => {
                Action::Forward { from: child, to: parent, with: Some(input), keep: None }
            }
            (Some(child), _) => {
                let with = Some(if at == 0 { input } else { output });
                Action::Recv { from: child, dst: output, with, more: at + 1 < degree }
            }
            // All children are in, or there is none: pass the sum on.
            (None, parent) => {
                let src = if degree == 0 { input } else { output };
                Action::Send { to: parent.unwrap_or_default(), src }
            }
        }
    }

    fn down(node: &Node, chunk: u32, at: u32) -> Action {
        let output = Span::output(chunk, 1);
        match (node.parent, node.child(at)) {
            (Some(parent), Some(child)) if at == 0 => {
                Action::Forward { from: parent, to: child, with: None, keep: Some(output) }
            }
            (Some(parent), None) => {
                Action::Recv { from: parent, dst: output, with: None, more: false }
            }
            (_, child) => Action::Send { to: child.unwrap_or_default(), src: output },
        }
    }
}

impl Schedule for DoubleBinaryTree {
    fn shape(&self) -> Shape {
        let chunks = if self.ranks == 1 { 1 } else { 2 * self.slices };
        Shape {
            collective: Collective::AllReduce,
            ranks: self.ranks,
            lanes: if self.ranks == 1 { 1 } else { 4 },
            ports: if self.ranks == 1 { Ports::Fixed } else { Ports::Contended },
            input_chunks: chunks,
            output_chunks: chunks,
            scratch_chunks: 0,
            bit_identical: true,
        }
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        let node = self.node(lane >= 2, rank);
        let per_slice =
            if lane.is_multiple_of(2) { Self::up_steps(&node) } else { Self::down_steps(&node) };
        per_slice * self.slices
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let second = lane >= 2;
        let node = self.node(second, rank);
        let chunk = |slice: u32| if second { self.slices + slice } else { slice };
        if lane.is_multiple_of(2) {
            let steps = Self::up_steps(&node);
            return Self::up(&node, chunk(index / steps), index % steps).into();
        }
        let steps = Self::down_steps(&node);
        let slice = index / steps;
        let step = Step::new(Self::down(&node, chunk(slice), index % steps));
        // The root sends down what its way up has finished.
        if node.parent.is_none() {
            step.after(lane - 1, (slice + 1) * Self::up_steps(&node) - 1)
        } else {
            step
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parents as an independent rewriting of NCCL's `ncclGetDtree` numbers them; -1 for the root.
    #[test]
    fn the_trees_are_those_of_nccl() {
        let check = |parents: [&[i64]; 2]| {
            let ranks = parents[0].len() as u32;
            let trees = DoubleBinaryTree::new(Collective::AllReduce, ranks, 1).unwrap();
            for (second, want) in [false, true].into_iter().zip(parents) {
                let parent = |rank| trees.node(second, rank).parent.map_or(-1, i64::from);
                assert_eq!((0..ranks).map(parent).collect::<Vec<_>>(), want, "{ranks} {second}");
            }
        };
        check([&[-1, 2, 4, 2, 0], &[1, -1, 3, 0, 3]]);
        check([&[-1, 2, 4, 2, 0, 4], &[1, 5, 3, 1, 3, -1]]);
        check([&[-1, 2, 4, 2, 0, 6, 4, 6], &[1, 3, 1, 7, 5, 3, 5, -1]]);
        check([
            &[-1, 2, 4, 2, 8, 6, 4, 6, 0, 10, 12, 10, 8],
            &[9, -1, 3, 5, 3, 9, 7, 5, 7, 1, 11, 0, 11],
        ]);
    }

    #[test]
    fn parents_and_children_agree_and_inner_nodes_are_inner_once() {
        for ranks in 1..=130 {
            let trees = DoubleBinaryTree::new(Collective::AllReduce, ranks, 1).unwrap();
            let mut inner_twice = 0;
            for rank in 0..ranks {
                let nodes = [trees.node(false, rank), trees.node(true, rank)];
                inner_twice += u32::from(nodes.iter().all(|node| node.degree() > 0));
                for (second, node) in [false, true].into_iter().zip(nodes) {
                    // Parents and children agree, and the root is reached within the depth.
                    for child in node.children.into_iter().flatten() {
                        assert_eq!(trees.node(second, child).parent, Some(rank));
                    }
                    let mut depth = 0;
                    let mut at = node;
                    while let Some(parent) = at.parent {
                        at = trees.node(second, parent);
                        depth += 1;
                    }
                    assert!(depth <= ranks.next_power_of_two().ilog2(), "{ranks} {rank}");
                }
            }
            let allowed = if ranks == 1 { 0 } else { ranks % 2 };
            assert_eq!(inner_twice, allowed, "{ranks} ranks");
        }
    }
}
