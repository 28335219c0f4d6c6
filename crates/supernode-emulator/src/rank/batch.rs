//! Receives that are awaited together: one pass over the port, one pass over the data.

use supernode_collectives::{Action, Group, Rank, Span};
use supernode_units::Time;

use super::{Machine, Taken, World};
use crate::memory::Memory;
use crate::payload::{Payload, Value};
use crate::post::Post;
use crate::timing::Arrival;

/// The receives (or signals) that a lane awaits together; the lists keep their memory.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Number of steps (or ranks that signal); zero while the batch is still to be read.
    length: u32,
    /// How many of them are done.
    done: u32,
    /// Messages that have to arrive yet.
    missing: usize,
    arrivals: Vec<Arrival>,
    /// Time of the local steps.
    local: Time,
    operands: Operands,
}

impl Batch {
    /// Reads how long the batch is that starts at step `index`.
    fn read(&mut self, world: &World, rank: Rank, lane: u32, index: u32) {
        for length in 1.. {
            match world.schedule.step(rank, lane, index + length - 1).action {
                Action::Recv { more, .. } => {
                    self.missing += 1;
                    if !more {
                        self.length = length;
                        return;
                    }
                }
                Action::Copy { .. } | Action::Reduce { .. } => {}
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
        }
    }

    /// Messages that have to arrive yet; none where no batch is awaited.
    pub(super) fn missing(&self) -> usize {
        self.missing
    }

    pub(super) fn clear(&mut self) {
        (self.length, self.done, self.missing, self.local) = (0, 0, 0, Time::ZERO);
        self.arrivals.clear();
        self.operands.clear();
    }
}

impl Machine {
    /// Receives that are awaited together, with the local steps between them.
    #[inline(never)]
    pub(super) fn receive_batch(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        index: u32,
    ) -> Taken {
        let Self { rank, lanes, memory, clock, .. } = self;
        let (rank, batch) = (*rank, &mut lanes[lane].batch);
        let lane = lane as u32;
        if batch.length == 0 {
            batch.read(world, rank, lane, index);
        }
        // Looking for each of them is only worth the while once they can all be there.
        if post.inbox(rank).waiting() < batch.missing {
            return Taken::No;
        }
        while batch.done < batch.length {
            // Looked at where it stands: what was just written piece by piece is slow to be copied.
            match &world.schedule.step(rank, lane, index + batch.done).action {
                Action::Recv { from, dst, with, .. } => {
                    let Batch { arrivals, operands, .. } = batch;
                    let (from, reduces) = (*from, with.is_some());
                    let is_there = post.hand_over(rank, from, lane, |flight, bytes, payload, _| {
                        arrivals.push(Arrival { from, reduces, flight, bytes });
                        operands.add(world, memory, (dst, with.as_ref()), payload);
                    });
                    if !is_there {
                        return Taken::No;
                    }
                    batch.missing -= 1;
                }
                Action::Reduce { src, dst } => {
                    let work = world.cost.reduce_time(world.chunks.charged_bytes(*src, rank));
                    batch.local += world.cost.slowed(rank, work);
                    let operand = memory.read(world, *src);
                    batch.operands.add(world, memory, (dst, Some(dst)), operand);
                }
                Action::Copy { src, dst } => {
                    let work = world.cost.copy_time(world.chunks.charged_bytes(*src, rank));
                    batch.local += world.cost.slowed(rank, work);
                    batch.operands.flush(world, memory);
                    let mut payload = memory.read(world, *src);
                    memory.store(world, *dst, &mut payload, false);
                }
                other => unreachable!("a batch holds receives and local steps, not {other:?}"),
            }
            batch.done += 1;
        }
        batch.operands.flush(world, memory);
        if let Some(clock) = clock {
            clock.receive_batch(&world.cost, &batch.arrivals, batch.local);
        }
        let length = batch.length;
        batch.clear();
        Taken::Several(length)
    }

    /// Signals of the ranks `from`, and what they have written.
    pub(super) fn wait(
        &mut self,
        world: &World,
        post: &mut Post,
        lane: usize,
        from: Group,
    ) -> Taken {
        let Self { rank: me, lanes, memory, clock, .. } = self;
        let batch = &mut lanes[lane].batch;
        if batch.length == 0 {
            batch.length = from.count;
            batch.missing = (from.count - u32::from(from.contains(*me))) as usize;
        }
        if post.inbox(*me).waiting() < batch.missing {
            return Taken::No;
        }
        while batch.done < batch.length {
            let member = from.member(batch.done);
            if member != *me {
                let Some(mut message) = post.take(*me, member, lane as u32) else {
                    return Taken::No;
                };
                let (flight, bytes) = (message.flight(), message.bytes);
                batch.arrivals.push(Arrival { from: member, reduces: false, flight, bytes });
                batch.missing -= 1;
                if let Some(dst) = message.put.filter(|dst| dst.len > 0) {
                    memory.store(world, dst, &mut message.payload, false);
                }
            }
            batch.done += 1;
        }
        if let Some(clock) = clock {
            clock.receive_batch(&world.cost, &batch.arrivals, Time::ZERO);
        }
        batch.clear();
        Taken::Yes
    }
}

/// The operands of one destination, collected so that they are reduced in one pass.
#[derive(Debug, Default)]
struct Operands {
    /// Where they go, and whether they are added to what is there.
    dst: Option<(Span, bool)>,
    values: Vec<Value>,
}

impl Operands {
    /// Adds `payload`, which goes to `dst` and is combined with `with`.
    #[inline(always)]
    fn add(
        &mut self,
        world: &World,
        memory: &mut Memory,
        (dst, with): (&Span, Option<&Span>),
        payload: Payload,
    ) {
        let adds = with == Some(dst);
        if !(adds && self.dst.as_ref().is_some_and(|(current, _)| current == dst)) {
            self.flush(world, memory);
            self.dst = Some((*dst, adds));
        }
        let data = &world.data;
        if adds && self.values.is_empty() {
            self.values.extend(payload.into_value(data));
        } else {
            payload.append_to(&mut self.values, data);
        }
        if let Some(with) = with.filter(|with| *with != dst) {
            self.values.extend(memory.read(world, *with).into_value(data));
        }
    }

    #[inline(never)]
    fn flush(&mut self, world: &World, memory: &mut Memory) {
        match self.dst.take() {
            Some((dst, true)) => memory.accumulate(world, dst, &self.values),
            Some((dst, false)) => memory.store_reduction(world, dst, &self.values),
            None => {}
        }
        self.values.clear();
    }

    fn clear(&mut self) {
        self.dst = None;
        self.values.clear();
    }
}
