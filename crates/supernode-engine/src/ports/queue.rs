//! The order of events.

use supernode_collectives::{Group, Rank};
use supernode_units::Time;

use crate::clock::InFlight;

/// Order of events: time, then lanes before ports before arrivals, then rank, lane, step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) time: Time,
    pub(crate) kind: Kind,
    pub(crate) rank: Rank,
    pub(crate) lane: u32,
    pub(crate) step: u32,
    /// Tells the messages of one multicast apart.
    pub(crate) to: Rank,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Lane,
    Transmit,
    Arrive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) key: Key,
    pub(crate) job: Job,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    /// A lane goes on.
    Go,
    /// A message of `bytes` reaches the transmit port of `source`, which is the event's rank
    /// except for reads.
    Send { source: Rank, bytes: u64, fan: u32 },
    /// A message of `bytes` that the switch copies to the other members of the group.
    Multicast { group: Members, bytes: u64 },
    /// The share of `source` in a reduction that the switch does for the event's rank.
    Contribute { source: Rank, group: Members, bytes: u64 },
    /// The switch's answer is at the receive port.
    Answer { busy: Time, port: u16 },
    /// The head of a message is at the receive port.
    Head { busy: Time, port: u16 },
    /// The head of a message that the wire keeps in `slot` is at the receive port.
    Reach { slot: u32, flight: InFlight },
}

/// A [`Group`] that can be a part of an ordered key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Members {
    first: Rank,
    stride: u32,
    count: u32,
}

impl From<Group> for Members {
    fn from(group: Group) -> Self {
        Self { first: group.first, stride: group.stride, count: group.count }
    }
}

impl From<Members> for Group {
    fn from(members: Members) -> Self {
        Self { first: members.first, stride: members.stride, count: members.count }
    }
}
