//! What lies between the ports of two ranks: for the engine `ports` nothing but latency, for the
//! engine `links` the links that messages share.

use supernode_collectives::Rank;
use supernode_fabric::{CostModel, Path};
use supernode_units::Time;

use crate::clock::InFlight;
use crate::links::{Fair, Fifo, Message};
use crate::ports::queue::{Event, Job, Key};

/// What carries a message from port to port.
#[derive(Debug)]
pub(crate) enum Wire<'a> {
    /// Latency, and the rate that the route assumes under full load.
    Open,
    /// Links that serve one message after the other.
    Fifo(Box<Fifo<'a>>),
    /// Links that serve all messages at the same time.
    Fair(Box<Fair<'a>>),
}

/// A message that the wire lets go.
#[derive(Debug)]
pub(crate) enum Moved {
    /// It will be at its port.
    Arrives(Event),
    /// It was.
    Arrived(Arrival),
}

/// A message that its port has served on conditions of the wire.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) key: Key,
    pub(crate) flight: InFlight,
    /// When the port begins and ends to receive it.
    pub(crate) rx: Time,
    pub(crate) tail: Time,
}

impl Wire<'_> {
    /// The way of the message that enters next.
    pub(crate) fn path(&mut self, cost: &CostModel, from: Rank, to: Rank) -> Path {
        match self {
            Self::Open => {
                let route = cost.route(from, to);
                Path { route, rest: route.latency }
            }
            Self::Fifo(fifo) => fifo.path(from, to),
            Self::Fair(fair) => fair.path(from, to),
        }
    }

    /// A message that its port let go on `path`, whose `key` is that of its arrival if nothing delays
    /// it; gives the event of its head, if it is known.
    pub(crate) fn enter(
        &mut self,
        key: Key,
        flight: InFlight,
        path: &Path,
        bytes: u64,
    ) -> Option<Event> {
        match self {
            Self::Fifo(fifo) if fifo.is_shared() && key.time < Time::MAX => {
                let message = Message { key, busy: flight.busy, mark: flight.rx_port.into() };
                let left = flight.head.saturating_sub(path.route.latency);
                fifo.enter(message, left, path, bytes);
                None
            }
            Self::Fair(fair) => Some(fair.enter(key, flight, path, bytes)),
            _ => Some(Event { key, job: Job::Head { busy: flight.busy, port: flight.rx_port } }),
        }
    }

    /// Lets messages move inside the fabric until `next`, the event of a port or lane, or until one
    /// arrives.
    pub(crate) fn advance(&mut self, next: Option<Key>) -> Option<Moved> {
        match self {
            Self::Open => None,
            Self::Fifo(fifo) => fifo.advance(next).map(|Message { key, busy, mark }| {
                let job = Job::Head { busy, port: mark as u16 };
                Moved::Arrives(Event { key, job })
            }),
            Self::Fair(fair) => fair.advance(next),
        }
    }

    /// The head of the message in `slot` is at receive port `port`, which has done its work at `worked`;
    /// gives the arrival if all is known of it.
    pub(crate) fn reach(&mut self, slot: u32, port: usize, worked: Time) -> Option<Arrival> {
        match self {
            Self::Open | Self::Fifo(_) => None,
            Self::Fair(fair) => fair.reach(slot, port, worked),
        }
    }
}
