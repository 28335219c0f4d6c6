//! A message that has been everywhere took all hops but one; the busiest port may take longer.

use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{Line, alpha, reduction};

/// Hops of a ring, plain and with a reduction at the end.
pub(super) struct Ring {
    count: u32,
    plain: Hops,
    reducing: Hops,
    busiest: Time,
    /// The longest time from a message being issued to its last byte.
    slowest: Time,
    copy: Time,
}

#[derive(Clone, Copy)]
struct Hops {
    sum: Time,
    least: Time,
}

impl Hops {
    const NONE: Self = Self { sum: Time::ZERO, least: Time::MAX };

    fn add(&mut self, hop: Time) {
        self.sum += hop;
        self.least = self.least.min(hop);
    }
}

impl Ring {
    /// The ring of the members of `line`, each of whom passes on `block` bytes a step.
    pub(super) fn new(cost: &CostModel, line: Line, block: u64) -> Self {
        let mut ring = Self {
            count: line.count,
            plain: Hops::NONE,
            reducing: Hops::NONE,
            busiest: Time::ZERO,
            slowest: Time::ZERO,
            copy: cost.copy_time(block),
        };
        for i in 0..line.count {
            let (from, to) = (line.rank(i), line.rank((i + 1) % line.count));
            let route = cost.route(from, to);
            let busy = cost.occupancy(&route, block, 1);
            let hop = alpha(cost, &route) + busy;
            ring.busiest = ring.busiest.max(busy);
            ring.slowest = ring.slowest.max(route.latency + busy);
            ring.plain.add(hop);
            ring.reducing.add(hop + reduction(cost, block, busy));
        }
        ring
    }

    pub(super) fn reduce(&self) -> Time {
        self.half(self.reducing)
    }

    pub(super) fn gather(&self) -> Time {
        self.half(self.plain)
    }

    /// What a copy of the own block adds where it takes longer than any first message.
    pub(super) fn copy(&self) -> Time {
        self.copy.saturating_sub(self.slowest)
    }

    fn half(&self, hops: Hops) -> Time {
        if hops.sum == Time::MAX {
            return Time::MAX;
        }
        hops.sum.saturating_sub(hops.least).max(self.busiest * (u64::from(self.count) - 1))
    }
}
