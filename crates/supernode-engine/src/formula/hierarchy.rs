//! Levels one after the other, each with its own inner algorithm.

use supernode_collectives::{Collective, Inner, LevelPlan};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{Line, direct, halves, ring, switch};
use crate::EngineError;

/// The time of all levels when each rank ends with, or starts from, a block of `block` bytes. The
/// group of the first rank stands for all on its level.
///
/// # Errors
/// [`EngineError::NoSwitch`] if some group of an in-switch level does not share a switch that
/// reduces.
pub(super) fn time(
    cost: &CostModel,
    collective: Collective,
    block: u64,
    levels: &[LevelPlan],
) -> Result<Time, EngineError> {
    let ranks = cost.fabric.ranks();
    let flat = [LevelPlan { size: ranks, inner: Inner::Ring }];
    let levels = if levels.is_empty() { &flat[..] } else { levels };
    let mut total = Time::ZERO;
    let mut stride = 1_u32;
    for level in levels.iter().filter(|level| level.size > 1) {
        let line = Line { first: 0, stride, count: level.size };
        let share = block.saturating_mul(u64::from(ranks / stride / level.size));
        // The first phase of an all-gather, the outermost one, copies what it sends.
        let outermost = u64::from(stride) * u64::from(level.size) == u64::from(ranks);
        let copies = collective == Collective::AllGather && outermost;
        total += match level.inner {
            Inner::Ring => {
                let ring = ring::Ring::new(cost, line, share);
                let copy = if copies { ring.copy() } else { Time::ZERO };
                halves(collective, || ring.reduce(), || ring.gather()) + copy
            }
            Inner::Direct => {
                let traffic = direct::Traffic::new(cost, line, share);
                let own = if copies { share } else { 0 };
                halves(collective, || traffic.reduce(), || traffic.gather(own))
            }
            Inner::InSwitch => in_switch(cost, collective, line, share)?,
        };
        stride *= level.size;
    }
    Ok(total)
}

/// A level whose switch reduces if it is the innermost (the operands of others are partial results,
/// which it cannot read), and copies in any case.
fn in_switch(
    cost: &CostModel,
    collective: Collective,
    line: Line,
    share: u64,
) -> Result<Time, EngineError> {
    let reduces = if !collective.reduces() {
        Time::ZERO
    } else if line.stride == 1 {
        slowest(cost, line, share, Collective::ReduceScatter)?
    } else {
        direct::Traffic::new(cost, line, share).reduce()
    };
    Ok(reduces
        + match collective {
            Collective::ReduceScatter => Time::ZERO,
            _ => slowest(cost, line, share, Collective::AllGather)?,
        })
}

/// The slowest of all groups of the level: each has to have a switch.
fn slowest(
    cost: &CostModel,
    line: Line,
    share: u64,
    half: Collective,
) -> Result<Time, EngineError> {
    let Line { stride, count, .. } = line;
    let mut slowest = Time::ZERO;
    for unit in 0..cost.fabric.ranks() / stride / count {
        for position in 0..stride {
            let group = Line { first: unit * stride * count + position, ..line };
            slowest = slowest.max(switch::time(cost, group, share, half, 1)?);
        }
    }
    Ok(slowest)
}
