//! One training step in closed form.
//!
//! Every replica works through its share of the sequences one after the other. A sequence costs the
//! matrix products (a roofline of compute at the assumed efficiency and memory), and per layer four
//! all-gathers and four reduce-scatters of its activations in the tensor group, exposed; the two
//! further gathers that the weight gradients need hide behind them. Gradients are reduce-scattered
//! behind the backward pass and parameters all-gathered behind the forward pass, layer by layer:
//! what does not hide is exposed, and what hides slows the compute beside it by the overlap tax.

use supernode_catalog::End;
use supernode_collectives::Collective;
use supernode_engine::fastest;
use supernode_fabric::CostModel;
use supernode_units::{Precision, Time};

use crate::machine::Groups;
use crate::plan::{Plan, Sharding};
use crate::workload::ELEMENT_BYTES;
use crate::{Assumptions, Machine, StrategyError, Workload};

/// All-gathers, and reduce-scatters, of a layer that nothing hides: two forward, two backward
/// (Megatron's sequence parallelism).
const TENSOR_COLLECTIVES: u64 = 4;

/// A step of one plan at one end of every range. Times are in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// How the work is split.
    pub plan: Plan,
    /// Sequences that the busiest replica works through, one after the other.
    pub turns: u64,
    /// The whole step.
    pub seconds: f64,
    /// Matrix products.
    pub compute: f64,
    /// Exposed collectives of the tensor groups.
    pub tensor: f64,
    /// Exposed part of gradient reduce-scatter and parameter all-gather.
    pub data: f64,
    /// Slow-down of compute by collectives beside it.
    pub tax: f64,
    /// Tokens per second over the whole machine.
    pub tokens_per_s: f64,
    /// Share of the dense rate of all chips, idle ones included.
    pub mfu: f64,
}

pub(crate) fn evaluate(
    machine: &Machine,
    workload: &Workload,
    precision: Precision,
    assumptions: &Assumptions,
    plan: Plan,
    groups: &Groups,
    end: End,
) -> Result<Step, StrategyError> {
    let shape = workload.shape();
    let (efficiency, tax_share) = match end {
        End::Best => (assumptions.gemm_efficiency.high, assumptions.overlap_tax.low),
        End::Middle => (assumptions.gemm_efficiency.middle(), assumptions.overlap_tax.middle()),
        End::Worst => (assumptions.gemm_efficiency.low, assumptions.overlap_tax.high),
    };
    let turns = workload.sequences().div_ceil(u64::from(plan.replicas));
    let compute = sequence_compute(machine, workload, precision, plan, efficiency, end)?;
    let activations = workload.tensor_bytes();
    let tensor = (collective(Collective::AllGather, activations, &groups.tensor)
        + collective(Collective::ReduceScatter, activations, &groups.tensor))
        * (TENSOR_COLLECTIVES * shape.layers) as f64;
    // Layer by layer, so that the first leaves while the next is computed.
    let layer = workload.params / shape.layers / u64::from(plan.tensor) * ELEMENT_BYTES;
    let gather = collective(Collective::AllGather, layer, &groups.data) * shape.layers as f64;
    let scatter = collective(Collective::ReduceScatter, layer, &groups.data) * shape.layers as f64;
    let (forward, backward) = (compute / 3.0, compute * 2.0 / 3.0);
    let (times, beside_forward, beside_backward) = match plan.sharding {
        Sharding::Optimizer => (1.0, gather, scatter),
        Sharding::Full => (turns as f64, gather, gather + scatter),
    };
    let exposed = (beside_forward - forward).max(0.0) + (beside_backward - backward).max(0.0);
    let hidden = beside_forward.min(forward) + beside_backward.min(backward);
    let (data, tax) = (exposed * times, hidden * times * tax_share);
    let (compute, tensor) = (compute * turns as f64, tensor * turns as f64);
    let seconds = compute + tensor + data + tax;
    let tokens_per_s = (workload.sequences() * workload.seq) as f64 / seconds;
    let rate = need_rate(machine, precision, end)?;
    let mfu = tokens_per_s * workload.flops_per_token() / (rate * machine.chips() as f64);
    Ok(Step { plan, turns, seconds, compute, tensor, data, tax, tokens_per_s, mfu })
}

/// Seconds of one sequence's products on one device.
fn sequence_compute(
    machine: &Machine,
    workload: &Workload,
    precision: Precision,
    plan: Plan,
    efficiency: f64,
    end: End,
) -> Result<f64, StrategyError> {
    let shape = workload.shape();
    // The chip works on the shares of its devices.
    let share = f64::from(plan.tensor) / f64::from(machine.chip.devices);
    let flops = workload.flops_per_token() * workload.seq as f64 / share / efficiency;
    // Operands and results of the products of one layer, forward; backward moves twice as much.
    let tokens = (workload.seq * shape.hidden) as f64;
    let weights = (12 * shape.hidden * shape.hidden) as f64;
    let tensor = f64::from(plan.tensor);
    let elements = 4.0 * tokens + 16.0 * tokens / tensor + weights / tensor;
    let bytes =
        3.0 * elements * (shape.layers * ELEMENT_BYTES) as f64 * f64::from(machine.chip.devices);
    let time = machine.chip.time_for(flops, bytes as u64, precision)?;
    let pick = match end {
        End::Worst => time.high(),
        _ => time.low(),
    };
    Ok(pick.unwrap_or(Time::MAX).as_secs_f64())
}

fn need_rate(machine: &Machine, precision: Precision, end: End) -> Result<f64, StrategyError> {
    let value = machine.chip.compute.at(precision).value;
    let rate = if end == End::Worst { value.low() } else { value.high() };
    Ok(rate
        .ok_or_else(|| supernode_chip::ChipError::NoRate {
            chip: machine.chip.id.clone(),
            precision,
        })?
        .per_second())
}

/// Seconds of one collective by its fastest algorithm.
fn collective(collective: Collective, bytes: u64, cost: &CostModel) -> f64 {
    if cost.fabric.ranks() == 1 {
        return 0.0;
    }
    let (_, _, time) = fastest(collective, bytes, cost, None);
    time.as_secs_f64()
}
