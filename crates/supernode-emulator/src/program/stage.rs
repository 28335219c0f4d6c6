//! All ranks of a live run: who goes on, and what operations do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use supernode_collectives::prove::{Order, action_fault};
use supernode_collectives::{Action, Buf, Chunks, Rank, Shape, Span, Table};
use supernode_kernels as kernels;
use supernode_units::{MessageSize, ReduceOp, Time};

use super::seat::{Message, Seat};
use super::{Live, LiveReport};
use crate::error::{EmulatorError, Waiting};
use crate::inputs::mix;
use crate::memory::Output;
use crate::timing::Clock;

/// How far an operation has come.
#[derive(Debug, Default)]
pub(super) struct Halves {
    sent: bool,
    gave_way: bool,
}

/// All ranks of a run.
pub(super) struct Stage {
    job: Live,
    chunks: Chunks,
    seats: Vec<Seat>,
    ready: Vec<Rank>,
    in_flight: u64,
    messages: u64,
    room: u64,
    pub(super) fault: Option<EmulatorError>,
}

impl Stage {
    pub(super) fn new(job: Live, inputs: Vec<Bytes>) -> Result<Self, EmulatorError> {
        let (shape, ranks) = (job.shape, job.shape.ranks);
        // A schedule that does nothing has the same outline.
        Table::new(Shape { lanes: 1, ..shape }, vec![Vec::new(); ranks as usize])?;
        let fabric = job.cost.fabric.ranks();
        if fabric != ranks {
            return Err(EmulatorError::Ranks { schedule: ranks, fabric });
        }
        let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
        let given = inputs.len() as u64;
        if given != u64::from(ranks) {
            return Err(EmulatorError::Input { rank: ranks, got: given, want: u64::from(ranks) });
        }
        let bytes = |buf, rank| chunks.buffer_bytes(buf, rank);
        let own = |rank| bytes(Buf::Output, rank).saturating_add(bytes(Buf::Scratch, rank));
        let needed = (0..ranks).map(own).fold(0, u64::saturating_add);
        let limit = job.memory_limit;
        let Some(room) = limit.checked_sub(needed) else {
            let bytes = job.count.saturating_mul(job.dtype.bytes());
            return Err(EmulatorError::Memory { ranks, bytes, needed, limit });
        };
        let mut seats = Vec::with_capacity(ranks as usize);
        for (rank, input) in (0..).zip(inputs) {
            let (got, want) = (input.len() as u64, bytes(Buf::Input, rank));
            if got != want {
                return Err(EmulatorError::Input { rank, got, want });
            }
            let mut clock = Clock::default();
            clock.reset(&job.cost, None, rank, Time::ZERO);
            seats.push(Seat {
                rank,
                input,
                output: vec![0; bytes(Buf::Output, rank) as usize],
                scratch: vec![0; bytes(Buf::Scratch, rank) as usize],
                clock,
                inbox: BTreeMap::new(),
                steps: 0,
                waits_for: None,
                queued: true,
            });
        }
        // Taken from the end.
        let ready = (0..ranks).rev().collect();
        Ok(Self { job, chunks, seats, ready, in_flight: 0, messages: 0, room, fault: None })
    }

    /// Who goes on.
    pub(super) fn next(&mut self, random: &mut Option<u64>) -> Option<Rank> {
        if let (Some(random), Some(last)) = (random, self.ready.len().checked_sub(1)) {
            *random = mix(*random);
            let chosen = (*random % (last as u64 + 1)) as usize;
            self.ready.swap(chosen, last);
        }
        let rank = self.ready.pop()?;
        self.seats[rank as usize].queued = false;
        Some(rank)
    }

    fn wake(&mut self, rank: Rank) {
        if !std::mem::replace(&mut self.seats[rank as usize].queued, true) {
            self.ready.push(rank);
        }
    }

    pub(super) fn now(&self, rank: Rank) -> Time {
        self.seats[rank as usize].clock.now()
    }

    pub(super) fn take(&mut self, rank: Rank, action: Action, halves: &mut Halves) -> Poll<()> {
        if matches!(self.job.order, Order::Random(_))
            && !std::mem::replace(&mut halves.gave_way, true)
        {
            self.wake(rank);
            return Poll::Pending;
        }
        if let Some(what) = action_fault(&self.job.shape, rank, &action) {
            return self.fail(rank, what);
        }
        let cost = Arc::clone(&self.job.cost);
        let nominal = |span| self.chunks.nominal_bytes(span);
        match action {
            Action::Send { to, src } => {
                let data = self.seats[rank as usize].gather(&self.chunks, src);
                if let Some(what) = self.send(rank, to, src.len, data) {
                    return self.fail(rank, what);
                }
            }
            Action::Recv { from, dst, with, .. } | Action::Exchange { from, dst, with, .. } => {
                if let Action::Exchange { to, src, .. } = action
                    && !std::mem::replace(&mut halves.sent, true)
                {
                    let data = self.seats[rank as usize].gather(&self.chunks, src);
                    if let Some(what) = self.send(rank, to, src.len, data) {
                        return self.fail(rank, what);
                    }
                }
                let Some(message) = self.receive(rank, from, with.is_some()) else {
                    return self.wait(rank, action);
                };
                let done = self.keep(rank, message, with, Some(dst));
                if let Err(what) = done {
                    return self.fail(rank, what);
                }
            }
            Action::Forward { from, to, with, keep } => {
                let Some(message) = self.receive(rank, from, with.is_some()) else {
                    return self.wait(rank, action);
                };
                let chunks = message.chunks;
                let done = self.keep(rank, message, with, keep);
                let done = done.map(|data| self.send(rank, to, chunks, data));
                if let Some(what) = done.unwrap_or_else(Some) {
                    return self.fail(rank, what);
                }
            }
            Action::Copy { src, dst } => {
                let bytes = nominal(src);
                let data = self.seats[rank as usize].gather(&self.chunks, src);
                if let Some(what) = self.seats[rank as usize].scatter(&self.chunks, dst, &data) {
                    return self.fail(rank, what);
                }
                self.seats[rank as usize].clock.copy(&cost, bytes);
            }
            Action::Reduce { src, dst } => {
                let bytes = nominal(src);
                let mut sum = self.seats[rank as usize].gather(&self.chunks, dst);
                let added = self.seats[rank as usize].add(&self.job, &self.chunks, &mut sum, src);
                if let Some(what) =
                    added.or_else(|| self.seats[rank as usize].scatter(&self.chunks, dst, &sum))
                {
                    return self.fail(rank, what);
                }
                self.seats[rank as usize].clock.reduce(&cost, bytes);
            }
            // The handle has no others.
            _ => return self.fail(rank, "it takes a step that a program does not have".to_owned()),
        }
        let seat = &mut self.seats[rank as usize];
        (seat.waits_for, seat.steps) = (None, seat.steps + 1);
        Poll::Ready(())
    }

    pub(super) fn read(&mut self, rank: Rank, span: Span) -> Poll<Vec<u8>> {
        // What may be sent may be read.
        let to = Rank::from(rank == 0);
        let shape = Shape { ranks: self.job.shape.ranks.max(2), ..self.job.shape };
        match action_fault(&shape, rank, &Action::Send { to, src: span }) {
            Some(what) => self.fail(rank, what),
            None => Poll::Ready(self.seats[rank as usize].gather(&self.chunks, span)),
        }
    }

    pub(super) fn write(&mut self, rank: Rank, span: Span, bytes: &[u8]) -> Poll<()> {
        let onto_itself = Action::Copy { src: span, dst: span };
        if let Some(what) = action_fault(&self.job.shape, rank, &onto_itself) {
            return self.fail(rank, what);
        }
        match self.seats[rank as usize].scatter(&self.chunks, span, bytes) {
            Some(what) => self.fail(rank, what),
            None => Poll::Ready(()),
        }
    }

    /// Sends `data`, `chunks` chunks; says why if messages on their way have no room.
    fn send(&mut self, rank: Rank, to: Rank, chunks: u32, data: Vec<u8>) -> Option<String> {
        self.in_flight += Message::held(&data);
        if self.in_flight > self.room {
            let limit = MessageSize::new(self.job.memory_limit);
            return Some(format!(
                "it sends more than {limit} of memory hold before others take it"
            ));
        }
        let nominal = self.chunks.nominal_bytes(Span::input(0, chunks));
        let flight = self.seats[rank as usize].clock.send(&self.job.cost, to, nominal, 1);
        self.messages += 1;
        let message = Message { data, chunks, nominal, flight };
        self.seats[to as usize].inbox.entry(rank).or_default().push_back(message);
        self.wake(to);
        None
    }

    /// The next message of `from`, if it is there.
    fn receive(&mut self, rank: Rank, from: Rank, reduces: bool) -> Option<Message> {
        let seat = &mut self.seats[rank as usize];
        let message = seat.inbox.get_mut(&from)?.pop_front()?;
        self.in_flight -= Message::held(&message.data);
        seat.clock.receive(&self.job.cost, message.flight, message.nominal, reduces);
        Some(message)
    }

    fn wait(&mut self, rank: Rank, action: Action) -> Poll<()> {
        self.seats[rank as usize].waits_for = Some(action);
        Poll::Pending
    }

    /// Combines what arrived with `with`, stores it in `keep`, and gives the result.
    fn keep(
        &mut self,
        rank: Rank,
        message: Message,
        with: Option<Span>,
        keep: Option<Span>,
    ) -> Result<Vec<u8>, String> {
        let Message { mut data, chunks, .. } = message;
        if let Some(span) = keep.or(with).filter(|span| span.len != chunks) {
            return Err(format!("it takes a message of {chunks} chunks into {}", span.len));
        }
        let added = with.and_then(|with| {
            self.seats[rank as usize].add(&self.job, &self.chunks, &mut data, with)
        });
        let wrong = added.or_else(|| self.seats[rank as usize].scatter(&self.chunks, keep?, &data));
        wrong.map_or(Ok(data), Err)
    }

    /// Ends the run with what is wrong.
    fn fail<T>(&mut self, rank: Rank, what: String) -> Poll<T> {
        let step = self.seats[rank as usize].steps;
        self.fault.get_or_insert(EmulatorError::Program { rank, step, what });
        Poll::Pending
    }

    /// The report, or why there is none.
    pub(super) fn finish(&mut self, blocked: &[Rank]) -> Result<LiveReport, EmulatorError> {
        let waiting = |rank: &Rank| {
            let seat = &self.seats[*rank as usize];
            let (step, since) = (seat.steps, seat.clock.now());
            let waiting = |action| Waiting { rank: *rank, lane: 0, step, action, since };
            seat.waits_for.map(waiting)
        };
        let count = blocked.len();
        if let Some(first) = blocked.first() {
            let first_waiting: Vec<Waiting> = blocked.iter().filter_map(waiting).take(8).collect();
            if first_waiting.is_empty() {
                let (rank, step) = (*first, self.seats[*first as usize].steps);
                let what = "it waits for something else than its handle".to_owned();
                return Err(EmulatorError::Program { rank, step, what });
            }
            return Err(EmulatorError::Deadlock { count, first: first_waiting });
        }
        let (shape, ranks) = (self.job.shape, u64::from(self.job.shape.ranks));
        let averages = self.job.op == ReduceOp::Avg && shape.collective.reduces();
        let dtype = self.job.dtype;
        let outputs = self.seats.iter_mut().map(|seat| {
            let mut own = std::mem::take(&mut seat.output);
            if averages {
                kernels::divide(dtype, &mut own, ranks);
            }
            Output::Own(own)
        });
        let outputs = outputs.collect();
        let finish = self.seats.iter().map(|seat| seat.clock.now()).collect();
        Ok(LiveReport { outputs, finish, messages: self.messages })
    }
}
