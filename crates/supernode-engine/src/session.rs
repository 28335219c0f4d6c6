//! Collective times for other simulators: one call per collective, answered from memory the second time.
//!
//! A [`Session`] is a machine and what it has been asked. It belongs to its caller, may be shared by
//! threads, and holds no other state: equal questions have equal answers in any order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use supernode_collectives::{Algorithm, Call, Collective, Group, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::choose::{self, Exact, Finish, Patience};
use crate::concurrent::{self, Finished};
use crate::formula::{self, Elements};
use crate::{EngineError, bound, fastest, tune};

/// Answers that are kept; then all are forgotten, so that no simulation fills the memory.
const MOST_KNOWN: usize = 1 << 16;

/// A machine with its ranks, and what is known of its collectives.
#[derive(Debug)]
pub struct Session {
    cost: CostModel,
    patience: Patience,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    alone: BTreeMap<Ask, Arc<Answer>>,
    at_once: BTreeMap<Vec<Groups>, Arc<Finished>>,
}

/// A collective of all ranks, or of all ranks of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// What is computed.
    pub collective: Collective,
    /// Elements of the large buffer of each rank.
    pub count: u64,
    /// Bytes of one element.
    pub element_bytes: u64,
    /// How; the one that the closed formulas predict to be fastest if none is named.
    pub algorithm: Option<Algorithm>,
}

/// The same collective in groups of equally many ranks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Groups {
    /// The collective in each group.
    pub ask: Ask,
    /// The groups; no rank is in two of them.
    pub groups: Vec<Group>,
    /// When it is called, counted from the beginning of all that run at once.
    pub start: Time,
}

/// The time of a collective.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// When the last rank finished.
    pub time: Time,
    /// What no algorithm takes less than.
    pub bound: Time,
    /// The engine, which is exact for the cost model; none if it would have taken more work than allowed,
    /// and the time is the estimate of the closed formula.
    pub engine: Option<Exact>,
    /// Why this engine, or why none.
    pub why: String,
    finish: Option<Finish>,
}

impl Answer {
    /// When `rank` finished, where an exact engine answered.
    ///
    /// # Panics
    /// If there is no such rank: a bug of the caller.
    pub fn finish(&self, rank: Rank) -> Option<Time> {
        self.finish.as_ref().map(|finish| finish.of(rank))
    }
}

impl Session {
    /// A session on the ranks of `cost` that does no more work for an answer than `patience` allows;
    /// [`Patience::PER_LAYER`] keeps first calls to milliseconds.
    pub fn new(cost: CostModel, patience: Patience) -> Self {
        Self { cost, patience, known: Mutex::default() }
    }

    /// The machine.
    pub fn cost(&self) -> &CostModel {
        &self.cost
    }

    /// The time of a collective of all ranks.
    ///
    /// # Errors
    /// When the algorithm does not define the collective or cannot run on this machine, or takes longer
    /// than time is counted.
    pub fn time(&self, ask: Ask) -> Result<Arc<Answer>, EngineError> {
        let known = self.known(|known| known.alone.get(&ask).map(Arc::clone));
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = Arc::new(self.answer(ask)?);
        self.known(|known| remember(&mut known.alone, ask, &answer));
        Ok(answer)
    }

    /// The times of several collectives at once.
    ///
    /// An algorithm that is not named is chosen for the first group of the call, by itself.
    ///
    /// # Errors
    /// As [`concurrent::run`]: the groups do not fit, or meet in too many messages for the patience of
    /// this session. There is no estimate of collectives that share ports.
    pub fn at_once(&self, calls: &[Groups]) -> Result<Arc<Finished>, EngineError> {
        let known = self.known(|known| known.at_once.get(calls).map(Arc::clone));
        if let Some(finished) = known {
            return Ok(finished);
        }
        let made: Result<Vec<Call>, EngineError> =
            calls.iter().map(|call| self.call(call)).collect();
        let finished = Arc::new(concurrent::run(&made?, &self.cost, self.patience)?);
        self.known(|known| remember(&mut known.at_once, calls.to_vec(), &finished));
        Ok(finished)
    }

    /// What is known is whole at any time, even if a thread that held it has panicked.
    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer(&self, ask: Ask) -> Result<Answer, EngineError> {
        let Ask { collective, count, element_bytes, .. } = ask;
        let elements = Elements { count, width: element_bytes };
        let (algorithm, schedule) = schedule(ask, &self.cost)?;
        let bound = bound::time(collective, elements, &self.cost);
        let chunks = schedule.chunks(count, element_bytes);
        match choose::run(&*schedule, &chunks, &self.cost, self.patience) {
            Ok(chosen) => Ok(Answer {
                algorithm,
                time: chosen.time,
                bound,
                engine: Some(chosen.engine),
                why: chosen.why,
                finish: Some(chosen.finish),
            }),
            Err(EngineError::Impatient(why)) => {
                let tuning = tune(algorithm, collective, elements, &self.cost, None);
                let time = formula::time(algorithm, collective, elements, &tuning, &self.cost)?;
                Ok(Answer { algorithm, time, bound, engine: None, why, finish: None })
            }
            Err(error) => Err(error),
        }
    }

    fn call(&self, of: &Groups) -> Result<Call, EngineError> {
        let Groups { ask, groups, start } = of;
        let fabric = match groups.first() {
            Some(group) => {
                group.check(self.cost.fabric.ranks())?;
                self.cost.fabric.among(&group.members().collect::<Vec<_>>())
            }
            None => self.cost.fabric.clone(),
        };
        let cost = CostModel { fabric, ..self.cost.clone() };
        let (_, schedule) = schedule(*ask, &cost)?;
        Ok(Call {
            schedule,
            groups: groups.clone(),
            count: ask.count,
            element_bytes: ask.element_bytes,
            start: *start,
        })
    }
}

/// The algorithm for `ask` on all ranks of `cost`, and its schedule.
fn schedule(ask: Ask, cost: &CostModel) -> Result<(Algorithm, Arc<dyn Schedule>), EngineError> {
    let Ask { collective, count, element_bytes, algorithm } = ask;
    let elements = Elements { count, width: element_bytes };
    let (algorithm, tuning) = if let Some(algorithm) = algorithm {
        (algorithm, tune(algorithm, collective, elements, cost, None))
    } else {
        let (algorithm, tuning, _) = fastest(collective, elements, cost, None);
        (algorithm, tuning)
    };
    let schedule = algorithm.schedule(collective, cost.fabric.ranks(), &tuning)?;
    Ok((algorithm, Arc::from(schedule)))
}

fn remember<K: Ord, V>(known: &mut BTreeMap<K, Arc<V>>, key: K, value: &Arc<V>) {
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(key, Arc::clone(value));
}
