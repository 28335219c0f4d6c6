//! Receives that are awaited together: one pass over the port, one pass over the data.

use supernode_collectives::{Action, Group, Rank, Span};

use super::{Machine, Taken, World};
use crate::inbox::{Inbox, Message};
use crate::memory::Memory;
use crate::payload::{Payload, Value};
use crate::post::Post;

/// The receives (or signals) that a lane awaits together; the lists keep their memory.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Number of steps; zero while the batch is still to be read.
    length: u32,
    /// Sender of each receive, in program order.
    senders: Vec<Rank>,
    /// Whether each receive reduces.
    reduces: Vec<bool>,
    /// Bytes of each local step, and whether it reduces.
    local: Vec<(u64, bool)>,
    /// What has arrived, in program order.
    messages: Vec<Message>,
}

impl Batch {
    /// Reads the batch that starts at step `index`.
    fn read(&mut self, world: &World, rank: Rank, lane: u32, index: u32) {
        for length in 1.. {
            match world.schedule.step(rank, lane, index + length - 1).action {
                Action::Recv { from, with, more, .. } => {
                    self.senders.push(from);
                    self.reduces.push(with.is_some());
                    if !more {
                        self.length = length;
                        return;
                    }
                }
                Action::Copy { src, .. } => {
                    self.local.push((world.chunks.nominal_bytes(src), false));
                }
                Action::Reduce { src, .. } => {
                    self.local.push((world.chunks.nominal_bytes(src), true));
                }
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
    }

    /// Takes the messages of all senders; gives false if some have yet to arrive.
    fn collect(&mut self, inbox: &mut Inbox, lane: u32) -> bool {
        // Looking for each of them is only worth the while once they can all be there.
        if inbox.waiting() < self.missing() {
            return false;
        }
        while let Some(&from) = self.senders.get(self.messages.len()) {
            let Some(message) = inbox.take(from, lane) else { return false };
            self.messages.push(message);
        }
        true
    }

    /// Messages that have to arrive yet; none where no batch is awaited.
    pub(super) fn missing(&self) -> usize {
        self.senders.len() - self.messages.len()
    }

    pub(super) fn clear(&mut self) {
        self.length = 0;
        self.senders.clear();
        self.reduces.clear();
        self.local.clear();
        self.messages.clear();
    }
}

impl Machine {
    /// Receives that are awaited together, with the local steps between them.
    pub(super) fn receive_batch(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        index: u32,
    ) -> Taken {
        let batch = &mut self.lanes[lane].batch;
        if batch.length == 0 {
            batch.read(world, self.rank, lane as u32, index);
        }
        if !batch.collect(post.inbox(self.rank), lane as u32) {
            return Taken::No;
        }
        if let Some(clock) = &mut self.clock {
            clock.receive_batch(&world.cost, &batch.messages, &batch.reduces, &batch.local);
        }
        let length = batch.length;
        let mut messages = batch.messages.drain(..);
        let Self { memory, operands, .. } = self;
        let mut fused = Fused { world, memory, dst: None, operands };
        for offset in 0..length {
            match world.schedule.step(self.rank, lane as u32, index + offset).action {
                Action::Recv { dst, with, .. } => {
                    if let Some(message) = messages.next() {
                        fused.add(dst, with, message.payload);
                    }
                }
                Action::Reduce { src, dst } => {
                    let operand = fused.memory.read(world, src);
                    fused.add(dst, Some(dst), operand);
                }
                Action::Copy { src, dst } => {
                    fused.flush();
                    let mut payload = fused.memory.read(world, src);
                    fused.memory.store(world, dst, &mut payload, false);
                }
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
        fused.flush();
        drop(messages);
        self.lanes[lane].batch.clear();
        Taken::Several(length)
    }

    pub(super) fn wait(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        from: Group,
    ) -> Taken {
        let me = self.rank;
        let batch = &mut self.lanes[lane].batch;
        if batch.senders.is_empty() {
            batch.senders.extend(from.members().filter(|member| *member != me));
        }
        if !batch.collect(post.inbox(self.rank), lane as u32) {
            return Taken::No;
        }
        if let Some(clock) = &mut self.clock {
            clock.receive_batch(&world.cost, &batch.messages, &[], &[]);
        }
        for mut message in batch.messages.drain(..) {
            if let Some(dst) = message.put
                && dst.len > 0
            {
                self.memory.store(world, dst, &mut message.payload, false);
            }
        }
        batch.clear();
        Taken::Yes
    }
}

/// Collects the operands of one destination, so that a batch is reduced in one pass.
struct Fused<'a> {
    world: &'a World,
    memory: &'a mut Memory,
    /// Where the operands go, and whether they are added to what is there.
    dst: Option<(Span, bool)>,
    operands: &'a mut Vec<Value>,
}

impl Fused<'_> {
    #[inline(always)]
    fn add(&mut self, dst: Span, with: Option<Span>, payload: Payload) {
        let adds = with == Some(dst);
        if !(adds && self.dst.is_some_and(|(current, _)| current == dst)) {
            self.flush();
            self.dst = Some((dst, adds));
        }
        let data = &self.world.data;
        if adds && self.operands.is_empty() {
            self.operands.extend(payload.into_value(data));
        } else {
            payload.append_to(self.operands, data);
        }
        if let Some(with) = with.filter(|with| *with != dst) {
            self.operands.extend(self.memory.read(self.world, with).into_value(data));
        }
    }

    fn flush(&mut self) {
        match self.dst.take() {
            Some((dst, true)) => self.memory.accumulate(self.world, dst, self.operands),
            Some((dst, false)) => self.memory.store_reduction(self.world, dst, self.operands),
            None => {}
        }
        self.operands.clear();
    }
}
