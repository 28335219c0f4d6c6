//! Two pipelined trees, priced from the steps of a few ranks.

use supernode_collectives::{Action, Collective, DoubleBinaryTree, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{alpha, reduction};

/// Two trees meet at every port; against the time-ordered engine on switches of 8 to 72 ranks they
/// hold each other up by a quarter.
const TREES_MEET: (u64, u64) = (5, 4);

/// The time of `slices` slices a tree of `slice` bytes each.
pub(super) fn time(cost: &CostModel, ranks: u32, slice: u64, slices: u32) -> Time {
    let Ok(trees) = DoubleBinaryTree::new(Collective::AllReduce, ranks, 1) else {
        return Time::MAX;
    };
    let depth = ranks.next_power_of_two().ilog2();
    let powers = (0..depth).map(|level| 1_u32 << level);
    // Ranks of every height in both trees, which mirror each other or are one rank apart.
    let samples = powers.flat_map(|at| [at, at + 1, ranks.saturating_sub(1 + at)]);
    let load = |rank| busiest(cost, &trees, rank, slice);
    let fullest = samples.chain([0, 1]).filter(|rank| *rank < ranks).map(load).max();
    let path: Time = (0..depth)
        .map(|level| {
            let far = (1_u32 << level).min(ranks - 1);
            let busy = cost.occupancy(&cost.route(0, far), slice, 1);
            alpha(cost, 0, far) + busy + reduction(cost, slice, busy) / 2
        })
        .sum();
    let further = u64::from(slices) - 1;
    path * 2 + fullest.unwrap_or_default() * (further * TREES_MEET.0) / TREES_MEET.1
}

/// How long a slice of both trees keeps the busiest port, or the engine, of `rank`.
fn busiest(cost: &CostModel, trees: &DoubleBinaryTree, rank: Rank, slice: u64) -> Time {
    let ports = cost.fabric.ports_per_device() as usize;
    let (mut sending, mut receiving) = (vec![Time::ZERO; ports], vec![Time::ZERO; ports]);
    let mut engine = Time::ZERO;
    for lane in 0..trees.shape().lanes {
        for index in 0..trees.steps(rank, lane) {
            let (from, to, reduces) = match trees.step(rank, lane, index).action {
                Action::Send { to, .. } => (None, Some(to), false),
                Action::Recv { from, with, .. } => (Some(from), None, with.is_some()),
                Action::Forward { from, to, with, .. } => (Some(from), Some(to), with.is_some()),
                _ => continue,
            };
            if let Some(to) = to {
                let route = cost.route(rank, to);
                sending[usize::from(route.tx_port)] += cost.occupancy(&route, slice, 1);
            }
            if let Some(from) = from {
                let route = cost.route(from, rank);
                receiving[usize::from(route.rx_port)] += cost.occupancy(&route, slice, 1);
            }
            if reduces {
                engine += cost.reduce_time(slice);
            }
        }
    }
    sending.into_iter().chain(receiving).chain([engine]).max().unwrap_or_default()
}
