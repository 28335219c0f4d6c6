//! Times over many draws of the noise.

use supernode::collectives::{Algorithm, Chunks, Schedule};
use supernode::engine::links::{self, Sharing};
use supernode::engine::{EngineError, noise, ports};
use supernode::units::MessageSize;

use super::{Answer, EngineChoice, Setup, grouped};
use crate::cli::Error;

impl Setup {
    /// The median over `count` seeds, by the forced engine or the cheapest that is exact.
    pub(super) fn over_seeds(
        &self,
        algorithm: Algorithm,
        schedule: &dyn Schedule,
        elements: u64,
        count: u32,
    ) -> Result<Answer, Error> {
        let chunks = Chunks::new(schedule.shape(), elements, self.request.dtype.bytes());
        let (cost, threads) = (&*self.cost, self.request.threads);
        self.check_memory_of_seeds(algorithm, schedule)?;
        let shared = |sharing| {
            noise::each(cost, count, threads, |cost| {
                Ok(links::run(schedule, &chunks, cost, sharing)?.time())
            })
        };
        let forced = match self.request.engine {
            EngineChoice::Sweep => noise::swept(schedule, &chunks, cost, count, threads),
            EngineChoice::Ports => noise::each(cost, count, threads, |cost| {
                Ok(ports::run(schedule, &chunks, cost)?.time())
            }),
            EngineChoice::Links => shared(Sharing::Fifo),
            EngineChoice::LinksFair => shared(Sharing::Fair),
            _ => {
                let patience = self.patience(schedule.shape().lanes);
                return match noise::seeds(schedule, &chunks, cost, count, patience) {
                    Ok((engine, why, seeds)) => Ok(Answer {
                        time: seeds.p50(),
                        engine: engine.into(),
                        wrong: None,
                        fallback: Some(format!("seeds move no data; {why}")),
                        how: String::new(),
                        seeds: Some(seeds),
                    }),
                    Err(EngineError::Impatient(why)) => Err(Self::too_noisy(algorithm, &why)),
                    Err(error) => Err(error.into()),
                };
            }
        };
        let seeds = forced.map_err(|error| self.unfit(algorithm, schedule, error))?;
        let (time, engine) = (seeds.p50(), self.request.engine);
        let how = String::new();
        Ok(Answer { time, engine, wrong: None, fallback: None, how, seeds: Some(seeds) })
    }

    /// There is no estimate where no exact engine answers.
    pub(super) fn too_noisy(algorithm: Algorithm, why: &str) -> Error {
        format!(
            "{algorithm}: {why}; no closed form knows noise or faulty links: use fewer ranks or another algorithm, or force \
             the engine `sweep` or `ports` and wait"
        )
        .into()
    }

    fn check_memory_of_seeds(
        &self,
        algorithm: Algorithm,
        schedule: &dyn Schedule,
    ) -> Result<(), Error> {
        let (cost, threads) = (&*self.cost, self.request.threads);
        let of_each = |bytes: u64| bytes.saturating_mul(threads as u64);
        let needed = match self.request.engine {
            EngineChoice::Ports => of_each(ports::memory_needed(schedule, cost)),
            EngineChoice::Links => of_each(links::memory_needed(schedule, cost, Sharing::Fifo)),
            EngineChoice::LinksFair => of_each(links::memory_needed(schedule, cost, Sharing::Fair)),
            _ => noise::memory_needed(schedule, cost, threads),
        };
        if needed <= self.memory_limit {
            return Ok(());
        }
        let (needed, limit) = (MessageSize::new(needed), MessageSize::new(self.memory_limit));
        let ranks = grouped(self.ranks().into());
        Err(format!(
            "{algorithm} on {ranks} ranks over seeds on {threads} threads needs {needed}, but only {limit} \
             may be used; use fewer ranks or --jobs 1"
        )
        .into())
    }
}
