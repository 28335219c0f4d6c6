//! Exchanges with partners at doubling or halving distance, priced from the steps of a few ranks.

use supernode_collectives::{Action, Collective, Rank, Schedule, Span};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::{alpha, reduction};

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
    // The slowest pair decides a round; the ends and the seam between folded and others stand for
    // all.
    let samples = [0, extra.saturating_sub(1), extra % positions, positions / 2, positions - 1];
    let copies = shape.collective == Collective::AllGather;
    let round = |round: u32| {
        let of = samples.map(|position| {
            let folds = u32::from(position < extra);
            let step = schedule.step(rank(position), 0, u32::from(copies) + folds + round);
            let Action::Exchange { to, src, from, dst, with } = step.action else {
                return (Time::ZERO, Time::ZERO);
            };
            let reduces = with.is_some();
            let there = message(rank(position), to, bytes(src), reduces);
            there.max(message(from, rank(position), bytes(dst), reduces))
        });
        of.into_iter().max().unwrap_or_default()
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
        Collective::AllGather => (chunk, whole),
    };
    let (fold, _) = message(1, 0, fold, shape.collective.reduces());
    let (unfold, _) = message(0, 1, unfold, false);
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
