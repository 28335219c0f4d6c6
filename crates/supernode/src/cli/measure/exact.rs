//! Times of the exact engines, and of the closed form where none of them answers in time.

use supernode::collectives::{Algorithm, Chunks, Schedule, Tuning};
use supernode::engine::choose::{self, Exact, Patience};
use supernode::engine::formula::{self, Elements};
use supernode::engine::{EngineError, Unfit, bound, folded, sweep};
use supernode::units::Time;

use super::{AUTO_MESSAGES, Answer, EngineChoice, MAX_MESSAGES, Setup, grouped, no_time};
use crate::cli::Error;

/// Messages that `auto` gives to `ports` where several lanes meet: two or three seconds.
pub(super) const AUTO_PORTS_MESSAGES: u64 = 6_000_000;
/// Steps in arrays that `auto` takes: a second or two.
const AUTO_STEPS: u64 = 500_000_000;
/// Messages that `ports` follows in an hour, about.
const PORTS_MESSAGES_PER_HOUR: u64 = 10_000_000_000;
/// What folded and swept arrays take in a minute, at two nanoseconds a step.
const STEPS_PER_MINUTE: u64 = 30_000_000_000;
/// Steps that a forced engine takes on: minutes.
const MAX_STEPS: u64 = 200_000_000_000;

impl From<Exact> for EngineChoice {
    fn from(exact: Exact) -> Self {
        match exact {
            Exact::Folded => Self::Folded,
            Exact::Sweep => Self::Sweep,
            Exact::Ports => Self::Ports,
        }
    }
}

impl Setup {
    /// The cheapest exact engine, or the closed form if all of them take too long; `why` no data ran.
    pub(in crate::cli) fn exact_or_closed(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
        why: String,
    ) -> Result<Answer, Error> {
        let width = self.request.dtype.bytes();
        let schedule = self.schedule(algorithm, tuning)?;
        let shape = schedule.shape();
        let chunks = Chunks::new(shape, count, width);
        let patience = self.patience(shape.lanes);
        let answer = |time, engine, why, how| Answer {
            time,
            engine,
            wrong: None,
            fallback: Some(why),
            how,
            seeds: None,
        };
        match choose::run(&*schedule, &chunks, &self.cost, patience) {
            Ok(chosen) => Ok(answer(chosen.time, chosen.engine.into(), why, chosen.why)),
            Err(EngineError::Impatient(engines)) => {
                let elements = Elements { count, width };
                let collective = self.request.collective;
                if self.cost.noise.is_some() || self.cost.fabric.is_faulty() {
                    return Err(Self::too_noisy(algorithm, &engines));
                }
                let time = formula::time(algorithm, collective, elements, tuning, &self.cost)
                    .map_err(|error| no_time(algorithm, error))?;
                Ok(answer(time, EngineChoice::Formula, format!("{why}; {engines}"), String::new()))
            }
            Err(error) => Err(no_time(algorithm, error)),
        }
    }

    /// What `auto` waits for.
    pub(super) fn patience(&self, lanes: u32) -> Patience {
        Patience {
            steps: AUTO_STEPS,
            messages: if lanes == 1 { AUTO_MESSAGES } else { AUTO_PORTS_MESSAGES },
            threads: self.request.threads,
        }
    }

    /// The time by the forced engine, one of those that take all ranks in step.
    pub(super) fn stepped(
        &self,
        algorithm: Algorithm,
        schedule: &dyn Schedule,
        count: u64,
    ) -> Result<Answer, Error> {
        let chunks = Chunks::new(schedule.shape(), count, self.request.dtype.bytes());
        let (engine, threads) = (self.request.engine, self.request.threads);
        let answer = if engine == EngineChoice::Folded {
            folded::run(schedule, &chunks, &self.cost, threads)
                .map(|folded| (folded.time(), folded.fold.to_string()))
        } else {
            sweep::run(schedule, &chunks, &self.cost, threads)
                .map(|swept| (swept.time(), format!("{} messages", grouped(swept.messages))))
        };
        let (time, how) = answer.map_err(|error| self.unfit(algorithm, schedule, error))?;
        Ok(Answer { time, engine, wrong: None, fallback: None, how, seeds: None })
    }

    /// What no algorithm takes less than, for `count` elements.
    pub(in crate::cli) fn bound(&self, count: u64) -> Time {
        let elements = Elements { count, width: self.request.dtype.bytes() };
        bound::time(self.request.collective, elements, &self.cost)
    }

    pub(super) fn unfit(
        &self,
        algorithm: Algorithm,
        schedule: &dyn Schedule,
        error: EngineError,
    ) -> Error {
        let EngineError::Unfit(unfit) = error else {
            return no_time(algorithm, error);
        };
        let engine = self.request.engine.name();
        let messages = choose::messages(schedule);
        let swept = self.cost.noise.is_some() && engine == EngineChoice::Folded.name();
        let instead = if unfit == Unfit::Tie || swept && schedule.phases().is_some() {
            "the engine `sweep`".to_owned()
        } else if messages <= MAX_MESSAGES {
            "the engine `ports`".to_owned()
        } else {
            let hours = messages / PORTS_MESSAGES_PER_HOUR;
            format!("fewer ranks (one by one, its messages take some {} hours)", grouped(hours))
        };
        let faulty = self.cost.noise.is_some() || self.cost.fabric.is_faulty();
        let estimate = if faulty { "" } else { ", or `formula` for an estimate" };
        format!(
            "the engine `{engine}` cannot run {algorithm} here: {unfit}; use {instead}{estimate}"
        )
        .into()
    }

    /// Whether the forced engine can run `schedule`, as far as is known beforehand.
    pub(super) fn check_steps(
        &self,
        algorithm: Algorithm,
        schedule: &dyn Schedule,
    ) -> Result<(), Error> {
        let work = if self.request.engine == EngineChoice::Folded {
            if self.cost.noise.is_some() {
                return Err(self.unfit(algorithm, schedule, Unfit::Noise.into()));
            }
            folded::work(schedule, &self.cost)
        } else {
            sweep::work(schedule, &self.cost)
        };
        let Some(work) = work else {
            return Err(self.unfit(algorithm, schedule, Unfit::NoPhases.into()));
        };
        if work <= MAX_STEPS {
            return Ok(());
        }
        let (engine, ranks) = (self.request.engine.name(), self.ranks());
        Err(format!(
            "{algorithm} on {ranks} ranks takes some {} steps of the engine `{engine}`, about {} \
             minutes; more than {} are not taken on; use fewer ranks, another algorithm or the engine \
             `formula`",
            grouped(work),
            grouped(work / STEPS_PER_MINUTE),
            grouped(MAX_STEPS)
        )
        .into())
    }
}
