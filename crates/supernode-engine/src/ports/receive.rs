//! The receiving side: arrivals, single receives, and receives that are awaited together.

use std::collections::btree_map::Entry;

use supernode_collectives::{Action, Group, Rank};
use supernode_units::Time;

use super::Engine;
use super::queue::Key;
use crate::clock::{InFlight, Landed, land, take};
use crate::wire::Arrival;

/// A message that arrived: not yet served (fixed ports) or served by its port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    from: Rank,
    flight: InFlight,
    served: Option<(Time, Time)>,
    /// Its number in a recording.
    id: u32,
}

/// Receives that a lane awaits together.
#[derive(Debug, Default, Clone)]
pub(super) struct Batch {
    /// Sender, bytes, whether it is combined with a local operand.
    wanted: Vec<(Rank, u64, bool)>,
    /// How many of them are known to have arrived.
    here: usize,
    /// Time of the local steps between them.
    local: Time,
    /// Steps of the schedule that the batch covers.
    steps: u32,
}

impl Engine<'_> {
    /// The head of a message is at its receive port.
    pub(super) fn arrive(&mut self, key: Key, busy: Time, port: u16) {
        let flight = InFlight { head: key.time, busy, rx_port: port };
        let served = if self.fixed {
            None
        } else {
            let at = self.port(key.to, port);
            Some(land(flight, &mut self.rx_free[at]))
        };
        self.store(key, flight, served);
    }

    /// The same for a message that the wire has more to say of.
    pub(super) fn reach(&mut self, key: Key, slot: u32, flight: InFlight) {
        let port = self.port(key.to, flight.rx_port);
        let (_, worked) = land(flight, &mut self.rx_free[port]);
        if let Some(arrival) = self.wire.reach(slot, port, worked) {
            self.arrived(&arrival);
        }
    }

    pub(super) fn arrived(&mut self, arrival: &Arrival) {
        let Arrival { key, flight, rx, tail } = *arrival;
        self.store(key, flight, Some((rx, tail)));
    }

    /// Keeps a message for its lane.
    fn store(&mut self, key: Key, flight: InFlight, served: Option<(Time, Time)>) {
        let at = self.lane(key.to, key.lane);
        let id = self.recorder.as_mut().map_or(0, |recorder| recorder.arrives(key));
        let message = Arrived { from: key.rank, flight, served, id };
        let spare = &mut self.spare;
        let queue = self.arrived[at].entry(key.rank);
        queue.or_insert_with(|| spare.pop().unwrap_or_default()).push_back(message);
        // A lane that waits for somebody else has nothing to do yet.
        if self.lanes[at].waits_for.is_none_or(|sender| sender == key.rank) {
            self.wake(key.to, key.lane);
        }
    }

    /// The oldest message of `from` on this lane.
    fn take_arrived(&mut self, key: Key, from: Rank) -> Option<Arrived> {
        let at = self.lane(key.rank, key.lane);
        let Entry::Occupied(mut queue) = self.arrived[at].entry(from) else {
            return None;
        };
        let message = queue.get_mut().pop_front();
        if queue.get().is_empty() {
            self.spare.push(queue.remove());
        }
        message
    }

    /// Serves `message` if its port did not yet.
    fn landed(&mut self, rank: Rank, message: Arrived, bytes: u64, reduces: bool) -> Landed {
        let port = self.port(rank, message.flight.rx_port);
        let (rx, tail) =
            message.served.unwrap_or_else(|| land(message.flight, &mut self.rx_free[port]));
        Landed { rx, tail, bytes, reduces }
    }

    pub(super) fn receive(&mut self, key: Key, from: Rank, bytes: u64, reduces: bool) -> bool {
        let Some(message) = self.take_arrived(key, from) else {
            let lane = self.lane(key.rank, key.lane);
            self.lanes[lane].waits_for = Some(from);
            return false;
        };
        let landed = self.landed(key.rank, message, bytes, reduces);
        let lane = self.lane(key.rank, key.lane);
        let engine = &mut self.compute_free[key.rank as usize];
        if let Some(recorder) = &mut self.recorder {
            recorder.takes((lane, key), self.cost, Time::ZERO, *engine, &[(message.id, landed)]);
        }
        self.lanes[lane].now =
            take(self.cost, key.rank, self.lanes[lane].now, Time::ZERO, engine, [landed]);
        true
    }

    /// Receives that are awaited together, and the local steps between them; gives their number.
    pub(super) fn receive_batch(&mut self, key: Key) -> Option<u32> {
        if self.batch(key).wanted.is_empty() {
            *self.batch(key) = self.read_batch(key);
        }
        self.take_batch(key)
    }

    fn read_batch(&self, key: Key) -> Batch {
        let mut batch = Batch::default();
        loop {
            let action = self.schedule.step(key.rank, key.lane, key.step + batch.steps).action;
            batch.steps += 1;
            match action {
                Action::Recv { from, dst, with, more } => {
                    batch.wanted.push((
                        from,
                        self.chunks.charged_bytes(dst, key.rank),
                        with.is_some(),
                    ));
                    if !more {
                        return batch;
                    }
                }
                Action::Copy { src, .. } => {
                    let copy = self.cost.copy_time(self.chunks.charged_bytes(src, key.rank));
                    batch.local += self.cost.slowed(key.rank, copy);
                }
                Action::Reduce { src, .. } => {
                    let reduction = self.cost.reduce_time(self.chunks.charged_bytes(src, key.rank));
                    batch.local += self.cost.slowed(key.rank, reduction);
                }
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
    }

    /// Signals of a group are taken together, too.
    pub(super) fn wait(&mut self, key: Key, group: Group) -> Option<u32> {
        if self.batch(key).wanted.is_empty() {
            let others = group.members().filter(|member| *member != key.rank);
            let wanted = others.map(|member| (member, 0, false)).collect();
            *self.batch(key) = Batch { wanted, steps: 1, ..Batch::default() };
        }
        self.take_batch(key)
    }

    fn batch(&mut self, key: Key) -> &mut Batch {
        let at = self.lane(key.rank, key.lane);
        &mut self.lanes[at].batch
    }

    /// Takes the lane's batch if all of it has arrived, in order of arrival; gives its steps.
    fn take_batch(&mut self, key: Key) -> Option<u32> {
        let at = self.lane(key.rank, key.lane);
        let (lane, arrived) = (&mut self.lanes[at], &self.arrived[at]);
        // What was there once stays there: the search goes on where it stopped.
        while let Some((from, ..)) = lane.batch.wanted.get(lane.batch.here) {
            if !arrived.contains_key(from) {
                lane.waits_for = Some(*from);
                return None;
            }
            lane.batch.here += 1;
        }
        let batch = std::mem::take(&mut lane.batch);
        let mut taken: Vec<(Arrived, u64, bool)> = Vec::with_capacity(batch.wanted.len());
        for (from, bytes, reduces) in batch.wanted {
            taken.push((self.take_arrived(key, from)?, bytes, reduces));
        }
        taken.sort_by_key(|(message, ..)| (message.flight.head, message.from));
        let landed: Vec<(u32, Landed)> = taken
            .into_iter()
            .map(|(message, bytes, reduces)| {
                (message.id, self.landed(key.rank, message, bytes, reduces))
            })
            .collect();
        let engine = &mut self.compute_free[key.rank as usize];
        if let Some(recorder) = &mut self.recorder {
            recorder.takes((at, key), self.cost, batch.local, *engine, &landed);
        }
        let landed = landed.into_iter().map(|(_, landed)| landed);
        self.lanes[at].now =
            take(self.cost, key.rank, self.lanes[at].now, batch.local, engine, landed);
        Some(batch.steps)
    }
}
