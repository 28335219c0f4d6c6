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
//! (4D + 4k)(alpha + n beta / 2k), least at k = sqrt(D n beta / 2 alpha). Any N. The
//! order of every sum is fixed by the trees, so results are bit-identical across ranks. The four
//! lanes of a rank (up and down in both trees) contend for its ports.
//!
//! A broadcast or a reduce is half of it, on two trees that hang from its root, and in which nobody
//! else is an inner node twice: about (2D + 2k)(alpha + n beta / 2k), on two lanes.

use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

mod node;

use node::Node;

/// The pipelined double binary tree.
#[derive(Debug, Clone, Copy)]
pub struct DoubleBinaryTree {
    collective: Collective,
    ranks: u32,
    slices: u32,
}

impl DoubleBinaryTree {
    /// The trees for `collective` over `ranks` ranks with `slices` slices each.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`] past
    /// 2^20 slices, or [`CollectiveError::Unsupported`] for anything but all-reduce, broadcast and
    /// reduce.
    pub fn new(collective: Collective, ranks: u32, slices: u32) -> Result<Self, CollectiveError> {
        let algorithm = "double-binary-tree";
        let defined = matches!(
            collective,
            Collective::AllReduce | Collective::Broadcast { .. } | Collective::Reduce { .. }
        );
        collective.check(algorithm, ranks, defined)?;
        if slices >= 1 << 20 {
            return Err(CollectiveError::TooManyChunks { algorithm, ranks });
        }
        Ok(Self { collective, ranks, slices: slices.max(1) })
    }

    /// Neighbours of `rank` in tree 0 or 1.
    fn node(self, second: bool, rank: Rank) -> Node {
        match self.collective.root() {
            Some(root) => node::rooted(self.ranks, root, second, rank),
            None => node::unrooted(self.ranks, second, rank),
        }
    }

    /// Whether `lane` is of the second tree, and whether it is one of the way up.
    fn way(self, lane: u32) -> (bool, bool) {
        match self.collective {
            Collective::AllReduce => (lane >= 2, lane.is_multiple_of(2)),
            collective => (lane > 0, collective.reduces()),
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

    fn up(self, node: &Node, chunk: u32, at: u32) -> Action {
        // Of a reduce only the root has an output.
        let inner = self.collective != Collective::AllReduce && node.parent.is_some();
        let sum = if inner { Span::scratch(chunk, 1) } else { Span::output(chunk, 1) };
        let input = Span::input(chunk, 1);
        let degree = node.degree();
        match (node.child(at), node.parent) {
            (Some(child), Some(parent)) if degree == 1 => {
                Action::Forward { from: child, to: parent, with: Some(input), keep: None }
            }
            (Some(child), _) => {
                let with = Some(if at == 0 { input } else { sum });
                Action::Recv { from: child, dst: sum, with, more: at + 1 < degree }
            }
            // All children are in, or there is none: pass the sum on.
            (None, parent) => {
                let src = if degree == 0 { input } else { sum };
                Action::Send { to: parent.unwrap_or_default(), src }
            }
        }
    }

    fn down(self, node: &Node, chunk: u32, at: u32) -> Action {
        let output = Span::output(chunk, 1);
        // The root of a broadcast has its input, that of an all-reduce the sum.
        let own =
            if self.collective == Collective::AllReduce { output } else { Span::input(chunk, 1) };
        match (node.parent, node.child(at)) {
            (Some(parent), Some(child)) if at == 0 => {
                Action::Forward { from: parent, to: child, with: None, keep: Some(output) }
            }
            (Some(parent), None) => {
                Action::Recv { from: parent, dst: output, with: None, more: false }
            }
            (parent, child) => {
                let src = if parent.is_some() { output } else { own };
                Action::Send { to: child.unwrap_or_default(), src }
            }
        }
    }
}

impl Schedule for DoubleBinaryTree {
    fn shape(&self) -> Shape {
        let alone = self.ranks == 1;
        let chunks = if alone { 1 } else { 2 * self.slices };
        let reduces = matches!(self.collective, Collective::Reduce { .. });
        // The second tree of an odd number is turned by one. A root stands outside of its trees.
        let even = self.ranks.is_multiple_of(2);
        let in_order = match self.collective {
            Collective::AllReduce => even,
            Collective::Reduce { root } => root == 0 && !even,
            _ => false,
        };
        let plain = Shape::new(self.collective, self.ranks);
        Shape {
            lanes: match self.collective {
                _ if alone => 1,
                Collective::AllReduce => 4,
                _ => 2,
            },
            ports: if alone { Ports::Fixed } else { Ports::Contended },
            input_chunks: chunks,
            output_chunks: chunks,
            scratch_chunks: if reduces && !alone { chunks } else { 0 },
            bit_identical: true,
            in_rank_order: plain.in_rank_order || in_order,
            ..plain
        }
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        let (second, up) = self.way(lane);
        let node = self.node(second, rank);
        let per_slice = if up { Self::up_steps(&node) } else { Self::down_steps(&node) };
        // The root of a broadcast copies what it has.
        let broadcasts = matches!(self.collective, Collective::Broadcast { .. });
        per_slice * self.slices + u32::from(broadcasts && node.parent.is_none())
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let (second, up) = self.way(lane);
        let node = self.node(second, rank);
        let first = if second { self.slices } else { 0 };
        if up {
            let steps = Self::up_steps(&node);
            return self.up(&node, first + index / steps, index % steps).into();
        }
        let steps = Self::down_steps(&node);
        let slice = index / steps;
        if slice == self.slices {
            let (src, dst) = (Span::input(first, slice), Span::output(first, slice));
            return Action::Copy { src, dst }.into();
        }
        let step = Step::new(self.down(&node, first + slice, index % steps));
        // The root sends down what its way up has finished.
        if node.parent.is_none() && self.collective == Collective::AllReduce {
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

    /// Two trees from one root: all ranks hang from it, and only it has children in both.
    #[test]
    fn trees_of_one_root_share_no_other_inner_node() {
        for (ranks, root) in (2..=130).flat_map(|ranks| [(ranks, 0), (ranks, ranks / 3)]) {
            let collective = Collective::Broadcast { root };
            let trees = DoubleBinaryTree::new(collective, ranks, 1).unwrap();
            for rank in 0..ranks {
                let nodes = [false, true].map(|second| trees.node(second, rank));
                let inner = nodes.iter().filter(|node| node.degree() > 0).count();
                assert!(rank == root || inner < 2, "{ranks} {rank}");
                for (second, node) in [false, true].into_iter().zip(nodes) {
                    assert_eq!(node.parent.is_none(), rank == root, "{ranks} {rank}");
                    for child in node.children.into_iter().flatten() {
                        assert_eq!(trees.node(second, child).parent, Some(rank));
                    }
                }
            }
        }
    }
}
