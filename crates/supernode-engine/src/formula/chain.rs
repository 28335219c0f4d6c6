//! A pipelined chain: the first slice passes all hops, the others follow at the pace of the slowest.

use supernode_collectives::Collective;
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{alpha, reduction};

/// The time of `slices` slices of `slice` bytes each.
pub(super) fn time(cost: &CostModel, collective: Collective, slice: u64, slices: u64) -> Time {
    let ranks = cost.fabric.ranks();
    let root = collective.root().unwrap_or(0);
    let rank = |position: u32| (position + root) % ranks;
    let reduces = collective.reduces();
    let (mut path, mut pace) = (Time::ZERO, Time::ZERO);
    for position in 1..ranks {
        let (near, far) = (rank(position - 1), rank(position));
        let route = if reduces { cost.route(far, near) } else { cost.route(near, far) };
        let busy = cost.occupancy(&route, slice, 1);
        let work = if reduces { reduction(cost, slice, busy) } else { Time::ZERO };
        path += alpha(cost, &route) + busy + work;
        pace = pace.max(busy);
    }
    let adding =
        if reduces { cost.reduce_time(slice) + cost.slice_tail(slice) } else { Time::ZERO };
    // A lane takes a slice, adds its own, and only then goes on; ranks in the middle pass it on, too.
    let issuing = cost.step_overhead().max(cost.profile.gap);
    let taking = cost.recv_overhead() + adding;
    let lane = if ranks > 2 { issuing + taking } else { issuing.max(taking) };
    let copy = if reduces { Time::ZERO } else { cost.copy_time(slice.saturating_mul(slices)) };
    // The root of a broadcast copies what it has once all is issued, while the rest follows.
    let issued = cost.step_overhead() + cost.step_overhead().max(cost.profile.gap) * (slices - 1);
    (path + pace.max(lane) * (slices - 1)).max(issued + copy)
}
