//! What no engine may ever report less than, on any fabric.
//!
//! Each bound counts only what cannot be avoided, at the best rate there is: the bytes through the
//! ports of some rank ([`LowerBound`]), the bytes into the fullest child of the outermost level that
//! joins ranks, one message across that level, and the reductions that somebody has to do.

use supernode_collectives::{Collective, LowerBound};
use supernode_fabric::{CostModel, Level};
use supernode_units::{Bandwidth, Time};

use crate::formula::Elements;

/// The least time of `collective` on all ranks of `cost` with `elements` in the large buffer of
/// each; its share in a simulated time says how close an algorithm comes to the machine.
pub fn time(collective: Collective, elements: impl Into<Elements>, cost: &CostModel) -> Time {
    let bytes = match collective {
        Collective::Barrier => 0,
        _ => elements.into().bytes(),
    };
    let ranks = cost.fabric.ranks();
    let Some((level, held)) = cost.fabric.outermost() else {
        return cost.call() + cost.copy_time(bytes);
    };
    let levels = cost.fabric.levels();
    let switched = levels.iter().any(|level| level.in_switch.is_some());
    let rate = |wire: Bandwidth| u128::from(wire.bytes_per_s());
    let through = |bytes: u64, rate: u128| {
        // A switch that reduces is charged the payload alone.
        let wire = if switched { bytes } else { cost.profile.protocol.wire_bytes(bytes) };
        // Rounded down: a bound may not exceed what is needed.
        let ps = (u128::from(wire) * 1_000_000_000_000).checked_div(rate);
        Time::from_ps_ratio(ps.unwrap_or(0), 1)
    };
    let message = |level: &Level| {
        cost.step_overhead() + level.latency + level.hop.time() + cost.recv_overhead()
    };
    // Some rank's ports.
    let least = LowerBound::new(collective, ranks, bytes, ranks, switched);
    let nearest = levels.iter().filter(|level| level.size > 1).map(message).min();
    let ports =
        nearest.unwrap_or_default() + through(least.bytes, rate(cost.fabric.ports_bandwidth()));
    // What the fullest child needs of the others.
    let inward = match collective {
        // Wherever the root is, everything crosses: the data, or a partial sum. Of a send-recv, the
        // input of whoever comes before its first rank.
        Collective::AllReduce
        | Collective::Broadcast { .. }
        | Collective::Reduce { .. }
        | Collective::SendRecv => bytes,
        // What the others hold; of a gather or scatter, if the root is in the fullest child, and more
        // elsewhere.
        Collective::AllGather | Collective::Gather { .. } | Collective::Scatter { .. } => {
            share(bytes, ranks - held, ranks)
        }
        // The sum of one block for each of its ranks.
        Collective::ReduceScatter => share(bytes, held, ranks),
        // One block of everyone outside for each inside.
        Collective::AllToAll => share(bytes, ranks - held, ranks).saturating_mul(u64::from(held)),
        Collective::Barrier => 0,
    };
    let child = rate(cost.fabric.level_bandwidth(level)) * u128::from(held);
    let entering = message(&levels[level]) + through(inward, child);
    // All but one of the operands of every element are added somewhere.
    let reducing = if collective.reduces() && !switched {
        cost.reduce_time(share(bytes, ranks - 1, ranks))
    } else {
        Time::ZERO
    };
    cost.call() + ports.max(entering).max(reducing)
}

/// What at least `part` of `ranks` blocks hold, where the last blocks may be short or empty.
fn share(bytes: u64, part: u32, ranks: u32) -> u64 {
    let others = u64::from(ranks - part);
    bytes.saturating_sub(others.saturating_mul(bytes.div_ceil(u64::from(ranks))))
}
