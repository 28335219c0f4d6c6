//! A ring's rate is its max-plus eigenvalue: the larger of the busiest port and the mean cost around
//! the ring.

use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{Line, alpha, reduction};

/// What goes around a ring, in picoseconds.
pub(super) struct Ring {
    count: u32,
    /// Sums of all hops, plain and with a reduction at the end.
    sum: u128,
    sum_reducing: u128,
    busiest: Time,
    /// The least time from a message being issued to its last byte.
    quickest: Time,
    copy: Time,
}

impl Ring {
    /// The ring of the members of `line`, each of whom passes on `block` bytes a step.
    pub(super) fn new(cost: &CostModel, line: Line, block: u64) -> Self {
        let mut ring = Self {
            count: line.count,
            sum: 0,
            sum_reducing: 0,
            busiest: Time::ZERO,
            quickest: Time::MAX,
            copy: cost.copy_time(block),
        };
        for i in 0..line.count {
            let (from, to) = (line.rank(i), line.rank((i + 1) % line.count));
            let route = cost.route(from, to);
            let busy = cost.occupancy(&route, block, 1);
            let hop = alpha(cost, from, to) + busy;
            ring.busiest = ring.busiest.max(busy);
            ring.quickest = ring.quickest.min(route.latency + busy);
            ring.sum += u128::from(hop.as_ps());
            ring.sum_reducing += u128::from((hop + reduction(cost, block, busy)).as_ps());
        }
        ring
    }

    pub(super) fn reduce(&self) -> Time {
        self.half(self.sum_reducing)
    }

    pub(super) fn gather(&self) -> Time {
        self.half(self.sum)
    }

    /// What a copy of the own block adds where it takes longer than the first message.
    pub(super) fn copy(&self) -> Time {
        self.copy.saturating_sub(self.quickest)
    }

    /// N-1 steps of the mean, rounded up once; no faster than the busiest port.
    fn half(&self, sum: u128) -> Time {
        let n = u128::from(self.count);
        Time::from_ps_ratio(sum * (n - 1), n).max(self.busiest * (u64::from(self.count) - 1))
    }
}
