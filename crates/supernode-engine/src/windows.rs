//! The ports engine without a queue of all events: windows of time.
//!
//! A message is on its way for the least latency of the fabric or longer. So in a window of time that is
//! as long, no rank hears of what another one does in it: each takes its own events of the window in the
//! order of the plain engine ([`ports::plain`](crate::ports::plain)), from a queue of its own that holds a
//! handful, and ranks may be taken in any order. Clocks, ports and the order in which they serve are the
//! same to the picosecond.
//!
//! Where messages share links, a window's messages enter them when all ranks have been taken, in the order
//! of the plain engine, and the links serve until its end: from the last link to a port it takes the least
//! latency of a level or longer, too, so none arrives before.
//!
//! Where messages share links, those of a window enter the links when all ranks have been taken, in the
//! order of the plain engine, and the links serve until the end of the window: from the last link to a port
//! it is the least latency of a level or more, so none arrives before.
//!
//! Reads, what a switch multicasts or reduces, and fabrics without latency are left to the plain engine.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use supernode_collectives::{Chunks, Ports, Schedule, Shape};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::links::Fifo;
use crate::{EngineError, in_program_order};

mod calendar;
mod lane;
mod links;
mod prices;
mod receive;

use calendar::Calendar;
use lane::Lane;
use prices::Prices;
use receive::Batch;

/// Times from here on are left to the plain engine, which saturates: nine days.
const LATEST: u64 = 1 << 59;
/// No window.
const NEVER: u64 = u64::MAX;

/// What a rank has to do, in the order in which it does it: by time, then lanes before ports before
/// arrivals, then by the sender, its lane and step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Event {
    time: u64,
    kind: Kind,
    source: u32,
    lane: u16,
    step: u32,
    /// Of `Send` the receiver; and the number of the link among the prices.
    to: u32,
    link: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Kind {
    #[default]
    Go,
    Send,
    Arrive,
}

/// Why the plain engine has to do it.
struct Plain;

struct Engine<'a> {
    schedule: &'a dyn Schedule,
    shape: Shape,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    prices: Prices<'a>,
    lanes: Vec<Lane>,
    /// The events of each rank, and the window in which it is in the calendar.
    events: Vec<BinaryHeap<Reverse<Event>>>,
    due: Vec<u64>,
    calendar: Calendar,
    /// The length of a window.
    window: u64,
    ports: usize,
    tx_free: Vec<u64>,
    rx_free: Vec<u64>,
    /// Per rank, the engine that reduces and copies for all its lanes.
    compute_free: Vec<u64>,
    /// Whether ports serve in program order.
    fixed: bool,
    batches: Vec<Batch>,
    spare: Vec<u32>,
    /// Entries that were looked at in vain.
    searched: u64,
    messages: u64,
    /// The links inside the fabric, if messages share them. In the calendar they are the rank after the
    /// last one.
    links: Option<Fifo<'a>>,
    /// Messages of this window: when each was at its port, and when it left.
    entering: Vec<(Event, u64)>,
}

/// When each lane of each rank finished, the number of messages, and what the links have seen.
type Finished<'a> = (Vec<Time>, u64, Option<Fifo<'a>>);

/// What the plain engine finds for `schedule`, on `links` if messages share them; none if that has to find
/// it.
pub(crate) fn lanes<'a>(
    schedule: &'a dyn Schedule,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    links: Option<Fifo<'a>>,
) -> Result<Option<Finished<'a>>, EngineError> {
    let shape = schedule.shape();
    if cost.fabric.ranks() != shape.ranks {
        return Err(EngineError::Ranks { schedule: shape.ranks, fabric: cost.fabric.ranks() });
    }
    let window = cost.fabric.least_latency().as_ps();
    if window == 0 || shape.lanes > u32::from(u16::MAX) {
        return Ok(None);
    }
    let mut engine = Engine::new(schedule, shape, chunks, cost, window);
    engine.links = links;
    if engine.run().is_err() {
        return Ok(None);
    }
    let stuck = |lane: &&Lane| lane.next < lane.steps;
    if let Some(first) = engine.lanes.iter().position(|lane| stuck(&lane)) {
        return Err(EngineError::Deadlock {
            count: engine.lanes.iter().filter(stuck).count(),
            rank: first as u32 / shape.lanes,
            lane: first as u32 % shape.lanes,
            step: engine.lanes[first].next,
        });
    }
    let finish = engine.lanes.iter().map(|lane| Time::from_ps(lane.last)).collect();
    Ok(Some((finish, engine.messages, engine.links)))
}

impl<'a> Engine<'a> {
    fn new(
        schedule: &'a dyn Schedule,
        shape: Shape,
        chunks: &'a Chunks,
        cost: &'a CostModel,
        window: u64,
    ) -> Self {
        let (ranks, ports) = (shape.ranks as usize, cost.fabric.ports_per_device() as usize);
        let lanes =
            (0..shape.ranks).flat_map(|rank| (0..shape.lanes).map(move |lane| (rank, lane)));
        let lanes = lanes.map(|(rank, lane)| {
            let start = cost.call() + schedule.start(rank, lane);
            Lane::new(start.as_ps(), schedule.steps(rank, lane))
        });
        Self {
            schedule,
            shape,
            chunks,
            cost,
            prices: Prices::new(cost),
            lanes: lanes.collect(),
            events: vec![BinaryHeap::new(); ranks],
            due: vec![NEVER; ranks + 1],
            calendar: Calendar::new(),
            window,
            ports,
            tx_free: vec![0; ports * ranks],
            rx_free: vec![0; ports * ranks],
            compute_free: vec![0; ranks],
            fixed: in_program_order(&shape, cost),
            batches: Vec::new(),
            spare: Vec::new(),
            searched: 0,
            messages: 0,
            links: None,
            entering: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Plain> {
        for rank in 0..self.shape.ranks {
            if self.records() {
                self.look_through(rank);
            }
            for lane in 0..self.shape.lanes {
                self.wake(rank, lane);
            }
            self.schedule_rank(rank);
        }
        let mut ranks = Vec::new();
        while let Some(window) = self.calendar.next(&mut ranks) {
            // Neighbours lie next to each other.
            ranks.sort_unstable();
            let end = (window + 1).saturating_mul(self.window);
            for rank in &ranks {
                // Who got something earlier to do was in the calendar twice.
                if self.due[*rank as usize] != window {
                    continue;
                }
                self.due[*rank as usize] = NEVER;
                if *rank < self.shape.ranks {
                    self.take(*rank, end)?;
                    self.schedule_rank(*rank);
                }
            }
            self.serve_links(end)?;
        }
        Ok(())
    }

    /// Puts a rank into the calendar.
    fn schedule_rank(&mut self, rank: u32) {
        if let Some(Reverse(event)) = self.events[rank as usize].peek() {
            self.put_into_calendar(event.time, rank);
        }
    }

    /// Takes what a rank has to do before `end`.
    fn take(&mut self, rank: u32, end: u64) -> Result<(), Plain> {
        while let Some(Reverse(event)) = self.events[rank as usize].peek().copied()
            && event.time < end
        {
            self.events[rank as usize].pop();
            if event.time > LATEST {
                return Err(Plain);
            }
            match event.kind {
                Kind::Go => self.go(rank, event)?,
                Kind::Send => self.send(rank, event, end)?,
                Kind::Arrive => self.arrive(rank, event),
            }
        }
        Ok(())
    }

    fn lane(&self, rank: u32, lane: u32) -> usize {
        rank as usize * self.shape.lanes as usize + lane as usize
    }

    fn port(&self, rank: u32, port: u32) -> usize {
        rank as usize * self.ports + port as usize
    }

    fn records(&self) -> bool {
        self.shape.ports == Ports::Contended
    }

    /// Lets a lane try its next step at its own time.
    fn wake(&mut self, rank: u32, lane: u32) {
        let at = self.lane(rank, lane);
        let state = &mut self.lanes[at];
        if state.queued || state.next == state.steps {
            return;
        }
        state.queued = true;
        let (time, step) = (state.now, state.next);
        let lane = lane as u16;
        let event = Event { time, kind: Kind::Go, source: rank, lane, step, to: 0, link: 0 };
        self.events[rank as usize].push(Reverse(event));
    }

    /// A message is at its transmit port: lets it go.
    fn send(&mut self, rank: u32, event: Event, end: u64) -> Result<(), Plain> {
        let link = self.prices.link(event.link);
        let port = self.port(rank, link.tx);
        let tx = event.time.max(self.tx_free[port]);
        self.tx_free[port] = tx + link.busy;
        self.messages += 1;
        if self.links.is_some() {
            self.entering.push((event, tx));
            return Ok(());
        }
        self.deliver(Event { time: tx + link.latency, kind: Kind::Arrive, ..event }, end)
    }

    /// Tells a rank of what will arrive after this window.
    fn deliver(&mut self, arrival: Event, end: u64) -> Result<(), Plain> {
        if arrival.time < end {
            return Err(Plain);
        }
        self.events[arrival.to as usize].push(Reverse(arrival));
        self.put_into_calendar(arrival.time, arrival.to);
        Ok(())
    }

    fn put_into_calendar(&mut self, time: u64, rank: u32) {
        let window = time / self.window;
        if window < self.due[rank as usize] {
            self.due[rank as usize] = window;
            self.calendar.add(window, rank);
        }
    }
}
