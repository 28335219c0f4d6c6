//! Latency of a call by algorithm and protocol (section "Latency constants"), in microseconds.

use super::algorithm::{Algorithm, Protocol};
use super::cpu::Cpu;
use super::gpu::Generation;
use super::machine::IntraPath;
use super::tuner::Tuner;
use crate::Function;

/// The latency of one call; does not ask whether the algorithm is enabled.
pub(crate) fn latency(
    tuner: &Tuner,
    function: Function,
    algorithm: Algorithm,
    protocol: Protocol,
) -> f64 {
    let machine = &tuner.machine;
    let rules = &tuner.constants.tables.latency.rules;
    let base = tuner.constants.tables.latency.base.of(algorithm)[protocol.index()];
    let intra = intra(tuner, algorithm, protocol);
    let inter = inter(tuner, algorithm, protocol);
    let (nodes, ranks) = (machine.nodes, machine.ranks());
    let local = f64::from(machine.ranks_per_node);
    let hops = f64::from(nodes.ilog2());
    match algorithm {
        Algorithm::Ring => base + ring(tuner, function, protocol, intra, inter),
        Algorithm::Tree => base + 2.0 * ((local - 1.0) * intra + hops * inter),
        Algorithm::CollNetDirect => {
            let first = (local - 1.0).min(1.0) * intra;
            base + 2.0 * (first + (local - 1.0) * rules.collnet_arity) + inter
        }
        Algorithm::CollNetChain => base + 2.0 * (local - 1.0) * intra + inter,
        Algorithm::Nvls if nodes > 1 => intra + inter,
        Algorithm::Nvls => intra,
        Algorithm::NvlsTree => base + intra + 2.0 * hops * inter,
        Algorithm::Pat => {
            base + hops * inter / rules.pat_net_divisor + rules.pat_per_rank * f64::from(ranks)
        }
    }
}

/// One hop within a node.
fn intra(tuner: &Tuner, algorithm: Algorithm, protocol: Protocol) -> f64 {
    let machine = &tuner.machine;
    let latencies = &tuner.constants.tables.latency;
    // One GPU a node has no `NVLink` path.
    if machine.intra == IntraPath::NvLink && machine.ranks_per_node > 1 {
        return latencies.nvlink.of(algorithm)[protocol.index()];
    }
    let power = machine.cpu == Cpu::Power9;
    let row = match (algorithm, protocol) {
        (Algorithm::Tree, Protocol::Simple) if power => latencies.pci.of(Algorithm::Ring),
        _ => latencies.pci.of(algorithm),
    };
    row[protocol.index()]
}

/// One hop between nodes; Simple flushes, which costs what the plugin says once more.
fn inter(tuner: &Tuner, algorithm: Algorithm, protocol: Protocol) -> f64 {
    let machine = &tuner.machine;
    let row = if machine.ranks_per_node == 1 { Algorithm::Tree } else { algorithm };
    let advertised = machine.latency_inter.as_us_f64();
    let flush = if protocol == Protocol::Simple { advertised } else { 0.0 };
    tuner.constants.tables.latency.net.of(row)[protocol.index()] + advertised + flush
}

fn ring(tuner: &Tuner, function: Function, protocol: Protocol, intra: f64, inter: f64) -> f64 {
    let machine = &tuner.machine;
    let latencies = &tuner.constants.tables.latency;
    let steps = f64::from(function.ring_steps(machine.ranks()));
    if matches!(function, Function::Broadcast | Function::Reduce) {
        let hop = |row: Algorithm| match machine.nodes {
            1 => self::intra(tuner, row, protocol),
            _ => latencies.net.of(row)[protocol.index()],
        };
        return if tuner.graphs.ring.same_channels {
            hop(Algorithm::Ring)
        } else if protocol == Protocol::Simple {
            steps * hop(Algorithm::Tree)
        } else {
            steps * hop(Algorithm::Ring)
        };
    }
    let between = match function {
        Function::AllReduce => 2 * (machine.nodes - 1),
        _ => machine.nodes - 1,
    };
    let between = f64::from(between);
    (steps - between) * intra.max(overhead(tuner, protocol)) + between * inter
}

/// What posting a step to the network costs every rank; zero on one node.
fn overhead(tuner: &Tuner, protocol: Protocol) -> f64 {
    let rules = &tuner.constants.tables.latency.rules;
    if tuner.machine.nodes == 1 {
        return 0.0;
    }
    let post = tuner.net_overhead.map_or_else(
        || if tuner.machine.cpu == Cpu::Amd { rules.overhead_amd } else { rules.overhead_intel },
        supernode_units::Time::as_us_f64,
    );
    if protocol == Protocol::Simple { post * rules.overhead_simple } else { post }
}

/// The plateau of Ring with Simple on several nodes: a factor on its latency.
pub(crate) fn plateau(
    tuner: &Tuner,
    function: Function,
    algorithm: Algorithm,
    protocol: Protocol,
    bytes: u64,
) -> f64 {
    let machine = &tuner.machine;
    let rules = &tuner.constants.tables.latency.rules;
    let applies = (algorithm, protocol) == (Algorithm::Ring, Protocol::Simple)
        && function == Function::AllReduce
        && machine.nodes > 1
        && bytes / (u64::from(tuner.graphs.channels) * u64::from(machine.ranks()))
            >= rules.plateau_bytes;
    match machine.gpu.generation() {
        _ if !applies => 1.0,
        Generation::Volta => rules.plateau_volta,
        _ => rules.plateau,
    }
}
