//! The ports engine without a queue of all events: windows of time.
//!
//! A message is on its way for the least latency of the fabric or longer. So in a window of time that is
//! as long, no rank hears of what another one does in it: each takes its own events of the window in the
//! order of the plain engine ([`ports::plain`](crate::ports::plain)), from a queue of its own that holds a
//! handful, and ranks may be taken in any order. Clocks, ports and the order in which they serve are the
//! same to the picosecond.
//!
//! Where messages share links, those of a window enter the links when all ranks have been taken, in the
//! order of the plain engine, and the links serve until the end of the window: from the last link to a port
//! it is the least latency of a level or more, so none arrives before.
//!
//! Where ports serve in program order, times follow from the messages alone (a Kahn network): there are no
//! windows then, and no queues. A rank is taken as far as it gets, and what it sends is with its receiver at
//! once.
//!
//! Reads, what a switch multicasts or reduces, and windows of no length are left to the plain engine.

use supernode_collectives::{Chunks, Ports, Schedule, Shape};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::links::Fifo;
use crate::{EngineError, in_program_order};

mod calendar;
mod events;
mod lane;
mod links;
mod prices;
mod receive;

use calendar::Calendar;
use events::{Event, Events, Kind};
use lane::Lane;
use prices::Prices;
use receive::Batch;

/// Times from here on are left to the plain engine, which saturates: nine days.
const LATEST: u64 = 1 << 59;
/// The end of a list.
const END: u32 = u32::MAX;

/// Why the plain engine has to do it.
struct Plain;

struct Engine<'a> {
    schedule: &'a dyn Schedule,
    shape: Shape,
    chunks: &'a Chunks,
    cost: &'a CostModel,
    prices: Prices<'a>,
    lanes: Vec<Lane>,
    /// What happens in later windows, and what a rank has to do before the end of this one.
    calendar: Calendar,
    events: Events,
    end: u64,
    ports: usize,
    tx_free: Vec<u64>,
    rx_free: Vec<u64>,
    /// Per rank, the engine that reduces and copies for all its lanes.
    compute_free: Vec<u64>,
    /// Whether ports serve in program order.
    fixed: bool,
    /// Whether messages are with their receivers at once, and the ranks that may go on then.
    flows: bool,
    running: Vec<u32>,
    batches: Vec<Batch>,
    spare: Vec<u32>,
    /// Entries that were looked at in vain.
    searched: u64,
    messages: u64,
    /// The links inside the fabric, if messages share them. In the calendar they are the rank after the
    /// last one, which has nothing else to do.
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
    let flows = links.is_none() && flows(&shape, cost);
    if window == 0 && !flows || shape.lanes > u32::from(u16::MAX) {
        return Ok(None);
    }
    let mut engine = Engine::new(schedule, shape, chunks, cost, window);
    (engine.links, engine.flows) = (links, flows);
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

/// Whether times follow from the messages alone, where they do not share links.
pub(crate) fn flows(shape: &Shape, cost: &CostModel) -> bool {
    shape.lanes == 1 && in_program_order(shape, cost)
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
            calendar: Calendar::new(window),
            events: Events::default(),
            end: 0,
            ports,
            tx_free: vec![0; ports * ranks],
            rx_free: vec![0; ports * ranks],
            compute_free: vec![0; ranks],
            fixed: in_program_order(&shape, cost),
            flows: false,
            running: Vec::new(),
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
        }
        while let Some(rank) = self.running.pop() {
            if self.lanes[rank as usize].now > LATEST {
                return Err(Plain);
            }
            self.go(rank, 0)?;
        }
        // Of each rank the first of its events, and of each event the next of the same rank.
        let mut firsts = vec![END; self.shape.ranks as usize + 1];
        let (mut events, mut nexts, mut ranks) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(end) = self.calendar.next(&mut events) {
            self.end = end;
            nexts.clear();
            for (at, event) in (0..).zip(&events) {
                let first = std::mem::replace(&mut firsts[event.rank() as usize], at);
                nexts.push(first);
                if first == END {
                    ranks.push(event.rank());
                }
            }
            // Neighbours lie next to each other.
            ranks.sort_unstable();
            for rank in ranks.drain(..) {
                let mut at = std::mem::replace(&mut firsts[rank as usize], END);
                if rank == self.shape.ranks {
                    continue;
                }
                while at != END {
                    self.events.push(events[at as usize]);
                    at = nexts[at as usize];
                }
                self.take(rank)?;
            }
            self.serve_links()?;
        }
        Ok(())
    }

    /// Takes what a rank has to do in this window.
    fn take(&mut self, rank: u32) -> Result<(), Plain> {
        while let Some(event) = self.events.pop() {
            if event.time > LATEST {
                return Err(Plain);
            }
            match event.kind {
                Kind::Go => self.go(rank, event.lane.into())?,
                Kind::Send => self.send(rank, event)?,
                Kind::Arrive => self.arrive(rank, event),
            }
        }
        Ok(())
    }

    /// Adds something that the rank that is taken will have to do.
    fn add(&mut self, event: Event) {
        if event.time < self.end {
            self.events.push(event);
        } else {
            self.calendar.add(event);
        }
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
        if self.flows {
            self.running.push(rank);
            return;
        }
        let (time, step) = (state.now, state.next);
        let lane = lane as u16;
        let event = Event { time, kind: Kind::Go, source: rank, lane, step, to: 0, link: 0 };
        self.add(event);
    }

    /// A message is at its transmit port: lets it go.
    fn send(&mut self, rank: u32, event: Event) -> Result<(), Plain> {
        let link = self.prices.link(event.link);
        let port = self.port(rank, link.tx);
        let tx = event.time.max(self.tx_free[port]);
        self.tx_free[port] = tx + link.busy;
        self.messages += 1;
        if self.links.is_some() {
            self.entering.push((event, tx));
            return Ok(());
        }
        self.deliver(Event { time: tx + link.latency, kind: Kind::Arrive, ..event })
    }

    /// Tells a rank of what will arrive after this window.
    fn deliver(&mut self, arrival: Event) -> Result<(), Plain> {
        if self.flows {
            self.arrive(arrival.to, arrival);
            return if arrival.time > LATEST { Err(Plain) } else { Ok(()) };
        }
        if arrival.time < self.end {
            return Err(Plain);
        }
        self.calendar.add(arrival);
        Ok(())
    }
}
