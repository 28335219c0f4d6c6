//! What messages cost, priced once.

use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

/// Different links that are remembered.
const MOST: usize = 1 << 20;
/// Links that are looked through before one is added again.
const RECENT: usize = 64;

/// What a message costs on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) bytes: u64,
    fan: u32,
    pub(super) latency: u64,
    pub(super) busy: u64,
    pub(super) tx: u32,
    pub(super) rx: u32,
}

/// What an arrival costs its receiver.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Work {
    bytes: u64,
    pub(super) reduction: Time,
    pub(super) slice: Time,
}

/// Prices of messages and of work.
pub(super) struct Prices<'a> {
    cost: &'a CostModel,
    links: Vec<Link>,
    work: Work,
}

impl<'a> Prices<'a> {
    pub(super) fn new(cost: &'a CostModel) -> Self {
        Self { cost, links: Vec::new(), work: Work::default() }
    }

    pub(super) fn link(&self, number: u32) -> Link {
        self.links[number as usize]
    }

    /// Whether link `number` is that of a message of `bytes`, sent to `fan` at the same time.
    pub(super) fn is(&self, number: u32, bytes: u64, fan: u32) -> bool {
        let link = &self.links[number as usize];
        (link.bytes, link.fan) == (bytes, fan)
    }

    /// The number of the link of a message on `route`; none if there are too many.
    pub(super) fn number(&mut self, route: &Route, bytes: u64, fan: u32) -> Option<u32> {
        let link = Link {
            bytes,
            fan,
            latency: route.latency.as_ps(),
            busy: self.cost.occupancy(route, bytes, fan).as_ps(),
            tx: route.tx_port.into(),
            rx: route.rx_port.into(),
        };
        let recent = self.links.len().saturating_sub(RECENT);
        if let Some(known) = self.links[recent..].iter().position(|other| *other == link) {
            return Some((recent + known) as u32);
        }
        if self.links.len() == MOST {
            return None;
        }
        self.links.push(link);
        Some(self.links.len() as u32 - 1)
    }

    /// What it takes `rank` to reduce `bytes`.
    pub(super) fn work(&mut self, rank: u32, bytes: u64) -> Work {
        if self.work.bytes != bytes {
            let (reduction, slice) = (self.cost.reduce_time(bytes), self.cost.slice_tail(bytes));
            self.work = Work { bytes, reduction, slice };
        }
        let Work { reduction, slice, .. } = self.work;
        let slowed = |time| self.cost.slowed(rank, time);
        Work { bytes, reduction: slowed(reduction), slice: slowed(slice) }
    }
}
