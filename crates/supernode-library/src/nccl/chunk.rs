//! How a call's bytes are cut into chunks, slices and loops (section "Execution parameters").

use super::algorithm::{Algorithm, Protocol};
use super::call::Call;
use super::launch::{has_fast_nics, heads};
use super::tuner::Tuner;
use crate::Function;

const KIB: u64 = 1024;
/// Elements of a chunk are moved 16 bytes at a time.
const ALIGN: u64 = 16;

/// The pieces of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// Data bytes that a channel hands to its neighbour as one unit of the algorithm.
    pub(crate) chunk: u64,
    /// Data bytes that have a flag of their own.
    pub(crate) slice: u64,
    /// Slices that the buffer holds.
    pub(crate) slots: u32,
    /// Chunks of a channel per loop.
    pub(crate) per_loop: u32,
}

/// Cuts a call on `channels` channels.
pub(crate) fn pieces(
    tuner: &Tuner,
    call: &Call,
    algorithm: Algorithm,
    protocol: Protocol,
    channels: u32,
) -> Pieces {
    let rules = &tuner.constants.tables.launch;
    let step = step(tuner, protocol);
    let ring_of_blocks = algorithm == Algorithm::Ring && call.function.ring_steps(3) != 3;
    let (chunk_steps, slice_steps) = match protocol {
        Protocol::Simple if ring_of_blocks => (rules.ring_chunk_steps, rules.ring_slice_steps),
        _ => (1, 1),
    };
    let per_loop = match algorithm {
        Algorithm::Ring if ring_of_blocks => tuner.machine.ranks(),
        Algorithm::Pat => tuner.machine.ranks(),
        Algorithm::Nvls | Algorithm::NvlsTree | Algorithm::CollNetDirect => heads(&tuner.machine),
        _ => 1,
    };
    let most = step * chunk_steps;
    let chunk = match (algorithm, protocol) {
        (Algorithm::Nvls, _) => nvls(tuner, call.bytes, channels),
        (Algorithm::NvlsTree, _) => nvls_tree(tuner, call.bytes, channels),
        (Algorithm::Tree, Protocol::Ll128) => tree_ll128(tuner, call.bytes, channels, most),
        (Algorithm::Pat, _) => pat(tuner, call, channels, most),
        (Algorithm::CollNetDirect, _) => collnet_direct(tuner, call.bytes, channels, most),
        (Algorithm::CollNetChain, _) => collnet_chain(tuner, call.bytes, channels, most),
        _ => most,
    };
    // A call of less than a loop has smaller chunks.
    let share = call.bytes.div_ceil(u64::from(channels) * u64::from(per_loop));
    let chunk = chunk.min(share.next_multiple_of(ALIGN)).max(ALIGN);
    Pieces {
        chunk,
        slice: chunk.min(step * slice_steps),
        slots: (rules.steps / slice_steps) as u32,
        per_loop,
    }
}

/// Data bytes of one step of the buffer.
fn step(tuner: &Tuner, protocol: Protocol) -> u64 {
    let rules = &tuner.constants.tables.launch;
    match protocol {
        Protocol::Simple => rules.buffer_simple / rules.steps,
        // Half of a line is data.
        Protocol::Ll => rules.ll_lines_per_thread * u64::from(rules.threads_ll) * rules.ll_line / 2,
        // One of 16 elements of 8 bytes is the flag.
        Protocol::Ll128 => {
            rules.ll128_elems_per_thread * u64::from(rules.threads_ll128) * 8 / 16 * 15
        }
    }
}

/// Lowers `chunk` to the size of a rule while the call has fewer than so many loops of `units`.
fn lower(mut chunk: u64, bytes: u64, units: u64, rules: &[(u64, u64)]) -> u64 {
    for &(loops, size) in rules {
        if bytes < loops.saturating_mul(units * chunk) && chunk > size {
            chunk = size;
        }
    }
    chunk
}

fn nvls_chunk(tuner: &Tuner) -> u64 {
    let rules = &tuner.constants.tables.launch;
    if has_fast_nics(&tuner.machine) { rules.nvls_chunk_fast_nic } else { rules.nvls_chunk }
}

fn nvls(tuner: &Tuner, bytes: u64, channels: u32) -> u64 {
    let rules = &tuner.constants.tables.launch;
    let rate = tuner.bandwidth_gb_s(Function::AllReduce, Algorithm::Nvls, Protocol::Simple);
    let slow = tuner.machine.nodes > 1 && rate.unwrap_or(0.0) < rules.nvls_slow_bandwidth;
    let chunk = if slow { rules.nvls_slow_chunk } else { nvls_chunk(tuner) };
    let units = u64::from(channels) * u64::from(heads(&tuner.machine));
    lower(chunk, bytes, units, &[(64, 64 * KIB), (8, 32 * KIB), (2, 16 * KIB)])
}

fn nvls_tree(tuner: &Tuner, bytes: u64, channels: u32) -> u64 {
    let rules = &tuner.constants.tables.launch;
    let most = match tuner.machine.nodes {
        nodes if nodes >= rules.nvls_tree_chunk_nodes => rules.nvls_tree_chunk,
        _ => u64::MAX,
    };
    let units = u64::from(channels) * u64::from(heads(&tuner.machine));
    let steps = [(32, 256 * KIB), (16, 128 * KIB), (4, 64 * KIB), (1, 32 * KIB)];
    lower(nvls_chunk(tuner).min(most), bytes, units, &steps)
}

/// Halves `chunk` down to `floor` while a channel has fewer than `loops` chunks.
fn halve(mut chunk: u64, bytes: u64, channels: u64, loops: f64, floor: u64) -> u64 {
    while ((bytes / (channels * chunk)) as f64) < loops && chunk > floor {
        chunk /= 2;
    }
    chunk
}

fn tree_ll128(tuner: &Tuner, bytes: u64, channels: u32, most: u64) -> u64 {
    let machine = &tuner.machine;
    let local = f64::from(machine.ranks_per_node);
    let steps = 1.0 + f64::from(machine.nodes.ilog2()) + 0.1 * local;
    let channels = u64::from(channels);
    let chunk = halve(most, bytes, channels, steps * 64.0 / local, 128 * KIB);
    halve(chunk, bytes, channels, steps * 16.0 / local, 32 * KIB)
}

fn pat(tuner: &Tuner, call: &Call, channels: u32, mut chunk: u64) -> u64 {
    let rules = &tuner.constants.tables.launch;
    let loops = match call.function {
        Function::AllGather => rules.pat_gather_loops,
        _ => rules.pat_scatter_loops,
    };
    while call.bytes < u64::from(channels) * chunk * loops && chunk > rules.pat_chunk {
        chunk /= 2;
    }
    chunk
}

fn collnet_direct(tuner: &Tuner, bytes: u64, channels: u32, most: u64) -> u64 {
    let depth = tuner.constants.tables.launch.collnet_depth as f64;
    let units = u64::from(channels) * u64::from(heads(&tuner.machine));
    let chunk = halve(most, bytes, units, depth * 64.0, 128 * KIB);
    let chunk = halve(chunk, bytes, units, depth * 8.0, 64 * KIB);
    halve(chunk, bytes, units, depth * 8.0, 32 * KIB)
}

fn collnet_chain(tuner: &Tuner, bytes: u64, channels: u32, most: u64) -> u64 {
    let depth = f64::from(tuner.machine.ranks_per_node);
    let channels = u64::from(channels);
    let chunk = halve(most.min(256 * KIB), bytes, channels, depth * 64.0, 128 * KIB);
    let chunk = halve(chunk, bytes, channels, depth * 8.0, 64 * KIB);
    halve(chunk, bytes, channels, depth, 32 * KIB)
}
