//! Blocks broadcast on a circulant graph: rounds in which everyone passes one on.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::phases;

/// The time of `blocks` blocks of `block` bytes each.
pub(super) fn time(cost: &CostModel, blocks: u32, block: u64) -> Time {
    let ranks = cost.fabric.ranks();
    let log = (ranks - 1).ilog2() + 1;
    let round = |back: u32| {
        let by = ranks.div_ceil(1 << back);
        let pattern = Pattern::Shift { by, mirrored: false, reduces: false };
        Phase { stride: 1, size: ranks, pattern, chunks: 1, copies: 0 }
    };
    let skips: Vec<Phase> = (1..=log).map(round).collect();
    let cycles = u64::from((blocks - 1) / log + 1);
    // The root waits for nobody, and copies what it has at the end.
    let issued = cost.step_overhead().max(cost.profile.gap) * (cycles * u64::from(log));
    let root = issued + cost.copy_time(block.saturating_mul(u64::from(blocks)));
    root.max(phases::time(cost, &skips, block) * cycles)
}
