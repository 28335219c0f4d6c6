//! Values as expressions: which contributions a chunk holds, and in which order they were added.
//!
//! A contribution is a leaf, a sum has two operands; equal sums are one node (hash-consing). Two
//! chunks hold the same bits if they are the same node, whatever the inputs. A ring of 1,024 ranks
//! needs a million nodes for its two million messages, because what travels is a number.
//! Addition is taken as commutative, which that of IEEE 754 is (NaN payloads apart), and never as
//! associative.

use std::collections::BTreeMap;

use super::Place;
use crate::{Rank, Shape};

/// A value: below the number of leaves the contribution of a rank, above it a sum.
pub(super) type Value = u32;

/// What no step has written.
pub(super) const UNDEFINED: Value = u32::MAX;

/// All values of one run.
#[derive(Debug)]
pub(super) struct Expressions {
    /// Chunks of the input of a rank.
    chunks: u32,
    leaves: u32,
    sums: Vec<Sum>,
    /// Open addressing: index of a sum plus one, zero for empty; a power of two long.
    table: Vec<u32>,
    /// One leaf of each sum, where somebody asks how long it is.
    some_leaf: Option<Vec<Value>>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    left: Value,
    right: Value,
    height: u32,
    /// Follows from the structure alone, so that runs in different orders can be compared.
    digest: u64,
    /// The step that added first.
    origin: Place,
}

/// A fixed permutation of 64 bits (the finaliser of `SplitMix64`).
pub(super) const fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Expressions {
    /// Bytes of a sum, its place in the table included.
    pub(super) const BYTES: u64 = size_of::<Sum>() as u64 * 2 + 16;

    pub(super) fn new(shape: &Shape) -> Self {
        let leaves = shape.ranks * shape.input_chunks;
        let (sums, table) = (Vec::new(), vec![0; 1024]);
        Self { chunks: shape.input_chunks, leaves, sums, table, some_leaf: None }
    }

    /// Notes a leaf of each sum from now on.
    pub(super) fn note_leaves(&mut self) {
        self.some_leaf = Some(Vec::new());
    }

    /// A leaf of the value, if they are noted; itself if it is one.
    pub(super) fn some_leaf(&self, value: Value) -> Option<Value> {
        match value.checked_sub(self.leaves) {
            None => Some(value),
            Some(sum) => self.some_leaf.as_ref()?.get(sum as usize).copied(),
        }
    }

    /// What `rank` contributes as `chunk` of its input.
    pub(super) fn leaf(&self, rank: Rank, chunk: u32) -> Value {
        rank * self.chunks + chunk
    }

    /// Rank and chunk of a leaf.
    pub(super) fn contribution(&self, leaf: Value) -> (Rank, u32) {
        (leaf / self.chunks, leaf % self.chunks)
    }

    /// The sum of two values; undefined if one is.
    pub(super) fn add(&mut self, a: Value, b: Value, origin: Place) -> Value {
        if a == UNDEFINED || b == UNDEFINED {
            return UNDEFINED;
        }
        let (left, right) = (a.min(b), a.max(b));
        let mask = self.table.len() - 1;
        let mut slot = mix(u64::from(left) << 32 | u64::from(right)) as usize & mask;
        while let Some(index) = self.table[slot].checked_sub(1) {
            let sum = &self.sums[index as usize];
            if (sum.left, sum.right) == (left, right) {
                return self.leaves + index;
            }
            slot = (slot + 1) & mask;
        }
        let height = self.height(left).max(self.height(right)) + 1;
        // Commutative: the order of interning differs from run to run.
        let (x, y) = (self.digest(left), self.digest(right));
        let digest = mix(x.wrapping_add(y)) ^ mix(x ^ y);
        self.sums.push(Sum { left, right, height, digest, origin });
        self.table[slot] = self.sums.len() as u32;
        if let Some(leaf) = self.some_leaf(left)
            && let Some(leaves) = &mut self.some_leaf
        {
            leaves.push(leaf);
        }
        let value = self.leaves + self.sums.len() as u32 - 1;
        if self.sums.len() * 2 > self.table.len() {
            self.grow();
        }
        value
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        self.table = vec![0; mask + 1];
        for (number, sum) in (1..).zip(&self.sums) {
            let mut slot = mix(u64::from(sum.left) << 32 | u64::from(sum.right)) as usize & mask;
            while self.table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = number;
        }
    }

    fn sum(&self, value: Value) -> Option<&Sum> {
        self.sums.get(value.checked_sub(self.leaves)? as usize)
    }

    /// How many values are leaves: those below.
    pub(super) fn leaf_count(&self) -> u32 {
        self.leaves
    }

    /// The operands of all sums, in the order of their numbers.
    pub(super) fn operands(&self) -> impl Iterator<Item = (Value, Value)> {
        self.sums.iter().map(|sum| (sum.left, sum.right))
    }

    /// The operands of a sum, and the step that added first.
    pub(super) fn sum_of(&self, value: Value) -> Option<(Value, Value, Place)> {
        self.sum(value).map(|sum| (sum.left, sum.right, sum.origin))
    }

    /// Additions one after the other on the longest way from a leaf to the value.
    pub(super) fn height(&self, value: Value) -> u32 {
        self.sum(value).map_or(0, |sum| sum.height)
    }

    /// A number that follows from the expression alone.
    pub(super) fn digest(&self, value: Value) -> u64 {
        match self.sum(value) {
            Some(sum) => sum.digest,
            None => mix(u64::from(value)),
        }
    }

    /// Calls `each` with every leaf of `value` and how often it was added; costs a visit for each
    /// distinct sum, even where the tree that they unfold to is exponential.
    pub(super) fn leaves(&self, value: Value, mut each: impl FnMut(Value, u64)) {
        if value == UNDEFINED {
            return;
        }
        // Operands have smaller numbers than their sum, so the largest number left has all its uses.
        let mut pending = BTreeMap::from([(value, 1_u64)]);
        while let Some((value, times)) = pending.pop_last() {
            let Some(sum) = self.sum(value) else {
                each(value, times);
                continue;
            };
            for operand in [sum.left, sum.right] {
                let count = pending.entry(operand).or_default();
                *count = count.saturating_add(times);
            }
        }
    }

    /// The step that added `leaf` to something that had it already.
    pub(super) fn doubled_at(&self, value: Value, leaf: Value) -> Option<Place> {
        let holds = |value| {
            let mut found = false;
            self.leaves(value, |other, _| found |= other == leaf);
            found
        };
        let mut at = value;
        loop {
            let sum = self.sum(at)?;
            match (holds(sum.left), holds(sum.right)) {
                (true, true) => return Some(sum.origin),
                (true, false) => at = sum.left,
                (false, true) => at = sum.right,
                (false, false) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Collective, Ports};

    fn expressions() -> Expressions {
        Expressions::new(&Shape {
            collective: Collective::AllReduce,
            ranks: 4,
            lanes: 1,
            ports: Ports::Fixed,
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 0,
            bit_identical: true,
            in_rank_order: false,
        })
    }

    const AT: Place = Place { rank: 0, lane: 0, step: 0 };

    #[test]
    fn sums_commute_but_do_not_associate() {
        let mut all = expressions();
        let (a, b) = (all.add(0, 1, AT), all.add(1, 0, AT));
        assert_eq!(a, b);
        let left = all.add(a, 2, AT);
        let inner = all.add(1, 2, AT);
        let right = all.add(0, inner, AT);
        assert_ne!(left, right);
        assert_ne!(all.digest(left), all.digest(right));
        assert_eq!((all.height(left), all.height(0)), (2, 0));
        assert_eq!(all.add(left, UNDEFINED, AT), UNDEFINED);
    }

    #[test]
    fn leaves_are_counted_without_unfolding() {
        let mut all = expressions();
        let mut value = all.add(0, 1, AT);
        for _ in 0..40 {
            value = all.add(value, value, AT);
        }
        let mut seen = Vec::new();
        all.leaves(value, |leaf, times| seen.push((leaf, times)));
        assert_eq!(seen, [(1, 1 << 40), (0, 1 << 40)]);
        assert_eq!(all.doubled_at(value, 0), Some(AT));
    }

    #[test]
    fn the_table_grows() {
        let mut all = expressions();
        let mut value = 0;
        let values: Vec<_> = (0..3000)
            .map(|i| {
                value = all.add(value, i % 4, AT);
                value
            })
            .collect();
        let mut again = 0;
        for (i, value) in (0..3000).zip(values) {
            again = all.add(again, i % 4, AT);
            assert_eq!(again, value);
        }
    }
}
