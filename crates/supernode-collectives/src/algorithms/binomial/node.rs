//! Where a position stands in the k-nomial tree.

/// A position of the tree of `ranks` positions and radix `radix`; the root is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::algorithms) struct Node {
    pub(in crate::algorithms) position: u32,
    ranks: u32,
    radix: u32,
    /// R^j for the lowest digit j that is not zero: children are nearer. Of the root, more than all.
    reach: u64,
}

impl Node {
    pub(in crate::algorithms) fn new(position: u32, ranks: u32, radix: u32) -> Self {
        let mut reach = 1;
        while reach < u64::from(ranks)
            && u64::from(position).is_multiple_of(reach * u64::from(radix))
        {
            reach *= u64::from(radix);
        }
        Self { position, ranks, radix, reach }
    }

    pub(in crate::algorithms) fn is_root(self) -> bool {
        self.position == 0
    }

    pub(in crate::algorithms) fn parent(self) -> u32 {
        let unit = self.reach * u64::from(self.radix);
        (u64::from(self.position) / unit * unit) as u32
    }

    /// Positions of its subtree, the own one first.
    pub(in crate::algorithms) fn size(self) -> u32 {
        self.reach.min(u64::from(self.ranks - self.position)) as u32
    }

    /// How many children there are.
    pub(in crate::algorithms) fn children(self) -> u32 {
        // The farthest position of the subtree belongs to the last child.
        self.holder(self.size() - 1).map_or(0, |last| last + 1)
    }

    /// The child in whose subtree the position `distance` beyond the own one is.
    pub(in crate::algorithms) fn holder(self, distance: u32) -> Option<u32> {
        let digit = distance.checked_ilog(self.radix)?;
        let number = digit * (self.radix - 1) + distance / self.radix.pow(digit) - 1;
        (distance < self.size()).then_some(number)
    }

    /// Position of child `number`, nearest first, and the size of its subtree.
    pub(in crate::algorithms) fn child(self, number: u32) -> (u32, u32) {
        let (digit, times) = (number / (self.radix - 1), number % (self.radix - 1) + 1);
        let reach = self.radix.pow(digit);
        let position = self.position + times * reach;
        (position, reach.min(self.ranks - position))
    }

    /// Children at distances of the same digit as child `number`: served in the same round.
    pub(in crate::algorithms) fn siblings(self, number: u32) -> u32 {
        let digit = number / (self.radix - 1);
        (self.children() - digit * (self.radix - 1)).min(self.radix - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_name_their_parent_and_tile_the_subtree() {
        for radix in 2..6 {
            for ranks in 1..200 {
                for position in 0..ranks {
                    let node = Node::new(position, ranks, radix);
                    let mut next = position + 1;
                    for number in 0..node.children() {
                        let (child, size) = node.child(number);
                        let below = Node::new(child, ranks, radix);
                        assert_eq!((below.parent(), below.size(), child), (position, size, next));
                        next += size;
                    }
                    assert_eq!(next, position + node.size(), "{node:?}");
                }
            }
        }
    }
}
