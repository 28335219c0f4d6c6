//! What filled the time between two moments.

use std::ops::AddAssign;

use supernode_collectives::Rank;
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::clock::Landed;

/// Where time went; the parts add up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Wires and switches, from the first byte out to the first byte in, requests included.
    pub latency: Time,
    /// Bytes through a port.
    pub serialisation: Time,
    /// Reducing and copying that no arrival hides.
    pub reduction: Time,
    /// For a port or an engine that was busy with something else, and for the beginning.
    pub waiting: Time,
    /// Calls, overheads and gaps of the software, and its noise.
    pub protocol: Time,
}

impl Parts {
    /// All of it.
    pub fn total(&self) -> Time {
        self.latency + self.serialisation + self.reduction + self.waiting + self.protocol
    }

    /// The parts by name.
    pub fn named(&self) -> [(&'static str, Time); 5] {
        [
            ("latency", self.latency),
            ("serialisation", self.serialisation),
            ("reduction", self.reduction),
            ("waiting", self.waiting),
            ("protocol", self.protocol),
        ]
    }
}

impl AddAssign for Parts {
    fn add_assign(&mut self, other: Self) {
        self.latency += other.latency;
        self.serialisation += other.serialisation;
        self.reduction += other.reduction;
        self.waiting += other.waiting;
        self.protocol += other.protocol;
    }
}

/// A part by name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Latency,
    Serialisation,
    Reduction,
    Waiting,
    Protocol,
}

/// From one moment to a later time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chain {
    /// The moment; [`Chain::NOTHING`] for the beginning of the run.
    pub(super) from: u32,
    pub(super) time: Time,
    pub(super) parts: Parts,
}

impl Chain {
    /// Before the first moment.
    pub(super) const NOTHING: u32 = u32::MAX;

    pub(super) fn start() -> Self {
        Self::from(Self::NOTHING, Time::ZERO)
    }

    pub(super) fn from(moment: u32, time: Time) -> Self {
        Self { from: moment, time, parts: Parts::default() }
    }

    /// The same until `time`, which passed by `part`.
    pub(super) fn until(mut self, time: Time, part: Part) -> Self {
        let passed = time.saturating_sub(self.time);
        let sum = match part {
            Part::Latency => &mut self.parts.latency,
            Part::Serialisation => &mut self.parts.serialisation,
            Part::Reduction => &mut self.parts.reduction,
            Part::Waiting => &mut self.parts.waiting,
            Part::Protocol => &mut self.parts.protocol,
        };
        *sum += passed;
        self.time += passed;
        self
    }

    fn later(self, other: Self) -> Self {
        if other.time > self.time { other } else { self }
    }
}

/// [`crate::take`], with what led to its result: the lane or one of the arrivals, which end when the
/// port begins to receive them.
pub(super) fn take(
    cost: &CostModel,
    rank: Rank,
    lane: Chain,
    local: Time,
    mut engine_free: Time,
    arrivals: &[(Chain, Landed)],
) -> Chain {
    let mut work = |chain: Chain, time: Time| {
        let begun = chain.until(engine_free.max(chain.time), Part::Waiting);
        engine_free = begun.time + time;
        begun.until(engine_free, Part::Reduction)
    };
    let overhead = cost.slowed(rank, cost.recv_overhead());
    let mut now = lane;
    let mut worked = if local == Time::ZERO { lane } else { work(lane, local) };
    for &(arrival, Landed { tail, bytes, reduces, .. }) in arrivals {
        let tailed = arrival.until(tail, Part::Serialisation);
        let data = if reduces {
            // Ties are the wire's: the reduction hides behind it.
            worked = work(arrival.later(lane), cost.slowed(rank, cost.reduce_time(bytes)));
            let data = tailed.later(worked);
            data.until(data.time + cost.slowed(rank, cost.slice_tail(bytes)), Part::Reduction)
        } else {
            tailed
        };
        let last = data.later(now);
        now = last.until(last.time + overhead, Part::Protocol);
    }
    now.later(worked)
}
