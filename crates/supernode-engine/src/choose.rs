//! Which engine answers: the cheapest of those that are exact for this schedule on this fabric.
//!
//! All three agree to the picosecond wherever they run; they differ in what they run and in what that
//! costs. `folded` is tried first, then `sweep`, then `ports`, each only if its work, which is known
//! beforehand, is within the patience of the caller. Whether a schedule goes in step is seen while it
//! runs, so an engine that gives up costs what it has done until then.

use std::fmt;

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::folded::{self, Fold};
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
    /// Messages in a queue, at about a microsecond each.
    pub messages: u64,
    /// Threads to use.
    pub threads: usize,
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
    /// The laws that a folded run used.
    pub fold: Option<Fold>,
}

/// Times `schedule`, which sends `messages` messages at most, by the cheapest exact engine.
///
/// # Errors
/// [`EngineError::Impatient`] says of each engine why it gave no time; others as by the engines.
pub fn run(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    messages: u64,
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
    if fits(Exact::Folded, folded::work(schedule, cost)) {
        match folded::run(schedule, chunks, cost, threads) {
            Ok(folded) => {
                let why = folded.fold.to_string();
                let (time, fold) = (folded.time(), Some(folded.fold));
                return Ok(Chosen { engine: Exact::Folded, why, time, fold });
            }
            Err(EngineError::Unfit(unfit)) => not.push(format!("{}: {unfit}", Exact::Folded)),
            Err(error) => return Err(error),
        }
        // Only where ranks of one class meet at the same time does it help to take them apart.
        if not.iter().any(|why| why.ends_with(&Unfit::Tie.to_string()))
            && sweep::work(schedule, cost).is_some_and(|work| work <= patience.steps)
        {
            match sweep::run(schedule, chunks, cost, threads) {
                Ok(swept) => {
                    let (time, why) = (swept.time(), not.join("; "));
                    return Ok(Chosen { engine: Exact::Sweep, why, time, fold: None });
                }
                Err(EngineError::Unfit(unfit)) => not.push(format!("{}: {unfit}", Exact::Sweep)),
                Err(error) => return Err(error),
            }
        }
    }
    if messages > patience.messages {
        not.push(format!("{}: it takes too many messages", Exact::Ports));
        return Err(EngineError::Impatient(not.join("; ")));
    }
    let timed = ports::run(schedule, chunks, cost)?;
    let (time, why) = (timed.time(), not.join("; "));
    Ok(Chosen { engine: Exact::Ports, why, time, fold: None })
}
