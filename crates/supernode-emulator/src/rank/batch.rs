//! Receives that are awaited together: one pass over the port, one pass over the data.

use bytes::Bytes;
use supernode_collectives::{Action, Group, Rank, Span};

use super::{Machine, Taken, World};
use crate::memory::Memory;
use crate::payload::Payload;

/// Receives that are awaited together and the local steps among them.
#[derive(Debug)]
pub(super) struct BatchPlan {
    /// Number of steps.
    length: u32,
    /// Sender of each receive, in program order.
    senders: Vec<Rank>,
    /// Whether each receive reduces.
    reduces: Vec<bool>,
    /// Bytes of each local step, and whether it reduces.
    local: Vec<(u64, bool)>,
}

impl BatchPlan {
    /// Reads the batch that starts at step `index`.
    fn read(world: &World, rank: Rank, lane: u32, index: u32) -> Self {
        let (mut senders, mut reduces, mut local) = (Vec::new(), Vec::new(), Vec::new());
        for length in 1.. {
            match world.schedule.step(rank, lane, index + length - 1).action {
                Action::Recv { from, with, more, .. } => {
                    senders.push(from);
                    reduces.push(with.is_some());
                    if !more {
                        return Self { length, senders, reduces, local };
                    }
                }
                Action::Copy { src, .. } => local.push((world.chunks.nominal_bytes(src), false)),
                Action::Reduce { src, .. } => local.push((world.chunks.nominal_bytes(src), true)),
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
        unreachable!("a batch ends with a receive that has no more to follow")
    }
}

impl Machine {
    /// Receives that are awaited together, with the local steps between them.
    pub(super) fn receive_batch(&mut self, world: &World, lane: usize, index: u32) -> Taken {
        let plan = self.lanes[lane]
            .plan
            .take()
            .unwrap_or_else(|| BatchPlan::read(world, self.rank, lane as u32, index));
        while let Some(&from) = plan.senders.get(self.lanes[lane].batch.len()) {
            let Some(message) = self.queues.take(from, lane as u32) else {
                self.lanes[lane].plan = Some(plan);
                return Taken::No;
            };
            self.lanes[lane].batch.push(message);
        }
        let batch = std::mem::take(&mut self.lanes[lane].batch);
        if let Some(clock) = &mut self.clock {
            clock.receive_batch(&batch, &plan.reduces, &plan.local);
        }
        let mut messages = batch.into_iter();
        let mut fused = Fused::default();
        for offset in 0..plan.length {
            match world.schedule.step(self.rank, lane as u32, index + offset).action {
                Action::Recv { dst, with, .. } => {
                    let payload = messages.next().map_or(Payload::Nothing, |m| m.payload);
                    fused.add(&mut self.memory, dst, with, payload);
                }
                Action::Reduce { src, dst } => {
                    let operand = self.memory.read(src);
                    fused.add(&mut self.memory, dst, Some(dst), operand);
                }
                Action::Copy { src, dst } => {
                    fused.flush(&mut self.memory);
                    let payload = self.memory.read(src);
                    self.memory.store(dst, payload, false);
                }
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
        fused.flush(&mut self.memory);
        Taken::Several(plan.length)
    }

    pub(super) fn wait(&mut self, lane: usize, from: Group) -> Taken {
        let me = self.rank;
        let mut others = from.members().filter(|member| *member != me);
        // Signals taken so far sit in the batch, so that a wait resumes where it stopped.
        let skip = self.lanes[lane].batch.len();
        for member in others.by_ref().skip(skip) {
            let Some(message) = self.queues.take(member, lane as u32) else {
                return Taken::No;
            };
            self.lanes[lane].batch.push(message);
        }
        let batch = std::mem::take(&mut self.lanes[lane].batch);
        if let Some(clock) = &mut self.clock {
            clock.receive_batch(&batch, &vec![false; batch.len()], &[]);
        }
        for message in batch {
            if let Some(dst) = message.put
                && dst.len > 0
            {
                self.memory.store(dst, message.payload, false);
            }
        }
        Taken::Yes
    }
}

/// Collects the operands of one destination, so that a batch is reduced in one pass.
#[derive(Debug, Default)]
struct Fused {
    dst: Option<Span>,
    include_current: bool,
    operands: Vec<Bytes>,
}

impl Fused {
    fn add(&mut self, memory: &mut Memory, dst: Span, with: Option<Span>, payload: Payload) {
        let continues = self.dst == Some(dst) && with == Some(dst);
        if !continues {
            self.flush(memory);
            self.dst = Some(dst);
            self.include_current = with == Some(dst);
            if let Some(with) = with.filter(|with| *with != dst) {
                self.operands.push(memory.operand(with));
            }
        }
        payload.operands(&mut self.operands);
    }

    fn flush(&mut self, memory: &mut Memory) {
        if let Some(dst) = self.dst.take() {
            memory.store_reduction(dst, self.include_current, &self.operands);
            self.operands.clear();
        }
    }
}
