//! What a run will need, before it starts: memory, and roughly how long it takes the host.

use bytes::Bytes;
use supernode_collectives::{Action, Buf, Schedule, Span, sample};
use supernode_engine::{in_program_order, ports};

use crate::inbox::Message;
use crate::memory::{Memory, Results};
use crate::rank::STEPS_PER_TURN;
use crate::run::Job;

/// What a rank needs beside its buffers and messages: task, machine and inbox, in bytes.
const RANK_BYTES: u64 = 4 << 10;
/// Messages that may come before a rank looks, and for which its inbox keeps the place: the turns of two
/// neighbours.
const TURN_MESSAGES: u64 = 2 * STEPS_PER_TURN as u64;
/// A message under way, in queues that double as they grow, with the header of its buffer.
const MESSAGE_BYTES: u64 = 384;
/// Steps looked at from either end of a lane.
const ENDS: u32 = 16;
/// Jobs expected to take less run on the caller's thread: a worker that has gone to sleep takes 50 us
/// to wake.
const CALLER_MAX_NS: u64 = 100_000;

/// Bytes a run of `job` needs at most, inputs included.
///
/// Input, output and scratch of every rank, its messages under way, and the values that ranks
/// hold for themselves: a copy of the output where chunks are large (which ranks may share, but
/// need not), and what is copied out of a buffer that may change while it is being sent.
pub(crate) fn memory(job: &Job) -> u64 {
    let shape = job.schedule.shape();
    let chunks = job.schedule.chunks(job.count, job.dtype.bytes());
    let in_flight = job.schedule.in_flight();
    // Of one collective alone, rank 0 has the largest blocks; where only the root has them, the average
    // counts.
    let ranks = if chunks.differ_by_rank() { shape.ranks } else { 1 };
    let buffer = |buf| match shape.collective.root() {
        Some(root) if !chunks.differ_by_rank() => {
            let ranks = u64::from(shape.ranks);
            let other = chunks.buffer_bytes(buf, u32::from(root == 0).min(shape.ranks - 1));
            (chunks.buffer_bytes(buf, root) + (ranks - 1) * other).div_ceil(ranks)
        }
        _ => (0..ranks).map(|rank| chunks.buffer_bytes(buf, rank)).max().unwrap_or(0),
    };
    let output = buffer(Buf::Output);
    let data = if job.results == Results::Sizes {
        0
    } else {
        let slots = match job.results {
            Results::Own if Memory::has_slots(&chunks) => output,
            Results::Own | Results::Sizes => 0,
            // Chunks are shared, but each rank holds a reference to each.
            Results::Shared => u64::from(shape.output_chunks) * size_of::<Bytes>() as u64,
        };
        let widest = widest(&*job.schedule);
        let message = chunks.nominal_bytes(Span::output(0, widest)).next_power_of_two();
        // A message lives on until its last receiver is done with it, and the last of its chunks is
        // overwritten; the sender may have sent the next one by then.
        let copied = in_flight.saturating_add(1);
        let scratch = buffer(Buf::Scratch);
        // One message may carry all that scratch holds.
        let most = output.saturating_mul(2).saturating_add(message);
        let copies = copied.saturating_mul(message).min(most).max(scratch);
        let buffers = buffer(Buf::Input).saturating_add(scratch);
        buffers.saturating_add(output).saturating_add(slots).saturating_add(copies)
    };
    let messages = in_flight.saturating_mul(MESSAGE_BYTES);
    let inbox = most_steps(&*job.schedule).next_power_of_two().min(TURN_MESSAGES);
    let place = RANK_BYTES + inbox * size_of::<Message>() as u64;
    let rank = data.saturating_add(place).saturating_add(messages);
    let tasks = rank.saturating_mul(u64::from(shape.ranks));
    // How many messages and buffers are held at a time depends on the threads: a quarter more, or a third
    // where there is data, was never exceeded.
    let tasks = if job.results == Results::Sizes { tasks / 4 * 5 } else { tasks / 3 * 4 };
    if in_program_order(&shape, &job.cost) {
        return tasks;
    }
    tasks.saturating_add(ports::memory_needed(&*job.schedule, &job.cost))
}

/// Steps of the rank that takes the most, of a few: it can be sent no more messages one by one.
fn most_steps(schedule: &dyn Schedule) -> u64 {
    let lanes = 0..schedule.shape().lanes;
    let of_rank = |rank| lanes.clone().map(|lane| u64::from(schedule.steps(rank, lane))).sum();
    sample(schedule).map(of_rank).into_iter().max().unwrap_or(0)
}

/// Chunks of the widest message: of all phases, or else of the first and last few steps of a rank,
/// because a vector is cut ever smaller, or put together again.
fn widest(schedule: &dyn Schedule) -> u32 {
    if let Some(phases) = schedule.phases() {
        return phases.iter().map(|phase| phase.chunks).max().unwrap_or(1).max(1);
    }
    let sent = |action| match action {
        Action::Send { src, .. } | Action::Exchange { src, .. } => src.len,
        Action::Forward { with, keep, .. } => with.or(keep).map_or(0, |span| span.len),
        _ => 0,
    };
    let [rank, ..] = sample(schedule);
    let of_lane = |lane| {
        let steps = schedule.steps(rank, lane);
        let few = (0..steps.min(ENDS)).chain(steps.saturating_sub(ENDS)..steps);
        few.map(|index| sent(schedule.step(rank, lane, index).action)).max().unwrap_or(0)
    };
    (0..schedule.shape().lanes).map(of_lane).max().unwrap_or(1).max(1)
}

/// Whether `job` is so small that the caller's thread is done with it before another wakes.
pub(crate) fn is_small(job: &Job) -> bool {
    host_nanoseconds(job) < CALLER_MAX_NS
}

/// A rough guess of the host time a run takes on one thread: 40 ns a step, 40 GB/s of chunks.
fn host_nanoseconds(job: &Job) -> u64 {
    let shape = job.schedule.shape();
    let chunks = job.schedule.chunks(job.count, job.dtype.bytes());
    let [rank, ..] = sample(&*job.schedule);
    let steps: u64 = (0..shape.lanes).map(|lane| u64::from(job.schedule.steps(rank, lane))).sum();
    let bytes = match job.results {
        Results::Sizes => 0,
        Results::Own | Results::Shared => chunks.nominal_bytes(Span::output(0, 1)),
    };
    (u64::from(shape.ranks) * steps).saturating_mul(40 + bytes / 40)
}
