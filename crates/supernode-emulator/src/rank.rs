//! One rank: interprets its lanes of the schedule until all are done or none can go on.

use std::sync::Arc;

use bytes::Bytes;
use supernode_collectives::{Action, Buf, Chunks, Dep, Group, Rank, Schedule, Span, Step};
use supernode_units::Time;

use crate::error::{EmulatorError, Waiting};
use crate::mailbox::{Mailboxes, Message};
use crate::memory::{Memory, Output, Results};
use crate::payload::{Arithmetic, Payload, Pool};
use crate::timing::Clock;

mod batch;
mod queues;

use batch::Batch;
pub(crate) use queues::Queues;

/// What all ranks of a run look at.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) schedule: Arc<dyn Schedule>,
    pub(crate) chunks: Chunks,
    pub(crate) math: Arithmetic,
    pub(crate) pool: Arc<Pool>,
    /// Empty where only sizes are emulated.
    pub(crate) inputs: Vec<Bytes>,
    pub(crate) mailboxes: Mailboxes,
    /// Whether messages are delivered before the next step instead of in batches: where chunks are
    /// large, the next rank should not wait for this one's arithmetic.
    pub(crate) deliver_at_once: bool,
    /// Whether steps are traced; asked once, because a run takes millions of steps.
    pub(crate) trace_steps: bool,
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

/// Steps taken before others get a turn. Bounds what is in flight to this many messages a rank.
const STEPS_PER_TURN: u32 = 64;

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

/// The interpreter of one rank.
#[derive(Debug)]
pub(crate) struct Machine {
    rank: Rank,
    lanes: Vec<Lane>,
    memory: Memory,
    clock: Option<Clock>,
    pub(crate) queues: Queues,
    /// Operands of the current reduction; kept for its memory.
    operands: Vec<Bytes>,
    fault: Option<EmulatorError>,
}

impl Machine {
    pub(crate) fn new(
        world: &World,
        rank: Rank,
        output: (Results, Option<Output>),
        clock: Option<Clock>,
        queues: Queues,
    ) -> Self {
        let lanes = (0..world.schedule.shape().lanes)
            .map(|lane| Lane { steps: world.schedule.steps(rank, lane), ..Lane::default() })
            .collect();
        let input = world.inputs.get(rank as usize).cloned().unwrap_or_default();
        let pool = Arc::clone(&world.pool);
        Self {
            rank,
            lanes,
            memory: Memory::new(rank, world.chunks, world.math, pool, output, input),
            clock,
            queues,
            operands: Vec::new(),
            fault: None,
        }
    }

    /// Runs every lane as far as it goes, then delivers what was sent.
    pub(crate) fn advance(&mut self, world: &World) -> Progress {
        let mut budget = STEPS_PER_TURN;
        let progress = loop {
            let mut moved = false;
            let mut finished = true;
            for lane in 0..self.lanes.len() {
                while budget > 0 && self.lanes[lane].next < self.lanes[lane].steps {
                    let taken = match self.step(world, lane) {
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
                break Progress::Blocked { needed: self.needed() };
            }
        };
        self.queues.flush(&world.mailboxes);
        progress
    }

    /// Messages without which no lane can go on.
    fn needed(&self) -> usize {
        let unfinished = self.lanes.iter().filter(|lane| lane.next < lane.steps);
        let missing = unfinished.map(|lane| lane.batch.missing());
        missing.min().unwrap_or(1).saturating_sub(self.queues.waiting()).max(1)
    }

    fn step(&mut self, world: &World, lane: usize) -> Taken {
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
            self.queues.flush(&world.mailboxes);
        }
        if !world.trace_steps {
            return self.execute(world, lane, index, &step);
        }
        let span =
            tracing::trace_span!("step", rank = self.rank, lane, index, action = ?step.action);
        let _step = span.entered();
        let taken = self.execute(world, lane, index, &step);
        if !matches!(taken, Taken::No) {
            let at = self.clock.as_ref().map_or(Time::ZERO, Clock::now);
            tracing::trace!(virtual_time = %at, "done");
        }
        taken
    }

    fn execute(&mut self, world: &World, lane: usize, index: u32, step: &Step) -> Taken {
        let nominal = |span: Span| world.chunks.nominal_bytes(span);
        let math = world.math;
        match step.action {
            Action::Send { to, src } => {
                let payload = self.memory.read(src);
                let message = self.message(lane, nominal(src), payload, None);
                self.dispatch(world, to, step.fan, message);
            }
            Action::Recv { from, dst, with, more } => {
                if more {
                    return self.receive_batch(world, lane, index);
                }
                let Some(message) = self.queues.take(from, lane as u32) else {
                    return Taken::No;
                };
                self.arrive(&message, with.is_some());
                self.combine_into(dst, with, message.payload);
            }
            Action::Forward { from, to, with, keep } => {
                let Some(mut message) = self.queues.take(from, lane as u32) else {
                    return Taken::No;
                };
                self.arrive(&message, with.is_some());
                if let Some(with) = with {
                    let local = self.memory.operand(with);
                    message.payload.combine(&local, math, &world.pool);
                }
                if let Some(keep) = keep {
                    self.memory.store(keep, &mut message.payload, true);
                }
                message.put = None;
                self.dispatch(world, to, step.fan, message);
            }
            Action::Exchange { to, src, from, dst, with } => {
                if !std::mem::replace(&mut self.lanes[lane].sent, true) {
                    let payload = self.memory.read(src);
                    let message = self.message(lane, nominal(src), payload, None);
                    self.dispatch(world, to, step.fan, message);
                }
                let Some(message) = self.queues.take(from, lane as u32) else {
                    return Taken::No;
                };
                self.lanes[lane].sent = false;
                self.arrive(&message, with.is_some());
                self.combine_into(dst, with, message.payload);
            }
            Action::Put { to, src, dst } => {
                let payload = self.memory.read(src);
                let message = self.message(lane, nominal(src), payload, Some(dst));
                self.dispatch(world, to, step.fan, message);
            }
            Action::Signal { to } => {
                let nowhere = Span { buf: Buf::Output, first: 0, len: 0 };
                let message = self.message(lane, 0, Payload::Nothing, Some(nowhere));
                self.dispatch(world, to, step.fan, message);
            }
            Action::Wait { from } => return self.wait(lane, from),
            Action::Get { from, src, dst, with } => {
                let remote = Self::remote_input(world, from, src);
                self.combine_into(dst, with, remote);
            }
            Action::Copy { src, dst } => {
                let mut payload = self.memory.read(src);
                self.memory.store(dst, &mut payload, false);
                if let Some(clock) = &mut self.clock {
                    clock.copy(nominal(src));
                }
            }
            Action::Reduce { src, dst } => {
                let operand = self.memory.operand(src);
                self.memory.accumulate(dst, &[operand]);
                if let Some(clock) = &mut self.clock {
                    clock.reduce(nominal(src));
                }
            }
            Action::Multicast { group, src, dst } => {
                self.multicast(world, lane, group, src, dst, nominal(src));
            }
            Action::SwitchReduce { group, src, dst } => {
                for member in group.members() {
                    let share = Self::remote_input(world, member, src);
                    share.append_to(&mut self.operands, math, &world.pool);
                }
                self.memory.store_reduction(dst, &self.operands);
                self.operands.clear();
            }
        }
        Taken::Yes
    }

    /// A message of this rank's `lane` that is not dispatched yet.
    fn message(&self, lane: usize, bytes: u64, payload: Payload, put: Option<Span>) -> Message {
        Message { lane: lane as u32, bytes, put, payload, from: self.rank, ..Message::TAKEN }
    }

    /// Sends `message` on its way to `to`.
    fn dispatch(&mut self, world: &World, to: Rank, fan: u32, message: Message) {
        let flight = self.clock.as_mut().map(|clock| clock.send(to, message.bytes, fan));
        self.queues.send(to, message, (self.rank, flight), &world.mailboxes);
    }

    fn arrive(&mut self, message: &Message, reduces: bool) {
        if let Some(clock) = &mut self.clock {
            clock.receive(message.flight, message.bytes, reduces);
        }
    }

    /// `dst = payload ⊕ with`, or plain store.
    fn combine_into(&mut self, dst: Span, with: Option<Span>, mut payload: Payload) {
        let Some(with) = with else {
            self.memory.store(dst, &mut payload, false);
            return;
        };
        let (math, pool) = self.memory.arithmetic();
        if with == dst {
            let value = payload.into_whole(math, pool);
            self.memory.accumulate(dst, &[value]);
        } else {
            payload.append_to(&mut self.operands, math, pool);
            self.operands.push(self.memory.operand(with));
            self.memory.store_reduction(dst, &self.operands);
            self.operands.clear();
        }
    }

    fn multicast(
        &mut self,
        world: &World,
        lane: usize,
        group: Group,
        src: Span,
        dst: Span,
        bytes: u64,
    ) {
        let mut payload = if src.len == 0 { Payload::Nothing } else { self.memory.read(src) };
        let share = |payload: &Payload| match payload {
            Payload::Whole(bytes) => Payload::Whole(bytes.clone()),
            _ => Payload::Nothing,
        };
        let me = self.rank;
        for member in group.members().filter(|member| *member != me) {
            let copy = share(&payload);
            let message = self.message(lane, bytes, copy, Some(dst));
            self.dispatch(world, member, group.count, message);
        }
        if src.len > 0 && src != dst && group.contains(self.rank) {
            self.memory.store(dst, &mut payload, false);
        }
    }

    /// What another rank contributes to the collective: its input may be read at any time.
    fn remote_input(world: &World, rank: Rank, src: Span) -> Payload {
        let Some(input) = world.inputs.get(rank as usize) else {
            return Payload::Nothing;
        };
        let (start, end) = world.chunks.byte_range(src, rank);
        Payload::Whole(input.slice(start as usize..end as usize))
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

    /// Result with its held chunks, finish time (where time travels in the messages) and empty
    /// queues.
    pub(crate) fn finish(mut self, ranks: u32) -> ((Output, Vec<Bytes>), Time, Queues) {
        let time = self.clock.as_ref().map_or(Time::ZERO, Clock::now);
        self.queues.clear();
        (self.memory.into_output(ranks), time, self.queues)
    }
}
