//! Where and how long the messages of a direct phase go.

use supernode_collectives::Phase;
use supernode_fabric::CostModel;

use super::even::Ways;
use super::groups::Group;
use super::rules::{Prices, below_latest};
use crate::Unfit;

/// Messages of one group that are kept at a time.
pub(super) const MOST: u64 = 1 << 25;

/// The links of a direct phase.
pub(super) enum Links {
    /// By one port, and all as long.
    Even(Ways),
    /// All others.
    Each(Each),
}

impl Links {
    /// Those of one group, or of all that lie at the same place.
    pub(super) fn new(group: &Group<'_>) -> Result<Self, Unfit> {
        Ok(match Ways::new(group)? {
            Some(ways) => Self::Even(ways),
            None => Self::Each(Each::new(group)?),
        })
    }
}

/// Whether a direct phase is likely to be even, by a few of its routes.
pub(super) fn seem_even(phase: &Phase, cost: &CostModel) -> bool {
    let Phase { stride, size, .. } = *phase;
    let link = |position: u32| {
        let member = position % size * stride;
        let (out, into) = (cost.route(0, member), cost.route(member, 0));
        (out.tx_port, into.rx_port, out.rate, out.fan_out_loss_ppm)
    };
    [2 % size, size / 3, size / 2, size - 1]
        .into_iter()
        .filter(|at| *at > 0)
        .all(|at| link(at) == link(1))
}

/// The messages of the first members of a group: to the next neighbours of all of them, then to those
/// after, and so on.
///
/// Entry `(offset - 1) * period + i` is about what member `i` sends to the one `offset` further on,
/// except `rx`, which is the port at which it takes what the one `offset` before it sent.
pub(super) struct Each {
    latency: Few,
    busy: Same<u64>,
    tx: Same<u32>,
    rx: Same<u32>,
    pub(super) most_latency: u64,
    pub(super) most_busy: u64,
}

/// A list of few different items.
struct Few {
    items: Vec<u64>,
    each: Vec<u16>,
}

impl Few {
    /// None if there are more than 65,536 different ones.
    fn of(list: &[u64]) -> Option<Self> {
        let mut items = Vec::new();
        let place = |item: &u64| {
            let known = items.iter().position(|other| other == item);
            let place = known.unwrap_or_else(|| {
                items.push(*item);
                items.len() - 1
            });
            u16::try_from(place).ok()
        };
        let each: Option<Vec<u16>> = list.iter().map(place).collect();
        Some(Self { each: each?, items })
    }
}

/// A list whose items are mostly all the same, and then kept once.
enum Same<T> {
    All(T),
    Each(Vec<T>),
}

impl<T: Copy + PartialEq + Default> Same<T> {
    fn of(list: Vec<T>) -> Self {
        let first = list.first().copied().unwrap_or_default();
        if list.iter().all(|item| *item == first) { Self::All(first) } else { Self::Each(list) }
    }

    #[inline]
    fn at(&self, index: usize) -> T {
        match self {
            Self::All(item) => *item,
            Self::Each(list) => list[index],
        }
    }
}

impl Each {
    pub(super) fn new(group: &Group<'_>) -> Result<Self, Unfit> {
        let (size, period, cost) = (group.phase.size, group.period, group.run.cost);
        let count = u64::from(group.phase.messages()) * u64::from(period);
        if count > MOST {
            return Err(Unfit::Large);
        }
        let mut prices = Prices::new(cost, group.rules);
        let list = || Vec::with_capacity(count as usize);
        let (mut latency, mut busy) = (list(), list());
        let (mut tx, mut rx) = (Vec::with_capacity(latency.capacity()), Vec::new());
        for offset in 1..size {
            for position in 0..period {
                let own = group.member(position);
                let route = cost.route(own, group.member(position + offset));
                latency.push(below_latest(route.latency)?);
                busy.push(prices.busy(&route)?);
                tx.push(u32::from(route.tx_port));
                let into = cost.route(group.member(position + size - offset), own);
                rx.push(u32::from(into.rx_port));
            }
        }
        let most = |list: &[u64]| list.iter().copied().max().unwrap_or(0);
        let (most_latency, most_busy) = (most(&latency), most(&busy));
        let latency = Few::of(&latency).ok_or(Unfit::Large)?;
        let (busy, tx, rx) = (Same::of(busy), Same::of(tx), Same::of(rx));
        Ok(Self { latency, busy, tx, rx, most_latency, most_busy })
    }

    /// Latency of what entry `sent` says.
    #[inline]
    pub(super) fn latency(&self, sent: usize) -> u64 {
        self.latency.items[usize::from(self.latency.each[sent])]
    }

    #[inline]
    pub(super) fn busy(&self, sent: usize) -> u64 {
        self.busy.at(sent)
    }

    #[inline]
    pub(super) fn tx(&self, sent: usize) -> u32 {
        self.tx.at(sent)
    }

    #[inline]
    pub(super) fn rx(&self, taken: usize) -> u32 {
        self.rx.at(taken)
    }
}
