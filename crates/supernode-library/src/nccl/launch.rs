//! Channels and threads of a kernel (section "Execution parameters").

use super::algorithm::{Algorithm, Protocol};
use super::call::Call;
use super::gpu::Generation;
use super::machine::Machine;
use super::tuner::Tuner;
use crate::Function;

/// Channels and threads per channel.
pub(crate) fn launch(
    tuner: &Tuner,
    call: &Call,
    algorithm: Algorithm,
    protocol: Protocol,
) -> (u32, u32) {
    let rules = &tuner.constants.tables.launch;
    let (channels, threads) = match algorithm {
        Algorithm::Nvls | Algorithm::NvlsTree => return (nvls_channels(tuner), rules.threads_max),
        Algorithm::CollNetDirect => (collnet_channels(tuner, call), rules.threads_max),
        _ => {
            let threads = threads(tuner, algorithm, protocol);
            reduce(tuner, call, algorithm, protocol, threads)
        }
    };
    let threads = match (algorithm, protocol) {
        (Algorithm::Ring, Protocol::Simple) => threads + rules.warp,
        // The split of a tree's threads between up and down takes four more warps.
        (Algorithm::Tree, Protocol::Simple) => threads + 4 * rules.warp,
        _ => threads,
    };
    let channels = match algorithm {
        Algorithm::CollNetDirect | Algorithm::CollNetChain => channels,
        _ => channels.min(cells(tuner, call, protocol)),
    };
    (channels, threads.clamp(rules.threads_min, rules.threads_max))
}

/// Threads of a channel for large calls.
fn threads(tuner: &Tuner, algorithm: Algorithm, protocol: Protocol) -> u32 {
    let rules = &tuner.constants.tables.launch;
    let ring = &tuner.graphs.ring;
    match (algorithm, protocol) {
        (_, Protocol::Ll) => rules.threads_ll,
        (_, Protocol::Ll128) => rules.threads_ll128,
        (Algorithm::Ring, _) if ring.bw_intra * f64::from(ring.channels) <= rules.slow_ring => {
            rules.threads_slow_ring
        }
        (Algorithm::Ring | Algorithm::Tree, _) => rules.threads_simple,
        _ => rules.threads_max,
    }
}

/// Drops channels, then halves threads, while a thread would have too few bytes.
fn reduce(
    tuner: &Tuner,
    call: &Call,
    algorithm: Algorithm,
    protocol: Protocol,
    mut threads: u32,
) -> (u32, u32) {
    let rules = &tuner.constants.tables.launch;
    let per_thread = match (algorithm, protocol) {
        (Algorithm::Ring, Protocol::Ll) => rules.threshold_ll * u64::from(tuner.machine.ranks()),
        (_, Protocol::Ll) => rules.threshold_ll,
        (_, Protocol::Ll128) => rules.threshold_ll128,
        _ if algorithm.is_collnet() => rules.threshold_collnet,
        _ => rules.threshold_simple,
    };
    let filled = call.bytes / (u64::from(threads) * per_thread);
    let channels = filled.clamp(1, u64::from(tuner.graphs.channels)) as u32;
    while channels == 1
        && call.bytes < u64::from(threads) * per_thread
        && threads.is_multiple_of(128)
    {
        threads /= 2;
    }
    (channels, threads)
}

/// Channels that have a cell of traffic each.
fn cells(tuner: &Tuner, call: &Call, protocol: Protocol) -> u32 {
    let rules = &tuner.constants.tables.launch;
    let moved = if call.function == Function::AllReduce { 2 } else { 1 };
    let weight = if protocol == Protocol::Ll { rules.cell_ll_factor } else { 1 };
    let traffic = call.bytes.saturating_mul(moved * weight);
    u32::try_from(traffic.div_ceil(rules.cell)).unwrap_or(u32::MAX).max(1)
}

/// `CollNetDirect` drops channels in steps, with a lower threshold after each.
fn collnet_channels(tuner: &Tuner, call: &Call) -> u32 {
    let rules = &tuner.constants.tables.launch;
    let heads = u64::from(heads(&tuner.machine));
    let mut channels = tuner.graphs.channels;
    let mut per_thread = rules.threshold_collnet;
    let full = u64::from(rules.threads_max) * heads;
    for floor in [16, 8, 4, 2, 1] {
        let small = |c: u32, threshold| call.bytes < u64::from(c) * full * threshold;
        while channels > floor && small(channels, per_thread) {
            if channels == floor + floor / 2 {
                per_thread /= 2;
            }
            channels -= 1;
        }
        if !small(channels, per_thread) {
            break;
        }
    }
    channels
}

/// GPUs of a node that own a part of the buffer with NVLS and `CollNetDirect`.
pub(crate) fn heads(machine: &Machine) -> u32 {
    match machine.nodes {
        1 => machine.ranks_per_node,
        _ => machine.ranks_per_node.min(machine.nics_per_node),
    }
}

/// Whether the NICs are so fast that NVLS has larger chunks.
pub(crate) fn has_fast_nics(machine: &Machine) -> bool {
    machine.nodes > 1
        && machine.gpu.generation() == Generation::Blackwell
        && machine.nic.gb_per_s() >= 96.0
        && machine.ranks_per_node <= 8
}

fn nvls_channels(tuner: &Tuner) -> u32 {
    let rules = &tuner.constants.tables.launch;
    let machine = &tuner.machine;
    match machine.gpu.generation() {
        Generation::Blackwell if machine.nodes == 1 || has_fast_nics(machine) => {
            rules.nvls_channels_blackwell
        }
        Generation::Blackwell if machine.nodes > 2 && machine.nic.gb_per_s() >= 48.0 => {
            rules.nvls_channels_blackwell
        }
        Generation::Blackwell => rules.nvls_channels_blackwell_nodes,
        _ => rules.nvls_channels_hopper,
    }
}
