//! Where and how long the messages of a direct phase go.

use supernode_collectives::Phase;
use supernode_fabric::CostModel;

use super::rules::{Prices, Rules, below_latest};
use crate::Unfit;

/// Messages of one group that are kept at a time.
const MOST: u64 = 1 << 25;

/// The messages of the first members of a group: to the next neighbours of all of them, then to those
/// after, and so on.
///
/// Entry `(offset - 1) * period + i` is about what member `i` sends to the one `offset` further on,
/// except `rx`, which is the port at which it takes what the one `offset` before it sent.
pub(super) struct Links {
    latency: Few,
    /// The same at receivers: entry `i * peers + offset - 1` is of what member `i` takes from the one
    /// `offset` before it.
    inward: Vec<u16>,
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

impl Links {
    pub(super) fn new(
        cost: &CostModel,
        rules: &Rules,
        phase: &Phase,
        base: u32,
        period: u32,
    ) -> Result<Self, Unfit> {
        let (size, stride) = (phase.size, phase.stride);
        let count = u64::from(phase.messages()) * u64::from(period);
        if count > MOST {
            return Err(Unfit::Large);
        }
        let member = |position: u32| base + position % size * stride;
        let mut prices = Prices::new(cost, rules);
        let list = || Vec::with_capacity(count as usize);
        let (mut latency, mut busy) = (list(), list());
        let (mut tx, mut rx) = (Vec::with_capacity(latency.capacity()), Vec::new());
        for offset in 1..size {
            for position in 0..period {
                let own = member(position);
                let route = cost.route(own, member(position + offset));
                latency.push(below_latest(route.latency)?);
                busy.push(prices.busy(&route)?);
                tx.push(u32::from(route.tx_port));
                let into = cost.route(member(position + size - offset), own);
                rx.push(u32::from(into.rx_port));
            }
        }
        let most = |list: &[u64]| list.iter().copied().max().unwrap_or(0);
        let few = Few::of(&latency).ok_or(Unfit::Large)?;
        let peers = size - 1;
        let entry = |position: u32, offset: u32| {
            // The sender is of the class of the one `offset` before.
            let sender = (position + size - offset) % size % period;
            few.each[((offset - 1) * period + sender) as usize]
        };
        let inward = (0..period)
            .flat_map(|position| (1..=peers).map(move |offset| (position, offset)))
            .map(|(position, offset)| entry(position, offset))
            .collect();
        let (most_latency, most_busy) = (most(&latency), most(&busy));
        let (busy, tx, rx) = (Same::of(busy), Same::of(tx), Same::of(rx));
        Ok(Self { latency: few, inward, busy, tx, rx, most_latency, most_busy })
    }

    /// The receive port and the time that it is occupied, if they are the same for all messages.
    pub(super) fn alike(&self) -> Option<(u32, u64)> {
        match (&self.rx, &self.busy) {
            (Same::All(port), Same::All(busy)) => Some((*port, *busy)),
            _ => None,
        }
    }

    /// The transmit port, if it is the same for all messages.
    pub(super) fn one_tx(&self) -> Option<u32> {
        if let Same::All(port) = &self.tx { Some(*port) } else { None }
    }

    /// Latency of what entry `sent` says.
    #[inline]
    pub(super) fn latency(&self, sent: usize) -> u64 {
        self.latency.items[usize::from(self.latency.each[sent])]
    }

    /// Latency of what arrives, by receiver and offset.
    #[inline]
    pub(super) fn latency_in(&self, taken: usize) -> u64 {
        self.latency.items[usize::from(self.inward[taken])]
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
