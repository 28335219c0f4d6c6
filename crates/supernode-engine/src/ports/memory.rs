//! What a run needs, before it begins.

use supernode_collectives::{Ports, Schedule, sample};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::Lane;

/// Bytes of a message under way: an event in a queue that doubles as it grows, then an entry of the
/// receiver's map with a queue of its own, and its place in the batch that awaits it.
const MESSAGE_BYTES: u64 = 448;
/// Bytes of a lane beside its state: its event, its map of senders.
const LANE_BYTES: u64 = 256;

/// Bytes that a run of `schedule` on `cost` needs: state of lanes, clocks of every port, messages
/// under way, and the times of finished steps where other steps may ask for them.
pub fn memory_needed(schedule: &dyn Schedule, cost: &CostModel) -> u64 {
    let shape = schedule.shape();
    let clock = size_of::<Time>() as u64;
    let lanes = u64::from(shape.lanes).saturating_mul(LANE_BYTES + size_of::<Lane>() as u64);
    // Both directions of every port, and the engine.
    let clocks = (2 * u64::from(cost.fabric.ports_per_device()) + 1) * clock;
    let messages = schedule.in_flight().saturating_mul(MESSAGE_BYTES);
    let steps: u64 = match shape.ports {
        Ports::Fixed | Ports::InStep => 0,
        Ports::Contended => {
            let of_rank =
                |rank| (0..shape.lanes).map(|lane| u64::from(schedule.steps(rank, lane))).sum();
            sample(schedule)
                .into_iter()
                .filter(|rank| *rank < shape.ranks)
                .map(of_rank)
                .max()
                .unwrap_or(0)
        }
    };
    let rank = lanes.saturating_add(clocks).saturating_add(messages);
    u64::from(shape.ranks).saturating_mul(rank.saturating_add(steps.saturating_mul(clock)))
}
