//! Progressive filling: the max-min fair rates of flows on links.
//!
//! All rates rise together. A flow stops at its own pace, or when one of its links is full; then the
//! others go on. What comes out is the only division in which nobody can have more unless somebody with
//! as little gets less (Bertsekas and Gallager, Data Networks, 1992, section 6.5.2).
//!
//! Rates only change for flows that have to do, link by link, with one that came or went, so only those
//! are filled. Rates are whole numbers, rounded down.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use supernode_fabric::Links;

use super::fair::{FULL, Flow, Link};

/// Bytes per second times [`RATE`].
pub(super) type Rate = u128;
/// A byte per second.
pub(super) const RATE: Rate = 1 << 32;

/// Who stops rising at a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    /// A flow at its own pace.
    Pace(u32),
    /// All flows of a link that is full, by its index among the links found.
    Full(u32),
}

/// The work space of fillings.
#[derive(Debug)]
pub(super) struct Filling {
    /// The rate of each link.
    rates: Vec<Rate>,
    links: Vec<Filled>,
    flows: Vec<Rising>,
    /// For each link and each flow, its index among those found.
    link_index: Vec<u32>,
    flow_index: Vec<u32>,
    stops: BinaryHeap<Reverse<(Rate, Stop)>>,
}

#[derive(Debug, Clone, Copy)]
struct Filled {
    link: u32,
    left: Rate,
    /// Flows that still rise.
    rising: u32,
}

#[derive(Debug, Clone, Copy)]
struct Rising {
    slot: u32,
    /// Where it stopped.
    speed: Option<u64>,
}

/// Bytes for each link: its rate, its index, itself in a list that doubles as it grows, and its stop.
pub(super) const LINK_BYTES: usize =
    size_of::<Rate>() + size_of::<u32>() + 2 * size_of::<Filled>() + 2 * size_of::<(Rate, Stop)>();

/// Not found.
const NONE: u32 = u32::MAX;

impl Filling {
    pub(super) fn new(links: &Links) -> Self {
        let rate = |link: u32| {
            links.rate(links.level(link)).map_or(0, |rate| Rate::from(rate.bytes_per_s()) * RATE)
        };
        let mut rates: Vec<Rate> = (0..links.count()).map(rate).collect();
        for (link, rate) in links.degraded() {
            rates[link as usize] = Rate::from(rate.bytes_per_s()) * RATE;
        }
        Self {
            rates,
            links: Vec::new(),
            flows: Vec::new(),
            link_index: vec![NONE; links.count() as usize],
            flow_index: Vec::new(),
            stops: BinaryHeap::new(),
        }
    }

    /// The links whose flows may have new rates, and the rate of all flows on each.
    pub(super) fn drains(&self) -> impl Iterator<Item = (u32, Rate)> {
        self.links.iter().map(|at| (at.link, self.rates[at.link as usize] - at.left))
    }

    /// The flows that may have new rates, and their part of [`FULL`] speed.
    pub(super) fn speeds(&self) -> impl Iterator<Item = (u32, u64)> {
        self.flows.iter().map(|at| (at.slot, at.speed.unwrap_or(FULL)))
    }

    /// Fills `changed` links, and all that have to do with them.
    pub(super) fn fill(&mut self, changed: &mut Vec<u32>, states: &[Link], flows: &[Flow]) {
        self.find(changed, states, flows);
        for (index, at) in (0..).zip(&self.links).filter(|(_, at)| at.rising > 0) {
            self.stops.push(Reverse((at.left / Rate::from(at.rising), Stop::Full(index))));
        }
        for (index, at) in (0..).zip(&self.flows) {
            self.stops.push(Reverse((flows[at.slot as usize].pace, Stop::Pace(index))));
        }
        while let Some(Reverse((rate, stop))) = self.stops.pop() {
            match stop {
                Stop::Pace(index) => self.stop(index, rate, flows),
                Stop::Full(index) => {
                    let Filled { link, left, rising } = self.links[index as usize];
                    let Some(share) = left.checked_div(Rate::from(rising)) else { continue };
                    // Flows that stopped before have left more for the others.
                    if share > rate {
                        self.stops.push(Reverse((share, stop)));
                        continue;
                    }
                    for (slot, _) in &states[link as usize].flows {
                        self.stop(self.flow_index[*slot as usize], rate, flows);
                    }
                }
            }
        }
    }

    /// Finds what has to do with `changed` links.
    fn find(&mut self, changed: &mut Vec<u32>, states: &[Link], flows: &[Flow]) {
        for at in self.links.drain(..) {
            self.link_index[at.link as usize] = NONE;
        }
        for at in self.flows.drain(..) {
            self.flow_index[at.slot as usize] = NONE;
        }
        self.flow_index.resize(flows.len(), NONE);
        for link in changed.drain(..) {
            self.find_link(link, states);
        }
        let mut seen = 0;
        while let Some(at) = self.links.get(seen) {
            seen += 1;
            for (slot, _) in &states[at.link as usize].flows {
                let index = &mut self.flow_index[*slot as usize];
                if *index != NONE {
                    continue;
                }
                *index = self.flows.len() as u32;
                self.flows.push(Rising { slot: *slot, speed: None });
                for (link, _) in &flows[*slot as usize].way {
                    self.find_link(*link, states);
                }
            }
        }
    }

    fn find_link(&mut self, link: u32, states: &[Link]) {
        let index = &mut self.link_index[link as usize];
        if *index == NONE {
            *index = self.links.len() as u32;
            let left = self.rates[link as usize];
            let rising = states[link as usize].flows.len() as u32;
            self.links.push(Filled { link, left, rising });
        }
    }

    /// Stops a flow at `rate`, if it still rises.
    fn stop(&mut self, index: u32, rate: Rate, flows: &[Flow]) {
        let at = &mut self.flows[index as usize];
        if at.speed.is_some() {
            return;
        }
        let flow = &flows[at.slot as usize];
        at.speed = Some(part(rate, flow.pace));
        for (link, _) in &flow.way {
            let link = &mut self.links[self.link_index[*link as usize] as usize];
            link.left = link.left.saturating_sub(rate);
            link.rising -= 1;
        }
    }
}

/// `rate` as a part of `pace`, in units of which [`FULL`] make one, rounded down but above zero.
fn part(rate: Rate, pace: Rate) -> u64 {
    if rate >= pace {
        return FULL;
    }
    // As many bits as fit.
    let excess = (Rate::BITS - pace.leading_zeros()).saturating_sub(u64::BITS);
    let pace = (pace >> excess) + Rate::from(excess > 0);
    ((rate >> excess) * Rate::from(FULL) / pace).max(1) as u64
}
