//! Links that serve one message after the other.

use supernode_collectives::Rank;
use supernode_fabric::{CostModel, Leg, Links, Path};
use supernode_units::Time;

use super::LinkUse;
use super::prices::{PS_PER_S, Prices};
use super::queue::{Item, Queue};
use crate::ports::queue::{Key, Kind};

/// Links, and the messages between ports.
#[derive(Debug)]
pub(crate) struct Fifo<'a> {
    links: Links<'a>,
    cost: &'a CostModel,
    states: Vec<Link>,
    /// Messages that are under way, in slots that are used again: what every link asks for, and the rest.
    flights: Vec<Flight>,
    others: Vec<Other>,
    vacant: Vec<u32>,
    /// Heads of messages at links, by time; then whoever left its port first.
    due: Queue,
    entered: u64,
    /// The legs of the message that enters next, and their bytes on the wire.
    way: Vec<Leg>,
    prices: Prices,
}

/// A cache line.
#[derive(Debug, Clone, Default)]
#[repr(align(64))]
pub(super) struct Link {
    /// When it has done its work for all messages so far.
    free: Time,
    /// When the head of the last one of them leaves.
    head: Time,
    /// When the tails of all of them have passed.
    clear: Time,
    /// The queue is in picoseconds here: the longest work that a message found before it.
    seen: LinkUse,
}

/// The same.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Flight {
    leg: Leg,
    busy: Time,
    /// How long the links of the leg take.
    work: Time,
    wire_bytes: u64,
}

/// A message that a port lets go, or that has passed its last link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message {
    /// That of its arrival.
    pub(crate) key: Key,
    pub(crate) busy: Time,
    /// What the engine knows the way to its port by.
    pub(crate) mark: u32,
}

#[derive(Debug)]
pub(super) struct Other {
    key: Key,
    mark: u32,
    /// Latency after the last link.
    rest: Time,
    legs: Vec<Leg>,
    /// The next of them.
    next: usize,
}

impl<'a> Fifo<'a> {
    pub(super) fn new(links: Links<'a>, cost: &'a CostModel) -> Self {
        Self {
            states: vec![Link::default(); links.count() as usize],
            prices: Prices::new(&links, cost.fabric.levels().len() as u32),
            links,
            cost,
            flights: Vec::new(),
            others: Vec::new(),
            vacant: Vec::new(),
            due: Queue::new(),
            entered: 0,
            way: Vec::new(),
        }
    }

    pub(crate) fn path(&mut self, from: Rank, to: Rank) -> Path {
        let path = self.links.path(from, to, &mut self.way);
        Path { route: self.cost.through_ports(path.route, from, to), ..path }
    }

    /// Whether the last path takes links.
    pub(crate) fn is_shared(&self) -> bool {
        !self.way.is_empty()
    }

    /// Takes a message of `bytes` on the last path, whose head leaves its port at `left`. Those that come
    /// first win ties.
    pub(crate) fn enter(&mut self, message: Message, left: Time, path: &Path, bytes: u64) {
        let Message { key, busy, mark } = message;
        let leg = self.way[0];
        let wire_bytes = self.cost.profile.protocol.wire_bytes(bytes);
        let work = self.prices.work(leg.level, wire_bytes);
        let flight = Flight { leg, busy, work, wire_bytes };
        let rest = path.rest;
        let slot = if let Some(slot) = self.vacant.pop() {
            self.flights[slot as usize] = flight;
            let other = &mut self.others[slot as usize];
            std::mem::swap(&mut other.legs, &mut self.way);
            (other.key, other.mark, other.rest, other.next) = (key, mark, rest, 1);
            slot
        } else {
            self.flights.push(flight);
            let legs = std::mem::take(&mut self.way);
            self.others.push(Other { key, mark, rest, legs, next: 1 });
            self.flights.len() as u32 - 1
        };
        let time = left + leg.before;
        self.due.push(Item { time, number: self.entered, slot });
        self.entered += 1;
    }

    /// When the next message is at a link.
    pub(crate) fn next(&self) -> Option<Time> {
        self.due.peek()
    }

    /// Serves messages at links until `next`, or until one leaves its last link.
    pub(crate) fn advance(&mut self, next: Option<Key>) -> Option<Message> {
        loop {
            let time = self.due.peek()?;
            // At equal times lanes and ports send before links serve, and links before ports receive.
            if next.is_some_and(|key| (key.time, key.kind) < (time, Kind::Arrive)) {
                return None;
            }
            let Item { number, slot, .. } = self.due.pop()?;
            let flight = &mut self.flights[slot as usize];
            let work = self.prices.work_on(flight.leg.link, flight.wire_bytes, flight.work);
            let out = self.states[flight.leg.link as usize].serve(time, work, flight);
            let other = &mut self.others[slot as usize];
            let time = if flight.leg.advance() {
                out + flight.leg.between
            } else if let Some(leg) = other.legs.get(other.next) {
                other.next += 1;
                flight.leg = *leg;
                flight.work = self.prices.work(leg.level, flight.wire_bytes);
                out + leg.before
            } else {
                self.vacant.push(slot);
                let key = Key { time: out + other.rest, ..other.key };
                return Some(Message { key, busy: flight.busy, mark: other.mark });
            };
            self.due.push(Item { time, number, slot });
        }
    }

    /// What each link carried.
    pub(super) fn into_uses(self) -> Vec<LinkUse> {
        let bytes = |link: u32, ps: u64| {
            let of_level = || self.links.rate(self.links.level(link));
            let rate = self.prices.own_rate(link).or_else(of_level);
            let rate = rate.map_or(0, |rate| u128::from(rate.bytes_per_s()));
            (u128::from(ps) * rate / PS_PER_S) as u64
        };
        let uses = (0..).zip(&self.states).map(|(link, state)| LinkUse {
            peak_queue: bytes(link, state.seen.peak_queue),
            ..state.seen
        });
        uses.collect()
    }
}

impl Link {
    /// Serves a message whose head is at the link at `head`; gives when the head leaves.
    ///
    /// A message keeps its own pace, that of the slowest part of its way. A link that is faster does
    /// other work in between, so that a message is only held up by the work before it that is not done
    /// while it comes in: its tail leaves when the link has done its work, and its head as much sooner as
    /// it takes to pass. Heads leave in the order in which they came, so that no message overtakes another
    /// of its flow.
    fn serve(&mut self, head: Time, work: Time, flight: &Flight) -> Time {
        let before = self.free.saturating_sub(head);
        self.seen.peak_queue = self.seen.peak_queue.max(before.as_ps());
        self.seen.met += u64::from(self.clear > head);
        self.free = self.free.max(head) + work;
        let out = head.max(self.head).max(self.free.saturating_sub(flight.busy));
        self.head = out;
        self.clear = self.clear.max(out + flight.busy);
        self.seen.messages += 1;
        self.seen.bytes += flight.wire_bytes;
        self.seen.busy += work;
        out
    }
}
