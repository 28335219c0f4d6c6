//! Receive ports, which take messages in the order of their heads.

use supernode_units::Time;

use super::{Fair, Flow, NONE};
use crate::wire::Arrival;

/// A receive port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Port {
    /// The last message whose head came and that is not taken.
    last: u32,
    /// When the last one that is taken was in.
    tail: Time,
}

impl Port {
    pub(super) const IDLE: Self = Self { last: NONE, tail: Time::ZERO };
}

impl Fair<'_> {
    /// The head of a message is at receive port `port`, which has done its work at `worked`; gives the
    /// arrival if all is known.
    pub(crate) fn reach(&mut self, slot: u32, port: usize, worked: Time) -> Option<Arrival> {
        let flow = &mut self.flows[slot as usize];
        (flow.port, flow.worked) = (port, worked);
        let last = std::mem::replace(&mut self.ports[port].last, slot);
        if last != NONE {
            self.flows[last as usize].next = slot;
            return None;
        }
        if flow.tail.is_none() {
            flow.awaited = true;
            return None;
        }
        self.ports[port].last = NONE;
        Some(self.take(slot))
    }

    /// The arrival of a message that is the next at its port, and known.
    fn take(&mut self, slot: u32) -> Arrival {
        self.vacant.push(slot);
        let Flow { key, flight, worked, tail, port, .. } = self.flows[slot as usize];
        let taken = &mut self.ports[port].tail;
        *taken = tail.unwrap_or(Time::MAX).max(worked).max(*taken);
        // It comes in at its own pace, so as to end when it does.
        Arrival { key, flight, rx: taken.saturating_sub(flight.busy), tail: *taken }
    }

    /// Tells of the message that its port waits for, and of those behind it that are known.
    pub(super) fn receive(&mut self, first: u32) {
        let mut slot = first;
        loop {
            let Flow { next, port, .. } = self.flows[slot as usize];
            let arrival = self.take(slot);
            self.arrived.push_back(arrival);
            if next == NONE {
                self.ports[port].last = NONE;
                return;
            }
            if self.flows[next as usize].tail.is_none() {
                self.flows[next as usize].awaited = true;
                return;
            }
            slot = next;
        }
    }
}
