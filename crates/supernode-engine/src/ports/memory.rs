//! What a run needs, before it begins.

use supernode_collectives::{Action, Ports, Rank, Schedule, sample};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::Lane;
use crate::windows;

/// Bytes of a message under way: an event in a queue that doubles as it grows, then an entry of the
/// receiver's map with a queue of its own, and its place in the batch that awaits it.
const MESSAGE_BYTES: u64 = 448;
/// The same in windows of time: an event in a list and an entry of an inbox, which double as they grow, and
/// its places while it is taken together with others.
const IN_WINDOWS_BYTES: u64 = 192;
/// Bytes of a lane beside its state: its event, its map of senders.
const LANE_BYTES: u64 = 256;

/// Bytes that a run of `schedule` on `cost` needs: state of lanes, clocks of every port, messages
/// under way, and the times of finished steps where other steps may ask for them.
pub fn memory_needed(schedule: &dyn Schedule, cost: &CostModel) -> u64 {
    let message = if in_windows(schedule, cost) { IN_WINDOWS_BYTES } else { MESSAGE_BYTES };
    memory_of(schedule, cost, message)
}

/// The same by the plain engine.
pub(crate) fn memory_of_plain(schedule: &dyn Schedule, cost: &CostModel) -> u64 {
    memory_of(schedule, cost, MESSAGE_BYTES)
}

fn memory_of(schedule: &dyn Schedule, cost: &CostModel, message: u64) -> u64 {
    let shape = schedule.shape();
    let clock = size_of::<Time>() as u64;
    let lanes = u64::from(shape.lanes).saturating_mul(LANE_BYTES + size_of::<Lane>() as u64);
    // Both directions of every port, and the engine.
    let clocks = (2 * u64::from(cost.fabric.ports_per_device()) + 1) * clock;
    let messages = schedule.in_flight().saturating_mul(message);
    let steps: u64 = match shape.ports {
        Ports::Fixed | Ports::InStep => 0,
        Ports::Contended => {
            let of_rank =
                |rank| (0..shape.lanes).map(|lane| u64::from(schedule.steps(rank, lane))).sum();
            sampled(schedule).map(of_rank).max().unwrap_or(0)
        }
    };
    let rank = lanes.saturating_add(clocks).saturating_add(messages);
    u64::from(shape.ranks).saturating_mul(rank.saturating_add(steps.saturating_mul(clock)))
}

/// Whether a schedule is likely not to be left to the plain engine: by the early steps of some ranks.
fn in_windows(schedule: &dyn Schedule, cost: &CostModel) -> bool {
    let shape = schedule.shape();
    let plain = |rank, lane| {
        (0..schedule.steps(rank, lane).min(1024)).any(|index| {
            let action = schedule.step(rank, lane, index).action;
            matches!(
                action,
                Action::Get { .. } | Action::Multicast { .. } | Action::SwitchReduce { .. }
            )
        })
    };
    let waits = cost.fabric.least_latency() > Time::ZERO;
    windows::flows(&shape, cost)
        || waits && !sampled(schedule).any(|rank| (0..shape.lanes).any(|lane| plain(rank, lane)))
}

fn sampled(schedule: &dyn Schedule) -> impl Iterator<Item = Rank> + use<> {
    let ranks = schedule.shape().ranks;
    sample(schedule).into_iter().filter(move |rank| *rank < ranks)
}
