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
use supernode_units::Precision;

use crate::plan::{Plan, Sharding};
use crate::timing::{Group, Timing};
use crate::workload::ELEMENT_BYTES;
use crate::{Assumed, Machine, StrategyError, Workload};

/// All-gathers, and reduce-scatters, of a layer that nothing hides: two forward, two backward
/// (Megatron's sequence parallelism).
const TENSOR_COLLECTIVES: u64 = 4;

/// A step of one plan at one end of the machine's ranges. Times are in seconds.
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
    /// Tokens per second over the whole machine, without interruptions.
    pub tokens_per_s: f64,
    /// Share of the dense rate of all chips, idle ones included.
    pub mfu: f64,
}

/// What a step of one plan is made of before anything is assumed. Times are in seconds, of one
/// sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Costs {
    plan: Plan,
    turns: u64,
    /// Arithmetic at the full dense rate.
    arithmetic: f64,
    /// Memory traffic of the products.
    memory: f64,
    traffic: Traffic,
    /// Tokens of the whole step.
    tokens: f64,
    /// Seconds of a token at the dense rate of all chips.
    ideal: f64,
}

/// Seconds of the collectives of one split into groups, whatever the replicas share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traffic {
    /// Exposed collectives of the tensor group, for one sequence.
    tensor: f64,
    /// All-gather of the parameters over the replicas.
    gather: f64,
    /// Reduce-scatter of the gradients over the replicas.
    scatter: f64,
}

/// One collective of a plan, with how often a step waits for it or hides it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called {
    pub(crate) collective: Collective,
    pub(crate) ranks: u32,
    /// Of the large buffer.
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) times: f64,
}

/// How many of [`Collectives`] are those of the tensor groups.
pub(crate) const TENSOR: usize = 2;

/// All-gather and reduce-scatter of the tensor groups, then of the data groups.
#[derive(Debug)]
pub(crate) struct Collectives(pub(crate) [Called; 4]);

impl Collectives {
    pub(crate) fn of(
        workload: &Workload,
        timing: &Timing,
        plan: Plan,
    ) -> Result<Self, StrategyError> {
        let Plan { tensor, replicas, sharding } = plan;
        let layers = workload.shape().layers as f64;
        let turns = workload.sequences().div_ceil(u64::from(replicas)) as f64;
        let bytes = [workload.tensor_bytes(), layer_bytes(workload, tensor)];
        let within = timing.seconds(Group::Tensor(tensor), bytes[0])?;
        let between = timing.seconds(Group::Data { tensor, replicas }, bytes[1])?;
        let exposed = TENSOR_COLLECTIVES as f64 * layers * turns;
        let [gathers, scatters] = match sharding {
            Sharding::Optimizer => [layers; 2],
            Sharding::Full => [2.0 * layers * turns, layers * turns],
        };
        let called = |collective, ranks, bytes, seconds, times| Called {
            collective,
            ranks,
            bytes,
            seconds,
            times,
        };
        let (gather, scatter) = (Collective::AllGather, Collective::ReduceScatter);
        Ok(Self([
            called(gather, tensor, bytes[0], within[0], exposed),
            called(scatter, tensor, bytes[0], within[1], exposed),
            called(gather, replicas, bytes[1], between[0], gathers),
            called(scatter, replicas, bytes[1], between[1], scatters),
        ]))
    }
}

/// Bytes of one layer's parameters on a device.
fn layer_bytes(workload: &Workload, tensor: u32) -> u64 {
    workload.params / workload.shape().layers / u64::from(tensor) * ELEMENT_BYTES
}

impl Traffic {
    pub(crate) fn of(
        workload: &Workload,
        timing: &Timing,
        tensor: u32,
        replicas: u32,
    ) -> Result<Self, StrategyError> {
        let layers = workload.shape().layers as f64;
        let [gather, scatter] = timing.seconds(Group::Tensor(tensor), workload.tensor_bytes())?;
        let exposed = (gather + scatter) * TENSOR_COLLECTIVES as f64 * layers;
        // Layer by layer, so that the first leaves while the next is computed.
        let layer = layer_bytes(workload, tensor);
        let [gather, scatter] = timing.seconds(Group::Data { tensor, replicas }, layer)?;
        Ok(Self { tensor: exposed, gather: gather * layers, scatter: scatter * layers })
    }
}

impl Costs {
    pub(crate) fn of(
        machine: &Machine,
        workload: &Workload,
        precision: Precision,
        plan: Plan,
        traffic: &Traffic,
        end: End,
    ) -> Result<Self, StrategyError> {
        let shape = workload.shape();
        let chip = f64::from(machine.chip.devices);
        // The chip works on the shares of its devices.
        let share = f64::from(plan.tensor) / chip;
        let flops = workload.flops_per_token() * workload.seq as f64 / share;
        // Operands and results of the products of one layer, forward; backward moves twice as much.
        let tokens = (workload.seq * shape.hidden) as f64;
        let weights = (12 * shape.hidden * shape.hidden) as f64;
        let tensor = f64::from(plan.tensor);
        let elements = 4.0 * tokens + 16.0 * tokens / tensor + weights / tensor;
        let bytes = 3.0 * elements * (shape.layers * ELEMENT_BYTES) as f64 * chip;
        let rate = machine.compute_rate(precision, end)?;
        Ok(Self {
            plan,
            turns: workload.sequences().div_ceil(u64::from(plan.replicas)),
            arithmetic: flops / rate,
            memory: bytes / machine.memory_rate(end)?,
            traffic: *traffic,
            tokens: (workload.sequences() * workload.seq) as f64,
            ideal: workload.flops_per_token() / (rate * machine.chips() as f64),
        })
    }

    pub(crate) fn step(&self, assumed: &Assumed) -> Step {
        let (plan, turns) = (self.plan, self.turns);
        let Traffic { tensor, gather, scatter } = self.traffic;
        let compute = (self.arithmetic / assumed.gemm_efficiency).max(self.memory);
        let (forward, backward) = (compute / 3.0, compute * 2.0 / 3.0);
        let (times, beside_forward, beside_backward) = match plan.sharding {
            Sharding::Optimizer => (1.0, gather, scatter),
            Sharding::Full => (turns as f64, gather, gather + scatter),
        };
        let exposed = (beside_forward - forward).max(0.0) + (beside_backward - backward).max(0.0);
        let hidden = beside_forward.min(forward) + beside_backward.min(backward);
        let (data, tax) = (exposed * times, hidden * times * assumed.overlap_tax);
        let (compute, tensor) = (compute * turns as f64, tensor * turns as f64);
        let seconds = compute + tensor + data + tax;
        let tokens_per_s = self.tokens / seconds;
        let mfu = tokens_per_s * self.ideal;
        Step { plan, turns, seconds, compute, tensor, data, tax, tokens_per_s, mfu }
    }
}
