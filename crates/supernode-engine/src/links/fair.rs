//! Links that all messages on them share at the same time, by max-min fairness.
//!
//! A message is a flow from the time it leaves its port: it takes all links of its way at once, at a rate
//! that [`fill`](super::filling) gives it and that changes as others come and go, never above its own
//! pace. Its tail is at the receive port a latency after the flow ends. The port has taken it when it has
//! done the work of all messages whose heads came before, that tail is there, and those before are taken:
//! in order of arrival, as ever, but without waiting for what comes in slowly before it does other work.
//! That is known when the flows have ended, and only then is `ports` told.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use supernode_collectives::Rank;
use supernode_fabric::{CostModel, Leg, Links, Path};
use supernode_units::Time;

use super::LinkUse;
use super::filling::{Filling, RATE, Rate};
use super::prices::{PS_PER_S, Prices};
use crate::clock::InFlight;
use crate::ports::queue::{Event, Job, Key, Kind};
use crate::wire::{Arrival, Moved};

mod link;
mod receive;

pub(super) use link::Link;
use receive::Port;

/// A flow at its own pace; slower ones go at a part of it.
pub(super) const FULL: u64 = 1 << 62;
/// What rates that are rounded down may leave over at the end: a millionth of a picosecond.
const ROUNDING: u128 = 1 << 42;
/// No slot.
const NONE: u32 = u32::MAX;

/// Links, and the messages between ports.
#[derive(Debug)]
pub(crate) struct Fair<'a> {
    links: Links<'a>,
    cost: &'a CostModel,
    states: Vec<Link>,
    flows: Vec<Flow>,
    vacant: Vec<u32>,
    /// Flows that start or end.
    due: BinaryHeap<Reverse<Due>>,
    entered: u64,
    /// The time of the last event, for which not all may have been seen.
    now: Time,
    /// Links whose flows have changed since the last filling.
    changed: Vec<u32>,
    filling: Filling,
    prices: Prices,
    ports: Vec<Port>,
    /// Messages to tell `ports` of.
    arrived: VecDeque<Arrival>,
    /// The legs of the message that enters next.
    way: Vec<Leg>,
}

#[derive(Debug)]
pub(super) struct Flow {
    /// That of its arrival.
    key: Key,
    flight: InFlight,
    wire_bytes: u64,
    latency: Time,
    entered: u64,
    /// Its links, each with its position in the list of the link's flows.
    pub(super) way: Vec<(u32, u32)>,
    /// The rate of its own pace.
    pub(super) pace: Rate,
    /// What is left of `busy` at `since`, in units of a picosecond divided by [`FULL`].
    left: u128,
    since: Time,
    speed: u64,
    /// Tells the end that is due from those that were before the speed changed.
    version: u32,
    /// When its tail is at the receive port, once that is known.
    tail: Option<Time>,
    /// Where it is received, and when the port has done its work.
    port: usize,
    worked: Time,
    /// The message behind it at the receive port.
    next: u32,
    /// Whether it is the first of those whose heads came.
    awaited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    time: Time,
    /// What ends makes room for what starts.
    starts: bool,
    entered: u64,
    slot: u32,
    version: u32,
}

impl<'a> Fair<'a> {
    pub(super) fn new(links: Links<'a>, cost: &'a CostModel) -> Self {
        let ports = cost.fabric.ports_per_device() as usize * cost.fabric.ranks() as usize;
        Self {
            states: vec![Link::default(); links.count() as usize],
            filling: Filling::new(&links),
            prices: Prices::new(&links, cost.fabric.levels().len() as u32),
            links,
            cost,
            flows: Vec::new(),
            vacant: Vec::new(),
            due: BinaryHeap::new(),
            entered: 0,
            now: Time::ZERO,
            changed: Vec::new(),
            ports: vec![Port::IDLE; ports],
            arrived: VecDeque::new(),
            way: Vec::new(),
        }
    }

    pub(crate) fn path(&mut self, from: Rank, to: Rank) -> Path {
        let path = self.links.path(from, to, &mut self.way);
        Path { route: self.cost.through_ports(path.route, from, to), ..path }
    }

    /// Takes a message on the last path; gives the event of its head.
    pub(crate) fn enter(&mut self, key: Key, flight: InFlight, path: &Path, bytes: u64) -> Event {
        let wire_bytes = self.cost.profile.protocol.wire_bytes(bytes);
        // Nothing inside the fabric holds up a message without links, or without bytes.
        let alone = self.way.is_empty() || wire_bytes == 0 || flight.busy == Time::ZERO;
        let latency = path.route.latency;
        let busy = u128::from(flight.busy.as_ps());
        let work = u128::from(wire_bytes).saturating_mul(PS_PER_S * RATE);
        let mut way = Vec::new();
        let slot = self.vacant.pop().inspect(|slot| {
            way = std::mem::take(&mut self.flows[*slot as usize].way);
        });
        way.clear();
        for leg in self.way.iter().filter(|_| !alone) {
            let work = self.prices.work(leg.level, wire_bytes);
            for link in leg.links() {
                way.push((link, 0));
                let seen = &mut self.states[link as usize].seen;
                seen.messages += 1;
                seen.bytes += wire_bytes;
                seen.busy += self.prices.work_on(link, wire_bytes, work);
            }
        }
        let flow = Flow {
            key,
            flight,
            wire_bytes,
            latency,
            entered: self.entered,
            way,
            pace: work.checked_div(busy).unwrap_or(0).max(1),
            left: busy * u128::from(FULL),
            since: Time::ZERO,
            speed: 0,
            version: 0,
            tail: alone.then_some(flight.head + flight.busy),
            port: 0,
            worked: Time::ZERO,
            next: NONE,
            awaited: false,
        };
        let slot = if let Some(slot) = slot {
            self.flows[slot as usize] = flow;
            slot
        } else {
            self.flows.push(flow);
            self.flows.len() as u32 - 1
        };
        if !alone {
            let time = flight.head.saturating_sub(latency);
            let due = Due { time, starts: true, entered: self.entered, slot, version: 0 };
            self.due.push(Reverse(due));
        }
        self.entered += 1;
        Event { key, job: Job::Reach { slot, flight } }
    }

    /// Lets flows start and end until `next`, or until one is known to arrive.
    pub(crate) fn advance(&mut self, next: Option<Key>) -> Option<Moved> {
        // At equal times lanes and ports send before links serve, and links before ports receive.
        let first =
            |time: Time| next.is_some_and(|key| (key.time, key.kind) < (time, Kind::Arrive));
        loop {
            if let Some(arrival) = self.arrived.pop_front() {
                return Some(Moved::Arrived(arrival));
            }
            let due = self.due.peek().map(|Reverse(due)| *due);
            if due.is_some_and(|due| !due.stands(&self.flows)) {
                self.due.pop();
                continue;
            }
            let at_once = due.filter(|due| self.changed.is_empty() || due.time <= self.now);
            let Some(due) = at_once else {
                if self.changed.is_empty() || first(self.now) {
                    return None;
                }
                self.fill();
                continue;
            };
            if first(due.time) {
                return None;
            }
            self.due.pop();
            self.now = due.time;
            if due.starts {
                self.start(due.slot);
            } else {
                self.end(due.slot);
            }
        }
    }

    fn start(&mut self, slot: u32) {
        let flow = &mut self.flows[slot as usize];
        flow.since = self.now;
        let bytes = u128::from(flow.wire_bytes).saturating_mul(PS_PER_S * RATE);
        for (position, (link, place)) in (0..).zip(&mut flow.way) {
            let state = &mut self.states[*link as usize];
            *place = state.add((slot, position), bytes, self.now);
            self.changed.push(*link);
        }
    }

    fn end(&mut self, slot: u32) {
        let flow = &mut self.flows[slot as usize];
        flow.tail = Some(self.now + flow.latency);
        let awaited = flow.awaited;
        let way = std::mem::take(&mut flow.way);
        for (link, place) in &way {
            let flows = &mut self.states[*link as usize].flows;
            flows.swap_remove(*place as usize);
            if let Some((moved, position)) = flows.get(*place as usize) {
                self.flows[*moved as usize].way[*position as usize].1 = *place;
            }
            self.changed.push(*link);
        }
        self.flows[slot as usize].way = way;
        if awaited {
            self.receive(slot);
        }
    }

    /// Gives new rates to all flows that those on changed links have to do with.
    fn fill(&mut self) {
        // As many as there can be, and as many again that were replaced.
        if self.due.len() > 2 * self.flows.len() {
            let flows = &self.flows;
            self.due.retain(|Reverse(due)| due.stands(flows));
        }
        self.filling.fill(&mut self.changed, &self.states, &self.flows);
        for (link, drain) in self.filling.drains() {
            self.states[link as usize].change(drain, self.now);
        }
        for (slot, speed) in self.filling.speeds() {
            let flow = &mut self.flows[slot as usize];
            if flow.speed == speed {
                continue;
            }
            let passed = self.now.saturating_sub(flow.since).as_ps();
            flow.left = flow.left.saturating_sub(u128::from(passed) * u128::from(flow.speed));
            (flow.since, flow.speed) = (self.now, speed);
            flow.version += 1;
            let time = self.now
                + Time::from_ps_ratio(flow.left.saturating_sub(ROUNDING), u128::from(speed));
            let (entered, version) = (flow.entered, flow.version);
            let due = Due { time, starts: false, entered, slot, version };
            self.due.push(Reverse(due));
        }
    }

    /// What each link carried.
    pub(super) fn into_uses(self) -> Vec<LinkUse> {
        self.states.iter().map(Link::seen).collect()
    }
}

impl Due {
    /// Whether it has not been replaced by another.
    fn stands(&self, flows: &[Flow]) -> bool {
        let flow = &flows[self.slot as usize];
        (self.entered, self.version) == (flow.entered, flow.version)
    }
}
