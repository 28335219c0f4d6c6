//! Which ranks reach others in the same way.

use supernode_units::Time;

use super::Fabric;
use crate::level::LevelKind;

impl Fabric {
    /// How many of the ranks `to`, `to + stride`, `to + 2 stride`, ... have the same ports, rate and
    /// latency to and from `from` as `to` has, as far as is known: at least one, and ranks past the last
    /// one may count.
    pub fn reach(&self, from: u32, to: u32, stride: u32) -> u32 {
        if !self.map.is_packed() || self.is_faulty() || from == to {
            return 1;
        }
        let differs =
            |plan: &super::Plan| from / plan.stride % plan.size != to / plan.stride % plan.size;
        let Some(index) = self.plans.iter().rposition(differs) else {
            return 1;
        };
        let plan = &self.plans[index];
        // Blocks of children inside which all are alike for whoever is outside, from large to small.
        let blocks = match *self.kind(index) {
            LevelKind::OnPackage | LevelKind::Switch => [1; 3],
            LevelKind::Clos { leaf, tiers: 2, .. } if plan.uplinks.is_none() => [leaf, leaf, 1],
            LevelKind::Clos { leaf, .. } if plan.uplinks.is_none() => {
                [leaf.saturating_mul(leaf), leaf, 1]
            }
            LevelKind::Rail { leaf, .. } if plan.stride == 1 => [leaf, leaf, 1],
            _ => return 1,
        };
        let (below, size) = (u64::from(plan.stride), u64::from(plan.size));
        let unit = u64::from(to) / (below * size) * (below * size);
        let child = |rank: u32| (u64::from(rank) - unit) / below;
        let (own, other) = (child(from), child(to));
        // The largest block that tells the two apart: `to` may move on within what is around both,
        // until it meets the block of `from`.
        let mut around = size;
        for block in blocks.map(u64::from) {
            if own / block == other / block {
                around = block;
                continue;
            }
            let end = if other < own {
                own / block * block
            } else {
                ((other / around + 1) * around).min(size)
            };
            let devices = unit + end * below - u64::from(to);
            return devices.div_ceil(u64::from(stride)).min(u64::from(u32::MAX)) as u32;
        }
        1
    }
    /// How many ranks from `rank` on reach the one that is `distance` further on, around all ranks, as
    /// `rank` does, as far as is known, itself included: by routes of the same rate and latency, and if
    /// devices have one port, of the same ports.
    pub fn alike(&self, rank: u32, distance: u32) -> u32 {
        let Some(index) = self.plans.iter().position(|plan| plan.size > 1) else {
            return 1;
        };
        let plan = &self.plans[index];
        // As long as both stay where the innermost level tells nobody apart.
        let block = match self.kind(index) {
            LevelKind::Clos { leaf, .. } | LevelKind::Rail { leaf, .. } => *leaf,
            LevelKind::FullMesh { .. } | LevelKind::Torus { .. } => {
                plan.dims.iter().copied().find(|dim| *dim > 1).unwrap_or(1)
            }
            LevelKind::OnPackage | LevelKind::Switch | LevelKind::Ring => plan.size,
        };
        if !self.map.is_packed() || self.hashes() || self.is_faulty() {
            return 1;
        }
        let left = |rank: u32| {
            let position = rank % plan.size;
            (block - position % block).min(plan.size - position).min(self.ranks - rank)
        };
        left(rank)
            .min(left(((u64::from(rank) + u64::from(distance)) % u64::from(self.ranks)) as u32))
    }
    /// A latency that no message between two devices stays below.
    pub fn least_latency(&self) -> Time {
        let joining = self.plans.iter().filter(|plan| plan.size > 1);
        joining.map(|plan| plan.latency + plan.hop).min().unwrap_or(Time::ZERO)
    }
}
