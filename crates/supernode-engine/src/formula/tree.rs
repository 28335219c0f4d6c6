//! Two pipelined trees, priced from the steps of a few ranks.

use supernode_collectives::{Action, Collective, DoubleBinaryTree, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::alpha;

/// Two trees meet at every port; against the time-ordered engine on switches of 3 to 72 ranks they
/// hold each other up by up to a quarter.
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
    let load = |rank| busiest(cost, trees, rank, slice);
    let fullest = samples.chain([0, 1]).filter(|rank| *rank < ranks).map(load).max();
    // The root has one child; every level below it joins two, if there are as many.
    let top = 1_u32 << (depth - 1);
    let inner = (1..depth).map(|level| 1_u32 << level).map(|parent| {
        let (left, right) = (parent - parent / 2, parent + parent / 2);
        level(cost, parent, left, (right < ranks).then_some(right), slice)
    });
    let path = inner.fold(level(cost, 0, top, None, slice), |path, level| path + level);
    let further = u64::from(slices) - 1;
    path + fullest.unwrap_or_default() * further
}

/// One slice from the children to their parent and back: they meet at its ports, its engine and its
/// lanes.
fn level(cost: &CostModel, parent: Rank, left: Rank, right: Option<Rank>, slice: u64) -> Time {
    let (up, down) = (cost.route(left, parent), cost.route(parent, left));
    let busy = cost.occupancy(&up, slice, 1);
    let work = cost.reduce_time(slice);
    let once = alpha(cost, &up) + alpha(cost, &down) + cost.slice_tail(slice);
    let Some(right) = right else {
        return once + busy.max(work) + busy;
    };
    let times = |shared| if shared { 2 } else { 1 };
    let meet = times(cost.route(right, parent).rx_port == up.rx_port);
    let part = times(cost.route(parent, right).tx_port == down.tx_port);
    let streams = (busy * meet).max(busy * (meet - 1) + work).max(work * 2);
    once + cost.recv_overhead() + cost.step_overhead() + streams + busy * part
}

/// How long a slice of both trees keeps the busiest port, the engine, or the busiest lane of `rank`.
fn busiest(cost: &CostModel, trees: DoubleBinaryTree, rank: Rank, slice: u64) -> Time {
    let ports = cost.fabric.ports_per_device() as usize;
    let (mut sending, mut receiving) = (vec![Time::ZERO; ports], vec![Time::ZERO; ports]);
    let (mut engine, mut slowest) = (Time::ZERO, Time::ZERO);
    for lane in 0..trees.shape().lanes {
        let mut overheads = Time::ZERO;
        for index in 0..trees.steps(rank, lane) {
            let mut ends = false;
            let (from, to, reduces) = match trees.step(rank, lane, index).action {
                Action::Send { to, .. } => (None, Some(to), false),
                Action::Recv { from, with, more, .. } => {
                    // Of receives awaited together, only the last shows its last slice.
                    ends = with.is_some() && !more;
                    (Some(from), None, with.is_some())
                }
                Action::Forward { from, to, with, .. } => {
                    ends = with.is_some();
                    (Some(from), Some(to), with.is_some())
                }
                _ => continue,
            };
            if ends {
                overheads += cost.slice_tail(slice);
            }
            if let Some(to) = to {
                overheads += cost.step_overhead().max(cost.profile.gap);
                let route = cost.route(rank, to);
                sending[usize::from(route.tx_port)] += cost.occupancy(&route, slice, 1);
            }
            if let Some(from) = from {
                overheads += cost.recv_overhead();
                let route = cost.route(from, rank);
                receiving[usize::from(route.rx_port)] += cost.occupancy(&route, slice, 1);
            }
            if reduces {
                engine += cost.reduce_time(slice);
                overheads += cost.reduce_time(slice);
            }
        }
        slowest = slowest.max(overheads);
    }
    let port = sending.into_iter().chain(receiving).max().unwrap_or_default();
    let (more, than) = if trees.shape().ranks > 2 { TREES_MEET } else { (1, 1) };
    (port * more / than).max(engine).max(slowest)
}
