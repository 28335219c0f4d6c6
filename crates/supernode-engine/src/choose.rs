//! Which engine answers: the cheapest of those that are exact for this schedule on this fabric.
//!
//! All three agree to the picosecond wherever they run; they differ in what they run and in what that
//! costs. `folded` is tried first, then `sweep`, then `ports`, each only if its work, which is known
//! beforehand, is within the patience of the caller. Noise folds nothing, and begins with `sweep`. Whether a schedule goes in step is seen while it
//! runs, so an engine that gives up costs what it has done until then.

use std::fmt;

use supernode_collectives::{Action, Chunks, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::folded::{self, Folded};
use crate::{EngineError, Unfit, ports, sweep};

/// An engine that is exact for the cost model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exact {
    /// See [`folded`].
    Folded,
    /// See [`sweep`].
    Sweep,
    /// See [`ports`].
    Ports,
}

impl Exact {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Folded => "folded",
            Self::Sweep => "sweep",
            Self::Ports => "ports",
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How much a caller is willing to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Steps of single messages in an array, at a few nanoseconds each.
    pub steps: u64,
    /// Messages of which `ports` takes two or three million a second.
    pub messages: u64,
    /// Threads to use.
    pub threads: usize,
}

impl Patience {
    /// A few milliseconds: for callers that ask once per layer of a training step.
    pub const PER_LAYER: Self = Self { steps: 3 << 20, messages: 1 << 15, threads: 1 };
}

/// The answer of the engine that was chosen.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The engine.
    pub engine: Exact,
    /// Why it is this one.
    pub why: String,
    /// When the last rank finished.
    pub time: Time,
    /// When each rank finished.
    pub finish: Finish,
}

/// When each rank finished, in the form in which the engine found it.
#[derive(Debug, Clone)]
pub enum Finish {
    /// By classes of ranks, and the laws that made it short.
    Folded(Folded),
    /// Rank by rank.
    Each(Vec<Time>),
}

impl Finish {
    /// When `rank` finished.
    ///
    /// # Panics
    /// If there is no such rank: a bug of the caller.
    pub fn of(&self, rank: Rank) -> Time {
        match self {
            Self::Folded(folded) => folded.finish(rank),
            Self::Each(finish) => finish[rank as usize],
        }
    }
}

/// Times `schedule` by the cheapest exact engine.
///
/// # Errors
/// [`EngineError::Impatient`] says of each engine why it gave no time; others as by the engines.
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    patience: Patience,
) -> Result<Chosen, EngineError> {
    let threads = patience.threads;
    let mut not = Vec::new();
    let mut fits = |engine: Exact, work: Option<u64>| {
        let why = match work {
            None => Unfit::NoPhases.to_string(),
            Some(work) if work > patience.steps => "it takes too many steps".to_owned(),
            Some(_) => return true,
        };
        not.push(format!("{engine}: {why}"));
        false
    };
    let sweeps = if cost.noise.is_some() {
        let sweeps = fits(Exact::Sweep, sweep::work(schedule, cost));
        not.insert(0, format!("{}: {}", Exact::Folded, Unfit::Noise));
        sweeps
    } else if fits(Exact::Folded, folded::work(schedule, cost)) {
        match folded::run(schedule, chunks, cost, threads) {
            Ok(folded) => {
                let (time, why) = (folded.time(), folded.fold.to_string());
                let finish = Finish::Folded(folded);
                return Ok(Chosen { engine: Exact::Folded, why, time, finish });
            }
            Err(EngineError::Unfit(unfit)) => not.push(format!("{}: {unfit}", Exact::Folded)),
            Err(error) => return Err(error),
        }
        // Only where ranks of one class meet at the same time does it help to take them apart.
        not.iter().any(|why| why.ends_with(&Unfit::Tie.to_string()))
            && sweep::work(schedule, cost).is_some_and(|work| work <= patience.steps)
    } else {
        false
    };
    if sweeps {
        match sweep::run(schedule, chunks, cost, threads) {
            Ok(swept) => {
                let (time, why) = (swept.time(), not.join("; "));
                let finish = Finish::Each(swept.finish);
                return Ok(Chosen { engine: Exact::Sweep, why, time, finish });
            }
            Err(EngineError::Unfit(unfit)) => not.push(format!("{}: {unfit}", Exact::Sweep)),
            Err(error) => return Err(error),
        }
    }
    if messages(schedule) > patience.messages {
        not.push(format!("{}: it takes too many messages", Exact::Ports));
        return Err(EngineError::Impatient(not.join("; ")));
    }
    let timed = ports::run(schedule, chunks, cost)?;
    let (time, why) = (timed.time(), not.join("; "));
    Ok(Chosen { engine: Exact::Ports, why, time, finish: Finish::Each(timed.finish) })
}

/// Messages of a schedule, at most: the steps of all ranks, where a multicast or a reduction in
/// the switch is a message to or from each of the largest group that rank 0 meets.
pub fn messages(schedule: &dyn Schedule) -> u64 {
    let shape = schedule.shape();
    let lanes = |rank| (0..shape.lanes).map(move |lane| (rank, lane));
    let steps: u64 =
        (0..shape.ranks).flat_map(lanes).map(|(r, lane)| u64::from(schedule.steps(r, lane))).sum();
    let groups = lanes(0).flat_map(|(rank, lane)| {
        // The groups that meet at a switch come early, and their steps are few.
        let early = schedule.steps(rank, lane).min(1024);
        (0..early).filter_map(move |index| match schedule.step(rank, lane, index).action {
            Action::Multicast { group, .. } | Action::SwitchReduce { group, .. } => {
                Some(u64::from(group.count))
            }
            _ => None,
        })
    });
    steps.saturating_mul(groups.max().unwrap_or(1))
}
