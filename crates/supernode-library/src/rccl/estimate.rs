use supernode_units::{Bandwidth, Time};

use super::constants::{Constants, Gpu};
use crate::nccl::{Algorithm, Protocol};
use crate::{Function, LibraryError};

/// How GPUs of a node reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntraPath {
    /// Over XGMI.
    Xgmi,
    /// Over `PCIe`.
    Pci,
}

/// What RCCL's tuner needs to know of a communicator; every node is alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The GPUs.
    pub gpu: Gpu,
    /// Whether the host processors are AMD's.
    pub amd_host: bool,
    /// Nodes.
    pub nodes: u32,
    /// Ranks of a node.
    pub ranks_per_node: u32,
    /// How the GPUs of a node reach each other.
    pub intra: IntraPath,
    /// Bandwidth of all channels together within a node.
    pub intra_bandwidth: Bandwidth,
    /// Bandwidth of all channels together between nodes.
    pub inter_bandwidth: Bandwidth,
    /// Whether RCCL is built with LL128 and trusts the paths with it.
    pub ll128: bool,
    /// Whether all channels visit the GPUs in the same order.
    pub same_channels: bool,
}

/// What RCCL would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The protocol.
    pub protocol: Protocol,
    /// RCCL's estimate.
    pub time: Time,
}

impl Machine {
    /// Ranks of the communicator.
    pub const fn ranks(&self) -> u32 {
        self.nodes.saturating_mul(self.ranks_per_node)
    }

    fn check(&self) -> Result<(), LibraryError> {
        let ranks = u64::from(self.nodes) * u64::from(self.ranks_per_node);
        let (what, value, allowed) = if !(2..=1 << 20).contains(&ranks) {
            ("the number of ranks", ranks.to_string(), "from 2 to 2^20")
        } else if self.intra_bandwidth.bytes_per_s() == 0
            || (self.nodes > 2 && self.inter_bandwidth.bytes_per_s() == 0)
        {
            ("the bandwidth of the channels", "0".to_owned(), "above 0")
        } else {
            return Ok(());
        };
        Err(LibraryError::Machine { what, value, allowed })
    }
}

/// RCCL's estimate of one call of `bytes` (for all-gather and reduce-scatter those of all ranks
/// together); `None` for pairs that RCCL does not consider.
pub fn estimate(
    constants: &Constants,
    machine: &Machine,
    function: Function,
    bytes: u64,
    algorithm: Algorithm,
    protocol: Protocol,
) -> Option<Time> {
    let one_node = machine.nodes == 1;
    let considered = matches!(algorithm, Algorithm::Ring | Algorithm::Tree)
        && algorithm.has(function)
        && (protocol != Protocol::Ll128 || machine.ll128)
        && !(one_node && (algorithm, protocol) == (Algorithm::Tree, Protocol::Simple))
        && machine.check().is_ok();
    if !considered {
        return None;
    }
    let rate = bandwidth(constants, machine, function, bytes, algorithm, protocol);
    let latency = latency(constants, machine, function, algorithm, protocol);
    Some(Time::from_secs_f64((latency + bytes as f64 / (1000.0 * rate)) * 1e-6))
}

/// What RCCL would run for `function` of `bytes`; `None` for sends and receives, which it does not
/// estimate.
///
/// # Errors
/// [`LibraryError::Machine`] for fewer than 2 ranks, more than 2^20, or no bandwidth.
pub fn choose(
    constants: &Constants,
    machine: &Machine,
    function: Function,
    bytes: u64,
) -> Result<Option<Choice>, LibraryError> {
    machine.check()?;
    let pairs = [Algorithm::Tree, Algorithm::Ring]
        .into_iter()
        .flat_map(|a| Protocol::ALL.into_iter().map(move |p| (a, p)));
    let choices = pairs.filter_map(|(algorithm, protocol)| {
        estimate(constants, machine, function, bytes, algorithm, protocol).map(|time| Choice {
            algorithm,
            protocol,
            time,
        })
    });
    Ok(choices.min_by_key(|c| c.time))
}

/// Algorithm bandwidth in GB/s.
fn bandwidth(
    constants: &Constants,
    machine: &Machine,
    function: Function,
    bytes: u64,
    algorithm: Algorithm,
    protocol: Protocol,
) -> f64 {
    let model = constants.model(machine.gpu);
    let few = machine.nodes <= 2;
    let graph = if few { machine.intra_bandwidth } else { machine.inter_bandwidth };
    let share = if few { model.share } else { model.share_nodes }.of(algorithm, protocol);
    let rooted = matches!(function, Function::Broadcast | Function::Reduce)
        && machine.nodes == 1
        && protocol == Protocol::Ll;
    let carried = graph.gb_per_s() * share * if rooted { model.rooted_ll } else { 1.0 };
    let ranks = machine.ranks();
    if algorithm == Algorithm::Tree {
        return carried * 0.5 * model.correction_tree.of(protocol, bytes);
    }
    let steps = f64::from(function.ring_steps(ranks));
    let several = machine.nodes > 1;
    let correction = if several { model.correction_ring.of(protocol, bytes) } else { 1.0 };
    carried * f64::from(ranks) / steps * correction
}

/// Latency in microseconds, by NCCL's formulas.
fn latency(
    constants: &Constants,
    machine: &Machine,
    function: Function,
    algorithm: Algorithm,
    protocol: Protocol,
) -> f64 {
    let model = constants.model(machine.gpu);
    let rules = &constants.latency;
    let base = rules.base[protocol.index()];
    let table = match machine.intra {
        IntraPath::Xgmi => &model.xgmi,
        IntraPath::Pci => &model.pci,
    };
    let intra = table.of(algorithm, protocol);
    let row = if machine.ranks_per_node == 1 { Algorithm::Tree } else { algorithm };
    let inter = model.net.of(row, protocol);
    let nodes = machine.nodes;
    if algorithm == Algorithm::Tree {
        let local = f64::from(machine.ranks_per_node - 1);
        return base + 2.0 * (local * intra + f64::from(nodes.ilog2()) * inter);
    }
    let steps = f64::from(function.ring_steps(machine.ranks()));
    if matches!(function, Function::Broadcast | Function::Reduce) {
        let hops = if nodes == 1 { table } else { &model.net };
        return base
            + match protocol {
                _ if machine.same_channels => hops.of(Algorithm::Ring, protocol),
                Protocol::Simple => steps * hops.of(Algorithm::Tree, protocol),
                _ => steps * hops.of(Algorithm::Ring, protocol),
            };
    }
    let post = if machine.amd_host { rules.overhead_amd } else { rules.overhead_intel };
    let posts = if protocol == Protocol::Simple { rules.overhead_simple } else { 1.0 };
    let overhead = if nodes == 1 { 0.0 } else { post * posts };
    let phases = if function == Function::AllReduce { 2 } else { 1 };
    let between = f64::from(phases * (nodes - 1));
    base + (steps - between) * intra.max(overhead) + between * inter
}
