//! Links that serve one message after the other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use supernode_collectives::Rank;
use supernode_fabric::{CostModel, LinkHop, Links, Path};
use supernode_units::Time;

use super::LinkUse;
use super::prices::{PS_PER_S, Prices};
use crate::clock::InFlight;
use crate::ports::queue::{Event, Job, Key, Kind};

/// Links, and the messages between ports.
#[derive(Debug)]
pub(crate) struct Fifo<'a> {
    links: Links<'a>,
    cost: &'a CostModel,
    states: Vec<Link>,
    /// Messages that are under way, in slots that are used again.
    flights: Vec<Flight>,
    vacant: Vec<u32>,
    /// Heads of messages at links.
    due: BinaryHeap<Reverse<Due>>,
    entered: u64,
    /// The links of the message that enters next.
    way: Vec<LinkHop>,
    prices: Prices,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Link {
    /// When it has done its work for all messages so far.
    free: Time,
    /// When the head of the last one of them leaves.
    head: Time,
    /// When the tails of all of them have passed.
    clear: Time,
    /// The longest work that a message found before it.
    peak: Time,
    seen: LinkUse,
}

#[derive(Debug)]
pub(super) struct Flight {
    /// That of its arrival.
    key: Key,
    busy: Time,
    rx_port: u16,
    wire_bytes: u64,
    /// Latency after the last link.
    rest: Time,
    way: Vec<LinkHop>,
    /// Links left behind.
    passed: u32,
}

/// In order of time; then whoever left its port first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    time: Time,
    entered: u64,
    slot: u32,
}

impl<'a> Fifo<'a> {
    pub(super) fn new(links: Links<'a>, cost: &'a CostModel) -> Self {
        Self {
            states: vec![Link::default(); links.count() as usize],
            prices: Prices::new(&links, cost.fabric.levels().len() as u32),
            links,
            cost,
            flights: Vec::new(),
            vacant: Vec::new(),
            due: BinaryHeap::new(),
            entered: 0,
            way: Vec::new(),
        }
    }

    pub(crate) fn path(&mut self, from: Rank, to: Rank) -> Path {
        self.links.path(from, to, &mut self.way)
    }

    /// Whether the last path takes links.
    pub(crate) fn is_shared(&self) -> bool {
        !self.way.is_empty()
    }

    /// Takes a message on the last path.
    pub(crate) fn enter(&mut self, key: Key, flight: InFlight, path: &Path, bytes: u64) {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.flights.push(Flight {
                key,
                busy: Time::ZERO,
                rx_port: 0,
                wire_bytes: 0,
                rest: Time::ZERO,
                way: Vec::new(),
                passed: 0,
            });
            self.flights.len() as u32 - 1
        });
        let message = &mut self.flights[slot as usize];
        std::mem::swap(&mut message.way, &mut self.way);
        (message.key, message.busy, message.rx_port) = (key, flight.busy, flight.rx_port);
        message.wire_bytes = self.cost.profile.protocol.wire_bytes(bytes);
        (message.rest, message.passed) = (path.rest, 0);
        let left_port = flight.head.saturating_sub(path.route.latency);
        let time = left_port + message.way[0].before;
        self.due.push(Reverse(Due { time, entered: self.entered, slot }));
        self.entered += 1;
    }

    /// Serves messages at links until `next`, or until one leaves its last link.
    pub(crate) fn advance(&mut self, next: Option<Key>) -> Option<Event> {
        loop {
            let mut top = self.due.peek_mut()?;
            let Reverse(Due { time, slot, .. }) = *top;
            // At equal times lanes and ports send before links serve, and links before ports receive.
            if next.is_some_and(|key| (key.time, key.kind) < (time, Kind::Arrive)) {
                return None;
            }
            let message = &mut self.flights[slot as usize];
            let LinkHop { link, level, .. } = message.way[message.passed as usize];
            let work = self.prices.work(level, message.wire_bytes);
            let out = self.states[link as usize].serve(time, message, work);
            message.passed += 1;
            if let Some(hop) = message.way.get(message.passed as usize) {
                // In place: the message is likely to be among the next again.
                top.0.time = out + hop.before;
                continue;
            }
            PeekMut::pop(top);
            self.vacant.push(slot);
            let key = Key { time: out + message.rest, ..message.key };
            let job = Job::Head { busy: message.busy, port: message.rx_port };
            return Some(Event { key, job });
        }
    }

    /// What each link carried.
    pub(super) fn into_uses(self) -> Vec<LinkUse> {
        let queued = |level: u32, time: Time| {
            let rate = self.links.rate(level).map_or(0, |rate| u128::from(rate.bytes_per_s()));
            (u128::from(time.as_ps()) * rate / PS_PER_S) as u64
        };
        let uses = (0..).zip(&self.states).map(|(link, state)| LinkUse {
            peak_queue: queued(self.links.level(link), state.peak),
            ..state.seen
        });
        uses.collect()
    }
}

impl Link {
    /// Serves a message whose head is at the link at `head` and needs `work` of it; gives when the head
    /// leaves.
    ///
    /// A message keeps its own pace, that of the slowest part of its way. A link that is faster does
    /// other work in between, so that a message is only held up by the work before it that is not done
    /// while it comes in: its tail leaves when the link has done its work, and its head as much sooner as
    /// it takes to pass. Heads leave in the order in which they came, so that no message overtakes another
    /// of its flow.
    fn serve(&mut self, head: Time, message: &Flight, work: Time) -> Time {
        self.peak = self.peak.max(self.free.saturating_sub(head));
        self.seen.met += u64::from(self.clear > head);
        self.free = self.free.max(head) + work;
        let out = head.max(self.head).max(self.free.saturating_sub(message.busy));
        self.head = out;
        self.clear = self.clear.max(out + message.busy);
        self.seen.messages += 1;
        self.seen.bytes += message.wire_bytes;
        self.seen.busy += work;
        out
    }
}
