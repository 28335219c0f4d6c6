//! The ports engine, and the plain one: one time-ordered queue, one event after the other.
//!
//! [`run`] takes windows of time (see the module `windows`) where it can. The plain engine serves
//! contended ports in order of (time, rank, lane, step) and fixed ports in program order, straight from
//! the rules of the `clock` module. It is kept simple on purpose: faster engines are held against it.
//! Memory and time grow with the number of messages; about a million messages a second.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use supernode_collectives::{Action, Chunks, Group, Ports, Rank, Schedule, Shape};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::record::{Recorder, Recording};
use crate::wire::{Moved, Wire};
use crate::{EngineError, in_program_order, windows};

mod memory;
pub(crate) mod queue;
mod receive;
mod steps;
mod transmit;

pub use memory::memory_needed;
pub(crate) use memory::memory_of_plain;
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

/// Times `schedule` with `chunks` on `cost`: in windows of time where ranks cannot hear of each other, or
/// else as [`plain`], with the same result.
///
/// # Errors
/// When the schedule deadlocks, needs a switch that is not there, does not fit the fabric, or takes
/// longer than time is counted.
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<Timed, EngineError> {
    let (lanes, messages) = lanes(schedule, chunks, cost)?;
    Ok(Timed { finish: by_rank(&lanes, schedule.shape()), messages })
}

/// The same by one queue of all events in order of time: the oracle of the faster engines, at about a
/// million messages a second.
///
/// # Errors
/// As [`run`].
pub fn plain(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<Timed, EngineError> {
    run_on(schedule, chunks, cost, Wire::Open).map(|(timed, _)| timed)
}

/// The same with `wire` between the ports; gives it back with what it has seen.
pub(crate) fn run_on<'a>(
    schedule: &'a dyn Schedule,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    wire: Wire<'a>,
) -> Result<(Timed, Wire<'a>), EngineError> {
    let (lanes, messages, wire) = lanes_on(schedule, chunks, cost, wire)?;
    let finish = by_rank(&lanes, schedule.shape());
    Ok((Timed { finish, messages }, wire))
}

/// When each lane of each rank finished, and the number of messages; otherwise as [`run`].
pub(crate) fn lanes(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<(Vec<Time>, u64), EngineError> {
    if let Some((lanes, messages, _)) = windows::lanes(schedule, chunks, cost, None)? {
        return Ok((lanes, messages));
    }
    lanes_on(schedule, chunks, cost, Wire::Open).map(|(lanes, messages, _)| (lanes, messages))
}

/// When each lane finished, the number of messages, and what the wire has seen.
type Finished<'a> = (Vec<Time>, u64, Wire<'a>);

/// The same, keeping all that happens.
pub(crate) fn record(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<Recording, EngineError> {
    let shape = checked(schedule, cost)?;
    let mut engine = Engine::new(schedule, shape, chunks, cost, Wire::Open);
    let mut recorder = Recorder::default();
    for (at, lane) in (0..).zip(&engine.lanes) {
        let (rank, own) = (at / shape.lanes, at % shape.lanes);
        recorder.begins(rank, own, schedule.start(rank, own), lane.now);
    }
    engine.recorder = Some(Box::new(recorder));
    let mut kept = None;
    let (lanes, messages, _) = engine.run_keeping(&mut kept)?;
    let timed = Timed { finish: by_rank(&lanes, shape), messages };
    Ok(kept.unwrap_or_default().finish(timed))
}

fn checked(schedule: &dyn Schedule, cost: &CostModel) -> Result<Shape, EngineError> {
    let shape = schedule.shape();
    if cost.fabric.ranks() != shape.ranks {
        return Err(EngineError::Ranks { schedule: shape.ranks, fabric: cost.fabric.ranks() });
    }
    Ok(shape)
}

pub(crate) fn by_rank(lanes: &[Time], shape: Shape) -> Vec<Time> {
    let of_rank = |lanes: &[Time]| lanes.iter().copied().max().unwrap_or_default();
    lanes.chunks(shape.lanes as usize).map(of_rank).collect()
}

fn lanes_on<'a>(
    schedule: &'a dyn Schedule,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    wire: Wire<'a>,
) -> Result<Finished<'a>, EngineError> {
    let shape = checked(schedule, cost)?;
    Engine::new(schedule, shape, chunks, cost, wire).run()
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
    /// What lies between the ports.
    wire: Wire<'a>,
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
    /// Who keeps what happens, if anybody wants to know.
    recorder: Option<Box<Recorder>>,
}

impl<'a> Engine<'a> {
    fn new(
        schedule: &'a dyn Schedule,
        shape: Shape,
        chunks: &'a Chunks,
        cost: &'a CostModel,
        wire: Wire<'a>,
    ) -> Self {
        let ports = cost.fabric.ports_per_device() as usize;
        let start = cost.call();
        let lanes: Vec<Lane> = (0..shape.ranks)
            .flat_map(|rank| (0..shape.lanes).map(move |lane| (rank, lane)))
            .map(|(rank, lane)| {
                let steps = schedule.steps(rank, lane);
                let recorded = if shape.ports == Ports::Contended { steps as usize } else { 0 };
                let done = Vec::with_capacity(recorded);
                let now = start + schedule.start(rank, lane);
                Lane { steps, now, issuer_free: now, done, ..Lane::default() }
            })
            .collect();
        Self {
            schedule,
            shape,
            chunks,
            cost,
            wire,
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
            recorder: None,
        }
    }

    fn run(self) -> Result<Finished<'a>, EngineError> {
        self.run_keeping(&mut None)
    }

    /// Runs, and leaves the recorder, if there is one, in `kept`.
    fn run_keeping(mut self, kept: &mut Option<Recorder>) -> Result<Finished<'a>, EngineError> {
        for rank in 0..self.shape.ranks {
            for lane in 0..self.shape.lanes {
                self.wake(rank, lane);
            }
        }
        while let Some(Event { key, job }) = self.next() {
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
                Job::Reach { slot, flight } => self.reach(key, slot, flight),
            }
        }
        *kept = self.recorder.take().map(|recorder| *recorder);
        self.finish()
    }

    /// The next event. Links go first: what leaves them may be at a port at the same time.
    fn next(&mut self) -> Option<Event> {
        loop {
            let next = self.queue.peek().map(|Reverse(event)| event.key);
            match self.wire.advance(next) {
                Some(Moved::Arrives(event)) => self.queue.push(Reverse(event)),
                Some(Moved::Arrived(arrival)) => self.arrived(&arrival),
                None => return self.queue.pop().map(|Reverse(event)| event),
            }
        }
    }

    fn finish(self) -> Result<Finished<'a>, EngineError> {
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
        let of_lane = |lane: &Lane| lane.done.iter().copied().fold(lane.now, Time::max);
        let finish: Vec<Time> = self.lanes.iter().map(of_lane).collect();
        if finish.contains(&Time::MAX) {
            return Err(EngineError::TooLong);
        }
        Ok((finish, self.messages, self.wire))
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
            let other = self.lane(rank, dep.lane);
            if let Some(recorder) = &mut self.recorder {
                recorder.depends(at, other, dep.step);
            }
        }
        self.lanes[at].now = now;
        let key = Key { time: now, kind: Kind::Lane, rank, lane, step: index, to: rank };
        let Some(length) = self.take_step(key, step) else {
            return;
        };
        if let Some(recorder) = &mut self.recorder {
            recorder.completes(at, key, length);
        }
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
}
