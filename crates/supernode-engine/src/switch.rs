//! What a reducing switch costs the ranks that share it.

use supernode_collectives::{Group, Rank};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::EngineError;

/// How long one multicast or reduction of `bytes` bytes for `group` occupies each port it passes: as long
/// as the port of its slowest member takes.
///
/// # Errors
/// [`EngineError::NoSwitch`] if the members do not all hang on one reducing switch.
pub(crate) fn port_time(
    cost: &CostModel,
    rank: Rank,
    group: Group,
    bytes: u64,
) -> Result<Time, EngineError> {
    let domain = cost.fabric.shared_switch(group.members());
    let domain = domain.ok_or(EngineError::NoSwitch { rank, members: group.count })?;
    let busy = cost.switch_occupancy(&domain, bytes, group.count);
    if cost.noise.is_none() {
        return Ok(busy);
    }
    Ok(group.members().map(|member| cost.slowed(member, busy)).max().unwrap_or(busy))
}
