//! The sweep: schedules that go in step, rank by rank, without a queue.
//!
//! Each rank has its clocks in flat arrays; a phase takes all ranks through its messages one step
//! after the other, at a few nanoseconds a message. That is exact where ports serve in the order of
//! the schedule, as [`in_program_order`](crate::in_program_order) knows beforehand; elsewhere the sweep
//! watches every port, and gives up with [`Unfit::Overtaken`] if a message of a later phase comes
//! before one of an earlier phase, because only an engine in order of time knows what happens then. If
//! none does, serving in order of the schedule *is* serving in order of time.

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::CostModel;

use crate::lockstep::{self, Classes, Law, Run};
use crate::ports::Timed;
use crate::{EngineError, Unfit, noise};
use supernode_units::Time;

/// Times `schedule` with `chunks` on `cost`, on up to `threads` threads; results do not depend on them.
///
/// # Errors
/// [`EngineError::Unfit`] says why another engine is needed: for schedules that do not go in step, and where
/// the order at some port is not that of the schedule (with noise, see [`noise`], if
/// it changes too often).
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    threads: usize,
) -> Result<Timed, EngineError> {
    if cost.noise.is_some() {
        return noise::sweep(schedule, chunks, cost, threads);
    }
    let phases = lockstep::phases(schedule, cost)?;
    let ranks = cost.fabric.ranks();
    let classes = Classes::all(&phases, ranks).ok_or(Unfit::NoPhases)?;
    let run = Run::new(schedule, chunks, cost, (phases, classes), Law::Sweep, threads);
    let done = run.run()?;
    let finish = (0..ranks).map(|rank| Time::from_ps(done.finish[run.classes.class(rank)]));
    Ok(Timed { finish: finish.collect(), messages: run.messages() })
}

/// The work of a run in steps of single messages, at a few nanoseconds each; none if the schedule does
/// not go in step.
pub fn work(schedule: &dyn Schedule, cost: &CostModel) -> Option<u64> {
    if cost.noise.is_some() {
        return noise::work(schedule, cost);
    }
    let phases = lockstep::phases(schedule, cost).ok()?;
    let classes = Classes::all(&phases, cost.fabric.ranks())?;
    Some(lockstep::work(&phases, cost, &classes, Law::Sweep))
}
