//! Binomial trees, and k-nomial ones: who has the data serves others, more in every round (MPI).
//!
//! Positions count from the root. Of radix R, the parent of a position is the position with its lowest
//! digit that is not zero set to zero: of radix 2, with its lowest bit cleared. A child at distance
//! R^j heads a subtree of the R^j positions from its own on. Ranks 5, root 0, radix 2:
//!
//! ```text
//!         0                broadcast      rank 0    rank 1    rank 2    rank 3    rank 4
//!       / | \              round 1        > 4                                     x
//!      4  2  1             round 2        > 2                 x
//!         |                round 3        > 1       x         > 3       x
//!         3
//!                          gather         0 1 2 3 4 < 1, 2 (2 3), 4     2 3 < 3
//! ```
//!
//! Broadcast and scatter go down, largest subtree first; reduce and gather come up, a node's children
//! awaited together. A barrier goes up and down without data. Inner ranks of a gather or scatter keep
//! their subtree's blocks in scratch, in order of position, so that every message is one run of
//! blocks. Cost: ceil(log N) rounds of R-1 messages: ceil(log N)(alpha + (R-1) n beta) for
//! broadcast and reduce; for gather and scatter as many alpha and (N-1)/N n beta at the root; twice
//! the alpha for a barrier. Any N, any root, any R from 2, the base of the logarithm. Sums are in order of position.

use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

pub(super) mod node;

use node::Node;

/// Binomial and k-nomial trees.
#[derive(Debug, Clone, Copy)]
pub struct Binomial {
    collective: Collective,
    ranks: u32,
    root: Rank,
    radix: u32,
}

impl Binomial {
    /// The tree for `collective` over `ranks` ranks of radix `radix`, at least 2.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`]
    /// past 2^30 ranks, or [`CollectiveError::Unsupported`] for what has no root, but a barrier.
    pub fn new(collective: Collective, ranks: u32, radix: u32) -> Result<Self, CollectiveError> {
        let defined = collective.root().is_some() || collective == Collective::Barrier;
        collective.check("binomial", ranks, defined)?;
        let root = collective.root().unwrap_or(0);
        // A radix above the ranks makes the same flat tree as one of as many.
        Ok(Self { collective, ranks, root, radix: radix.clamp(2, ranks.max(2)) })
    }

    fn node(self, rank: Rank) -> Node {
        let position = (rank + self.ranks - self.root) % self.ranks;
        Node::new(position, self.ranks, self.radix)
    }

    fn rank(self, position: u32) -> Rank {
        (position + self.root) % self.ranks
    }

    /// The blocks that the root cannot take or give in one run: those of the child whose subtree passes
    /// the last rank. (Its number among the children, blocks before the last rank, blocks after it.)
    fn torn(self, root: Node) -> Option<(u32, u32, u32)> {
        // The position of rank 0.
        let tail = self.ranks - self.root;
        let number = root.holder(tail)?;
        let (first, size) = root.child(number);
        (first < tail).then(|| (number, tail - first, first + size - tail))
    }

    /// Steps in which `node` takes from its children, and gives to its parent.
    fn up(self, node: Node, at: u32) -> Action {
        let children = node.children();
        let own = Span::input(0, 1);
        if let Collective::Gather { .. } = self.collective {
            // The own block first, where others join it.
            let place =
                if node.is_root() { Span::output(self.root, 1) } else { Span::scratch(0, 1) };
            return match at {
                _ if children == 0 => self.give(node, own),
                0 => Action::Copy { src: own, dst: place },
                at if at <= children => {
                    let (first, size) = node.child(at - 1);
                    let torn = node.is_root()
                        && self.torn(node).is_some_and(|(number, ..)| number == at - 1);
                    let dst = if node.is_root() && !torn {
                        Span::output(self.rank(first), size)
                    } else {
                        Span::scratch(if torn { 0 } else { first - node.position }, size)
                    };
                    self.take(first, dst, None, at < children)
                }
                at if node.is_root() => self.mend(node, at - children - 1, true),
                _ => self.give(node, Span::scratch(0, node.size())),
            };
        }
        let (own, sum) = match self.collective {
            Collective::Barrier => (Span::input(0, 0), Span::output(0, 0)),
            _ if node.is_root() => (own, Span::output(0, 1)),
            _ => (own, Span::scratch(0, 1)),
        };
        if at < children {
            let with = self.collective.reduces().then_some(if at == 0 { own } else { sum });
            return self.take(node.child(at).0, sum, with, at + 1 < children);
        }
        self.give(node, if children == 0 { own } else { sum })
    }

    /// Steps in which `node` takes from its parent, and gives to its children.
    fn down(self, node: Node, at: u32) -> Step {
        let children = node.children();
        let scatters = matches!(self.collective, Collective::Scatter { .. });
        let whole = u32::from(self.collective != Collective::Barrier);
        let torn = if scatters && node.is_root() { self.torn(node) } else { None };
        // The root mends first, others take first.
        let before = if node.is_root() { 2 * u32::from(torn.is_some()) } else { 1 };
        if at < before {
            if node.is_root() {
                return self.mend(node, at, false).into();
            }
            let dst = match children {
                1.. if scatters => Span::scratch(0, node.size()),
                _ => Span::output(0, whole),
            };
            return self.take(node.parent(), dst, None, false).into();
        }
        let at = at - before;
        if at == children {
            // What the root, or an inner rank of a scatter, has of its own.
            let src = match (scatters, node.is_root()) {
                (true, true) => Span::input(self.root, 1),
                (true, false) => Span::scratch(0, 1),
                _ => Span::input(0, 1),
            };
            return Action::Copy { src, dst: Span::output(0, 1) }.into();
        }
        // Largest subtree first.
        let number = children - 1 - at;
        let (first, size) = node.child(number);
        let src = match (scatters, node.is_root()) {
            (true, true) if torn.is_some_and(|(torn, ..)| torn == number) => Span::scratch(0, size),
            (true, true) => Span::input(self.rank(first), size),
            (true, false) => Span::scratch(first - node.position, size),
            (false, true) if whole > 0 => Span::input(0, 1),
            (false, _) => Span::output(0, whole),
        };
        let fan = node.siblings(number);
        Step::new(Action::Send { to: self.rank(first), src }).fan(fan)
    }

    fn take(self, position: u32, dst: Span, with: Option<Span>, more: bool) -> Action {
        Action::Recv { from: self.rank(position), dst, with, more }
    }

    fn give(self, node: Node, src: Span) -> Action {
        Action::Send { to: self.rank(node.parent()), src }
    }

    /// Half `half` of the blocks of a torn subtree, between their run in scratch and the buffer of the
    /// root in which they are at both ends.
    fn mend(self, root: Node, half: u32, from_scratch: bool) -> Action {
        let (_, before, after) = self.torn(root).unwrap_or_default();
        let ends = |span: fn(u32, u32) -> Span| match half {
            0 => (Span::scratch(0, before), span(self.ranks - before, before)),
            _ => (Span::scratch(before, after), span(0, after)),
        };
        if from_scratch {
            let (src, dst) = ends(Span::output);
            Action::Copy { src, dst }
        } else {
            let (dst, src) = ends(Span::input);
            Action::Copy { src, dst }
        }
    }

    fn steps_up(self, node: Node) -> u32 {
        let children = node.children();
        let gathers = matches!(self.collective, Collective::Gather { .. });
        let mends = if gathers && node.is_root() && self.torn(node).is_some() { 2 } else { 0 };
        children + u32::from(gathers && children > 0) + u32::from(!node.is_root()) + mends
    }

    fn steps_down(self, node: Node) -> u32 {
        let children = node.children();
        let scatters = matches!(self.collective, Collective::Scatter { .. });
        let torn = scatters && node.is_root() && self.torn(node).is_some();
        let before = if node.is_root() { 2 * u32::from(torn) } else { 1 };
        let copies = match self.collective {
            Collective::Barrier => false,
            Collective::Scatter { .. } => node.is_root() || children > 0,
            _ => node.is_root(),
        };
        before + children + u32::from(copies)
    }
}

impl Schedule for Binomial {
    fn shape(&self) -> Shape {
        let blocks =
            matches!(self.collective, Collective::Gather { .. } | Collective::Scatter { .. });
        let (input_chunks, output_chunks) = match self.collective {
            Collective::Barrier => (0, 0),
            _ if blocks => self.collective.blocks(self.ranks),
            _ => (1, 1),
        };
        let scratch_chunks = match self.collective {
            // The largest subtree below the root.
            _ if blocks && self.ranks > 2 => self.radix.pow((self.ranks - 1).ilog(self.radix)),
            Collective::Reduce { .. } if self.ranks > 2 => 1,
            _ => 0,
        };
        let plain = Shape::new(self.collective, self.ranks);
        Shape {
            ports: Ports::Fixed,
            input_chunks,
            output_chunks,
            scratch_chunks: scratch_chunks.min(self.ranks),
            bit_identical: true,
            in_rank_order: plain.in_rank_order || self.root == 0,
            ..plain
        }
    }

    /// Every rank but the root gets, or sends, one message.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        let node = self.node(rank);
        match self.collective {
            Collective::Barrier => self.steps_up(node) + self.steps_down(node),
            _ if self.ranks == 1 => 1,
            Collective::Reduce { .. } | Collective::Gather { .. } => self.steps_up(node),
            _ => self.steps_down(node),
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let node = self.node(rank);
        match self.collective {
            Collective::Barrier => {
                let up = self.steps_up(node);
                if index < up { self.up(node, index).into() } else { self.down(node, index - up) }
            }
            Collective::Reduce { .. } | Collective::Gather { .. } => self.up(node, index).into(),
            _ => self.down(node, index),
        }
    }
}
