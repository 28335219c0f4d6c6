//! What a link knows of the flows on it.

use supernode_units::Time;

use crate::links::LinkUse;
use crate::links::filling::{RATE, Rate};
use crate::links::prices::PS_PER_S;

#[derive(Debug, Clone, Default)]
pub(in crate::links) struct Link {
    /// The flows on it, each with the position of this link on its way.
    pub(in crate::links) flows: Vec<(u32, u32)>,
    /// Bytes in units of a byte times [`RATE`] times [`PS_PER_S`], as of `since`.
    left: u128,
    /// At which they get fewer.
    drain: Rate,
    since: Time,
    peak: u128,
    pub(super) seen: LinkUse,
}

impl Link {
    /// A flow of `bytes`, in the units of `left`, comes; gives its place.
    pub(super) fn add(&mut self, flow: (u32, u32), bytes: u128, now: Time) -> u32 {
        self.change(self.drain, now);
        self.peak = self.peak.max(self.left);
        self.left = self.left.saturating_add(bytes);
        self.seen.met += u64::from(!self.flows.is_empty());
        self.flows.push(flow);
        self.flows.len() as u32 - 1
    }

    /// From `now` on the flows get fewer at another rate.
    pub(super) fn change(&mut self, drain: Rate, now: Time) {
        let passed = u128::from(now.saturating_sub(self.since).as_ps());
        self.left = self.left.saturating_sub(passed.saturating_mul(self.drain));
        (self.since, self.drain) = (now, drain);
    }

    pub(super) fn seen(&self) -> LinkUse {
        LinkUse { peak_queue: (self.peak / (PS_PER_S * RATE)) as u64, ..self.seen }
    }
}
