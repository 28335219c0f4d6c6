//! What happens next inside the fabric: a radix queue.
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, 1990) keeps an item by the highest bit in which its time
//! differs from the time now; a pop empties the lowest such bucket into lower ones. Items only ever move
//! along arrays, where a binary heap of as many messages jumps through memory. Items of one time are
//! served by number.

use supernode_units::Time;

/// Something that happens at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) time: Time,
    pub(super) number: u64,
    pub(super) slot: u32,
}

#[derive(Debug)]
pub(super) struct Queue {
    /// The time of the last item taken.
    now: u64,
    /// Items of time `now` by number, from `next` on.
    due: Vec<Item>,
    next: usize,
    /// At `i`, items whose time differs from `now` in bit `i` and in no higher one.
    later: Vec<Vec<Item>>,
    /// Bit `i` says that `later[i]` holds something.
    occupied: u64,
    /// The time of the next item, if there is one.
    earliest: Time,
}

impl Queue {
    pub(super) fn new() -> Self {
        let later = vec![Vec::new(); 64];
        Self { now: 0, due: Vec::new(), next: 0, later, occupied: 0, earliest: Time::MAX }
    }

    /// Adds an item that is not before the last one that was taken.
    pub(super) fn push(&mut self, item: Item) {
        self.earliest = self.earliest.min(item.time);
        if item.time.as_ps() == self.now {
            // Most often the one with the highest number.
            let due = &self.due[self.next..];
            let place = due.partition_point(|other| other.number < item.number);
            self.due.insert(self.next + place, item);
        } else {
            self.put(item);
        }
    }

    fn put(&mut self, item: Item) {
        let differs = item.time.as_ps() ^ self.now;
        if differs == 0 {
            self.due.push(item);
        } else {
            let bit = differs.ilog2() as usize;
            self.later[bit].push(item);
            self.occupied |= 1 << bit;
        }
    }

    /// The time of the next item.
    pub(super) fn peek(&self) -> Option<Time> {
        (self.next < self.due.len() || self.occupied != 0).then_some(self.earliest)
    }

    /// Takes the next item.
    pub(super) fn pop(&mut self) -> Option<Item> {
        if self.next == self.due.len() {
            self.turn();
        }
        let item = self.due.get(self.next).copied();
        self.next += 1;
        if self.next >= self.due.len() {
            self.next = 0;
            self.due.clear();
            let lowest = self.later.get(self.occupied.trailing_zeros() as usize);
            let times = lowest.into_iter().flatten().map(|item| item.time);
            self.earliest = times.min().unwrap_or(Time::MAX);
        }
        item
    }

    /// Lets the time of the next item be now.
    fn turn(&mut self) {
        if self.occupied == 0 {
            return;
        }
        let lowest = self.occupied.trailing_zeros() as usize;
        self.occupied &= !(1 << lowest);
        self.now = self.earliest.as_ps();
        let mut items = std::mem::take(&mut self.later[lowest]);
        for item in items.drain(..) {
            self.put(item);
        }
        // Its room serves again.
        self.later[lowest] = items;
        self.due.sort_unstable_by_key(|item| item.number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The order of a sorted set, whatever is added in between.
        #[test]
        fn items_come_by_time_and_number(
            steps in prop::collection::vec((0_u64..40, any::<bool>(), 0_u32..3), 1..300),
        ) {
            let (mut queue, mut sorted, mut now) = (Queue::new(), BTreeSet::new(), 0);
            for (number, (after, earlier, pops)) in (0..).zip(steps) {
                let after = if earlier { after } else { after << 20 };
                let item = Item { time: Time::from_ps(now + after), number, slot: 0 };
                queue.push(item);
                sorted.insert(item);
                for _ in 0..pops {
                    let first = sorted.pop_first();
                    prop_assert_eq!(queue.peek(), first.map(|item| item.time));
                    prop_assert_eq!(queue.pop(), first);
                    now = first.map_or(now, |item| item.time.as_ps());
                }
            }
        }
    }
}
