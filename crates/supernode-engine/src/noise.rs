//! Noise in time: the sweep with delays for every step of every rank, and what many seeds give.
//!
//! Noise tells all ranks apart, so nothing folds, but schedules that go in step are still a list of phases
//! that are taken group by group, straight through flat arrays. What all seeds share (phases, links,
//! prices) is made once. Where a message comes before one of an earlier phase at the same port, which
//! noise makes common, the ranks that see it are taken again in order of arrival; the result is that
//! of [`ports`], to the picosecond.
//!
//! ```
//! use supernode_collectives::{Algorithm, Collective, Tuning};
//! use supernode_engine::choose::Patience;
//! use supernode_engine::noise;
//! # use supernode_fabric::{CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Noise, Profile};
//! # use supernode_units::{Bandwidth, Time};
//! # let node = Level { name: "node".into(), kind: LevelKind::Switch, size: 8,
//! #     bandwidth: Bandwidth::from_gb_per_s(450), port_group: "node".into(),
//! #     latency: Time::from_us(1), hop: Hop::default(), efficiency_ppm: 1_000_000,
//! #     fan_out_loss_ppm: 0, in_switch: None };
//! # let fabric = Fabric::new(FabricConfig { levels: vec![node], device_bandwidth: None })?;
//! # let fast = Bandwidth::from_gb_per_s(3_000);
//! # let rates = DeviceRates { reduce: fast, copy: fast };
//! # let healthy = CostModel::new(fabric, Profile::wire(), rates)?; // eight devices on a switch
//! let jitter = Some("exp:200ns".parse()?);
//! let cost = CostModel { noise: Some(Noise { seed: 7, jitter, slow: Vec::new() }), ..healthy };
//!
//! let ring = Algorithm::Ring.schedule(Collective::AllReduce, 8, &Tuning::default())?;
//! let chunks = ring.chunks(1 << 18, 4);
//! let patience = Patience { steps: 1 << 24, messages: 1 << 20, threads: 2 };
//! let (engine, _, seeds) = noise::seeds(&*ring, &chunks, &cost, 100, patience)?; // 7, 8, ..., 106
//! assert_eq!(engine.name(), "sweep");
//! assert!(seeds.p50() <= seeds.p99() && seeds.p99() <= seeds.max());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};

use supernode_collectives::{Chunks, Schedule};
use supernode_fabric::{CostModel, Noise};
use supernode_units::Time;

use crate::choose::{Exact, Patience, messages};
use crate::ports::{self, Timed};
use crate::{EngineError, Unfit};

mod lane;
mod links;
mod machine;
mod plan;
mod retake;

use machine::Machine;
use plan::Plan;

/// Times of one collective over seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds {
    times: Vec<Time>,
    rising: Vec<Time>,
}

impl Seeds {
    fn new(times: Vec<Time>) -> Self {
        let mut rising = times.clone();
        rising.sort_unstable();
        Self { times, rising }
    }

    /// When the last rank finished, by seed.
    pub fn times(&self) -> &[Time] {
        &self.times
    }

    /// The least time that half of the seeds do not pass.
    pub fn p50(&self) -> Time {
        self.percentile(50)
    }

    /// The least time that 99 of 100 seeds do not pass.
    pub fn p99(&self) -> Time {
        self.percentile(99)
    }

    /// The longest.
    pub fn max(&self) -> Time {
        self.percentile(100)
    }

    fn percentile(&self, percent: usize) -> Time {
        let rank = (self.rising.len() * percent).div_ceil(100).max(1);
        self.rising.get(rank - 1).copied().unwrap_or_default()
    }
}

/// Times `schedule` with `count` seeds, from that of `cost`'s noise on, by the cheapest exact engine, which
/// is named with why it is this one; the patience is for each seed. Threads share the seeds, and the result
/// does not depend on how.
///
/// # Errors
/// [`EngineError::Impatient`] says of each engine why it gave no time; others as by the engines.
pub fn seeds(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    count: u32,
    patience: Patience,
) -> Result<(Exact, String, Seeds), EngineError> {
    let mut not = vec![format!("{}: {}", Exact::Folded, Unfit::Noise)];
    let fits = match work(schedule, cost) {
        None => Err(Unfit::NoPhases.to_string()),
        Some(work) if work > patience.steps => Err("it takes too many steps".to_owned()),
        Some(_) => match swept(schedule, chunks, cost, count, patience.threads) {
            Err(EngineError::Unfit(unfit)) => Err(unfit.to_string()),
            seeds => Ok(seeds?),
        },
    };
    match fits {
        Ok(seeds) => return Ok((Exact::Sweep, not.join("; "), seeds)),
        Err(why) => not.push(format!("{}: {why}", Exact::Sweep)),
    }
    if messages(schedule) > patience.messages {
        not.push(format!("{}: it takes too many messages", Exact::Ports));
        return Err(EngineError::Impatient(not.join("; ")));
    }
    let run = |cost: &CostModel| Ok(ports::run(schedule, chunks, cost)?.time());
    Ok((Exact::Ports, not.join("; "), each(cost, count, patience.threads, run)?))
}

/// The same by the sweep.
///
/// # Errors
/// As [`sweep::run`](crate::sweep::run).
pub fn swept(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    count: u32,
    threads: usize,
) -> Result<Seeds, EngineError> {
    let plan = Plan::new(schedule, chunks, cost, threads)?;
    let times = shared(count as usize, threads.min(plan.most_machines()), || {
        let mut machine = Machine::new(&plan);
        move |seed| {
            machine.run(&nth(cost, seed))?;
            Ok(Time::from_ps(machine.finish().max().unwrap_or(0)))
        }
    });
    times.map(Seeds::new)
}

/// The same by any `run`, which is asked once for each seed.
///
/// # Errors
/// The first of those of `run`, by seed.
pub fn each(
    cost: &CostModel,
    count: u32,
    threads: usize,
    run: impl Fn(&CostModel) -> Result<Time, EngineError> + Sync,
) -> Result<Seeds, EngineError> {
    let run = &run;
    let times = shared(count as usize, threads, || {
        move |seed| run(&CostModel { noise: Some(nth(cost, seed)), ..cost.clone() })
    });
    times.map(Seeds::new)
}

/// The noise of `cost`, with the `nth` seed from its own on.
fn nth(cost: &CostModel, nth: usize) -> Noise {
    let noise = cost.noise.clone().unwrap_or_default();
    Noise { seed: noise.seed.wrapping_add(nth as u64), ..noise }
}

/// Lets threads take numbers below `count`, each by a function of its own; gives the answers in order, or
/// the first error.
fn shared<F: FnMut(usize) -> Result<Time, EngineError>>(
    count: usize,
    threads: usize,
    worker: impl Fn() -> F + Sync,
) -> Result<Vec<Time>, EngineError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut answer = worker();
        let numbers = std::iter::from_fn(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            (number < count).then_some(number)
        });
        let mut done = Vec::new();
        for number in numbers {
            let time = answer(number);
            let failed = time.is_err();
            done.push((number, time));
            if failed {
                // Nobody needs the others.
                next.store(count, Ordering::Relaxed);
            }
        }
        done
    };
    let threads = threads.clamp(1, count.max(1));
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, time)| time).collect()
}

/// One run of the sweep, with the noise of `cost`.
pub(crate) fn sweep(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
    threads: usize,
) -> Result<Timed, EngineError> {
    let plan = Plan::new(schedule, chunks, cost, threads)?;
    let mut machine = Machine::new(&plan);
    machine.run(&nth(cost, 0))?;
    let messages = plan.messages as u64 * plan.ranks as u64;
    let finish = machine.finish().map(Time::from_ps).collect();
    Ok(Timed { finish, messages })
}

/// The work of one seed in steps of a few nanoseconds; none if the schedule does not go in step.
pub(crate) fn work(schedule: &dyn Schedule, cost: &CostModel) -> Option<u64> {
    let (_, messages) = plan::phases(schedule, cost).ok()?;
    // A message was measured at 25 to 60 ns.
    Some(messages.saturating_mul(cost.fabric.ranks().into()).saturating_mul(4))
}

/// Bytes that `threads` threads need for seeds of `schedule` on `cost`, at most.
pub fn memory_needed(schedule: &dyn Schedule, cost: &CostModel, threads: usize) -> u64 {
    let Ok((_, messages)) = plan::phases(schedule, cost) else {
        return ports::memory_needed(schedule, cost).saturating_mul(threads as u64);
    };
    let (ranks, ports) =
        (u64::from(cost.fabric.ranks()), u64::from(cost.fabric.ports_per_device()));
    let machines = plan::machines(messages.saturating_mul(ranks)).min(threads as u64);
    let row = 8 * (2 + 3 * ports) + 32;
    let machine = ranks.saturating_mul(row.saturating_add(messages.saturating_mul(8)));
    ranks
        .saturating_mul(messages)
        .saturating_mul(2)
        .saturating_add(machine.saturating_mul(machines))
}
