//! One rank: interprets its lanes of the schedule until all are done or none can go on.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use supernode_collectives::{Action, Buf, Chunks, Dep, Rank, Schedule, Shape, Span, Step};
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

use crate::error::{EmulatorError, Waiting};
use crate::inbox::Message;
use crate::memory::{Memory, Output, Results};
use crate::payload::{Data, Payload, Value};
use crate::post::{Offices, Post};
use crate::timing::Clock;

mod batch;
mod send;

use batch::Batch;
use send::FAN_MIN;

/// What all ranks of a run look at.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) schedule: Arc<dyn Schedule>,
    pub(crate) shape: Shape,
    pub(crate) chunks: Chunks,
    pub(crate) results: Results,
    pub(crate) data: Data,
    pub(crate) cost: Arc<CostModel>,
    /// The way between any two ranks, if it is the same for all.
    pub(crate) only_route: Option<Route>,
    /// Whether virtual time travels in the messages.
    pub(crate) in_program_order: bool,
    pub(crate) offices: Offices,
    /// Whether messages to other blocks leave before the next step instead of after the turn: where
    /// chunks are large, the next rank should not wait for this one's arithmetic.
    pub(crate) deliver_at_once: bool,
    /// Whether steps are traced; asked once, because a run takes millions of steps.
    pub(crate) trace_steps: bool,
    /// Counts messages while the run goes on.
    pub(crate) progress: Option<Arc<AtomicU64>>,
}

/// Why [`Machine::advance`] came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Every lane is at its end.
    Finished,
    /// Every unfinished lane waits for messages: no less than `needed` of them.
    Blocked {
        /// At least one.
        needed: usize,
    },
    /// Others should run: enough was done in one go.
    Yield,
    /// A step asks for what cannot be done.
    Failed,
}

/// Steps taken before others get a turn. Bounds what is in flight to this many messages a rank, or one
/// fan.
pub(crate) const STEPS_PER_TURN: u32 = 64;

#[derive(Debug, Default)]
struct Lane {
    next: u32,
    steps: u32,
    /// Whether the send half of the current exchange is out.
    sent: bool,
    batch: Batch,
}

/// Whether a step could be taken.
enum Taken {
    Yes,
    /// A batch: this many steps at once.
    Several(u32),
    No,
}

/// The interpreter of one rank; its lists are kept from run to run.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    rank: Rank,
    lanes: Vec<Lane>,
    memory: Memory,
    clock: Option<Clock>,
    /// Messages sent.
    messages: u64,
    /// Operands of the current reduction.
    operands: Vec<Value>,
    fault: Option<EmulatorError>,
}

impl Machine {
    /// Puts the machine at the start of the program of `rank`; `used` is an output of an earlier run.
    pub(crate) fn reset(&mut self, world: &World, rank: Rank, used: Option<Output>) {
        self.rank = rank;
        self.lanes.resize_with(world.shape.lanes as usize, Lane::default);
        for (number, lane) in (0..).zip(&mut self.lanes) {
            (lane.next, lane.steps) = (0, world.schedule.steps(rank, number));
            lane.sent = false;
            lane.batch.clear();
        }
        self.memory = Memory::new(world, rank, used);
        if world.in_program_order {
            let start = world.schedule.start(rank, 0);
            self.clock.get_or_insert_default().reset(&world.cost, world.only_route, rank, start);
        } else {
            self.clock = None;
        }
        self.messages = 0;
        self.operands.clear();
        self.fault = None;
    }

    /// Runs every lane as far as it goes, then delivers what was sent.
    pub(crate) fn advance(&mut self, world: &World, post: &mut Post) -> Progress {
        let mut budget = STEPS_PER_TURN;
        let progress = loop {
            let mut moved = false;
            let mut finished = true;
            for lane in 0..self.lanes.len() {
                while budget > 0 && self.lanes[lane].next < self.lanes[lane].steps {
                    let taken = match self.step(world, post, lane) {
                        Taken::Yes => 1,
                        Taken::Several(steps) => steps,
                        Taken::No => break,
                    };
                    self.lanes[lane].next += taken;
                    budget = budget.saturating_sub(taken);
                    moved = true;
                }
                finished &= self.lanes[lane].next == self.lanes[lane].steps;
            }
            if finished {
                break Progress::Finished;
            }
            if self.fault.is_some() {
                break Progress::Failed;
            }
            if budget == 0 {
                break Progress::Yield;
            }
            if !moved {
                break Progress::Blocked { needed: self.needed(post) };
            }
        };
        post.flush(&world.offices);
        progress
    }

    /// Messages that have to be there before any lane can go on.
    fn needed(&self, post: &mut Post) -> usize {
        let unfinished = self.lanes.iter().filter(|lane| lane.next < lane.steps);
        let missing = unfinished.map(|lane| lane.batch.missing());
        missing.min().unwrap_or(1).max(post.inbox(self.rank).waiting() + 1)
    }

    fn step(&mut self, world: &World, post: &mut Post, lane: usize) -> Taken {
        let index = self.lanes[lane].next;
        let step = world.schedule.step(self.rank, lane as u32, index);
        if let Some(Dep { lane, step }) = step.after
            && self.lanes[lane as usize].next <= step
        {
            return Taken::No;
        }
        if let Action::Get { src, .. } | Action::SwitchReduce { src, .. } = step.action
            && src.buf != Buf::Input
        {
            self.fault =
                Some(EmulatorError::RemoteRead { rank: self.rank, lane: lane as u32, step: index });
            return Taken::No;
        }
        if world.deliver_at_once {
            post.flush(&world.offices);
        }
        if !world.trace_steps {
            return self.execute(world, post, lane, index, &step);
        }
        let span =
            tracing::trace_span!("step", rank = self.rank, lane, index, action = ?step.action);
        let _step = span.entered();
        let taken = self.execute(world, post, lane, index, &step);
        if !matches!(taken, Taken::No) {
            let at = self.clock.as_ref().map_or(Time::ZERO, Clock::now);
            tracing::trace!(virtual_time = %at, "done");
        }
        taken
    }

    fn execute(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        index: u32,
        step: &Step,
    ) -> Taken {
        let rank = self.rank;
        let nominal = |span: Span| world.chunks.charged_bytes(span, rank);
        match step.action {
            Action::Send { to, src } => {
                if step.fan >= FAN_MIN && !world.trace_steps {
                    return self.fan_out(world, post, (lane, to, step.fan), src);
                }
                self.send(world, post, (lane, to, step.fan), src, None);
            }
            Action::Recv { from, dst, with, more } => {
                if more {
                    return self.receive_batch(world, post, lane, index);
                }
                let Some(message) = post.take(self.rank, from, lane as u32) else {
                    return Taken::No;
                };
                self.arrive(world, &message, with.is_some());
                self.combine_into(world, dst, with, message.payload);
            }
            Action::Forward { from, to, with, keep } => {
                let Some(mut message) = post.take(self.rank, from, lane as u32) else {
                    return Taken::No;
                };
                self.arrive(world, &message, with.is_some());
                if let Some(with) = with {
                    let local = self.memory.read(world, with);
                    message.payload.combine(local, &world.data);
                }
                if let Some(keep) = keep {
                    self.memory.store(world, keep, &mut message.payload, true);
                }
                let Message { bytes, payload, .. } = message;
                self.dispatch(world, post, (lane, to, step.fan), (bytes, payload, None));
            }
            Action::Exchange { to, src, from, dst, with } => {
                if !std::mem::replace(&mut self.lanes[lane].sent, true) {
                    self.send(world, post, (lane, to, step.fan), src, None);
                }
                let Some(message) = post.take(self.rank, from, lane as u32) else {
                    return Taken::No;
                };
                self.lanes[lane].sent = false;
                self.arrive(world, &message, with.is_some());
                self.combine_into(world, dst, with, message.payload);
            }
            Action::Put { to, src, dst } => {
                self.send(world, post, (lane, to, step.fan), src, Some(dst));
            }
            Action::Signal { to } => {
                let nowhere = Span::output(0, 0);
                let signal = (0, Payload::Nothing, Some(nowhere));
                self.dispatch(world, post, (lane, to, step.fan), signal);
            }
            Action::Wait { from } => return self.wait(world, post, lane, from),
            Action::Get { from, src, dst, with } => {
                let remote = Self::remote_input(world, from, src);
                self.combine_into(world, dst, with, remote);
            }
            Action::Copy { src, dst } => {
                let mut payload = self.memory.read(world, src);
                self.memory.store(world, dst, &mut payload, false);
                if let Some(clock) = &mut self.clock {
                    clock.copy(&world.cost, nominal(src));
                }
            }
            Action::Reduce { src, dst } => {
                let operand = self.memory.read(world, src).into_value(&world.data);
                self.memory.accumulate(world, dst, operand.as_slice());
                if let Some(clock) = &mut self.clock {
                    clock.reduce(&world.cost, nominal(src));
                }
            }
            Action::Multicast { group, src, dst } => {
                self.multicast(world, post, lane, group, src, dst);
            }
            Action::SwitchReduce { group, src, dst } => {
                for member in group.members() {
                    let share = Self::remote_input(world, member, src);
                    share.append_to(&mut self.operands, &world.data);
                }
                self.memory.store_reduction(world, dst, &self.operands);
                self.operands.clear();
            }
        }
        Taken::Yes
    }

    fn arrive(&mut self, world: &World, message: &Message, reduces: bool) {
        if let Some(clock) = &mut self.clock {
            clock.receive(&world.cost, message.flight(), message.bytes, reduces);
        }
    }

    /// `dst = payload ⊕ with`, or plain store.
    fn combine_into(&mut self, world: &World, dst: Span, with: Option<Span>, mut payload: Payload) {
        let Some(with) = with else {
            self.memory.store(world, dst, &mut payload, false);
            return;
        };
        if with == dst {
            let value = payload.into_value(&world.data);
            self.memory.accumulate(world, dst, value.as_slice());
        } else {
            payload.append_to(&mut self.operands, &world.data);
            self.operands.extend(self.memory.read(world, with).into_value(&world.data));
            self.memory.store_reduction(world, dst, &self.operands);
            self.operands.clear();
        }
    }

    /// What another rank contributes to the collective: its input may be read at any time.
    fn remote_input(world: &World, rank: Rank, src: Span) -> Payload {
        if world.results == Results::Sizes {
            return Payload::Nothing;
        }
        Payload::Whole(Memory::input(world, rank, src))
    }

    /// What this rank waits for, for the report of a deadlock.
    pub(crate) fn waiting(&self, world: &World) -> Option<Waiting> {
        let lane = self.lanes.iter().position(|lane| lane.next < lane.steps)?;
        let step = self.lanes[lane].next;
        let action = world.schedule.step(self.rank, lane as u32, step).action;
        let since = self.clock.as_ref().map_or(Time::ZERO, Clock::now);
        Some(Waiting { rank: self.rank, lane: lane as u32, step, action, since })
    }

    /// Why the machine failed.
    pub(crate) fn take_fault(&mut self) -> Option<EmulatorError> {
        self.fault.take()
    }

    pub(crate) fn rank(&self) -> Rank {
        self.rank
    }

    /// Messages sent so far.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// Where its clock stands; zero where time does not travel in the messages.
    pub(crate) fn now(&self) -> Time {
        self.clock.as_ref().map_or(Time::ZERO, Clock::now)
    }

    /// The result, and its chunks that are yet to be copied into it.
    pub(crate) fn take_output(&mut self, world: &World) -> (Output, Vec<Bytes>) {
        self.memory.take_output(world)
    }
}
