//! The engine for fabrics whose links messages share: oversubscribed Clos and rails, hashed uplinks,
//! tori, and meshes that pass messages on.
//!
//! Ports, lanes and devices follow the rules of [`ports`]; it is the same code. Between
//! two ports a message takes the links of [`Links`], whose order of service is
//! a [`Sharing`]. Where `ports` charges a message the rate that a leaf's share of the uplinks would
//! leave it if all devices sent, `links` lets it go at its ports' rate and meet the others.
//!
//! Links have room for whatever waits: a port is free when it has sent a message, wherever that then
//! is. Deterministic: ties go to the message that left its port first, which at equal times is that of
//! the lower rank. Steps of a reducing switch take no links.

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::{CostModel, Links};
use supernode_units::Time;

use crate::wire::Wire;
use crate::{EngineError, ports, windows};

mod fair;
mod fifo;
mod filling;
mod memory;
mod prices;
mod queue;

pub use memory::memory_needed;

pub(crate) use fair::Fair;
pub(crate) use fifo::{Fifo, Message};

/// How a link serves the messages that meet on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sharing {
    /// One after the other, in order of arrival, with virtual cut-through: a message begins to leave as
    /// soon as it begins to arrive and the link is free, on all of its links at the same time.
    Fifo,
    /// All at the same time, each at its max-min fair rate.
    Fair,
}

/// What one link carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkUse {
    /// Messages.
    pub messages: u64,
    /// Messages that came while another one was passing or waiting.
    pub met: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// How long they take at the link's rate.
    pub busy: Time,
    /// The most bytes that a message found before it.
    pub peak_queue: u64,
}

/// What a run on shared links gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// When each rank finished.
    pub finish: Vec<Time>,
    /// Messages between ranks.
    pub messages: u64,
    /// What each link carried, by the numbers of [`Links`].
    pub links: Vec<LinkUse>,
}

impl Shared {
    /// When the last rank finished.
    pub fn time(&self) -> Time {
        self.finish.iter().copied().max().unwrap_or_default()
    }

    /// Links taken by all messages together.
    pub fn hops(&self) -> u64 {
        self.links.iter().map(|link| link.messages).sum()
    }

    /// The link that was busy longest, the first of them by number; none if there are none.
    pub fn busiest(&self) -> Option<(u32, &LinkUse)> {
        let links = (0..).zip(&self.links);
        links.reduce(|most, link| if link.1.busy > most.1.busy { link } else { most })
    }
}

/// Times `schedule` with `chunks` on `cost`, whose links serve messages by `sharing`: first come, first
/// served in windows of time as [`ports::run`], or else as [`plain`], with the same
/// result.
///
/// # Errors
/// As [`ports::run`]; and if the fabric has too many links.
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    sharing: Sharing,
) -> Result<Shared, EngineError> {
    if sharing == Sharing::Fifo {
        let fifo = Fifo::new(Links::new(&cost.fabric)?, cost);
        let swift = windows::lanes(schedule, chunks, cost, Some(fifo))?;
        if let Some((lanes, messages, Some(fifo))) = swift {
            let finish = ports::by_rank(&lanes, schedule.shape());
            return Ok(Shared { finish, messages, links: fifo.into_uses() });
        }
    }
    plain(schedule, chunks, cost, sharing)
}

/// The same by one queue of all events in order of time: the oracle of [`run`].
///
/// # Errors
/// As [`run`].
pub fn plain(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    sharing: Sharing,
) -> Result<Shared, EngineError> {
    let links = Links::new(&cost.fabric)?;
    let wire = match sharing {
        Sharing::Fifo => Wire::Fifo(Box::new(Fifo::new(links, cost))),
        Sharing::Fair => Wire::Fair(Box::new(Fair::new(links, cost))),
    };
    let (timed, wire) = ports::run_on(schedule, chunks, cost, wire)?;
    let links = match wire {
        Wire::Open => Vec::new(),
        Wire::Fifo(fifo) => fifo.into_uses(),
        Wire::Fair(fair) => fair.into_uses(),
    };
    Ok(Shared { finish: timed.finish, messages: timed.messages, links })
}
