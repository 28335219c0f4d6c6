//! Ranks that leave reductions and copies to the switch they share.

use supernode_collectives::{Collective, Group, InSwitch};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{Line, alpha};
use crate::{EngineError, switch};

/// The time of `slices` slices of `slice` bytes for each member of `line`.
///
/// # Errors
/// [`EngineError::NoSwitch`] if the members do not share a switch that reduces.
pub(super) fn time(
    cost: &CostModel,
    line: Line,
    slice: u64,
    collective: Collective,
    slices: u64,
) -> Result<Time, EngineError> {
    let group = Group { first: line.first, stride: line.stride, count: line.count };
    let port = switch::port_time(cost, line.first, group, slice)?;
    let n = u64::from(line.count);
    let hop = alpha(cost, &cost.route(line.first, line.rank(1)));
    let depth = slices.min(u64::from(InSwitch::DEPTH));
    // A port passes a share of each of the N x slices reductions, or the others' multicasts. An
    // all-reduce does both at once, so it adds the own results, and the first reductions of all
    // others, which come before any multicast.
    let (ways, passes) = match collective {
        Collective::AllReduce => (3, (n + 1) * slices + depth * (n - 2)),
        Collective::ReduceScatter => (2, n * slices),
        _ => (1, (n - 1) * slices),
    };
    let busy = port * passes;
    // Requests go out a few at a time: a round trip for each such group, if they are small.
    let groups = slices.div_ceil(u64::from(InSwitch::DEPTH));
    let waits = hop * (2 * (groups - 1)) + port * (n * depth);
    let work = if collective.reduces() { busy.max(waits) } else { busy };
    // Every signal is taken one by one: those of the barrier that comes first, and of all slices.
    let signals = |slices: u64| cost.recv_overhead() * ((n - 1) * slices).saturating_sub(1);
    let gathered = if collective == Collective::ReduceScatter { 0 } else { slices };
    Ok(hop * (1 + ways) + signals(1) + work.max(signals(gathered)))
}
