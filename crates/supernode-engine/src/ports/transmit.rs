//! The sending side: transmit ports, multicasts, and reductions that the switch collects.

use std::cmp::Reverse;

use supernode_collectives::{Group, Rank};
use supernode_units::Time;

use super::Engine;
use super::queue::{Job, Key, Kind};
use crate::clock::{InFlight, land, launch};
use crate::{EngineError, switch};

/// A reduction in the switch: shares still missing, and when the latest so far gets back.
#[derive(Debug)]
pub(super) struct Collection {
    missing: u32,
    head: Time,
}

impl Engine<'_> {
    /// A message is at a transmit port: lets it go.
    pub(super) fn send(&mut self, key: Key, source: Rank, bytes: u64, fan: u32) {
        let path = self.wire.path(self.cost, source, key.to);
        let busy = self.cost.occupancy(&path.route, bytes, fan);
        let port = self.port(source, path.route.tx_port);
        let flight = launch(&path.route, busy, key.time, &mut self.tx_free[port]);
        self.messages += 1;
        if let Some(recorder) = &mut self.recorder {
            let tx = self.tx_free[port].saturating_sub(busy);
            recorder.leaves(key, (tx, flight.head), busy, (path.route.tx_port, flight.rx_port));
        }
        let key = Key { time: flight.head, kind: Kind::Arrive, rank: source, ..key };
        if let Some(arrival) = self.wire.enter(key, flight, &path, bytes) {
            self.queue.push(Reverse(arrival));
        }
    }

    /// How long one step of a switch that reduces for `group` occupies each port it passes.
    fn switched(&mut self, rank: Rank, group: Group, bytes: u64) -> Result<Time, EngineError> {
        if let Some((_, _, busy)) = self.switched.filter(|last| (last.0, last.1) == (group, bytes))
        {
            return Ok(busy);
        }
        let busy = switch::port_time(self.cost, rank, group, bytes)?;
        self.switched = Some((group, bytes, busy));
        Ok(busy)
    }

    /// A multicast leaves its port once and arrives at every other member.
    pub(super) fn multicast(
        &mut self,
        key: Key,
        group: Group,
        bytes: u64,
    ) -> Result<(), EngineError> {
        let busy = self.switched(key.rank, group, bytes)?;
        let mut others = group.members().filter(|member| *member != key.rank).peekable();
        let Some(&any) = others.peek() else {
            return Ok(());
        };
        let port = self.port(key.rank, self.cost.route(key.rank, any).tx_port);
        let tx = key.time.max(self.tx_free[port]);
        self.tx_free[port] = tx + busy;
        for to in others {
            let route = self.cost.route(key.rank, to);
            self.messages += 1;
            if let Some(recorder) = &mut self.recorder {
                let head = tx + route.latency;
                recorder.leaves(
                    Key { to, ..key },
                    (tx, head),
                    busy,
                    (route.tx_port, route.rx_port),
                );
            }
            let job = Job::Head { busy, port: route.rx_port };
            self.push(tx + route.latency, Kind::Arrive, Key { to, ..key }, job);
        }
        Ok(())
    }

    /// A reduction by the switch: the request reaches every member's port.
    pub(super) fn collect(&mut self, key: Key, ready: Time, group: Group, bytes: u64) {
        self.collections.insert(
            (key.rank, key.lane, key.step),
            Collection { missing: group.count, head: ready },
        );
        let at = self.lane(key.rank, key.lane);
        if let Some(recorder) = &mut self.recorder {
            recorder.asks(at, key);
        }
        for source in group.members() {
            let there = ready + self.cost.route(key.rank, source).latency;
            let job = Job::Contribute { source, group: group.into(), bytes };
            self.push(there, Kind::Transmit, Key { to: source, ..key }, job);
        }
    }

    /// One member's share of a reduction leaves its port; the last one makes the answer.
    pub(super) fn contribute(
        &mut self,
        key: Key,
        source: Rank,
        group: Group,
        bytes: u64,
    ) -> Result<(), EngineError> {
        let busy = self.switched(key.rank, group, bytes)?;
        // The requester's own share goes up to the switch and back, too.
        let mut others = group.members().filter(|member| *member != source);
        let back = if source == key.rank { others.next() } else { Some(key.rank) };
        let route = self.cost.route(source, back.unwrap_or(source));
        let port = self.port(source, route.tx_port);
        let tx = key.time.max(self.tx_free[port]);
        self.tx_free[port] = tx + busy;
        let id = (key.rank, key.lane, key.step);
        let Some(collection) = self.collections.get_mut(&id) else {
            return Ok(());
        };
        if let Some(recorder) = &mut self.recorder {
            recorder.shares(key, key.time, tx, tx + route.latency);
        }
        collection.head = collection.head.max(tx + route.latency);
        collection.missing -= 1;
        if collection.missing == 0 {
            let head = collection.head;
            self.collections.remove(&id);
            let job = Job::Answer { busy, port: route.rx_port };
            self.push(head, Kind::Arrive, key, job);
        }
        Ok(())
    }

    pub(super) fn answer(&mut self, key: Key, busy: Time, port: u16) {
        let at = self.port(key.rank, port);
        let flight = InFlight { head: key.time, busy, rx_port: port };
        let landed = land(flight, &mut self.rx_free[at]);
        let lane = self.lane(key.rank, key.lane);
        // The switch did the reduction: for the rank this is a plain receive.
        let done = landed.1 + self.cost.slowed(key.rank, self.cost.recv_overhead());
        self.lanes[lane].done[key.step as usize] = done;
        if let Some(recorder) = &mut self.recorder {
            recorder.answered(lane, key, (landed.0, landed.1, done));
        }
        for other in 0..self.shape.lanes {
            self.wake(key.rank, other);
        }
    }
}
