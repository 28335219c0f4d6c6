//! Which ranks a fabric cannot tell apart.

use super::{Fabric, Plan};
use crate::level::LevelKind;

impl Fabric {
    /// The least shift of a digit of the ranks that no route can tell.
    ///
    /// Ranks are seen as numbers with a digit `rank / stride % size`, the position in a group of `size`
    /// ranks that are `stride` apart; the groups fill all ranks. If every rank moves on by the result,
    /// around its group, every route keeps its ports (by another number, if the links have numbers), its
    /// rate and its latency; the switches that it crosses may be others, and more, if that costs nothing.
    /// 1 says that the members of a group are alike, `size` that no shift is known to help. Nothing is
    /// known where flows are hashed to uplinks or links are faulty, and of random placements.
    pub fn period(&self, stride: u32, size: u32) -> u32 {
        if self.hashes() || self.is_faulty() {
            return size;
        }
        if let Some((index, group)) = self.inside(stride, size) {
            return self.turn(index, &group, size);
        }
        // All devices turn by whole children of the outermost level.
        let outermost = self.plans.iter().rposition(|plan| plan.size > 1);
        match outermost {
            Some(index) if self.map.is_packed() && stride == 1 && size == self.devices => {
                let plan = &self.plans[index];
                let group = Group { step: 1, size: plan.size.into(), alone: true };
                plan.stride * self.turn(index, &group, plan.size)
            }
            _ => size,
        }
    }

    /// The least shift of a group of `size` on one level.
    fn turn(&self, index: usize, group: &Group, size: u32) -> u32 {
        // Every result divides the size, so it is no larger.
        match self.kind(index) {
            LevelKind::OnPackage | LevelKind::Switch => 1,
            LevelKind::FullMesh { dims } => group.line(dims).map_or(size, |_| 1),
            // Only a line as a whole turns; part of it has ends.
            LevelKind::Torus { dims } => {
                group.line(dims).filter(|whole| *whole).map_or(size, |_| 1)
            }
            LevelKind::Ring => {
                group.line(&[self.levels[index].size]).filter(|whole| *whole).map_or(size, |_| 1)
            }
            LevelKind::Clos { tiers: 2, leaf, .. } | LevelKind::Rail { leaf, .. } => {
                group.leaves(u64::from(*leaf)) as u32
            }
            LevelKind::Clos { leaf, .. } => {
                let (leaf, pod) = (u64::from(*leaf), u64::from(*leaf) * u64::from(*leaf));
                // Both divide the size, and a shift of whole pods is one of whole leaves.
                group.leaves(leaf).max(group.leaves(pod)) as u32
            }
        }
    }

    /// Where a group of [`Fabric::period`] that begins at `rank` lies on its level, if it lies on one
    /// and no flows are hashed: groups at the same place have the same routes, port by port.
    pub fn place_of(&self, stride: u32, size: u32, rank: u32) -> Option<u32> {
        if self.hashes() || self.is_faulty() {
            return None;
        }
        let (index, _) = self.inside(stride, size)?;
        let plan = &self.plans[index];
        let place = self.device(rank) / plan.stride % plan.size;
        Some(match *self.kind(index) {
            LevelKind::OnPackage | LevelKind::Switch => 0,
            LevelKind::Clos { tiers: 2, leaf, .. } | LevelKind::Rail { leaf, .. } => place % leaf,
            LevelKind::Clos { leaf, .. } => place % leaf.saturating_mul(leaf),
            _ => place,
        })
    }

    /// How a level joins its children as far as latencies and rates tell: leaves that cost nothing to
    /// leave make one switch.
    pub(super) fn kind(&self, index: usize) -> &LevelKind {
        match &self.levels[index].kind {
            LevelKind::Clos { .. } | LevelKind::Rail { .. } if !self.plans[index].tells_leaves => {
                &LevelKind::Switch
            }
            kind => kind,
        }
    }

    /// Whether flows are hashed to uplinks anywhere.
    pub(super) fn hashes(&self) -> bool {
        self.plans.iter().any(|plan| plan.size > 1 && plan.uplinks.is_some())
    }

    /// The level on whose children the members of every group are, at most one on each, in blocks that
    /// do not straddle its nodes.
    fn inside(&self, stride: u32, size: u32) -> Option<(usize, Group)> {
        let (block, ranks) = (u64::from(stride) * u64::from(size), u64::from(self.ranks));
        // A group that holds all ranks need not fill what it is in.
        let alone = block == ranks;
        let apart = self.map.devices_apart(stride, block, alone)?;
        let spans = apart * u64::from(size);
        let index = self.plans.iter().position(|plan| {
            let (below, unit) = (u64::from(plan.stride), plan.unit());
            let fits = if alone { spans <= unit } else { unit.is_multiple_of(spans) };
            apart.is_multiple_of(below) && apart < unit && fits
        })?;
        let step = apart / u64::from(self.plans[index].stride);
        Some((index, Group { step, size: u64::from(size), alone }))
    }
}

impl Plan {
    /// Devices below one node of the level.
    fn unit(&self) -> u64 {
        u64::from(self.stride) * u64::from(self.size)
    }
}

/// The members of a group on the children of one level, every `step`-th.
struct Group {
    step: u64,
    size: u64,
    alone: bool,
}

impl Group {
    /// Whether a dimension is filled by the group, if the group lies in a single one.
    fn line(&self, dims: &[u32]) -> Option<bool> {
        let mut below = 1;
        for dim in dims.iter().map(|dim| u64::from(*dim)) {
            if self.step < below * dim && self.step.is_multiple_of(below) {
                let block = self.step / below * self.size;
                let fits = if self.alone { block <= dim } else { dim.is_multiple_of(block) };
                return fits.then_some(block == dim);
            }
            below *= dim;
        }
        None
    }

    /// The least shift that keeps together what hangs on one of the switches of `leaf` children.
    fn leaves(&self, leaf: u64) -> u64 {
        let block = self.step * self.size;
        if leaf.is_multiple_of(block) || self.alone && block <= leaf {
            return 1;
        }
        if block.is_multiple_of(leaf) { leaf / gcd(leaf, self.step) } else { self.size }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
