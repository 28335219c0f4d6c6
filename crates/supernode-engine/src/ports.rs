//! The plain ports engine: one time-ordered queue, one event after the other.
//!
//! It serves contended ports in order of (time, rank, lane, step) and fixed ports in program order,
//! straight from the rules of the `clock` module. It is kept simple on purpose: faster engines are
//! held against it. Memory and time grow with the number of messages; about a million messages a
//! second.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use supernode_collectives::{Action, Chunks, Group, Ports, Rank, Schedule, Shape, Span, Step};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::clock::{issue, work};
use crate::{EngineError, in_program_order};

mod memory;
mod queue;
mod receive;
mod transmit;

pub use memory::memory_needed;
use queue::{Event, Job, Key, Kind};
use receive::{Arrived, Batch};
use transmit::Collection;

/// What a timing run gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// When each rank finished.
    pub finish: Vec<Time>,
    /// Messages between ranks; each copy of a multicast counts, a switch's reduction does not.
    pub messages: u64,
}

impl Timed {
    /// When the last rank finished.
    pub fn time(&self) -> Time {
        self.finish.iter().copied().max().unwrap_or_default()
    }
}

/// Times `schedule` with `chunks` on `cost`.
///
/// # Errors
/// When the schedule deadlocks, needs a switch that is not there, does not fit the fabric, or takes
/// longer than time is counted.
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<Timed, EngineError> {
    let shape = schedule.shape();
    if cost.fabric.ranks() != shape.ranks {
        return Err(EngineError::Ranks { schedule: shape.ranks, fabric: cost.fabric.ranks() });
    }
    Engine::new(schedule, shape, chunks, cost).run()
}

#[derive(Debug, Default, Clone)]
struct Lane {
    next: u32,
    steps: u32,
    now: Time,
    /// Messages issued.
    issued: u64,
    /// When it may issue the next one.
    issuer_free: Time,
    /// A `Go` event is in the queue.
    queued: bool,
    /// The send half of the exchange, or the request of the read, at `next` is out.
    half_done: bool,
    /// The sender without whose message the lane cannot go on.
    waits_for: Option<Rank>,
    batch: Batch,
    /// Completion time of each step so far; kept only where other lanes may ask.
    done: Vec<Time>,
}

struct Engine<'a> {
    schedule: &'a dyn Schedule,
    shape: Shape,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    queue: BinaryHeap<Reverse<Event>>,
    lanes: Vec<Lane>,
    tx_free: Vec<Time>,
    rx_free: Vec<Time>,
    /// Per rank, the engine that reduces and copies for all its lanes.
    compute_free: Vec<Time>,
    /// Whether ports serve in program order.
    fixed: bool,
    /// Per receiving lane and sender, in order of arrival.
    arrived: Vec<BTreeMap<Rank, VecDeque<Arrived>>>,
    /// Empty queues, kept for the next senders.
    spare: Vec<VecDeque<Arrived>>,
    /// Reductions that the switch is collecting, by (rank, lane, step) of the request.
    collections: BTreeMap<(Rank, u32, u32), Collection>,
    /// The switch step that was priced last: most groups go through equal ones.
    switched: Option<(Group, u64, Time)>,
    ports: usize,
    messages: u64,
}

impl<'a> Engine<'a> {
    fn new(
        schedule: &'a dyn Schedule,
        shape: Shape,
        chunks: &'a Chunks,
        cost: &'a CostModel,
    ) -> Self {
        let ports = cost.fabric.ports_per_device() as usize;
        let start = cost.call();
        let lanes: Vec<Lane> = (0..shape.ranks)
            .flat_map(|rank| (0..shape.lanes).map(move |lane| (rank, lane)))
            .map(|(rank, lane)| {
                let steps = schedule.steps(rank, lane);
                let recorded = if shape.ports == Ports::Contended { steps as usize } else { 0 };
                let done = Vec::with_capacity(recorded);
                Lane { steps, now: start, issuer_free: start, done, ..Lane::default() }
            })
            .collect();
        Self {
            schedule,
            shape,
            chunks,
            cost,
            queue: BinaryHeap::new(),
            arrived: vec![BTreeMap::new(); lanes.len()],
            tx_free: vec![Time::ZERO; ports * shape.ranks as usize],
            rx_free: vec![Time::ZERO; ports * shape.ranks as usize],
            compute_free: vec![Time::ZERO; shape.ranks as usize],
            fixed: in_program_order(&shape, cost),
            spare: Vec::new(),
            lanes,
            collections: BTreeMap::new(),
            switched: None,
            ports,
            messages: 0,
        }
    }

    fn run(mut self) -> Result<Timed, EngineError> {
        for rank in 0..self.shape.ranks {
            for lane in 0..self.shape.lanes {
                self.wake(rank, lane);
            }
        }
        while let Some(Reverse(Event { key, job })) = self.queue.pop() {
            if key.time == Time::MAX {
                return Err(EngineError::TooLong);
            }
            match job {
                Job::Go => {
                    let at = self.lane(key.rank, key.lane);
                    self.lanes[at].queued = false;
                    self.advance(key.rank, key.lane);
                }
                Job::Send { source, bytes, fan } => self.send(key, source, bytes, fan),
                Job::Multicast { group, bytes } => self.multicast(key, group.into(), bytes)?,
                Job::Contribute { source, group, bytes } => {
                    self.contribute(key, source, group.into(), bytes)?;
                }
                Job::Answer { busy, port } => self.answer(key, busy, port),
                Job::Head { busy, port } => self.arrive(key, busy, port),
            }
        }
        self.finish()
    }

    fn finish(self) -> Result<Timed, EngineError> {
        let stuck: Vec<usize> =
            (0..self.lanes.len()).filter(|&i| self.lanes[i].next < self.lanes[i].steps).collect();
        if let Some(&first) = stuck.first() {
            return Err(EngineError::Deadlock {
                count: stuck.len(),
                rank: first as u32 / self.shape.lanes,
                lane: first as u32 % self.shape.lanes,
                step: self.lanes[first].next,
            });
        }
        let finish: Vec<Time> = self
            .lanes
            .chunks(self.shape.lanes as usize)
            .map(|lanes| {
                let own = lanes.iter().map(|lane| lane.now);
                let results = lanes.iter().flat_map(|lane| lane.done.iter().copied());
                own.chain(results).max().unwrap_or_default()
            })
            .collect();
        if finish.contains(&Time::MAX) {
            return Err(EngineError::TooLong);
        }
        Ok(Timed { finish, messages: self.messages })
    }

    fn lane(&self, rank: Rank, lane: u32) -> usize {
        rank as usize * self.shape.lanes as usize + lane as usize
    }

    fn port(&self, rank: Rank, port: u16) -> usize {
        rank as usize * self.ports + usize::from(port)
    }

    /// Whether other steps may ask when a step was complete.
    fn records(&self) -> bool {
        self.shape.ports == Ports::Contended
    }

    fn push(&mut self, time: Time, kind: Kind, of: Key, job: Job) {
        self.queue.push(Reverse(Event { key: Key { time, kind, ..of }, job }));
    }

    /// Lets a lane try its next step at its own time.
    fn wake(&mut self, rank: Rank, lane: u32) {
        let at = self.lane(rank, lane);
        let state = &mut self.lanes[at];
        if state.queued || state.next == state.steps {
            return;
        }
        state.queued = true;
        let (time, step) = (state.now, state.next);
        let key = Key { time, kind: Kind::Lane, rank, lane, step, to: 0 };
        self.queue.push(Reverse(Event { key, job: Job::Go }));
    }

    /// Takes the next step of a lane if it can, and comes back for the one after it.
    fn advance(&mut self, rank: Rank, lane: u32) {
        let at = self.lane(rank, lane);
        let index = self.lanes[at].next;
        let step = self.schedule.step(rank, lane, index);
        let mut now = self.lanes[at].now;
        if let Some(dep) = step.after
            && self.records()
        {
            let other = &self.lanes[self.lane(rank, dep.lane)];
            let Some(&done) = other.done.get(dep.step as usize) else {
                return;
            };
            // A switch's answer has its step reserved before its time is known.
            if done == Time::MAX {
                return;
            }
            now = now.max(done);
        }
        self.lanes[at].now = now;
        let key = Key { time: now, kind: Kind::Lane, rank, lane, step: index, to: rank };
        let Some(length) = self.take_step(key, step) else {
            return;
        };
        let answer_pending = matches!(step.action, Action::SwitchReduce { .. });
        let state = &mut self.lanes[at];
        state.next += length;
        state.half_done = false;
        state.waits_for = None;
        if self.records() {
            let done = if answer_pending { Time::MAX } else { self.lanes[at].now };
            for _ in 0..length {
                self.lanes[at].done.push(done);
            }
        }
        for other in 0..self.shape.lanes {
            self.wake(rank, other);
        }
    }

    /// Number of steps taken, or `None` if the lane has to wait.
    fn take_step(&mut self, key: Key, step: Step) -> Option<u32> {
        let nominal = |span: Span| self.chunks.nominal_bytes(span);
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
                let (out, inward) = (nominal(src), nominal(dst));
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
        lane.now
    }

    fn issue(&mut self, key: Key, to: Rank, bytes: u64, fan: u32) {
        let ready = self.ready(key);
        let job = Job::Send { source: key.rank, bytes, fan };
        self.push(ready, Kind::Transmit, Key { to, ..key }, job);
    }

    /// A read: the request travels to `from`, whose port then sends.
    fn request(&mut self, key: Key, from: Rank, bytes: u64, fan: u32) {
        let there = self.ready(key) + self.cost.route(key.rank, from).latency;
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
        self.lanes[at].now = work(now, time, &mut self.compute_free[key.rank as usize]);
    }
}
