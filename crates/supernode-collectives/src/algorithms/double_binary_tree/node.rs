//! The trees: in-order numbering, and a second tree whose leaves are the inner nodes of the first.

use crate::Rank;

/// A rank's neighbours in one tree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) parent: Option<Rank>,
    pub(super) children: [Option<Rank>; 2],
}

impl Node {
    fn map(self, f: impl Fn(Rank) -> Rank) -> Self {
        Self { parent: self.parent.map(&f), children: self.children.map(|child| child.map(&f)) }
    }

    pub(super) fn degree(&self) -> u32 {
        self.children.iter().flatten().count() as u32
    }

    pub(super) fn child(&self, index: u32) -> Option<Rank> {
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

/// Neighbours of `rank` in tree 0 or 1, whose roots are different ranks. The second tree is the first one
/// mirrored (even N) or shifted by one (odd N), so that leaves of one are inner nodes of the other.
pub(super) fn unrooted(ranks: u32, second: bool, rank: Rank) -> Node {
    let n = ranks;
    if !second {
        tree(n, rank)
    } else if n.is_multiple_of(2) {
        tree(n, n - 1 - rank).map(|r| n - 1 - r)
    } else {
        tree(n, (rank + n - 1) % n).map(|r| (r + 1) % n)
    }
}

/// The same where both trees hang from `root`: now the others are mirrored for odd N, and shifted for
/// even N.
pub(super) fn rooted(ranks: u32, root: Rank, second: bool, rank: Rank) -> Node {
    let n = ranks;
    let from_root = (rank + n - root) % n;
    let place = |from_root: u32| match (second, n % 2, from_root) {
        (false, ..) | (_, _, 0) => from_root,
        (_, 1, _) => n - from_root,
        (_, _, 1) => n - 1,
        _ => from_root - 1,
    };
    let back = |place: u32| match (second, n % 2, place) {
        (false, ..) | (_, _, 0) => place,
        (_, 1, _) => n - place,
        (_, _, last) if last == n - 1 => 1,
        _ => place + 1,
    };
    tree(n, place(from_root)).map(|place| (back(place) + root) % n)
}
