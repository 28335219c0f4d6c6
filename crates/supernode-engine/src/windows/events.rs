//! What a rank has to do, in order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that a rank has to do: by time, then lanes before ports before arrivals, then by the sender,
/// its lane and step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Event {
    pub(super) time: u64,
    pub(super) kind: Kind,
    pub(super) source: u32,
    pub(super) lane: u16,
    pub(super) step: u32,
    /// Of `Send` the receiver; and the number of the link among the prices.
    pub(super) to: u32,
    pub(super) link: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Kind {
    #[default]
    Go,
    Send,
    Arrive,
}

impl Event {
    /// Who does it.
    pub(super) fn rank(&self) -> u32 {
        if self.kind == Kind::Arrive { self.to } else { self.source }
    }
}

/// The events of one rank in a window. Mostly there are one or two, and what a lane does next is the next
/// event of all: that one stays outside of the heap.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// Before all of `rest`, if it is there.
    first: Option<Event>,
    rest: BinaryHeap<Reverse<Event>>,
}

impl Events {
    /// Adds one.
    pub(super) fn push(&mut self, event: Event) {
        let next = match (self.first, self.rest.peek()) {
            (Some(first), _) => event < first,
            (None, Some(Reverse(next))) => event < *next,
            (None, None) => true,
        };
        let later = if next { self.first.replace(event) } else { Some(event) };
        if let Some(later) = later {
            self.rest.push(Reverse(later));
        }
    }

    /// Takes the next one.
    pub(super) fn pop(&mut self) -> Option<Event> {
        self.first.take().or_else(|| self.rest.pop().map(|Reverse(event)| event))
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
        fn events_come_in_order(
            steps in prop::collection::vec((0_u64..20, 0_u32..4, 0_u32..3), 1..200),
        ) {
            let (mut events, mut sorted) = (Events::default(), BTreeSet::new());
            for (step, (time, source, pops)) in (0..).zip(steps) {
                let event = Event { time, source, step, ..Event::default() };
                events.push(event);
                sorted.insert(event);
                for _ in 0..pops {
                    prop_assert_eq!(events.pop(), sorted.pop_first());
                }
            }
        }
    }
}
