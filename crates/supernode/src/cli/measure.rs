//! One measurement: which engine answers, and what it says.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clap::ValueEnum;
use supernode::collectives::{Algorithm, Chunks, Collective, Inner, Schedule, Tuning};
use supernode::emulator::{Emulator, InputSpec, Job, Results, count_wrong};
use supernode::engine::formula::Elements;
use supernode::engine::{self, EngineError, formula, ports};
use supernode::fabric::CostModel;
use supernode::units::{DType, MessageSize, ReduceOp, Time};

use super::Error;

/// What computes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineChoice {
    /// The most faithful one that answers within seconds.
    Auto,
    /// One task per rank, real bytes, results checked.
    Emulate,
    /// One task per rank, messages carry their size only.
    EmulateSizes,
    /// The time-ordered ports engine.
    Ports,
    /// The closed formula.
    Formula,
}

impl EngineChoice {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Emulate => "emulate",
            Self::EmulateSizes => "emulate-sizes",
            Self::Ports => "ports",
            Self::Formula => "formula",
        }
    }
}

/// Messages that `auto` emulates or times one by one: about a second of host time.
const AUTO_MESSAGES: u64 = 8_000_000;
/// Messages that `auto` gives to the slower, time-ordered engine.
const AUTO_PORTS_MESSAGES: u64 = 2_000_000;
/// Bytes over all ranks that `auto` moves for real.
const AUTO_BYTES: u64 = 1 << 30;

/// What stays the same from row to row.
pub(super) struct Setup {
    pub(super) collective: Collective,
    pub(super) dtype: DType,
    pub(super) op: ReduceOp,
    pub(super) cost: Arc<CostModel>,
    pub(super) engine: EngineChoice,
    pub(super) inner: Option<Inner>,
    pub(super) seed: u64,
    pub(super) check: bool,
    pub(super) threads: usize,
    pub(super) memory_limit: u64,
    pub(super) progress: Arc<AtomicU64>,
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
}

impl Setup {
    #[expect(clippy::too_many_arguments, reason = "every one is an option of the command")]
    pub(super) fn new(
        collective: Collective,
        dtype: DType,
        op: ReduceOp,
        cost: Arc<CostModel>,
        engine: EngineChoice,
        inner: Option<Inner>,
        seed: u64,
        check: bool,
        threads: usize,
    ) -> Self {
        Self {
            collective,
            dtype,
            op,
            cost,
            engine,
            inner,
            seed,
            check,
            threads,
            memory_limit: available_memory(),
            progress: Arc::default(),
            emulator: None,
        }
    }

    /// Number of ranks.
    pub(super) fn ranks(&self) -> u32 {
        self.cost.fabric.ranks()
    }

    /// Times `count` elements (of the large buffer) by `algorithm`.
    pub(super) fn measure(
        &mut self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<Answer, Error> {
        let ranks = self.cost.fabric.ranks();
        let schedule: Arc<dyn Schedule> =
            Arc::from(algorithm.schedule(self.collective, ranks, tuning)?);
        let (engine, fallback) = match self.engine {
            EngineChoice::Auto => self.choose(&schedule, count),
            forced => (forced, None),
        };
        let (time, wrong) = match engine {
            EngineChoice::Emulate => self.emulate(schedule, count, Results::Own)?,
            EngineChoice::EmulateSizes => self.emulate(schedule, count, Results::Sizes)?,
            EngineChoice::Ports => {
                let chunks = Chunks::new(schedule.shape(), count, self.dtype.bytes());
                (ports::run(&*schedule, &chunks, &self.cost)?.time(), None)
            }
            EngineChoice::Formula | EngineChoice::Auto => {
                let elements = Elements { count, width: self.dtype.bytes() };
                let time = formula::time(algorithm, self.collective, elements, tuning, &self.cost);
                (time.map_err(|error| no_time(algorithm, error))?, None)
            }
        };
        Ok(Answer { time, engine, wrong, fallback })
    }

    /// The cheapest engine that is still as faithful as patience allows, and why not more so.
    fn choose(&self, schedule: &Arc<dyn Schedule>, count: u64) -> (EngineChoice, Option<String>) {
        let shape = schedule.shape();
        let lanes =
            (0..shape.ranks).flat_map(|rank| (0..shape.lanes).map(move |lane| (rank, lane)));
        let steps: u64 = lanes.map(|(rank, lane)| u64::from(schedule.steps(rank, lane))).sum();
        // A multicast is one step and a message to everyone.
        let switched = self.cost.fabric.switch_domain(0).is_some();
        let fan = if shape.lanes > 1 && switched { u64::from(shape.ranks) } else { 1 };
        let messages = steps.saturating_mul(fan);
        let bytes = u64::from(shape.ranks).saturating_mul(count * self.dtype.bytes());
        let needed = Emulator::memory_needed(&self.job(Arc::clone(schedule), count, Results::Own));
        if messages > AUTO_MESSAGES {
            let why = format!("{messages} messages would take too long one by one");
            return (EngineChoice::Formula, Some(why));
        }
        if needed <= self.memory_limit && bytes <= AUTO_BYTES {
            return (EngineChoice::Emulate, None);
        }
        let why = format!("{bytes} bytes over all ranks are too many to move for real");
        let timed = if messages <= AUTO_PORTS_MESSAGES || shape.lanes == 1 {
            EngineChoice::EmulateSizes
        } else {
            EngineChoice::Formula
        };
        (timed, Some(why))
    }

    fn job(&self, schedule: Arc<dyn Schedule>, count: u64, results: Results) -> Job {
        Job {
            schedule,
            count,
            dtype: self.dtype,
            op: self.op,
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
        let job = self.job(schedule, count, results);
        let shape = job.schedule.shape();
        let chunks = Chunks::new(shape, count, self.dtype.bytes());
        let spec = InputSpec { shape, chunks, dtype: self.dtype, op: self.op, seed: self.seed };
        let real = results != Results::Sizes;
        let inputs = if real { spec.generate_all(self.threads) } else { Vec::new() };
        let emulator = match &mut self.emulator {
            Some(emulator) => emulator,
            none => none.insert(Emulator::new(self.threads, self.memory_limit)?),
        };
        let report = emulator.run(&job, inputs.clone())?;
        let checked = real && self.check;
        let wrong = checked.then(|| count_wrong(&spec, &inputs, &report.outputs, self.threads));
        Ok((report.time(), wrong))
    }

    /// Whether the forced engine has the memory for `count` elements; before anything is printed.
    pub(super) fn check_memory(
        &self,
        algorithm: Algorithm,
        tuning: &Tuning,
        count: u64,
    ) -> Result<(), Error> {
        let ranks = self.ranks();
        let schedule: Arc<dyn Schedule> =
            Arc::from(algorithm.schedule(self.collective, ranks, tuning)?);
        let needed = match self.engine {
            EngineChoice::Emulate => {
                Emulator::memory_needed(&self.job(schedule, count, Results::Own))
            }
            EngineChoice::EmulateSizes => {
                Emulator::memory_needed(&self.job(schedule, count, Results::Sizes))
            }
            EngineChoice::Ports => ports::memory_needed(&*schedule, &self.cost),
            EngineChoice::Auto | EngineChoice::Formula => 0,
        };
        if needed <= self.memory_limit {
            return Ok(());
        }
        let (needed, limit) = (MessageSize::new(needed), MessageSize::new(self.memory_limit));
        let advice = match self.engine {
            EngineChoice::Emulate => "fewer ranks, a smaller size or the engine `emulate-sizes`",
            _ => "fewer ranks, another algorithm or the engine `formula`",
        };
        Err(format!(
            "{algorithm} on {ranks} ranks x {} with the engine `{}` needs {needed}, but only {limit} \
             may be used; use {advice}",
            MessageSize::new(count * self.dtype.bytes()),
            self.engine.name()
        )
        .into())
    }

    /// The algorithm that is predicted fastest for `bytes` bytes.
    pub(super) fn fastest(&self, bytes: u64) -> (Algorithm, Tuning) {
        let (algorithm, tuning, _) =
            engine::fastest(self.collective, bytes, &self.cost, self.inner);
        (algorithm, tuning)
    }

    /// The tuning of `algorithm` for `bytes` bytes.
    pub(super) fn tune(&self, algorithm: Algorithm, bytes: u64) -> Tuning {
        engine::tune(algorithm, self.collective, bytes, &self.cost, self.inner)
    }

    /// Whether `algorithm` can run here at all.
    pub(super) fn can_run(&self, algorithm: Algorithm) -> Result<(), Error> {
        let ranks = self.cost.fabric.ranks();
        let tuning = self.tune(algorithm, 0);
        algorithm.schedule(self.collective, ranks, &tuning)?;
        formula::time(algorithm, self.collective, 0, &tuning, &self.cost)
            .map(drop)
            .map_err(|error| no_time(algorithm, error))
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

/// Bytes that may still be allocated, less a tenth for everyone else; 8 GiB where the host does
/// not say.
fn available_memory() -> u64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib: Option<u64> =
        line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok());
    kib.map_or(8 << 30, |kib| kib * 1024 / 10 * 9)
}
