//! One measurement: which engine answers, and what it says.

mod exact;
mod explain;
mod kind;
pub(super) mod memory;
mod seeds;
mod shared;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use supernode::collectives::{
    Algorithm, Chunks, Collective, CollectiveError, Inner, Schedule, Span, Tuning,
};
use supernode::emulator::{Emulator, InputSpec, Job, Results, count_wrong};
use supernode::engine::choose::messages;
use supernode::engine::formula::Elements;
use supernode::engine::links::{self, Sharing};
use supernode::engine::noise::Seeds;
use supernode::engine::{self, EngineError, formula, ports};
use supernode::fabric::CostModel;
use supernode::units::{DType, MessageSize, ReduceOp, Time};

pub(super) use kind::EngineChoice;

use super::Error;
use super::names::grouped;

/// Messages that `auto` emulates or times one by one: about a second of host time.
const AUTO_MESSAGES: u64 = 8_000_000;
/// Bytes over all ranks that `auto` moves for real.
const AUTO_BYTES: u64 = 1 << 30;
/// Bytes that messages carry in a run that `auto` does for real: a few seconds of host time.
const AUTO_TRAFFIC: u64 = 32 << 30;
/// Messages that a forced engine takes on; at a million or a few a second, that is hours.
const MAX_MESSAGES: u64 = 10_000_000_000;

/// What is measured, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) collective: Collective,
    pub(super) dtype: DType,
    pub(super) op: ReduceOp,
    pub(super) engine: EngineChoice,
    pub(super) inner: Option<Inner>,
    pub(super) seed: u64,
    pub(super) check: bool,
    pub(super) threads: usize,
}

/// What stays the same from row to row.
pub(super) struct Setup {
    pub(super) request: Request,
    pub(super) cost: Arc<CostModel>,
    /// The same without noise and faulty links, which no closed form knows: what algorithms are chosen and tuned by.
    still: Arc<CostModel>,
    /// Sizes of the levels of a hierarchy, if they are not those of the machine.
    pub(super) levels: Vec<u32>,
    /// How many times the noise is drawn, if more than once.
    pub(super) seeds: Option<u32>,
    /// Messages delivered so far.
    pub(super) progress: Arc<AtomicU64>,
    memory_limit: u64,
    /// Started with the first emulated row.
    emulator: Option<Emulator>,
}

/// The answer for one size.
pub(super) struct Answer {
    pub(super) time: Time,
    pub(super) engine: EngineChoice,
    pub(super) wrong: Option<u64>,
    /// Why `auto` did not run real data.
    pub(super) fallback: Option<String>,
    /// What made the engine short, or why it is not a shorter one.
    pub(super) how: String,
    /// Over how many seeds it is the median, if there are several.
    pub(super) seeds: Option<Seeds>,
}

impl Setup {
    pub(super) fn new(request: Request, cost: CostModel) -> Self {
        let memory_limit = memory::available();
        let faulty = cost.noise.is_some() || cost.fabric.is_faulty();
        let still = faulty.then(|| {
            let fabric = cost.fabric.repaired();
            Arc::new(CostModel { noise: None, fabric, ..cost.clone() })
        });
        let cost = Arc::new(cost);
        Self {
            request,
            still: still.unwrap_or_else(|| Arc::clone(&cost)),
            cost,
            levels: Vec::new(),
            seeds: None,
            progress: Arc::default(),
            memory_limit,
            emulator: None,
        }
    }

    /// Takes the prices of a library instead, which knows no noise.
    pub(super) fn price(&mut self, cost: CostModel) {
        self.cost = Arc::new(cost);
        self.still = Arc::clone(&self.cost);
    }

    /// Number of ranks.
    pub(super) fn ranks(&self) -> u32 {
        self.cost.fabric.ranks()
    }

    fn schedule(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
    ) -> Result<Arc<dyn Schedule>, CollectiveError> {
        let schedule = algorithm.schedule(self.request.collective, self.ranks(), tuning)?;
        Ok(Arc::from(schedule))
    }

    /// Times `count` elements (of the large buffer) by `algorithm`.
    pub(super) fn measure(
        &mut self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<Answer, Error> {
        let Request { collective, dtype, engine, .. } = self.request;
        let schedule = self.schedule(algorithm, tuning)?;
        if let Some(seeds) = self.seeds {
            return self.over_seeds(algorithm, &*schedule, count, seeds);
        }
        let (engine, fallback) = match engine {
            EngineChoice::Auto => match self.choose(&schedule, count) {
                None => (EngineChoice::Emulate, None),
                Some(why) => return self.exact_or_closed(algorithm, tuning, count, why),
            },
            forced => (forced, None),
        };
        let (time, wrong) = match engine {
            EngineChoice::Folded | EngineChoice::Sweep => {
                return self.stepped(algorithm, &*schedule, count);
            }
            EngineChoice::Links => return self.shared(&*schedule, count, Sharing::Fifo),
            EngineChoice::LinksFair => return self.shared(&*schedule, count, Sharing::Fair),
            EngineChoice::Emulate => self.emulate(schedule, count, Results::Own)?,
            EngineChoice::EmulateSizes => self.emulate(schedule, count, Results::Sizes)?,
            EngineChoice::Ports => {
                let chunks = Chunks::new(schedule.shape(), count, dtype.bytes());
                (ports::run(&*schedule, &chunks, &self.cost)?.time(), None)
            }
            EngineChoice::Formula | EngineChoice::Auto | EngineChoice::Profile => {
                let elements = Elements { count, width: dtype.bytes() };
                let time = formula::time(algorithm, collective, elements, tuning, &self.cost);
                (time.map_err(|error| no_time(algorithm, error))?, None)
            }
        };
        Ok(Answer { time, engine, wrong, fallback, how: String::new(), seeds: None })
    }

    /// Why `auto` does not run real data, if it does not.
    fn choose(&self, schedule: &Arc<dyn Schedule>, count: u64) -> Option<String> {
        let shape = schedule.shape();
        let messages = messages(&**schedule);
        if messages > AUTO_MESSAGES {
            return Some(format!("up to {} messages take too long one by one", grouped(messages)));
        }
        let bytes = count * self.request.dtype.bytes();
        let all = u64::from(shape.ranks).saturating_mul(bytes);
        let needed = Emulator::memory_needed(&self.job(Arc::clone(schedule), count, Results::Own));
        if all > AUTO_BYTES {
            let all = MessageSize::new(all);
            return Some(format!("{all} over all ranks are too much to move for real"));
        }
        let chunks = Chunks::new(shape, count, self.request.dtype.bytes());
        let traffic = messages.saturating_mul(chunks.nominal_bytes(Span::output(0, 1)));
        if traffic > AUTO_TRAFFIC {
            let traffic = MessageSize::new(traffic);
            return Some(format!("{traffic} in messages are too much to move for real"));
        }
        let (needed, limit) = (MessageSize::new(needed), MessageSize::new(self.memory_limit));
        let scarce = || format!("real data needs {needed} of memory, and only {limit} may be used");
        (needed.bytes() > limit.bytes()).then(scarce)
    }

    fn job(&self, schedule: Arc<dyn Schedule>, count: u64, results: Results) -> Job {
        Job {
            schedule,
            count,
            dtype: self.request.dtype,
            op: self.request.op,
            cost: Arc::clone(&self.cost),
            results,
            progress: Some(Arc::clone(&self.progress)),
        }
    }

    fn emulate(
        &mut self,
        schedule: Arc<dyn Schedule>,
        count: u64,
        results: Results,
    ) -> Result<(Time, Option<u64>), Error> {
        let Request { dtype, op, seed, threads, check, .. } = self.request;
        let job = self.job(schedule, count, results);
        let shape = job.schedule.shape();
        let chunks = Chunks::new(shape, count, dtype.bytes());
        let spec = InputSpec { shape, chunks, dtype, op, seed };
        let real = results != Results::Sizes;
        let inputs = if real { spec.generate_all(threads) } else { Vec::new() };
        let emulator = match &mut self.emulator {
            Some(emulator) => emulator,
            none => none.insert(Emulator::new(threads, self.memory_limit)?),
        };
        let report = emulator.run(&job, inputs.clone())?;
        let checked = real && check;
        let wrong = checked.then(|| count_wrong(&spec, &inputs, &report.outputs, threads));
        Ok((report.time(), wrong))
    }

    /// Whether the forced engine has the memory and the time for `count` elements.
    pub(super) fn check_limits(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<(), Error> {
        let engine = self.request.engine;
        let schedule = self.schedule(algorithm, tuning)?;
        let needed = match engine {
            EngineChoice::Auto | EngineChoice::Formula | EngineChoice::Profile => return Ok(()),
            EngineChoice::Folded | EngineChoice::Sweep => {
                return self.check_steps(algorithm, &*schedule);
            }
            EngineChoice::Ports => ports::memory_needed(&*schedule, &self.cost),
            EngineChoice::Links => links::memory_needed(&*schedule, &self.cost, Sharing::Fifo),
            EngineChoice::LinksFair => links::memory_needed(&*schedule, &self.cost, Sharing::Fair),
            EngineChoice::Emulate => {
                Emulator::memory_needed(&self.job(Arc::clone(&schedule), count, Results::Own))
            }
            EngineChoice::EmulateSizes => {
                Emulator::memory_needed(&self.job(Arc::clone(&schedule), count, Results::Sizes))
            }
        };
        let (ranks, engine) = (self.ranks(), engine.name());
        let size = MessageSize::new(count * self.request.dtype.bytes());
        // First what does not depend on this machine.
        let messages = messages(&*schedule);
        if messages > MAX_MESSAGES {
            return Err(format!(
                "{algorithm} on {ranks} ranks x {size} with the engine `{engine}` sends up to {} \
                 messages; more than {} would take hours; use fewer ranks, another algorithm or \
                 the engine `formula`",
                grouped(messages),
                grouped(MAX_MESSAGES)
            )
            .into());
        }
        if self.request.engine == EngineChoice::LinksFair {
            self.check_fair(&*schedule, messages)?;
        }
        if needed > self.memory_limit {
            let (needed, limit) = (MessageSize::new(needed), MessageSize::new(self.memory_limit));
            let advice = if self.request.engine == EngineChoice::Emulate {
                "fewer ranks, a smaller size or the engine `emulate-sizes`"
            } else {
                "fewer ranks, another algorithm or the engine `formula`"
            };
            return Err(format!(
                "{algorithm} on {ranks} ranks x {size} with the engine `{engine}` needs {needed}, \
                 but only {limit} may be used; use {advice}"
            )
            .into());
        }
        Ok(())
    }

    /// The algorithm that is predicted fastest for `bytes` bytes, among those that the forced engine
    /// can run, if there are any.
    pub(super) fn fastest(&self, bytes: u64) -> (Algorithm, Tuning) {
        let Request { collective, inner, .. } = self.request;
        let by_time = engine::by_time(collective, bytes, &self.still, inner);
        let fits = |(algorithm, tuning, _): &&_| self.fits(*algorithm, tuning).is_ok();
        let fastest = by_time.iter().find(fits).or(by_time.first()).cloned();
        fastest.map_or((Algorithm::Ring, Tuning::default()), |(algorithm, tuning, _)| {
            (algorithm, tuning)
        })
    }

    /// Whether the forced engine takes such schedules, if it does not take all.
    fn fits(&self, algorithm: Algorithm, tuning: &Tuning) -> Result<(), Error> {
        match self.request.engine {
            EngineChoice::Folded | EngineChoice::Sweep => {
                let schedule = self.schedule(algorithm, tuning)?;
                self.check_steps(algorithm, &*schedule)
            }
            _ => Ok(()),
        }
    }

    /// [`Setup::can_run`], and whether the forced engine can, too.
    pub(super) fn can_run_forced(&self, algorithm: Algorithm) -> Result<(), Error> {
        self.can_run(algorithm)?;
        self.fits(algorithm, &self.tune(algorithm, 0))
    }

    /// The tuning of `algorithm` for `bytes` bytes.
    pub(super) fn tune(&self, algorithm: Algorithm, bytes: u64) -> Tuning {
        let Request { collective, inner, .. } = self.request;
        if algorithm == Algorithm::Hierarchical && !self.levels.is_empty() {
            let sizes: Vec<_> = self.levels.iter().map(|size| (*size, inner)).collect();
            let levels = engine::hierarchy(&sizes, collective, bytes, &self.still);
            return Tuning { levels, ..Tuning::default() };
        }
        engine::tune(algorithm, collective, bytes, &self.still, inner)
    }

    /// Whether `algorithm` has the collective at all.
    pub(super) fn has(&self, algorithm: Algorithm) -> bool {
        let made = self.schedule(algorithm, &self.tune(algorithm, 0));
        !matches!(made, Err(CollectiveError::Unsupported { .. }))
    }

    /// Whether `algorithm` can run here at all.
    pub(super) fn can_run(&self, algorithm: Algorithm) -> Result<(), Error> {
        let tuning = self.tune(algorithm, 0);
        let schedule = self.schedule(algorithm, &tuning)?;
        match formula::time(algorithm, self.request.collective, 0, &tuning, &self.still) {
            // An engine follows its messages, if they are not too many.
            Err(EngineError::NoFormula(_)) if self.follows(&*schedule) => Ok(()),
            time => time.map(drop).map_err(|error| no_time(algorithm, error)),
        }
    }

    /// Whether an engine that needs no closed form answers.
    fn follows(&self, schedule: &dyn Schedule) -> bool {
        let most =
            if schedule.shape().lanes == 1 { AUTO_MESSAGES } else { exact::AUTO_PORTS_MESSAGES };
        match self.request.engine {
            EngineChoice::Auto => messages(schedule) <= most,
            EngineChoice::Formula | EngineChoice::Profile => false,
            _ => true,
        }
    }
}

fn no_time(algorithm: Algorithm, error: EngineError) -> Error {
    let EngineError::NoSwitch { .. } = error else {
        return error.into();
    };
    format!(
        "{algorithm} needs a reducing switch that all ranks share; choose another algorithm or \
         give the level an `in-switch` rate"
    )
    .into()
}
