//! What happens next: a radix queue of events by time, then by number.
//!
//! A radix heap (Ahuja, Mehlhorn, Orlin, Tarjan, 1990) keeps an event by the highest bit in which its
//! time differs from now; a pop empties the lowest such bucket into lower ones. Events only ever move
//! along arrays, where a binary heap of a million ranks jumps through memory. Two things are added:
//! events of one time are served by number, and an event before now, which ranks with several
//! processors can cause, goes to a small binary heap beside it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An event; they are ordered by time, then by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) time: u64,
    /// Number of creation.
    pub(super) number: u32,
    /// What it is about.
    pub(super) id: u32,
}

#[derive(Debug)]
pub(super) struct Queue {
    now: u64,
    /// Events of time `now` by number, from `next` on.
    due: Vec<Event>,
    next: usize,
    /// At `i`, events whose time differs from `now` in bit `i` and in no higher one.
    later: Vec<Vec<Event>>,
    /// Bit `i` says that `later[i]` holds something.
    occupied: u64,
    /// Events that came before their turn: earlier than `now`, or at `now` out of order.
    past: BinaryHeap<Reverse<Event>>,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            due: Vec::new(),
            next: 0,
            later: vec![Vec::new(); 64],
            occupied: 0,
            past: BinaryHeap::new(),
        }
    }

    /// Constant time, but for the past.
    pub(super) fn push(&mut self, event: Event) {
        if event.time > self.now {
            self.put_off(event);
        } else if event.time == self.now && self.due.last().is_none_or(|last| *last < event) {
            self.due.push(event);
        } else {
            self.past.push(Reverse(event));
        }
    }

    fn put_off(&mut self, event: Event) {
        let bit = (event.time ^ self.now).ilog2() as usize;
        self.later[bit].push(event);
        self.occupied |= 1 << bit;
    }

    /// Amortised, an event moves once per bit of its distance in time at most.
    pub(super) fn pop(&mut self) -> Option<Event> {
        if self.next == self.due.len() && self.past.is_empty() {
            self.advance();
        }
        let due = self.due.get(self.next);
        if let Some(Reverse(past)) = self.past.peek()
            && due.is_none_or(|due| past < due)
        {
            return self.past.pop().map(|Reverse(event)| event);
        }
        self.next += usize::from(due.is_some());
        due.copied()
    }

    /// Makes the next time now.
    fn advance(&mut self) {
        self.due.clear();
        self.next = 0;
        if self.occupied == 0 {
            return;
        }
        let bit = self.occupied.trailing_zeros() as usize;
        self.occupied &= self.occupied - 1;
        let mut bucket = std::mem::take(&mut self.later[bit]);
        self.now = bucket.iter().map(|event| event.time).min().unwrap_or(self.now);
        for &event in &bucket {
            if event.time == self.now {
                self.due.push(event);
            } else {
                self.put_off(event);
            }
        }
        // Mostly in order already: only events that were put off have an old number.
        if !self.due.is_sorted() {
            self.due.sort_unstable();
        }
        bucket.clear();
        self.later[bit] = bucket;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A binary heap of (time, number) is what it has to equal, whatever is pushed when.
        #[test]
        fn equals_a_binary_heap(
            steps in prop::collection::vec(
                prop_oneof![
                    4 => (0_u64..40).prop_map(Some),
                    1 => any::<u64>().prop_map(Some),
                    4 => Just(None),
                ],
                0..300,
            ),
            back in any::<bool>(),
        ) {
            let (mut queue, mut heap) = (Queue::new(), BinaryHeap::new());
            let mut now = 0_u64;
            for (number, step) in (0_u32..).zip(steps) {
                let Some(delta) = step else {
                    let expected = heap.pop().map(|Reverse(event)| event);
                    prop_assert_eq!(queue.pop(), expected);
                    if let Some(Event { time, number, id }) = expected {
                        now = time;
                        // Now and then an event is put off with its old number.
                        if id % 3 == 0 {
                            let event = Event { time: time.saturating_add(7), number, id: id + 1 };
                            queue.push(event);
                            heap.push(Reverse(event));
                        }
                    }
                    continue;
                };
                let time = if back { delta } else { now.saturating_add(delta) };
                let event = Event { time, number, id: number };
                queue.push(event);
                heap.push(Reverse(event));
            }
            while let Some(Reverse(event)) = heap.pop() {
                prop_assert_eq!(queue.pop(), Some(event));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
