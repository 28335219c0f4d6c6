//! What a lane does with its next step.

use supernode_collectives::{Action, Rank, Span, Step};
use supernode_units::Time;

use super::Engine;
use super::queue::{Job, Key, Kind};
use crate::clock::{issue, work};

impl Engine<'_> {
    /// Number of steps taken, or `None` if the lane has to wait.
    pub(super) fn take_step(&mut self, key: Key, step: Step) -> Option<u32> {
        let nominal = |span: Span| self.chunks.charged_bytes(span, key.rank);
        match step.action {
            Action::Send { to, src } | Action::Put { to, src, .. } => {
                let bytes = nominal(src);
                self.issue(key, to, bytes, step.fan);
            }
            Action::Signal { to } => self.issue(key, to, 0, step.fan),
            Action::Recv { more, .. } if more => return self.receive_batch(key),
            Action::Recv { from, dst, with, .. } => {
                let bytes = nominal(dst);
                return self.receive(key, from, bytes, with.is_some()).then_some(1);
            }
            Action::Forward { from, to, with, keep } => {
                let bytes = with.or(keep).map_or(0, nominal);
                if !self.receive(key, from, bytes, with.is_some()) {
                    return None;
                }
                let time = self.lanes[self.lane(key.rank, key.lane)].now;
                self.issue(Key { time, ..key }, to, bytes, step.fan);
            }
            Action::Exchange { to, src, from, dst, with } => {
                let (out, inward) = (nominal(src), nominal(dst));
                if !self.begin_half(key) {
                    self.issue(key, to, out, step.fan);
                }
                return self.receive(key, from, inward, with.is_some()).then_some(1);
            }
            Action::Get { from, src, dst, with } => {
                let (out, inward) = (self.chunks.charged_bytes(src, from), nominal(dst));
                if !self.begin_half(key) {
                    self.request(key, from, out, step.fan);
                }
                return self.receive(key, from, inward, with.is_some()).then_some(1);
            }
            Action::Wait { from } => return self.wait(key, from),
            Action::Copy { src, .. } => self.local(key, self.cost.copy_time(nominal(src))),
            Action::Reduce { src, .. } => self.local(key, self.cost.reduce_time(nominal(src))),
            Action::Multicast { group, src, .. } => {
                let bytes = nominal(src);
                let ready = self.ready(key);
                for to in group.members().filter(|member| *member != key.rank) {
                    self.note_message(key, (key.rank, to), bytes, ready);
                }
                let job = Job::Multicast { group: group.into(), bytes };
                self.push(ready, Kind::Transmit, key, job);
            }
            Action::SwitchReduce { group, src, .. } => {
                let bytes = nominal(src);
                let ready = self.ready(key);
                self.collect(key, ready, group, bytes);
            }
        }
        Some(1)
    }

    /// Charges the step overhead: the lane goes on at `ready`, which is when a message is issued.
    fn ready(&mut self, key: Key) -> Time {
        let at = self.lane(key.rank, key.lane);
        let lane = &mut self.lanes[at];
        let overhead = self.cost.step_overhead_of(key.rank, key.lane, lane.issued);
        lane.issued += 1;
        lane.now = issue(self.cost, key.time, overhead, &mut lane.issuer_free);
        let now = lane.now;
        if let Some(recorder) = &mut self.recorder {
            recorder.issued(at, key, now);
        }
        now
    }

    fn issue(&mut self, key: Key, to: Rank, bytes: u64, fan: u32) {
        let ready = self.ready(key);
        self.note_message(key, (key.rank, to), bytes, ready);
        let job = Job::Send { source: key.rank, bytes, fan };
        self.push(ready, Kind::Transmit, Key { to, ..key }, job);
    }

    /// What the lane has just issued is a message that is at its port at `ready`.
    fn note_message(&mut self, key: Key, ends: (Rank, Rank), bytes: u64, ready: Time) {
        let at = self.lane(key.rank, key.lane);
        if let Some(recorder) = &mut self.recorder {
            recorder.message(at, key, ends, bytes, ready);
        }
    }

    /// A read: the request travels to `from`, whose port then sends.
    fn request(&mut self, key: Key, from: Rank, bytes: u64, fan: u32) {
        let there = self.ready(key) + self.cost.route(key.rank, from).latency;
        self.note_message(key, (from, key.rank), bytes, there);
        let job = Job::Send { source: from, bytes, fan };
        self.push(there, Kind::Transmit, Key { to: key.rank, ..key }, job);
    }

    /// Whether the first half of the step at `next` was already done; notes that it is now.
    fn begin_half(&mut self, key: Key) -> bool {
        let at = self.lane(key.rank, key.lane);
        std::mem::replace(&mut self.lanes[at].half_done, true)
    }

    fn local(&mut self, key: Key, time: Time) {
        let at = self.lane(key.rank, key.lane);
        let now = self.lanes[at].now;
        let time = self.cost.slowed(key.rank, time);
        let engine = &mut self.compute_free[key.rank as usize];
        let free = *engine;
        self.lanes[at].now = work(now, time, engine);
        if let Some(recorder) = &mut self.recorder {
            recorder.works(at, key, free, self.lanes[at].now);
        }
    }
}
