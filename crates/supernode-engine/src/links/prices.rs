//! How long links take for messages.

use supernode_fabric::Links;
use supernode_units::{Bandwidth, Time};

/// Picoseconds in a second.
pub(super) const PS_PER_S: u128 = 1_000_000_000_000;

/// The rates of links, and what they took last: messages are alike more often than not, and a time is
/// a division.
#[derive(Debug)]
pub(super) struct Prices {
    /// For each level, the rate of its links, the bytes that were priced last, and their time.
    levels: Vec<(u128, u64, Time)>,
    /// Links with a rate of their own, in order.
    degraded: Vec<(u32, Bandwidth)>,
}

impl Prices {
    pub(super) fn new(links: &Links, levels: u32) -> Self {
        let rate = |level| links.rate(level).map_or(0, Bandwidth::bytes_per_s);
        Self {
            levels: (0..levels).map(|at| (u128::from(rate(at)), 0, Time::ZERO)).collect(),
            degraded: links.degraded(),
        }
    }

    /// How long a link of `level` takes for `bytes` bytes.
    pub(super) fn work(&mut self, level: u32, bytes: u64) -> Time {
        let (rate, priced, time) = &mut self.levels[level as usize];
        if *priced != bytes {
            (*priced, *time) = (bytes, Time::from_ps_ratio(u128::from(bytes) * PS_PER_S, *rate));
        }
        *time
    }

    /// The rate of a link that has not that of its level.
    pub(super) fn own_rate(&self, link: u32) -> Option<Bandwidth> {
        if self.degraded.is_empty() {
            return None;
        }
        let place = self.degraded.binary_search_by_key(&link, |(link, _)| *link);
        place.ok().map(|place| self.degraded[place].1)
    }

    /// How long `link` takes for `bytes` bytes, which take `usual` on others of its level.
    pub(super) fn work_on(&self, link: u32, bytes: u64, usual: Time) -> Time {
        self.own_rate(link).map_or(usual, |rate| {
            Time::from_ps_ratio(u128::from(bytes) * PS_PER_S, u128::from(rate.bytes_per_s()))
        })
    }
}
