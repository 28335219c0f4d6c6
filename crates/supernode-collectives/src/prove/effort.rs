//! What a proof takes, from the steps of a few ranks.

use super::additions::Additions;
use super::expression::Expressions;
use super::memory::Memory;
use crate::{Action, Schedule, Span, sample};

/// Lanes whose steps are counted one by one.
const MOST_COUNTED: u64 = 1 << 22;
/// Steps beyond which nobody looks at them.
const MOST_STEPS: u64 = 1 << 36;
/// Entries of a clock that are joined in the time of another operation.
const CLOCK_ENTRIES: u64 = 100;
/// Bytes of a message on its way, about.
const MESSAGE_BYTES: u64 = 96;

/// Steps of all ranks.
fn steps(schedule: &dyn Schedule) -> u64 {
    let shape = schedule.shape();
    let of_rank =
        |rank| (0..shape.lanes).map(move |lane| u64::from(schedule.steps(rank, lane))).sum();
    // All ranks are counted where that is quick: a root has far more steps than the others.
    let ranks = u64::from(shape.ranks);
    if ranks.saturating_mul(shape.lanes.into()) <= MOST_COUNTED {
        return (0..shape.ranks).map(of_rank).sum();
    }
    sample(schedule).map(of_rank).into_iter().max().unwrap_or(0).saturating_mul(ranks)
}

/// Operations that [`prove`](super::prove) takes for its run on symbols, about: messages sent, messages
/// taken and chunks touched, and clocks joined where ranks write into the memory of others. At most a
/// few million a second; each depth that is tried takes the messages again.
pub fn operations(schedule: &dyn Schedule) -> u64 {
    let shape = schedule.shape();
    let all = steps(schedule);
    if all > MOST_STEPS || shape.ranks == 0 {
        return all;
    }
    let clock = 1 + u64::from(shape.ranks) * u64::from(shape.lanes) / CLOCK_ENTRIES;
    let (mut looked_at, mut found, mut messages, mut shared) = (0_u64, 0_u64, 0_u64, false);
    for rank in sample(schedule) {
        for lane in 0..shape.lanes {
            for index in 0..schedule.steps(rank, lane) {
                let action = schedule.step(rank, lane, index).action;
                shared |= action.reaches_memory_of_others();
                looked_at += 1;
                messages += action.messages().map(i64::unsigned_abs).iter().sum::<u64>();
                found += chunks(&action);
            }
        }
    }
    let found = found + if shared { messages * clock } else { messages };
    // A rank with more steps than others has more of the operations, too.
    let of_all = u128::from(all) * u128::from(found) / u128::from(looked_at.max(1));
    u64::try_from(of_all).unwrap_or(u64::MAX).max(all)
}

/// Chunks that a step touches.
fn chunks(action: &Action) -> u64 {
    let len = |span: Option<Span>| span.map_or(0, |span| u64::from(span.len));
    match *action {
        Action::Send { src, .. } | Action::Put { src, .. } => len(Some(src)),
        Action::Recv { dst, with, .. } => len(Some(dst)) + len(with),
        Action::Forward { with, keep, .. } => len(with) + len(keep),
        Action::Exchange { src, dst, with, .. } | Action::Get { src, dst, with, .. } => {
            len(Some(src)) + len(Some(dst)) + len(with)
        }
        Action::Copy { src, dst } | Action::Reduce { src, dst } => len(Some(src)) + len(Some(dst)),
        Action::Multicast { group, src, .. } | Action::SwitchReduce { group, src, .. } => {
            u64::from(group.count) * len(Some(src))
        }
        Action::Signal { .. } | Action::Wait { .. } => 0,
    }
}

/// Bytes that [`prove`](super::prove) needs, about, and the steps that it takes.
///
/// Reads the steps of a few ranks, unless the buffers alone are too much for any machine.
pub fn memory_needed(schedule: &dyn Schedule) -> (u64, u64) {
    let shape = schedule.shape();
    if shape.ranks == 0 {
        return (0, 0);
    }
    let (ranks, lanes) = (u64::from(shape.ranks), u64::from(shape.lanes));
    let buffers = u64::from(shape.output_chunks) * Memory::OUTPUT_BYTES
        + u64::from(shape.scratch_chunks) * Memory::SCRATCH_BYTES;
    let buffers = ranks.saturating_mul(buffers + lanes * 256);
    let steps = steps(schedule);
    if buffers > 1 << 42 || steps > MOST_STEPS {
        return (buffers, steps);
    }
    let (mut sums, mut shared) = (0_u64, false);
    for rank in sample(schedule) {
        let mut own = 0;
        for lane in 0..shape.lanes {
            for index in 0..schedule.steps(rank, lane) {
                let action = schedule.step(rank, lane, index).action;
                shared |= action.reaches_memory_of_others();
                own += match action {
                    Action::Recv { with: Some(with), .. }
                    | Action::Forward { with: Some(with), .. }
                    | Action::Exchange { with: Some(with), .. }
                    | Action::Get { with: Some(with), .. } => u64::from(with.len),
                    Action::Reduce { src, .. } => u64::from(src.len),
                    Action::SwitchReduce { group, src, .. } => {
                        u64::from(group.count) * u64::from(src.len)
                    }
                    _ => 0,
                };
            }
        }
        sums = sums.max(own);
    }
    let messages = schedule.in_flight().saturating_mul(ranks).saturating_mul(MESSAGE_BYTES);
    let mut needed = buffers
        .saturating_add(
            sums.saturating_mul(ranks).saturating_mul(Expressions::BYTES + Additions::BYTES),
        )
        .saturating_add(messages);
    if shared || lanes > 1 {
        let cells = ranks * u64::from(shape.output_chunks + shape.scratch_chunks);
        // Who uses each chunk, and a clock of all lanes in each lane and each message on its way.
        let clocks = (ranks * lanes).saturating_mul(ranks * lanes).saturating_mul(16);
        needed = needed.saturating_add(cells.saturating_mul(200)).saturating_add(clocks);
    }
    (needed, steps)
}
