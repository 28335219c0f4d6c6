//! The folded engine: exact times at a cost that hardly depends on the number of ranks.
//!
//! Three laws save the work, and integer time makes all of them exact:
//!
//! - *Symmetry*: ranks that neither fabric nor schedule can tell apart have equal clocks, so one of
//!   each class is computed ([`Fabric::period`](supernode_fabric::Fabric::period)).
//! - *Longest path*: a clock in a ring is the longest path that leads to it, and the best of all paths
//!   is found by windows that slide along the ring.
//! - *Periodicity*: if all that has changed after some steps is the time, more of the same steps only
//!   add more of the same time.
//!
//! Where a law does not hold there are more classes, up to one per rank, and a ring is taken step by
//! step. The order of messages at ports is watched as in [`sweep`](crate::sweep); what cannot be shown
//! to be exact is an error, never a time.

use std::fmt;

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::lockstep::{self, Classes, Law, Run};
use crate::ports::Timed;
use crate::{EngineError, Unfit};

/// What a folded run gives.
#[derive(Debug, Clone)]
pub struct Folded {
    /// Messages between all ranks.
    pub messages: u64,
    /// What made it short.
    pub fold: Fold,
    finish: Vec<u64>,
    classes: Classes,
    ranks: u32,
}

/// The laws that a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// Classes of ranks with equal clocks; as many ranks in each.
    pub classes: u64,
    /// Steps of rings that were taken as longest paths.
    pub by_path: u64,
    /// Steps that were jumped, because they repeated.
    pub jumped: u64,
    /// Steps after which they repeated, the most of all rings.
    pub period: u64,
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { classes, by_path, jumped, period } = self;
        let classes = match classes {
            1 => "one class".to_owned(),
            many => format!("{many} classes"),
        };
        write!(f, "{classes} of ranks with equal clocks")?;
        if *by_path > 0 {
            write!(f, ", {by_path} steps by longest paths")?;
        }
        if *jumped > 0 {
            write!(f, ", {jumped} steps jumped with period {period}")?;
        }
        Ok(())
    }
}

impl Folded {
    /// When the last rank finished.
    pub fn time(&self) -> Time {
        Time::from_ps(self.finish.iter().copied().max().unwrap_or(0))
    }

    /// When `rank` finished.
    pub fn finish(&self, rank: u32) -> Time {
        Time::from_ps(self.finish[self.classes.class(rank)])
    }

    /// All ranks one by one.
    pub fn timed(&self) -> Timed {
        let finish = (0..self.ranks).map(|rank| self.finish(rank)).collect();
        Timed { finish, messages: self.messages }
    }
}

/// Times `schedule` with `chunks` on `cost`, on up to `threads` threads; results do not depend on them.
///
/// # Errors
/// As [`sweep::run`](crate::sweep::run).
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    threads: usize,
) -> Result<Folded, EngineError> {
    let phases = lockstep::phases(schedule, cost)?;
    let classes = lockstep::folded_classes(&phases, cost).ok_or(Unfit::NoPhases)?;
    let run = Run::new(schedule, chunks, cost, (phases, classes), Law::Fold, threads);
    let done = run.run()?;
    let saved = done.saved;
    Ok(Folded {
        messages: done.messages,
        fold: Fold {
            classes: run.classes.count() as u64,
            by_path: saved.by_path,
            jumped: saved.jumped,
            period: saved.period,
        },
        finish: done.finish,
        classes: run.classes,
        ranks: cost.fabric.ranks(),
    })
}

/// The work of a run in steps of single messages, at a few nanoseconds each and at most; none if the
/// schedule does not go in step.
pub fn work(schedule: &dyn Schedule, cost: &CostModel) -> Option<u64> {
    let phases = lockstep::phases(schedule, cost).ok()?;
    let classes = lockstep::folded_classes(&phases, cost)?;
    Some(lockstep::work(&phases, &classes, Law::Fold))
}
