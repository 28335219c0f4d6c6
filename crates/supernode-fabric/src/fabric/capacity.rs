//! What ports, levels and cuts carry at most.

use supernode_units::Bandwidth;

use super::{Fabric, Plan};
use crate::level::{Level, LevelKind, Spread};

impl Fabric {
    /// Bandwidth of all ports of a device in one direction for messages at full rate: one rate for
    /// each group of ports, of its fastest level.
    pub fn ports_bandwidth(&self) -> Bandwidth {
        let rate = |index: &usize| self.level_bandwidth(*index).bytes_per_s();
        let group = |index: usize| &self.levels[index].port_group;
        let joins = |index: &usize| self.levels[*index].size > 1;
        let mut sum = 0_u64;
        for index in (0..self.levels.len()).filter(joins) {
            let same = |other: &usize| group(*other) == group(index);
            // Counted with the first level of the group.
            if (0..index).filter(joins).any(|other| same(&other)) {
                continue;
            }
            let all = (index..self.levels.len()).filter(joins).filter(same);
            sum = sum.saturating_add(all.map(|level| rate(&level)).max().unwrap_or(0));
        }
        Bandwidth::new(sum)
    }

    /// Bandwidth of a device's ports of the level at `index` in one direction, for messages at full
    /// rate.
    ///
    /// # Panics
    /// If there is no such level: a bug of the caller.
    pub fn level_bandwidth(&self, index: usize) -> Bandwidth {
        let (level, plan) = (&self.levels[index], &self.plans[index]);
        let links = level.kind.links(level.size);
        Bandwidth::new(plan.rate_in_leaf.bytes_per_s().saturating_mul(links))
    }

    /// The outermost level that joins ranks, and the most of them on one of its children; none for a
    /// single rank.
    pub fn outermost(&self) -> Option<(usize, u32)> {
        let child = |plan: &Plan, rank: u32| self.map.device(rank) / plan.stride % plan.size;
        let joins = |plan: &Plan| {
            let first = child(plan, 0);
            (1..self.ranks).any(|rank| child(plan, rank) != first)
        };
        let index = self.plans.iter().rposition(joins)?;
        let plan = &self.plans[index];
        let mut held = vec![0; plan.size as usize];
        for rank in 0..self.ranks {
            held[child(plan, rank) as usize] += 1;
        }
        held.into_iter().max().map(|most| (index, most))
    }

    /// Bandwidth between the halves of the fabric in one direction, cut at the outermost level
    /// that joins more than one child; saturates at 2^64 bytes per second.
    pub fn bisection(&self) -> Bandwidth {
        let Some(top) = (0..self.levels.len()).rev().find(|&i| self.levels[i].size > 1) else {
            return Bandwidth::new(0);
        };
        let (level, plan) = (&self.levels[top], &self.plans[top]);
        let link = u128::from(plan.rate_out.bytes_per_s());
        let devices = u128::from(plan.stride) * u128::from(plan.size);
        let longest = plan.dims.iter().copied().max().map_or(1, u128::from);
        let crossing = match level.kind {
            // Of each line of d devices, every one of one half has a link to each of the other.
            LevelKind::FullMesh { .. } => devices / longest * (longest / 2) * longest.div_ceil(2),
            // Each line is cut twice, once at the wrap-around.
            LevelKind::Torus { .. } | LevelKind::Ring => devices / longest * 2,
            _ => devices / 2,
        };
        Bandwidth::new(u64::try_from(crossing * link).unwrap_or(u64::MAX))
    }

    /// The slowest rate of any message, and its level.
    pub(crate) fn slowest(&self) -> Option<(&Level, Bandwidth)> {
        self.levels
            .iter()
            .zip(&self.plans)
            .filter(|(level, _)| level.size > 1)
            .map(|(level, plan)| match level.kind {
                // All flows of a leaf may meet on one uplink.
                LevelKind::Clos { leaf, spread: Spread::Ecmp { .. }, .. } => {
                    let flows = u64::from(leaf) * u64::from(plan.stride);
                    (level, Bandwidth::new((plan.rate_in_leaf.bytes_per_s() / flows).max(1)))
                }
                _ => (level, plan.rate_out),
            })
            .min_by_key(|(_, rate)| *rate)
    }
}
