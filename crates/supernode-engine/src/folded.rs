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
//! Members of a direct phase that send alike, a little later each, are taken by bunches of messages at even
//! distances, and shifts by runs of neighbours that hear the same, however full the last pod is.
//!
//! Where a law does not hold there are more classes, up to one per rank, and a ring is taken step by
//! step. The order of messages at ports is watched as in [`sweep`](crate::sweep); what cannot be shown
//! to be exact is an error, never a time.

use std::fmt;

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::lockstep::rings;
use crate::lockstep::{self, Classes, Law, Run, Saved};
use crate::ports::Timed;
use crate::{EngineError, Unfit};

/// What a folded run gives.
#[derive(Debug, Clone)]
pub struct Folded {
    /// Messages between all ranks.
    pub messages: u64,
    /// What made it short.
    pub fold: Fold,
    finish: Finish,
    ranks: u32,
}

/// When ranks finish.
#[derive(Debug, Clone)]
enum Finish {
    /// Each class of ranks.
    Classes(Vec<u64>, Classes),
    /// Each rank of a ring.
    Ring(rings::Finish),
}

/// The laws that a run used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// All ranks.
    pub ranks: u64,
    /// Classes of ranks with equal clocks; as many ranks in each.
    pub classes: u64,
    /// Lines that the clocks of a ring lie on, if they were taken as lines.
    pub lines: u64,
    /// Steps of rings that were taken as longest paths.
    pub by_path: u64,
    /// Steps that were jumped, because they repeated.
    pub jumped: u64,
    /// Steps after which they repeated, the most of all rings.
    pub period: u64,
    /// Messages of direct phases that were taken in bunches.
    pub bunched: u64,
    /// Runs of ranks that hear the same, if shifts were taken by runs.
    pub runs: u64,
}

impl fmt::Display for Fold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ranks, classes, lines, by_path, jumped, period, bunched, runs } = self;
        match (classes, lines) {
            (1, 0) => write!(f, "all ranks have equal clocks")?,
            (_, 1) => write!(f, "the clocks of all ranks lie on one line")?,
            (_, 1..) => write!(f, "the clocks of all ranks lie on {lines} lines")?,
            _ if *runs > 0 => write!(f, "{runs} runs of ranks that hear the same")?,
            _ if classes == ranks => write!(f, "no two ranks are alike")?,
            _ => write!(f, "{classes} classes of ranks with equal clocks")?,
        }
        if *by_path > 0 {
            write!(f, ", {by_path} steps by longest paths")?;
        }
        if *jumped > 0 {
            write!(f, ", {jumped} steps jumped with period {period}")?;
        }
        if *bunched > 0 {
            write!(f, ", {bunched} messages in bunches")?;
        }
        Ok(())
    }
}

impl Folded {
    /// When the last rank finished.
    pub fn time(&self) -> Time {
        Time::from_ps(match &self.finish {
            Finish::Classes(finish, _) => finish.iter().copied().max().unwrap_or(0),
            Finish::Ring(ring) => ring.latest(),
        })
    }

    /// When `rank` finished.
    pub fn finish(&self, rank: u32) -> Time {
        Time::from_ps(match &self.finish {
            Finish::Classes(finish, classes) => finish[classes.class(rank)],
            Finish::Ring(ring) => ring.of(rank),
        })
    }

    /// All ranks one by one.
    pub fn timed(&self) -> Timed {
        let finish = match &self.finish {
            Finish::Classes(..) => (0..self.ranks).map(|rank| self.finish(rank)).collect(),
            Finish::Ring(ring) => ring.all().map(Time::from_ps).collect(),
        };
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
    let (lines, saved, finish) = if let Some((ring, saved)) = run.rings()? {
        (ring.lines() as u64, saved, Finish::Ring(ring))
    } else {
        let done = run.run()?;
        (0, done.saved, Finish::Classes(done.finish, run.classes.clone()))
    };
    let (ranks, classes) = (cost.fabric.ranks(), run.classes.count() as u64);
    let Saved { by_path, jumped, period, bunched, runs } = saved;
    let all = u64::from(ranks);
    let fold = Fold { ranks: all, classes, lines, by_path, jumped, period, bunched, runs };
    Ok(Folded { messages: run.messages(), fold, finish, ranks })
}

/// The work of a run in steps of single messages, at a few nanoseconds each and at most; none if the
/// schedule does not go in step.
pub fn work(schedule: &dyn Schedule, cost: &CostModel) -> Option<u64> {
    let phases = lockstep::phases(schedule, cost).ok()?;
    let classes = lockstep::folded_classes(&phases, cost)?;
    Some(lockstep::work(&phases, cost, &classes, Law::Fold))
}
