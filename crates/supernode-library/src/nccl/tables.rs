//! The schema of NCCL's constants: one struct per table of the data file.

mod run;

use serde::Deserialize;

pub use run::{
    Enable, Launch, Links, NvlinkRates, Payload, Search, SpeedTables, Speeds, Symmetric,
    SymmetricGpu,
};

use super::algorithm::Algorithm;
use super::gpu::Generation;

/// Times in microseconds by algorithm, each for LL, LL128 and Simple.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PerAlgorithm {
    /// Where the figures are published.
    pub source: String,
    /// Of Tree.
    pub tree: [f64; 3],
    /// Of Ring.
    pub ring: [f64; 3],
    /// Of `CollNetDirect`.
    pub collnet_direct: [f64; 3],
    /// Of `CollNetChain`.
    pub collnet_chain: [f64; 3],
    /// Of NVLS.
    pub nvls: [f64; 3],
    /// Of `NVLSTree`.
    pub nvls_tree: [f64; 3],
    /// Of PAT.
    pub pat: [f64; 3],
}

impl PerAlgorithm {
    /// The entry of one algorithm, in microseconds.
    pub const fn of(&self, algorithm: Algorithm) -> [f64; 3] {
        match algorithm {
            Algorithm::Tree => self.tree,
            Algorithm::Ring => self.ring,
            Algorithm::CollNetDirect => self.collnet_direct,
            Algorithm::CollNetChain => self.collnet_chain,
            Algorithm::Nvls => self.nvls,
            Algorithm::NvlsTree => self.nvls_tree,
            Algorithm::Pat => self.pat,
        }
    }
}

/// GB/s (or shares) by GPU generation, each for 1, 2, and 3 or more nodes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PerGeneration {
    /// Where the figures are published.
    pub source: String,
    /// Of Volta.
    pub volta: [f64; 3],
    /// Of Ampere.
    pub ampere: [f64; 3],
    /// Of Hopper.
    pub hopper: [f64; 3],
    /// Of Blackwell.
    pub blackwell: [f64; 3],
}

impl PerGeneration {
    /// The entry of one generation for `nodes` nodes.
    pub const fn of(&self, generation: Generation, nodes: u32) -> f64 {
        let row = match generation {
            Generation::Volta => self.volta,
            Generation::Ampere => self.ampere,
            Generation::Hopper => self.hopper,
            Generation::Blackwell => self.blackwell,
        };
        match nodes {
            0 | 1 => row[0],
            2 => row[1],
            _ => row[2],
        }
    }
}

/// Section "Latency constants".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Latencies {
    /// Per call.
    pub base: PerAlgorithm,
    /// Per step over `NVLink`.
    pub nvlink: PerAlgorithm,
    /// Per step over PCI.
    pub pci: PerAlgorithm,
    /// Per step over the network.
    pub net: PerAlgorithm,
    /// How they combine.
    pub rules: LatencyRules,
}

/// Factors of the latency formulas; times in microseconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LatencyRules {
    /// Where the figures are published.
    pub source: String,
    /// A network post on any CPU but AMD.
    pub overhead_intel: f64,
    /// A network post on an AMD CPU.
    pub overhead_amd: f64,
    /// Posts per step of Simple.
    pub overhead_simple: f64,
    /// `CollNetDirect`, per further local rank.
    pub collnet_arity: f64,
    /// Divides the network latency of PAT.
    pub pat_net_divisor: f64,
    /// PAT, per rank.
    pub pat_per_rank: f64,
    /// Ring and Simple on several nodes: from so many bytes a channel and rank.
    pub plateau_bytes: u64,
    /// Factor on the latency then, before Ampere.
    pub plateau_volta: f64,
    /// Factor on the latency then.
    pub plateau: f64,
    /// Calls of one group that share a latency, but for Ring.
    pub batch: u32,
    /// Eight-bit floats: more ranks avoid the ring.
    pub fp8_ring_ranks: u32,
    /// Factor on the ring's time then.
    pub fp8_ring_factor: f64,
}

/// Section "Bandwidth caps", and the shares of section "Bandwidth formula".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bandwidths {
    /// LL, in all; several nodes: the Ampere row on AMD CPUs, else the Volta row.
    pub ll: PerGeneration,
    /// Ring and LL128, per channel.
    pub ring_ll128: PerGeneration,
    /// Tree and LL128, per channel.
    pub tree_ll128: PerGeneration,
    /// Tree, per channel.
    pub tree: PerGeneration,
    /// `NVLSTree`, per channel.
    pub nvls_tree: PerGeneration,
    /// NVLS, share of the link.
    pub nvls_efficiency: PerGeneration,
    /// Shares.
    pub shares: Shares,
}

/// Shares of the graph's bandwidth.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shares {
    /// Where the figures are published.
    pub source: String,
    /// Ring, LL.
    pub ring_ll: f64,
    /// Ring, LL128.
    pub ring_ll128: f64,
    /// Tree.
    pub tree: f64,
    /// Tree, LL.
    pub tree_ll: f64,
    /// Tree, LL128, on one node.
    pub tree_ll128_one_node: f64,
    /// Tree, LL128, on several nodes.
    pub tree_ll128: f64,
    /// A tree that is not split over two GPUs of the node.
    pub full_tree: f64,
    /// PAT.
    pub pat: f64,
    /// `CollNetDirect` from Hopper on.
    pub collnet_direct_hopper: f64,
    /// `CollNetDirect` all-gather and reduce-scatter, of the network.
    pub collnet_gather_inter: f64,
    /// Above zero: NVLS gets this share of min(intra, inter) as algorithm bandwidth (before 2.26).
    pub nvls_algorithm: f64,
}

/// Section "Tree correction": factors from 64 bytes on, one per doubling.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Correction {
    /// Where the figures are published.
    pub source: String,
    /// Doublings that are corrected for Tree.
    pub sizes: usize,
    /// Doublings that are corrected for `NVLSTree`.
    pub nvls_tree_sizes: usize,
    /// LL.
    pub ll: [f64; 24],
    /// LL128.
    pub ll128: [f64; 24],
    /// Simple.
    pub simple: [f64; 24],
}
