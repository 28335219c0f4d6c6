//! The labels of one rank.

/// A hash table from labels to operations that forgets everything at once, without touching what it
/// holds: a file of a million ranks starts a million of them. Its order is never looked at.
#[derive(Debug, Default)]
pub(super) struct Symbols<'a> {
    slots: Vec<Slot<'a>>,
    used: usize,
    generation: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot<'a> {
    /// The rank that filled it; another's slot is free.
    generation: u32,
    op: u32,
    label: &'a [u8],
}

impl<'a> Symbols<'a> {
    /// Forgets all labels.
    pub(super) fn clear(&mut self) {
        self.generation += 1;
        self.used = 0;
    }

    /// The operation of that label.
    pub(super) fn get(&self, label: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let slot = &self.slots[self.find(label)];
        (slot.generation == self.generation).then_some(slot.op)
    }

    /// Labels an operation, unless the label is taken.
    pub(super) fn insert(&mut self, label: &'a [u8], op: u32) {
        if self.slots.len() < 2 * (self.used + 1) {
            self.grow();
        }
        let at = self.find(label);
        if self.slots[at].generation != self.generation {
            self.slots[at] = Slot { generation: self.generation, op, label };
            self.used += 1;
        }
    }

    /// Where the label is, or would be: the table is never more than half full.
    fn find(&self, label: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash(label) & mask;
        loop {
            let slot = &self.slots[at];
            if slot.generation != self.generation || slot.label == label {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (2 * self.slots.len()).max(16);
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); size]);
        self.used = 0;
        for slot in old {
            if slot.generation == self.generation {
                self.insert(slot.label, slot.op);
            }
        }
    }
}

/// FNV-1a, folded.
fn hash(label: &[u8]) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in label {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash ^ (hash >> 32)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_labels_counts_and_ranks_are_apart() {
        let labels: Vec<String> = (0..1000).map(|i| format!("l{i}")).collect();
        let mut symbols = Symbols::default();
        for rank in 0..3 {
            symbols.clear();
            assert_eq!(symbols.get(b"l1"), None);
            for (op, label) in (0..).zip(&labels[..500 * rank]) {
                symbols.insert(label.as_bytes(), op);
                symbols.insert(label.as_bytes(), 7777);
            }
            for (op, label) in (0..).zip(&labels) {
                let expected = (op < 500 * rank as u32).then_some(op);
                assert_eq!(symbols.get(label.as_bytes()), expected);
            }
        }
    }
}
