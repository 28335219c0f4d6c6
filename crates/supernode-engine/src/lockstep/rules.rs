//! The rules of the `clock` module for the messages of one phase, as plain numbers.

use supernode_collectives::{Chunks, Pattern, Phase};
use supernode_fabric::{CostModel, Route};
use supernode_units::{Bandwidth, Time};

use super::LATEST;
use crate::Unfit;

/// What every message of a phase costs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) bytes: u64,
    pub(crate) fan: u32,
    /// From the lane being ready to the message being issued.
    pub(crate) overhead: u64,
    /// Between two messages that are issued.
    pub(crate) gap: u64,
    /// From the last byte to the lane going on.
    pub(crate) recv: u64,
    pub(crate) reduces: bool,
    /// Time of one reduction, and of its last slice; used if `reduces`.
    pub(crate) reduction: u64,
    pub(crate) slice: u64,
    /// Time of the local copy, or of the reduction that stands alone.
    pub(crate) copy: u64,
}

/// A time that sums of this module may start from.
pub(crate) fn below_latest(time: Time) -> Result<u64, Unfit> {
    if time.as_ps() < LATEST { Ok(time.as_ps()) } else { Err(Unfit::Long) }
}

impl Rules {
    pub(crate) fn new(cost: &CostModel, chunks: &Chunks, phase: &Phase) -> Result<Self, Unfit> {
        let size = |count: u32| {
            let elements = u64::from(count).checked_mul(chunks.elements);
            elements.and_then(|elements| elements.checked_mul(chunks.element_bytes))
        };
        let bytes = size(phase.chunks).ok_or(Unfit::Long)?;
        let copied = size(phase.copies).ok_or(Unfit::Long)?;
        let (fan, reduces) = match phase.pattern {
            Pattern::Ring { reduces } | Pattern::Shift { reduces, .. } => (1, reduces),
            Pattern::Direct { reduces } => (phase.size - 1, reduces),
            Pattern::OneShot => (phase.size - 1, true),
            Pattern::Copy | Pattern::Reduce => (1, false),
        };
        let local = match phase.pattern {
            Pattern::Reduce => cost.reduce_time(copied),
            _ => cost.copy_time(copied),
        };
        Ok(Self {
            bytes,
            fan,
            overhead: below_latest(cost.step_overhead())?,
            gap: below_latest(cost.profile.gap)?,
            recv: below_latest(cost.recv_overhead())?,
            reduces,
            reduction: below_latest(cost.reduce_time(bytes))?,
            slice: below_latest(cost.slice_tail(bytes))?,
            copy: below_latest(local)?,
        })
    }

    /// From a message being served by its port, which it occupies for `busy`, to the lane going on.
    pub(crate) fn after_port(&self, busy: u64) -> u64 {
        let data = if self.reduces { busy.max(self.reduction) + self.slice } else { busy };
        data + self.recv
    }

    /// From the lane being there, with all of the message in, to the lane going on.
    pub(crate) fn after_lane(&self) -> u64 {
        let data = if self.reduces { self.reduction + self.slice } else { 0 };
        data + self.recv
    }

    /// An upper bound of what one message adds to any clock, on links of at most this.
    pub(crate) fn most(&self, latency: u64, busy: u64) -> u128 {
        let once = [self.overhead, self.gap, self.recv, self.reduction, self.slice, latency];
        once.into_iter().map(u128::from).sum::<u128>() + 2 * u128::from(busy)
    }

    /// Whether a message takes a port no time.
    pub(crate) fn is_free(&self) -> bool {
        self.bytes == 0 && self.gap == 0
    }
}

/// Port times by rate: the links of a phase have few different ones.
pub(crate) struct Prices<'a> {
    cost: &'a CostModel,
    rules: &'a Rules,
    last: Option<(Bandwidth, u32, u64)>,
}

impl<'a> Prices<'a> {
    pub(crate) fn new(cost: &'a CostModel, rules: &'a Rules) -> Self {
        Self { cost, rules, last: None }
    }

    /// How long a message occupies the ports of `route`.
    pub(crate) fn busy(&mut self, route: &Route) -> Result<u64, Unfit> {
        let (rate, loss) = (route.rate, route.fan_out_loss_ppm);
        if let Some((_, _, busy)) = self.last.filter(|last| (last.0, last.1) == (rate, loss)) {
            return Ok(busy);
        }
        let busy = below_latest(self.cost.occupancy(route, self.rules.bytes, self.rules.fan))?;
        self.last = Some((rate, loss, busy));
        Ok(busy)
    }
}
