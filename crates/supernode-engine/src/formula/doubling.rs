//! Exchanges with partners at doubling or halving distance, priced from the steps of a few ranks.
//!
//! Every round is taken to end at the same time everywhere. Where pairs straddle the units of a
//! machine they do not, and large messages that come early hold up others at their port: up to twice
//! as long there, by the time-ordered engine.

use supernode_collectives::{Action, Collective, Rank, Schedule, Span};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{alpha, reduction};

/// Positions looked at beside the ends.
const SPREAD: u64 = 64;

/// The time of a recursive doubling whose chunks have `chunk` bytes.
pub(super) fn time(cost: &CostModel, schedule: &dyn Schedule, chunk: u64) -> Time {
    let shape = schedule.shape();
    let ranks = shape.ranks;
    let bytes = |span: Span| u64::from(span.len).saturating_mul(chunk);
    let message = |from: Rank, to: Rank, bytes: u64, reduces: bool| {
        let route = cost.route(from, to);
        let busy = cost.occupancy(&route, bytes, 1);
        let work = if reduces { reduction(cost, bytes, busy) } else { Time::ZERO };
        // The whole way, and what is left of it where the message was there already.
        let whole = alpha(cost, &route) + busy + work;
        (whole, whole.saturating_sub(route.latency))
    };
    let rounds = ranks.ilog2();
    let positions = 1 << rounds;
    let extra = ranks - positions;
    let rank = |position: u32| if position < extra { 2 * position } else { position + extra };
    // The slowest pair decides a round; the ends, the seam between folded and others, and positions
    // spread over all of them stand for the rest.
    let ends = [0, extra.saturating_sub(1), extra % positions, positions / 2, positions - 1];
    let spread = (1..SPREAD).map(|i| (u64::from(positions) * i / SPREAD) as u32);
    let mut samples: Vec<u32> = ends.into_iter().chain(spread).collect();
    samples.sort_unstable();
    samples.dedup();
    let copies = shape.collective == Collective::AllGather;
    let round = |round: u32| {
        let of = samples.iter().map(|&position| {
            let folds = u32::from(position < extra);
            let step = schedule.step(rank(position), 0, u32::from(copies) + folds + round);
            let Action::Exchange { to, src, from, dst, with } = step.action else {
                return (Time::ZERO, Time::ZERO);
            };
            let reduces = with.is_some();
            let there = message(rank(position), to, bytes(src), reduces);
            there.max(message(from, rank(position), bytes(dst), reduces))
        });
        of.max().unwrap_or_default()
    };
    let costs: Vec<(Time, Time)> = (0..rounds).map(round).collect();
    let all: Time = costs.iter().map(|(whole, _)| *whole).sum();
    // Blocks of one rank that are copied before (all-gather) or after (reduce-scatter).
    let copy =
        if shape.collective == Collective::AllReduce { Time::ZERO } else { cost.copy_time(chunk) };
    if extra == 0 {
        return all + copy;
    }
    // Whole vectors go one way, single blocks the other, unless all are reduced everywhere.
    let whole = chunk.saturating_mul(u64::from(shape.input_chunks.max(shape.output_chunks)));
    let (fold, unfold) = match shape.collective {
        Collective::AllReduce => (whole, whole),
        Collective::ReduceScatter => (whole, chunk),
        _ => (chunk, whole),
    };
    let folding = || samples.iter().filter(|position| **position < extra).map(|p| 2 * p);
    let reduces = shape.collective.reduces();
    let fold = folding().map(|rank| message(rank + 1, rank, fold, reduces).0).max();
    let unfold = folding().map(|rank| message(rank, rank + 1, unfold, false).0).max();
    let (fold, unfold) = (fold.unwrap_or_default(), unfold.unwrap_or_default());
    let (before, after) = if copies { (copy, Time::ZERO) } else { (Time::ZERO, copy) };
    // A folded rank delays those that every later round leads to. Both the fold and the unfold are on
    // one way only if it stays with its rank in the rounds that lead beyond the folded positions,
    // where the partner is early.
    let inner = extra.next_power_of_two().ilog2();
    let near = |round: u32| match shape.collective {
        Collective::ReduceScatter => rounds - 1 - round < inner,
        _ => round < inner,
    };
    let stays =
        |(round, (whole, rest)): (u32, &(Time, Time))| if near(round) { *whole } else { *rest };
    let between: Time = (0..).zip(&costs).map(stays).sum();
    let late = fold.max(before);
    (late + all + after).max(before + all + unfold).max(late + between + unfold)
}
