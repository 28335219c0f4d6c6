//! What a lane does with its next step: the rules of the plain engine.

use std::collections::VecDeque;

use supernode_collectives::{Action, Span};
use supernode_units::Time;

use super::receive::{Arrived, Wanted};
use super::{Engine, Event, Kind, Plain};

/// Steps of a lane that are looked through for others that they come after.
const LOOKED_THROUGH: u32 = 16;
/// No batch.
pub(super) const NONE: u32 = u32::MAX;

/// A lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) next: u32,
    pub(super) steps: u32,
    pub(super) now: u64,
    /// The latest time at which a step was complete.
    pub(super) last: u64,
    issued: u32,
    issuer_free: u64,
    /// It will go on by itself.
    pub(super) queued: bool,
    /// The send half of the exchange at `next` is out.
    half_done: bool,
    pub(super) waits: Waits,
    /// The receives that it awaits together, among the batches.
    pub(super) batch: u32,
    /// Two receivers that it sent to last, and the links there; the older one first.
    links: [(u32, u32); 2],
    pub(super) arrived: VecDeque<Arrived>,
    /// When each step was complete, if other lanes may ask.
    done: Option<Vec<u64>>,
}

/// What a lane that is not queued waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// Nothing.
    No,
    /// A message of this rank.
    For(u32),
    /// So many messages.
    Many(u32),
    /// A step of another lane.
    Step { lane: u32, step: u32 },
}

impl Lane {
    pub(super) fn new(start: u64, steps: u32) -> Self {
        Self {
            next: 0,
            steps,
            now: start,
            last: start,
            issued: 0,
            issuer_free: start,
            queued: false,
            half_done: false,
            waits: Waits::No,
            batch: NONE,
            links: [(NONE, 0); 2],
            arrived: VecDeque::new(),
            done: None,
        }
    }
}

impl Engine<'_> {
    /// Notes which lanes of a rank others come after.
    pub(super) fn look_through(&mut self, rank: u32) {
        for lane in 0..self.shape.lanes {
            for index in 0..self.schedule.steps(rank, lane).min(LOOKED_THROUGH) {
                if let Some(dep) = self.schedule.step(rank, lane, index).after {
                    let at = self.lane(rank, dep.lane);
                    self.lanes[at].done.get_or_insert_default();
                }
            }
        }
    }

    /// Takes the next step of a lane if it can, and comes back for the one after it.
    pub(super) fn go(&mut self, rank: u32, lane: u32) -> Result<(), Plain> {
        let at = self.lane(rank, lane);
        self.lanes[at].queued = false;
        let index = self.lanes[at].next;
        let step = self.schedule.step(rank, lane, index);
        if let Some(dep) = step.after
            && self.records()
        {
            let other = &self.lanes[self.lane(rank, dep.lane)];
            let Some(done) = &other.done else {
                return Err(Plain);
            };
            let Some(done) = done.get(dep.step as usize).copied() else {
                self.lanes[at].waits = Waits::Step { lane: dep.lane, step: dep.step };
                return Ok(());
            };
            self.lanes[at].now = self.lanes[at].now.max(done);
        }
        self.lanes[at].waits = Waits::No;
        let Some(length) = self.take_step(rank, lane, index, step.action, step.fan)? else {
            return Ok(());
        };
        let state = &mut self.lanes[at];
        state.next += length;
        state.half_done = false;
        if self.shape.ports == supernode_collectives::Ports::Contended {
            state.last = state.last.max(state.now);
            if let Some(done) = &mut state.done {
                done.extend((0..length).map(|_| state.now));
            }
        } else {
            state.last = state.now;
        }
        let (next, asked) = (state.next, state.done.is_some());
        for other in 0..if asked { self.shape.lanes } else { 0 } {
            let waits = self.lanes[self.lane(rank, other)].waits;
            if matches!(waits, Waits::Step { lane: of, step } if of == lane && step < next) {
                self.wake(rank, other);
            }
        }
        self.wake(rank, lane);
        Ok(())
    }

    /// Number of steps taken, or none if the lane has to wait.
    fn take_step(
        &mut self,
        rank: u32,
        lane: u32,
        index: u32,
        action: Action,
        fan: u32,
    ) -> Result<Option<u32>, Plain> {
        let chunks = self.chunks;
        let nominal = |span: Span| chunks.charged_bytes(span, rank);
        let wanted =
            |from, bytes, with: Option<Span>| Wanted { from, bytes, reduces: with.is_some() };
        let taken = |here: bool| here.then_some(1);
        match action {
            Action::Send { to, src } | Action::Put { to, src, .. } => {
                self.issue(rank, (lane, index), to, nominal(src), fan)?;
            }
            Action::Signal { to } => self.issue(rank, (lane, index), to, 0, fan)?,
            Action::Recv { more: true, .. } => return self.receive_batch(rank, lane, index),
            Action::Recv { from, dst, with, .. } => {
                let wanted = wanted(from, nominal(dst), with);
                return self.receive(rank, lane, wanted).map(taken);
            }
            Action::Forward { from, to, with, keep } => {
                let bytes = with.or(keep).map_or(0, nominal);
                if !self.receive(rank, lane, wanted(from, bytes, with))? {
                    return Ok(None);
                }
                self.issue(rank, (lane, index), to, bytes, fan)?;
            }
            Action::Exchange { to, src, from, dst, with } => {
                let at = self.lane(rank, lane);
                if !std::mem::replace(&mut self.lanes[at].half_done, true) {
                    self.issue(rank, (lane, index), to, nominal(src), fan)?;
                }
                let wanted = wanted(from, nominal(dst), with);
                return self.receive(rank, lane, wanted).map(taken);
            }
            Action::Wait { from } => return Ok(self.wait(rank, lane, from)),
            Action::Copy { src, .. } => {
                self.local(rank, lane, self.cost.copy_time(nominal(src)));
            }
            Action::Reduce { src, .. } => {
                self.local(rank, lane, self.cost.reduce_time(nominal(src)));
            }
            Action::Get { .. } | Action::Multicast { .. } | Action::SwitchReduce { .. } => {
                return Err(Plain);
            }
        }
        Ok(Some(1))
    }

    /// Issues a message: the lane goes on at once, the message will be at its port then.
    fn issue(
        &mut self,
        rank: u32,
        (lane, step): (u32, u32),
        to: u32,
        bytes: u64,
        fan: u32,
    ) -> Result<(), Plain> {
        let at = self.lane(rank, lane);
        let state = &mut self.lanes[at];
        let overhead = self.cost.step_overhead_of(rank, lane, state.issued.into()).as_ps();
        state.issued += 1;
        state.now = (state.now + overhead).max(state.issuer_free);
        state.issuer_free = state.now + self.cost.profile.gap.as_ps();
        let prices = &mut self.prices;
        let known =
            state.links.iter().find(|known| known.0 == to && prices.is(known.1, bytes, fan));
        let link = if let Some((_, link)) = known {
            *link
        } else {
            let route = match &mut self.links {
                None => self.cost.route(rank, to),
                Some(links) => links.path(rank, to).route,
            };
            let link = prices.number(&route, bytes, fan).ok_or(Plain)?;
            state.links = [state.links[1], (to, link)];
            link
        };
        let lane = lane as u16;
        let event = Event { time: state.now, kind: Kind::Send, source: rank, lane, step, to, link };
        if self.flows {
            return self.send(rank, event);
        }
        self.add(event);
        Ok(())
    }

    fn local(&mut self, rank: u32, lane: u32, time: Time) {
        let at = self.lane(rank, lane);
        let time = self.cost.slowed(rank, time).as_ps();
        let engine = &mut self.compute_free[rank as usize];
        *engine = self.lanes[at].now.max(*engine) + time;
        self.lanes[at].now = *engine;
    }
}
