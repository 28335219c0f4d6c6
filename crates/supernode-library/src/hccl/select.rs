//! Which algorithm HCCL selects on each level when `HCCL_ALGO` is not set.
//!
//! Level 0, within a server, is fixed by the wiring. Level 1, between servers, compares costs.
//! Level 2, between supernodes, follows from their number.

use supernode_units::Time;

use super::algorithm::Algorithm;
use super::constants::{Constants, Selection};
use super::cost::steps;
use super::kernel::{Kernel, kernel};
use super::machine::{Generation, Machine};
use crate::{Function, LibraryError};

/// How the devices of a server are wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level0 {
    /// Every device to every other.
    FullMesh,
    /// Two rings.
    DoubleRing,
}

/// What HCCL would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Within a server.
    pub level0: Level0,
    /// Between servers; `None` where there is one.
    pub level1: Option<Algorithm>,
    /// HCCL's estimate of level 1, where it compares any.
    pub level1_time: Option<Time>,
    /// Between supernodes; `None` where there is one.
    pub level2: Option<Algorithm>,
    /// How it is carried out.
    pub kernel: Kernel,
}

impl Choice {
    /// The kernel, and the algorithm of every further level: `mesh-aiv`, `fullmesh/ring`.
    pub fn name(&self) -> String {
        let within = match self.level0 {
            Level0::FullMesh => "fullmesh",
            Level0::DoubleRing => "double-ring",
        };
        let kernel = self.kernel.name();
        if self.kernel == Kernel::FlatNhr {
            return kernel.to_owned();
        }
        let own = if self.kernel == Kernel::Levels { within } else { kernel };
        let levels = [self.level1, self.level2].into_iter().flatten().map(Algorithm::name);
        std::iter::once(own).chain(levels).collect::<Vec<_>>().join("/")
    }
}

/// What HCCL would run for `function` of `bytes`: of a rank's buffer for all-reduce, broadcast and
/// reduce, of all blocks for reduce-scatter, all-gather and all-to-all.
///
/// # Errors
/// What [`Machine::check`] says.
pub fn choose(
    constants: &Constants,
    machine: &Machine,
    function: Function,
    bytes: u64,
) -> Result<Choice, LibraryError> {
    machine.check()?;
    let kernel = kernel(&constants.kernels, machine, function, bytes);
    let level0 = match machine.generation {
        Generation::A1 | Generation::A3 => Level0::DoubleRing,
        Generation::A2 | Generation::A5 => Level0::FullMesh,
    };
    let (level1, level1_time) = match level1(&constants.selection, machine, function, bytes) {
        // A double ring leaves each part of the buffer whole: halving is replaced.
        Some((Algorithm::HalvingDoubling, time))
            if matches!(kernel, Kernel::DoubleRing | Kernel::FastDoubleRing) =>
        {
            (Some(Algorithm::Nhr), time)
        }
        Some((algorithm, time)) => (Some(algorithm), time),
        None => (None, None),
    };
    let level2 = (machine.supernodes > 1).then(|| level2(&constants.selection, machine));
    Ok(Choice { level0, level1, level1_time, level2, kernel })
}

/// Between servers, with the estimate where costs are compared.
fn level1(
    rules: &Selection,
    machine: &Machine,
    function: Function,
    bytes: u64,
) -> Option<(Algorithm, Option<Time>)> {
    if machine.servers < 2 {
        return None;
    }
    if function == Function::AllToAll {
        return Some((Algorithm::Pairwise, None));
    }
    Some(match machine.generation {
        Generation::A1 if machine.servers.is_power_of_two() => (Algorithm::HalvingDoubling, None),
        Generation::A1 => (Algorithm::Ring, None),
        Generation::A5 => (Algorithm::Nhr, None),
        Generation::A2 if pipelines(rules, machine, function, bytes) => (Algorithm::Pipeline, None),
        Generation::A2 | Generation::A3 => {
            let (algorithm, time) = compare(rules, machine, function, bytes);
            (algorithm, Some(time))
        }
    })
}

/// Whether slices are large enough for a mesh within servers beside a ring between them.
fn pipelines(rules: &Selection, machine: &Machine, function: Function, bytes: u64) -> bool {
    let slice = bytes / (u64::from(machine.servers) * u64::from(machine.devices));
    let least = match (function, machine.rdma_lite) {
        (Function::AllReduce, true) => rules.pipeline_all_reduce,
        (Function::AllReduce, false) => rules.pipeline_all_reduce_plain,
        (_, true) => rules.pipeline,
        (_, false) => rules.pipeline_plain,
    };
    let scatters = function == Function::AllReduce || function.is_gather();
    let able = !machine.deterministic && machine.inline_reduce && machine.devices > 1;
    scatters && able && slice >= least
}

/// The least of ring, NHR and halving-doubling; of equal costs the first.
fn compare(
    rules: &Selection,
    machine: &Machine,
    function: Function,
    bytes: u64,
) -> (Algorithm, Time) {
    let servers = f64::from(machine.servers);
    let rate = match machine.generation {
        Generation::A1 => rules.bandwidth_910a,
        _ => rules.bandwidth_910b,
    };
    let phases = if function == Function::AllReduce { 2.0 } else { 1.0 };
    let us = |rounds: f64, volume: f64| {
        let bytes = bytes as f64 / f64::from(machine.devices);
        phases * (rounds * rules.alpha + volume * bytes / (rate * 1e3))
    };
    let volume = (servers - 1.0) / servers;
    let rounds = f64::from(steps(machine.servers));
    let halving =
        if machine.servers.is_power_of_two() { volume } else { (2.0 * servers - 1.0) / servers };
    let costs = [
        (Algorithm::Ring, us(servers - 1.0, volume)),
        (Algorithm::Nhr, us(rounds, volume)),
        (Algorithm::HalvingDoubling, us(rounds, halving)),
    ];
    let mut best = costs[0];
    for cost in costs {
        if cost.1 < best.1 {
            best = cost;
        }
    }
    (best.0, Time::from_secs_f64(best.1 * 1e-6))
}

fn level2(rules: &Selection, machine: &Machine) -> Algorithm {
    let count = machine.supernodes;
    match machine.generation {
        Generation::A5 => Algorithm::Nhr,
        _ if count < rules.level2_ring_below && !count.is_power_of_two() => Algorithm::Ring,
        _ => Algorithm::HalvingDoubling,
    }
}
