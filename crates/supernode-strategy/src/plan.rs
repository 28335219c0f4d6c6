//! Tensor x sharded-data parallelism: which plans there are, what they need, which is fastest.

use std::fmt;

use supernode_catalog::End;
use supernode_units::Precision;

use crate::step::{Costs, Step, Traffic};
use crate::timing::Timings;
use crate::workload::ELEMENT_BYTES;
use crate::{Assumed, Machine, StrategyError, Workload};

/// How much of the 16 bytes per parameter is spread over the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharding {
    /// The 12 bytes of optimizer state; parameters and gradients (4 bytes) stay with every replica
    /// and cross the network once a step (ZeRO-1, Megatron's distributed optimizer).
    Optimizer,
    /// All 16 bytes; parameters are gathered twice and gradients scattered once per sequence
    /// (ZeRO-3, FSDP).
    Full,
}

/// How the work is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Devices that split each layer.
    pub tensor: u32,
    /// Tensor groups that split the batch.
    pub replicas: u32,
    /// What the replicas share.
    pub sharding: Sharding,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sharded = match self.sharding {
            Sharding::Optimizer => "optimizer",
            Sharding::Full => "fully",
        };
        f.pad(&format!("tensor {} x data {} ({sharded} sharded)", self.tensor, self.replicas))
    }
}

/// Bytes per device that a plan needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// Parameters, gradients and optimizer state: 16 bytes per parameter, as far as not spread.
    pub state: f64,
    /// Activations of one sequence that wait for the backward pass: 34 bytes per token, width and
    /// layer (Korthikanti et al., arXiv:2205.05198: sequence parallel, attention recomputed).
    pub activations: f64,
}

impl Plan {
    /// Devices that the plan uses.
    pub fn devices(&self) -> u64 {
        u64::from(self.tensor) * u64::from(self.replicas)
    }

    /// What a device has to hold.
    pub fn need(&self, workload: &Workload) -> Need {
        let shape = workload.shape();
        let (params, tensor) = (workload.params as f64, f64::from(self.tensor));
        let everyone = tensor * f64::from(self.replicas);
        let state = match self.sharding {
            Sharding::Optimizer => 4.0 * params / tensor + 12.0 * params / everyone,
            Sharding::Full => {
                // Two layers are whole at a time: the one in use and the one that arrives.
                let layer = params / shape.layers as f64 / tensor;
                16.0 * params / everyone + 2.0 * ELEMENT_BYTES as f64 * layer
            }
        };
        let tokens = (workload.seq * shape.hidden * shape.layers) as f64;
        Need { state, activations: 34.0 * tokens / tensor }
    }
}

/// The plans of a machine that fit its memory, at one end of its ranges.
#[derive(Debug)]
pub(crate) struct Candidates {
    first: Costs,
    others: Vec<Costs>,
}

impl Candidates {
    /// # Errors
    /// [`StrategyError::NothingFits`] with the closest plan; or a value that is needed is unknown.
    pub(crate) fn of(
        machine: &Machine,
        workload: &Workload,
        precision: Precision,
        end: End,
        timings: &Timings,
    ) -> Result<Self, StrategyError> {
        let capacity = capacity(machine)?;
        let timing = timings.of(machine, end)?;
        let mut fitting = Vec::new();
        let mut closest: Option<(Plan, Need)> = None;
        let sizes = tensor_sizes(machine, workload).into_iter();
        for tensor in sizes.filter(|tensor| timing.tiles(*tensor)) {
            for replicas in replica_counts(machine, workload, tensor) {
                for sharding in [Sharding::Optimizer, Sharding::Full] {
                    let plan = Plan { tensor, replicas, sharding };
                    let need = plan.need(workload);
                    if need.state + need.activations <= capacity {
                        let traffic = Traffic::of(workload, &timing, tensor, replicas)?;
                        fitting.push(Costs::of(machine, workload, precision, plan, &traffic, end)?);
                        continue;
                    }
                    let total = |need: &Need| need.state + need.activations;
                    if closest.is_none_or(|(_, other)| total(&need) < total(&other)) {
                        closest = Some((plan, need));
                    }
                }
            }
        }
        match fitting.pop() {
            Some(first) => Ok(Self { first, others: fitting }),
            None => Err(nothing_fits(machine, closest, capacity)),
        }
    }

    /// The step of the fastest plan.
    pub(crate) fn fastest(&self, assumed: &Assumed) -> Step {
        self.others.iter().map(|costs| costs.step(assumed)).fold(
            self.first.step(assumed),
            |best, step| if step.seconds < best.seconds { step } else { best },
        )
    }
}

/// The fastest plan that fits, with its step at `end` of the machine's ranges.
///
/// # Errors
/// [`StrategyError::NothingFits`] with the closest plan; or a value that is needed is unknown.
pub fn best_plan(
    machine: &Machine,
    workload: &Workload,
    precision: Precision,
    assumed: &Assumed,
    end: End,
) -> Result<Step, StrategyError> {
    Ok(Candidates::of(machine, workload, precision, end, &Timings::default())?.fastest(assumed))
}

/// Memory of one device in bytes, low end.
fn capacity(machine: &Machine) -> Result<f64, StrategyError> {
    let chip = &machine.chip;
    let low = chip.memory.capacity.value.low().ok_or_else(|| {
        supernode_catalog::CatalogError::Missing {
            path: format!("{}.memory.capacity", chip.id),
            example: "80GB",
        }
    })?;
    Ok(low.bytes() as f64 / f64::from(chip.devices))
}

/// Divisors of the number of heads that fit a scale-up domain.
fn tensor_sizes(machine: &Machine, workload: &Workload) -> Vec<u32> {
    let heads = workload.shape().heads;
    let most = machine.domain().min(machine.devices());
    (1..=heads.min(most)).filter(|tensor| heads.is_multiple_of(*tensor)).collect()
}

/// As many replicas as there is room or work for, and the fewest that take as many turns.
fn replica_counts(machine: &Machine, workload: &Workload, tensor: u32) -> Vec<u32> {
    let sequences = workload.sequences();
    let most = u64::from(machine.groups_that_fit(tensor)).min(sequences);
    if most == 0 {
        return Vec::new();
    }
    let turns = sequences.div_ceil(most);
    let mut counts = vec![most as u32, sequences.div_ceil(turns) as u32];
    counts.dedup();
    counts
}

fn nothing_fits(machine: &Machine, closest: Option<(Plan, Need)>, capacity: f64) -> StrategyError {
    let plan = Plan { tensor: 1, replicas: 1, sharding: Sharding::Full };
    let (plan, need) = closest.unwrap_or((plan, Need { state: 0.0, activations: 0.0 }));
    StrategyError::NothingFits {
        machine: machine.name(),
        tensor: plan.tensor,
        replicas: plan.replicas,
        state_gb: need.state / 1e9,
        activations_gb: need.activations / 1e9,
        capacity_gb: capacity / 1e9,
    }
}
