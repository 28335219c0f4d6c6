//! Algorithm bandwidth (bytes of the call over time) by algorithm and protocol, in GB/s: sections
//! "Bandwidth caps", "Bandwidth formula" and "Tree correction".

use super::algorithm::{Algorithm, Protocol};
use super::gpu::Generation;
use super::graph::Graph;
use super::tuner::Tuner;
use crate::Function;

/// The bandwidth of calls of any size, before the tree correction; zero where there is none. Does
/// not ask whether the algorithm is enabled.
pub(crate) fn bandwidth(
    tuner: &Tuner,
    function: Function,
    algorithm: Algorithm,
    protocol: Protocol,
) -> f64 {
    let machine = &tuner.machine;
    let graph = tuner.graph(algorithm);
    if graph.channels == 0 || !algorithm.has(function) || !algorithm.runs(protocol) {
        return 0.0;
    }
    let (nodes, ranks) = (machine.nodes, f64::from(machine.ranks()));
    let per_channel = match algorithm {
        Algorithm::Nvls | Algorithm::NvlsTree => nvls(tuner, function, algorithm, graph),
        _ if nodes <= 2 || algorithm.is_collnet() => graph.bw_intra,
        _ => graph.bw_inter,
    };
    let channels = f64::from(graph.channels);
    let moved = channels * per_channel;
    let shares = &tuner.constants.tables.bandwidth.shares;
    let carried = match algorithm {
        Algorithm::Ring => ring(tuner, protocol, moved, channels),
        Algorithm::Tree => tree(tuner, protocol, moved, graph),
        Algorithm::Pat => moved * shares.pat,
        Algorithm::CollNetDirect => collnet_direct(tuner, function, moved, graph),
        Algorithm::CollNetChain | Algorithm::Nvls | Algorithm::NvlsTree => moved,
    };
    let steps = f64::from(function.ring_steps(machine.ranks()));
    match algorithm {
        Algorithm::Nvls | Algorithm::NvlsTree if shares.nvls_algorithm > 0.0 => {
            carried * shares.nvls_algorithm
        }
        _ if function.is_gather() && algorithm != Algorithm::Ring => carried,
        Algorithm::Ring | Algorithm::Nvls | Algorithm::NvlsTree => carried * ranks / steps,
        _ => carried * 0.5,
    }
}

/// What a channel of NVLS carries.
fn nvls(tuner: &Tuner, function: Function, algorithm: Algorithm, graph: &Graph) -> f64 {
    let machine = &tuner.machine;
    let tables = &tuner.constants.tables.bandwidth;
    if graph.channels < 2 {
        return 0.0;
    }
    let is_tree = algorithm == Algorithm::NvlsTree;
    if tables.shares.nvls_algorithm > 0.0 {
        let halves = if is_tree && machine.nodes > 2 { 0.5 } else { 1.0 };
        return graph.bw_intra.min(graph.bw_inter * halves);
    }
    let (generation, nodes) = (machine.gpu.generation(), machine.nodes);
    let channels = f64::from(graph.channels);
    let local = f64::from(machine.ranks_per_node);
    let own =
        graph.bw_intra * tables.nvls_efficiency.of(generation, nodes) * (channels - 1.0) / channels;
    let intra = match function {
        Function::AllReduce => 2.0 * own,
        _ => own * (local - 1.0) / local,
    };
    let both = if is_tree && nodes <= 2 { 2.0 } else { 1.0 };
    let cap = if is_tree { tables.nvls_tree.of(generation, nodes) } else { f64::INFINITY };
    intra.min(graph.bw_inter * both).min(cap)
}

fn ring(tuner: &Tuner, protocol: Protocol, moved: f64, channels: f64) -> f64 {
    let tables = &tuner.constants.tables.bandwidth;
    match protocol {
        Protocol::Ll => (tables.shares.ring_ll * moved).min(ll_cap(tuner)),
        Protocol::Ll128 => {
            let cap = tables.ring_ll128.of(tuner.machine.gpu.generation(), tuner.machine.nodes);
            (tables.shares.ring_ll128 * moved).min(channels * cap)
        }
        Protocol::Simple => moved,
    }
}

fn tree(tuner: &Tuner, protocol: Protocol, moved: f64, graph: &Graph) -> f64 {
    let machine = &tuner.machine;
    let (generation, nodes) = (machine.gpu.generation(), machine.nodes);
    let tables = &tuner.constants.tables.bandwidth;
    let channels = f64::from(graph.channels);
    let simple = (tables.shares.tree * moved).min(channels * tables.tree.of(generation, nodes));
    let carried = match protocol {
        Protocol::Ll => (simple * tables.shares.tree_ll).min(ll_cap(tuner)),
        Protocol::Ll128 => {
            let share = match nodes {
                1 => tables.shares.tree_ll128_one_node,
                _ => tables.shares.tree_ll128,
            };
            (simple * share).min(channels * tables.tree_ll128.of(generation, nodes))
        }
        Protocol::Simple => simple,
    };
    if graph.full_tree { carried * tables.shares.full_tree } else { carried }
}

fn collnet_direct(tuner: &Tuner, function: Function, moved: f64, graph: &Graph) -> f64 {
    let machine = &tuner.machine;
    let shares = &tuner.constants.tables.bandwidth.shares;
    let local = f64::from(machine.ranks_per_node);
    if function.is_gather() {
        return local * graph.bw_intra.min(shares.collnet_gather_inter * graph.bw_inter);
    }
    let per_nic = local / f64::from(graph.channels);
    let carried = moved / (per_nic - (per_nic - 1.0) / 2.0);
    match machine.gpu.generation() {
        Generation::Hopper | Generation::Blackwell => carried * shares.collnet_direct_hopper,
        Generation::Volta | Generation::Ampere => carried,
    }
}

/// The LL cap: by GPU on one node, by host processor on several.
fn ll_cap(tuner: &Tuner) -> f64 {
    let machine = &tuner.machine;
    let row = match machine.nodes {
        1 => machine.gpu.generation(),
        _ if machine.cpu.is_amd_row() => Generation::Ampere,
        _ => Generation::Volta,
    };
    tuner.constants.tables.bandwidth.ll.of(row, machine.nodes)
}

/// The tree correction of `bytes`: a factor on the bandwidth.
pub(crate) fn correction(
    tuner: &Tuner,
    function: Function,
    algorithm: Algorithm,
    protocol: Protocol,
    bytes: u64,
) -> f64 {
    let machine = &tuner.machine;
    let tables = &tuner.constants.tables.correction;
    let row = match protocol {
        Protocol::Ll => &tables.ll,
        Protocol::Ll128 => &tables.ll128,
        Protocol::Simple => &tables.simple,
    };
    let sizes = match algorithm {
        Algorithm::Tree => tables.sizes,
        Algorithm::NvlsTree
            if machine.gpu.generation() == Generation::Blackwell && machine.cpu.is_x86() =>
        {
            tables.nvls_tree_sizes
        }
        _ => 0,
    };
    let Some(doublings) = (bytes / 64).checked_ilog2() else { return 1.0 };
    let applies = function == Function::AllReduce && (doublings as usize) < sizes;
    if applies { row.get(doublings as usize).copied().unwrap_or(1.0) } else { 1.0 }
}
