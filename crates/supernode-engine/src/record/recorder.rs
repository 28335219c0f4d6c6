//! What a run of `ports` tells while it goes on, kept for a [`Recording`].

use std::collections::BTreeMap;

use supernode_collectives::Rank;
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::chain::{self, Chain, Part};
use super::{Message, Moment, Recording, StepRecord};
use crate::clock::Landed;
use crate::ports::Timed;
use crate::ports::queue::Key;

/// What a run keeps of itself.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    moments: Vec<Moment>,
    /// The moment of each lane's clock.
    lanes: Vec<u32>,
    /// When each lane was through with its last step.
    through: Vec<Time>,
    /// The moments in which the steps of each lane were complete.
    done: Vec<Vec<u32>>,
    steps: Vec<StepRecord>,
    messages: Vec<Message>,
    /// Messages that wait for their port, by (rank, lane, step, receiver) of who issued them.
    waiting: BTreeMap<(Rank, u32, u32, Rank), u32>,
    /// Messages on the wire, by (sender, lane, step, receiver, head).
    flying: BTreeMap<(Rank, u32, u32, Rank, Time), Vec<u32>>,
    /// Per reduction in a switch, by (rank, lane, step): what led to its answer so far.
    answers: BTreeMap<(Rank, u32, u32), Chain>,
}

impl Recorder {
    /// A lane begins after `start`, and is called at `now`.
    pub(crate) fn begins(&mut self, rank: Rank, lane: u32, start: Time, now: Time) {
        let chain = Chain::start().until(start, Part::Waiting).until(now, Part::Protocol);
        let moment = self.moment(Moment { rank, lane, step: 0, chain });
        self.lanes.push(moment);
        self.through.push(now);
        self.done.push(Vec::new());
    }

    fn moment(&mut self, moment: Moment) -> u32 {
        self.moments.push(moment);
        self.moments.len() as u32 - 1
    }

    fn chain(&self, moment: u32) -> Chain {
        Chain::from(moment, self.moments[moment as usize].chain.time)
    }

    /// The clock of a lane is at the end of `chain`.
    fn moves(&mut self, at: usize, key: Key, chain: Chain) {
        let Key { rank, lane, step, .. } = key;
        self.lanes[at] = self.moment(Moment { rank, lane, step, chain });
    }

    /// A step is complete only when another lane's is, if that is later.
    pub(crate) fn depends(&mut self, at: usize, other: usize, step: u32) {
        let done = self.done[other][step as usize];
        if self.chain(done).time > self.chain(self.lanes[at]).time {
            self.lanes[at] = done;
        }
    }

    /// A lane has issued something, and goes on at `ready`.
    pub(crate) fn issued(&mut self, at: usize, key: Key, ready: Time) {
        let chain = self.chain(self.lanes[at]).until(ready, Part::Protocol);
        self.moves(at, key, chain);
    }

    /// What the lane issued last is a message, at its sender's port at `ready`.
    pub(crate) fn message(
        &mut self,
        at: usize,
        key: Key,
        (from, to): (Rank, Rank),
        bytes: u64,
        ready: Time,
    ) {
        let Key { rank, lane, step, .. } = key;
        let id = self.messages.len() as u32;
        let zero = Time::ZERO;
        let (tx, busy, head, rx, tx_port, rx_port) = (zero, zero, zero, zero, 0, 0);
        let issued = self.lanes[at];
        self.messages.push(Message {
            from,
            to,
            lane,
            step,
            bytes,
            ready,
            tx,
            busy,
            head,
            rx,
            tx_port,
            rx_port,
            issued,
        });
        self.waiting.insert((rank, lane, step, to), id);
    }

    /// The message that `key` issued has left its port at `tx`.
    pub(crate) fn leaves(
        &mut self,
        key: Key,
        (tx, head): (Time, Time),
        busy: Time,
        ports: (u16, u16),
    ) {
        let Some(id) = self.waiting.remove(&(key.rank, key.lane, key.step, key.to)) else { return };
        let message = &mut self.messages[id as usize];
        (message.tx, message.head, message.busy) = (tx, head, busy);
        (message.tx_port, message.rx_port) = ports;
        let key = (message.from, message.lane, message.step, message.to, head);
        self.flying.entry(key).or_default().push(id);
    }

    /// The message whose head is there.
    pub(crate) fn arrives(&mut self, key: Key) -> u32 {
        let place = (key.rank, key.lane, key.step, key.to, key.time);
        let Some(ids) = self.flying.get_mut(&place) else { return u32::MAX };
        let id = ids.remove(0);
        if ids.is_empty() {
            self.flying.remove(&place);
        }
        id
    }

    /// A lane has taken messages, each with its number, as [`crate::take`] says.
    pub(crate) fn takes(
        &mut self,
        (at, key): (usize, Key),
        cost: &CostModel,
        local: Time,
        engine_free: Time,
        arrivals: &[(u32, Landed)],
    ) {
        let lane = self.chain(self.lanes[at]);
        let mut arrived = Vec::with_capacity(arrivals.len());
        for &(id, landed) in arrivals {
            let message = &mut self.messages[id as usize];
            message.rx = landed.rx;
            let message = *message;
            let chain = self.chain(message.issued).until(message.ready, Part::Latency);
            let chain = chain.until(message.tx, Part::Waiting).until(message.head, Part::Latency);
            arrived.push((chain.until(landed.rx, Part::Waiting), landed));
        }
        let chain = chain::take(cost, key.rank, lane, local, engine_free, &arrived);
        self.moves(at, key, chain);
    }

    /// A lane has done work of its own on the rank's engine, which was free from `engine_free` on.
    pub(crate) fn works(&mut self, at: usize, key: Key, engine_free: Time, end: Time) {
        let lane = self.chain(self.lanes[at]);
        let begun = engine_free.max(lane.time);
        let chain = lane.until(begun, Part::Waiting).until(end, Part::Reduction);
        self.moves(at, key, chain);
    }

    /// The lane has just asked the switch for a reduction.
    pub(crate) fn asks(&mut self, at: usize, key: Key) {
        let chain = self.chain(self.lanes[at]);
        self.answers.insert((key.rank, key.lane, key.step), chain);
    }

    /// A reduction in the switch: one share was asked of a port at `there`, left it at `tx`, and is back
    /// at `head`.
    pub(crate) fn shares(&mut self, key: Key, there: Time, tx: Time, head: Time) {
        let Key { rank, lane, step, .. } = key;
        let Some(latest) = self.answers.get(&(rank, lane, step)).copied() else { return };
        let chain = self.chain(latest.from).until(there, Part::Latency);
        let chain = chain.until(tx, Part::Waiting).until(head, Part::Latency);
        if chain.time > latest.time {
            self.answers.insert((rank, lane, step), chain);
        }
    }

    /// The switch's answer is in, and the step that asked for it complete.
    pub(crate) fn answered(&mut self, at: usize, key: Key, (rx, tail, done): (Time, Time, Time)) {
        let Key { rank, lane, step, .. } = key;
        let Some(chain) = self.answers.remove(&(rank, lane, step)) else { return };
        let chain = chain.until(rx, Part::Waiting).until(tail, Part::Serialisation);
        let chain = chain.until(done, Part::Protocol);
        self.done[at][step as usize] = self.moment(Moment { rank, lane, step, chain });
    }

    /// A lane is through with `count` steps.
    pub(crate) fn completes(&mut self, at: usize, key: Key, count: u32) {
        let Key { rank, lane, step, .. } = key;
        let moment = self.lanes[at];
        let end = self.chain(moment).time;
        let begin = std::mem::replace(&mut self.through[at], end);
        self.steps.push(StepRecord { rank, lane, step, count, begin, end });
        self.done[at].extend((0..count).map(|_| moment));
    }

    /// The recording of a run with these results.
    pub(crate) fn finish(self, timed: Timed) -> Recording {
        let moments = self.lanes.iter().chain(self.done.iter().flatten());
        let time = |moment: &u32| self.moments[*moment as usize].chain.time;
        // The first of equals, so that a recording is the same each time.
        let last =
            moments.fold(0, |last, moment| if time(moment) > time(&last) { *moment } else { last });
        let Self { steps, messages, moments, .. } = self;
        Recording { timed, steps, messages, moments, last }
    }
}
