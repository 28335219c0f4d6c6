//! Kernels over symmetric memory: buffers that every rank registered as a window, so that all can
//! read and write them directly (section "Symmetric-memory kernels"; NCCL 2.27 and newer).
//!
//! The time is a base latency plus a softplus of the traffic over a bandwidth that grows with the
//! blocks and softly stops at what the links carry. The smallest number of blocks whose time is
//! within 2.5 % of the best is used, which leaves the others to the computation.

use supernode_units::{ReduceOp, Time};

use super::call::Call;
use super::gpu::Generation;
use super::machine::{IntraPath, NvSwitch};
use super::tables::{Symmetric, SymmetricGpu};
use super::tuner::Tuner;
use crate::{Element, Function};

/// A kernel over symmetric memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kernel {
    /// Flags beside the data; all-reduce as an all-gather of inputs.
    Ll,
    /// The same, sent by multicast.
    LlMulticast,
    /// Loads from and stores to peers; all-reduce as reduce-scatter and all-gather.
    Direct,
    /// Loads that reduce and stores that multicast in the switch.
    Multicast,
}

/// What a kernel takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The kernel.
    pub kernel: Kernel,
    /// Its blocks.
    pub blocks: u32,
    /// NCCL's estimate.
    pub time: Time,
}

impl Kernel {
    /// All kernels.
    pub const ALL: [Self; 4] = [Self::Ll, Self::LlMulticast, Self::Direct, Self::Multicast];

    /// A short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ll => "LL",
            Self::LlMulticast => "LL multicast",
            Self::Direct => "direct",
            Self::Multicast => "multicast",
        }
    }

    const fn is_ll(self) -> bool {
        matches!(self, Self::Ll | Self::LlMulticast)
    }
}

/// The kernel with the least estimate; `None` where there is none for the call: before 2.27, before
/// Hopper, on several nodes, without `NVLink`, for rooted calls, and for reductions other than sums
/// of floats of up to 32 bits.
pub fn choose(tuner: &Tuner, call: &Call) -> Option<Estimate> {
    Kernel::ALL.into_iter().filter_map(|k| estimate(tuner, call, k)).min_by_key(|e| e.time)
}

/// The estimate of one kernel; `None` as for [`choose`], and for multicast without a switch that
/// can.
pub fn estimate(tuner: &Tuner, call: &Call, kernel: Kernel) -> Option<Estimate> {
    let tables = &tuner.constants.tables.symmetric;
    let gpu = available(tuner, call)?;
    let multicast = matches!(kernel, Kernel::LlMulticast | Kernel::Multicast);
    if multicast && tuner.machine.switch != NvSwitch::Multicast {
        return None;
    }
    let ranks = tuner.machine.ranks();
    let most = match kernel {
        Kernel::Multicast => gpu.multicast_blocks.div_ceil(ranks).min(tables.max_blocks),
        _ => tables.max_blocks,
    };
    let us = |blocks: u32| time_us(tables, gpu, call, kernel, ranks, blocks);
    let best = us(most);
    let blocks = (1..most).find(|&b| us(b) <= (1.0 + tables.tolerance) * best).unwrap_or(most);
    Some(Estimate { kernel, blocks, time: Time::from_secs_f64(us(blocks) * 1e-6) })
}

/// The constants of the machine, where the call has symmetric kernels.
fn available<'a>(tuner: &'a Tuner, call: &Call) -> Option<&'a SymmetricGpu> {
    let (machine, tables) = (&tuner.machine, &tuner.constants.tables);
    let sums = call.op == ReduceOp::Sum
        && matches!(call.element, Element::F32 | Element::F16 | Element::Bf16);
    let has = match call.function {
        Function::AllGather => true,
        Function::AllReduce | Function::ReduceScatter => sums,
        _ => false,
    };
    let there = has
        && tuner.constants.version() >= tables.enable.symmetric_since
        && machine.nodes == 1
        && machine.intra == IntraPath::NvLink;
    match machine.gpu.generation() {
        _ if !there => None,
        Generation::Hopper => Some(&tables.symmetric.hopper),
        Generation::Blackwell => Some(&tables.symmetric.blackwell),
        Generation::Volta | Generation::Ampere => None,
    }
}

/// The estimate on `blocks` blocks, in microseconds.
fn time_us(
    tables: &Symmetric,
    gpu: &SymmetricGpu,
    call: &Call,
    kernel: Kernel,
    ranks: u32,
    blocks: u32,
) -> f64 {
    let all_reduce = call.function == Function::AllReduce;
    let (n, bytes) = (f64::from(ranks), call.bytes as f64);
    // What the tables call the size: a rank's buffer of all-reduce, else one block.
    let size = if all_reduce { bytes } else { bytes / n };
    let traffic = match kernel {
        Kernel::Ll | Kernel::LlMulticast => tables.ll_factor * n * size,
        Kernel::Direct if all_reduce => 2.0 * size * (n - 1.0) / n,
        Kernel::Multicast if all_reduce => size / n + size,
        Kernel::Direct | Kernel::Multicast => (n - 1.0) * size,
    };
    let factor = match kernel {
        Kernel::Ll | Kernel::Direct => 1.0,
        Kernel::LlMulticast => tables.multicast_ll,
        Kernel::Multicast if all_reduce => n,
        Kernel::Multicast => tables.multicast_gather * n,
    };
    let latency = match call.function {
        Function::AllGather if kernel.is_ll() => gpu.latency_ll_all_gather,
        _ if kernel.is_ll() => gpu.latency_ll,
        Function::AllReduce => gpu.latency_all_reduce,
        _ => gpu.latency,
    };
    // 2^30 bytes a second in bytes a microsecond.
    let rate = f64::from(1 << 30) / 1e6;
    let sm = rate * if all_reduce { gpu.sm_all_reduce } else { gpu.sm };
    let peak = match kernel {
        Kernel::Multicast if all_reduce => rate * gpu.peak_multicast,
        _ => rate * gpu.peak,
    };
    let bandwidth = soft_min(f64::from(blocks) * sm * factor, peak, sm);
    latency + soft_plus(traffic / bandwidth - 1.0)
}

/// Smoothly the smaller of `x` and `ceiling`.
fn soft_min(x: f64, ceiling: f64, softness: f64) -> f64 {
    ceiling - softness * ((ceiling / softness).exp_m1() * (-x / softness).exp()).ln_1p()
}

/// Smoothly the larger of `x` and zero.
fn soft_plus(x: f64) -> f64 {
    if x >= 100.0 { x } else { x.exp().ln_1p() }
}
