//! Scatter, then all-gather (van de Geijn; MPICH and Open MPI for large broadcasts): the root cuts the
//! vector into N blocks, gives them out along a binomial tree, and a ring completes everyone.
//!
//! Positions count from the root, and block p is of position p. The reduce goes the other way: a ring
//! leaves every position its block of the sum, and the tree brings them to the root (Rabenseifner's
//! reduce on a ring). Ranks 4, root 0:
//!
//! ```text
//! broadcast    rank 0            rank 1       rank 2       rank 3
//! tree         23 > 2            .            23           .
//! tree         1 > 1, keeps 0    1            3 > 3        3
//! ring         0 > 1, 3          1 > 2, 0     2 > 3, 1     3 > 0, 2
//! ring         3 > 1, 2          0 > 2, 3     1 > 3, 0     2 > 0, 1
//! ring         2 > 1, 1          3 > 2, 2     0 > 3, 3     1 > 0, 0
//! ```
//!
//! Cost: (ceil(log2 N) + N-1) alpha + 2(N-1)/N n beta; the reduction adds (N-1)/N n gamma. Any N, any
//! root.

use super::binomial::node::Node;
use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The broadcast by scatter and all-gather, and the reduce by reduce-scatter and gather.
#[derive(Debug, Clone, Copy)]
pub struct ScatterAllGather {
    collective: Collective,
    ranks: u32,
    root: Rank,
}

impl ScatterAllGather {
    /// The algorithm for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`] past
    /// 2^30 ranks, or [`CollectiveError::Unsupported`] for anything but broadcast and reduce.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let root = match collective {
            Collective::Broadcast { root } | Collective::Reduce { root } => Some(root),
            _ => None,
        };
        collective.check("scatter-all-gather", ranks, root.is_some())?;
        Ok(Self { collective, ranks, root: root.unwrap_or(0) })
    }

    fn rank(self, position: u32) -> Rank {
        (position + self.root) % self.ranks
    }

    fn node(self, rank: Rank) -> Node {
        Node::new((rank + self.ranks - self.root) % self.ranks, self.ranks, 2)
    }

    /// Where `node` works: in its output, or in scratch if it has none.
    fn work(self, node: Node) -> fn(u32, u32) -> Span {
        let has = !self.collective.reduces() || node.is_root();
        if has { Span::output } else { Span::scratch }
    }

    /// Step `at` of the ring: every block goes from its own position (or from the one behind it, as
    /// partial sums) to the next.
    fn ring(self, node: Node, at: u32) -> Action {
        let (n, reduces) = (self.ranks, self.collective.reduces());
        let back =
            |by: u32| Span { first: (node.position + 2 * n - by) % n, ..self.work(node)(0, 1) };
        let sent = at + u32::from(reduces);
        let input = |span: Span| Span::input(span.first, 1);
        let (src, dst) = (back(sent), back(sent + 1));
        Action::Exchange {
            to: self.rank(node.position + 1),
            src: if reduces && at == 0 { input(src) } else { src },
            from: self.rank(node.position + n - 1),
            dst,
            with: reduces.then(|| input(dst)),
        }
    }

    /// Step `at` of giving out blocks: from the parent, then to the children; the root keeps its own.
    fn scatter(self, node: Node, at: u32) -> Action {
        let own = if node.is_root() { Span::input } else { Span::output };
        let takes = u32::from(!node.is_root());
        if at < takes {
            let (from, dst) = (self.rank(node.parent()), Span::output(node.position, node.size()));
            return Action::Recv { from, dst, with: None, more: false };
        }
        let children = node.children();
        if at - takes < children {
            // The largest subtree first.
            let (first, size) = node.child(children - 1 - (at - takes));
            return Action::Send { to: self.rank(first), src: own(first, size) };
        }
        Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }
    }

    /// Step `at` of bringing blocks together: from the children, then to the parent.
    fn gather(self, node: Node, at: u32) -> Action {
        let (children, work) = (node.children(), self.work(node));
        if at < children {
            let (first, size) = node.child(at);
            let (from, dst) = (self.rank(first), work(first, size));
            return Action::Recv { from, dst, with: None, more: at + 1 < children };
        }
        Action::Send { to: self.rank(node.parent()), src: work(node.position, node.size()) }
    }
}

impl Schedule for ScatterAllGather {
    fn shape(&self) -> Shape {
        let n = self.ranks;
        Shape {
            ports: if n <= 2 { Ports::Fixed } else { Ports::Contended },
            scratch_chunks: if self.collective.reduces() && n > 1 { n } else { 0 },
            bit_identical: true,
            ..Shape::new(self.collective, n)
        }
    }

    /// A message of the ring, and few ranks have several of the tree.
    fn in_flight(&self) -> u64 {
        2 * u64::from(self.ranks > 1)
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        let node = self.node(rank);
        // The root of a broadcast copies its block, the root of a reduce has nobody to send to.
        let parent = u32::from(!(node.is_root() && self.collective.reduces()));
        self.ranks - 1 + node.children() + parent
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let (node, rounds) = (self.node(rank), self.ranks - 1);
        let tree = node.children() + 1;
        match self.collective {
            Collective::Reduce { .. } if index < rounds => self.ring(node, index),
            Collective::Reduce { .. } => self.gather(node, index - rounds),
            _ if index < tree => self.scatter(node, index),
            _ => self.ring(node, index - tree),
        }
        .into()
    }
}
