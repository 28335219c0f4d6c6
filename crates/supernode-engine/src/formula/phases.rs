//! Phases one after the other, each as long as where it is slowest.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{Line, direct, ring};

/// Ranks looked at beside the ends of a phase whose pairs are not neighbours.
const SPREAD: u64 = 64;

/// The time of phases whose chunks have `chunk` bytes. The group of the first rank stands for all.
pub(super) fn time(cost: &CostModel, phases: &[Phase], chunk: u64) -> Time {
    phases.iter().map(|phase| of(cost, phase, chunk)).sum()
}

fn of(cost: &CostModel, phase: &Phase, chunk: u64) -> Time {
    let line = Line { first: 0, stride: phase.stride, count: phase.size };
    let bytes = u64::from(phase.chunks).saturating_mul(chunk);
    let copied = u64::from(phase.copies).saturating_mul(chunk);
    match phase.pattern {
        Pattern::Copy => cost.copy_time(copied),
        Pattern::Reduce => cost.reduce_time(copied),
        Pattern::Shift { by, mirrored, reduces } => {
            shift(cost, phase, (by, mirrored), (bytes, copied, reduces))
        }
        Pattern::Ring { reduces } => {
            let ring = ring::Ring::new(cost, line, bytes);
            let copy = if copied > 0 { ring.copy() } else { Time::ZERO };
            (if reduces { ring.reduce() } else { ring.gather() }) + copy
        }
        Pattern::Direct { reduces: true } => direct::Traffic::new(cost, line, bytes).reduce(),
        Pattern::Direct { reduces: false } => {
            direct::Traffic::new(cost, line, bytes).gather(copied)
        }
        Pattern::OneShot => direct::Traffic::new(cost, line, bytes).one_shot(),
    }
}

/// One message from every rank to the one so many places further on, behind which some bytes are
/// copied.
fn shift(
    cost: &CostModel,
    phase: &Phase,
    (by, mirrored): (u32, bool),
    (bytes, copied, reduces): (u64, u64, bool),
) -> Time {
    let ranks = phase.size;
    let copy = if copied > 0 { cost.copy_time(copied) } else { Time::ZERO };
    let (work, slice) = if reduces {
        (cost.reduce_time(bytes), cost.slice_tail(bytes))
    } else {
        (Time::ZERO, Time::ZERO)
    };
    let spread = (0..SPREAD).map(|i| (u64::from(ranks) * i / SPREAD) as u32);
    let message = |rank: u32| {
        let route = cost.route(rank, phase.shift(rank, by, mirrored).0);
        let busy = cost.occupancy(&route, bytes, 1);
        (route.latency + busy).max(route.latency.max(copy) + work)
    };
    // Those that pass the end, and those spread over all, stand for the rest.
    let slowest = spread.chain([ranks - by, ranks - 1]).map(message).max().unwrap_or_default();
    cost.step_overhead() + slowest + slice + cost.recv_overhead()
}
