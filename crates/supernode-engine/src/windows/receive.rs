//! The receiving side: arrivals, single receives, and receives that are awaited together.

use std::collections::VecDeque;

use supernode_collectives::{Action, Group};

use super::lane::{NONE, Waits};
use super::{Engine, Event, Plain};

/// Entries that may be looked at in vain, for each message and at least.
const SEARCHED: (u64, u64) = (64, 1 << 24);

/// Messages for which an inbox keeps its room: all lanes may have many, but not at the same time.
const KEPT: usize = 8;

/// A message that arrived, and when its port served it if that was at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    from: u32,
    link: u32,
    head: u64,
    /// When it was served; never if ports serve in program order.
    rx: u64,
}

/// What a lane wants to receive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) from: u32,
    pub(super) bytes: u64,
    pub(super) reduces: bool,
}

/// Receives that a lane awaits together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// By sender, for each sender in the order of its messages.
    wanted: Vec<Wanted>,
    /// Time of the local steps between them.
    local: u64,
    /// Steps of the schedule that the batch covers.
    steps: u32,
}

impl Engine<'_> {
    /// The head of a message is at its receive port.
    pub(super) fn arrive(&mut self, rank: u32, event: Event) {
        let mut rx = u64::MAX;
        if !self.fixed {
            rx = self.serve(rank, event.link, event.time);
        }
        let at = self.lane(rank, event.lane.into());
        let arrived = Arrived { from: event.source, link: event.link, head: event.time, rx };
        let lane = &mut self.lanes[at];
        lane.arrived.push_back(arrived);
        let goes = match lane.waits {
            Waits::For(from) => from == event.source,
            Waits::Many(many) => lane.arrived.len() >= many as usize,
            Waits::No | Waits::Step { .. } => false,
        };
        if goes {
            self.wake(rank, event.lane.into());
        }
    }

    /// Serves a message at its port: gives when that begins.
    fn serve(&mut self, rank: u32, link: u32, head: u64) -> u64 {
        let link = self.prices.link(link);
        let port = self.port(rank, link.rx);
        let rx = head.max(self.rx_free[port]);
        self.rx_free[port] = rx + link.busy;
        rx
    }

    /// Receives one message, if it is here.
    pub(super) fn receive(&mut self, rank: u32, lane: u32, wanted: Wanted) -> Result<bool, Plain> {
        let at = self.lane(rank, lane);
        let arrived = &self.lanes[at].arrived;
        let Some(place) = arrived.iter().position(|arrived| arrived.from == wanted.from) else {
            self.searched += arrived.len() as u64;
            self.lanes[at].waits = Waits::For(wanted.from);
            return Ok(false);
        };
        self.searched += place as u64;
        let (often, least) = SEARCHED;
        if self.searched > often * self.messages + least {
            return Err(Plain);
        }
        let inbox = &mut self.lanes[at].arrived;
        let arrived = inbox.remove(place);
        if inbox.is_empty() && inbox.capacity() > KEPT {
            *inbox = VecDeque::new();
        }
        let start = self.lanes[at].now;
        let messages = arrived.map(|arrived| (arrived, wanted));
        self.lanes[at].now = self.take_all(rank, start, 0, messages);
        Ok(true)
    }

    /// When a lane that is at `start` has taken `messages`, after `local` work of its own.
    fn take_all(
        &mut self,
        rank: u32,
        start: u64,
        local: u64,
        messages: impl IntoIterator<Item = (Arrived, Wanted)>,
    ) -> u64 {
        let (mut now, mut worked) = (start, start);
        if local > 0 {
            let engine = &mut self.compute_free[rank as usize];
            *engine = start.max(*engine) + local;
            worked = *engine;
        }
        let overhead = self.cost.slowed(rank, self.cost.recv_overhead()).as_ps();
        for (arrived, wanted) in messages {
            let rx =
                if self.fixed { self.serve(rank, arrived.link, arrived.head) } else { arrived.rx };
            let tail = rx + self.prices.link(arrived.link).busy;
            let mut data = tail;
            if wanted.reduces {
                let work = self.prices.work(rank, wanted.bytes);
                let engine = &mut self.compute_free[rank as usize];
                *engine = rx.max(start).max(*engine) + work.reduction.as_ps();
                worked = *engine;
                data = tail.max(worked) + work.slice.as_ps();
            }
            now = now.max(data) + overhead;
        }
        now.max(worked)
    }

    /// Receives that are awaited together, and the local steps between them; gives their number.
    pub(super) fn receive_batch(
        &mut self,
        rank: u32,
        lane: u32,
        index: u32,
    ) -> Result<Option<u32>, Plain> {
        let at = self.lane(rank, lane);
        if self.lanes[at].batch == NONE {
            let number = self.new_batch(at);
            let mut batch = std::mem::take(&mut self.batches[number]);
            loop {
                let action = self.schedule.step(rank, lane, index + batch.steps).action;
                batch.steps += 1;
                match action {
                    Action::Recv { from, dst, with, more } => {
                        let (bytes, reduces) =
                            (self.chunks.charged_bytes(dst, rank), with.is_some());
                        batch.wanted.push(Wanted { from, bytes, reduces });
                        if !more {
                            break;
                        }
                    }
                    Action::Copy { src, .. } => {
                        let bytes = self.chunks.charged_bytes(src, rank);
                        batch.local += self.cost.slowed(rank, self.cost.copy_time(bytes)).as_ps();
                    }
                    Action::Reduce { src, .. } => {
                        let bytes = self.chunks.charged_bytes(src, rank);
                        let reduction = self.cost.reduce_time(bytes);
                        batch.local += self.cost.slowed(rank, reduction).as_ps();
                    }
                    _ => return Err(Plain),
                }
            }
            batch.wanted.sort_by_key(|wanted| wanted.from);
            self.batches[number] = batch;
        }
        Ok(self.take_batch(rank, lane))
    }

    /// Signals of a group are taken together, too.
    pub(super) fn wait(&mut self, rank: u32, lane: u32, group: Group) -> Option<u32> {
        let at = self.lane(rank, lane);
        if self.lanes[at].batch == NONE {
            let number = self.new_batch(at);
            let batch = &mut self.batches[number];
            let others = group.members().filter(|member| *member != rank);
            batch.wanted.extend(others.map(|from| Wanted { from, bytes: 0, reduces: false }));
            batch.steps = 1;
        }
        self.take_batch(rank, lane)
    }

    fn new_batch(&mut self, lane: usize) -> usize {
        let number = self.spare.pop().unwrap_or_else(|| {
            self.batches.push(Batch::default());
            self.batches.len() as u32 - 1
        });
        self.lanes[lane].batch = number;
        number as usize
    }

    /// Takes the lane's batch if all of it has arrived, in order of arrival; gives its steps.
    fn take_batch(&mut self, rank: u32, lane: u32) -> Option<u32> {
        let at = self.lane(rank, lane);
        let number = self.lanes[at].batch as usize;
        let count = self.batches[number].wanted.len();
        if self.lanes[at].arrived.len() < count {
            self.lanes[at].waits = Waits::Many(count as u32);
            return None;
        }
        let mut arrived = Vec::from(std::mem::take(&mut self.lanes[at].arrived));
        // The first of each sender come first.
        arrived.sort_by_key(|arrived| arrived.from);
        let wanted = &self.batches[number].wanted;
        let mut taken: Vec<(Arrived, Wanted)> = Vec::with_capacity(count);
        let mut place = 0;
        for wanted in wanted {
            while arrived.get(place).is_some_and(|arrived| arrived.from < wanted.from) {
                place += 1;
            }
            match arrived.get(place) {
                Some(here) if here.from == wanted.from => taken.push((*here, *wanted)),
                _ => {
                    self.lanes[at].waits = Waits::For(wanted.from);
                    self.lanes[at].arrived = arrived.into();
                    return None;
                }
            }
            place += 1;
        }
        if count < arrived.len() {
            // What is left is for later.
            let mut wanted = wanted.iter().peekable();
            arrived.retain(|arrived| {
                while wanted.peek().is_some_and(|wanted| wanted.from < arrived.from) {
                    wanted.next();
                }
                wanted.next_if(|wanted| wanted.from == arrived.from).is_none()
            });
        } else {
            arrived.clear();
        }
        self.lanes[at].arrived = arrived.into();
        taken.sort_by_key(|(arrived, _)| (arrived.head, arrived.from));
        let mut batch = std::mem::take(&mut self.batches[number]);
        let start = self.lanes[at].now;
        self.lanes[at].now = self.take_all(rank, start, batch.local, taken);
        let steps = batch.steps;
        batch.wanted.clear();
        self.batches[number] = Batch { wanted: batch.wanted, ..Batch::default() };
        self.spare.push(number as u32);
        self.lanes[at].batch = NONE;
        Some(steps)
    }
}
