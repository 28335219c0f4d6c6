//! Tables of the channel search, the launch and the symmetric kernels.

use serde::Deserialize;

use crate::Version;

/// Section "Topology speeds": what NCCL takes links for, in GB/s.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Links {
    /// Where the figures are published.
    pub source: String,
    /// An `NVLink` of Pascal.
    pub nvlink_pascal: f64,
    /// An `NVLink` of Volta.
    pub nvlink_volta: f64,
    /// An `NVLink` of Ampere.
    pub nvlink_ampere: f64,
    /// An `NVLink` of compute capability 8.6.
    pub nvlink_sm86: f64,
    /// An `NVLink` of Hopper.
    pub nvlink_hopper: f64,
    /// An `NVLink` of Blackwell.
    pub nvlink_blackwell: f64,
    /// 16 lanes of third-generation `PCIe`.
    pub pcie_gen3_x16: f64,
    /// A NIC, per 100 Gb/s.
    pub net_per_100g: f64,
    /// Between Intel sockets, Broadwell.
    pub cpu_intel_broadwell: f64,
    /// Between Intel sockets, Skylake.
    pub cpu_intel_skylake: f64,
    /// Between Intel sockets, Sapphire Rapids.
    pub cpu_intel_sapphire_rapids: f64,
    /// Between newer Intel sockets.
    pub cpu_intel_erp: f64,
    /// Between AMD sockets.
    pub cpu_amd: f64,
    /// Between Arm sockets.
    pub cpu_arm: f64,
    /// Between POWER9 sockets.
    pub cpu_power9: f64,
    /// Between Zhaoxin sockets.
    pub cpu_zhaoxin: f64,
}

/// Rates of one `NVLink`, one direction, in GB/s.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NvlinkRates {
    /// Where the figures are published.
    pub source: String,
    /// Of Pascal.
    pub pascal: f64,
    /// Of Volta, Ampere and Hopper.
    pub volta_to_hopper: f64,
    /// Of Blackwell.
    pub blackwell: f64,
}

/// What NICs carry of their line rate.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Payload {
    /// Where the figures are published.
    pub source: String,
    /// Line rate of the fastest slow NIC, in GB/s.
    pub slow_to: f64,
    /// Share of a slow one.
    pub slow: f64,
    /// Share of a fast one.
    pub fast: f64,
}

/// Speeds per channel that the search tries, fastest first, in GB/s.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Speeds {
    /// Where the figures are published.
    pub source: String,
    /// Within one node.
    pub intra: Vec<f64>,
    /// Between nodes.
    pub inter: Vec<f64>,
}

/// The speeds by generation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SpeedTables {
    /// Up to Ampere.
    pub default: Speeds,
    /// Hopper.
    pub hopper: Speeds,
    /// Blackwell.
    pub blackwell: Speeds,
}

/// Section "Channel search"; speeds in GB/s.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Search {
    /// Where the figures are published.
    pub source: String,
    /// Channels of a communicator at most.
    pub max_channels: u32,
    /// A slower speed is tried while it is more than this share of the best one.
    pub slower: f64,
    /// Channels this fast are split in two.
    pub split_from: f64,
    /// The same from Hopper on, when there are more than `split_hopper_channels`.
    pub split_hopper_from: f64,
    /// See `split_hopper_from`.
    pub split_hopper_channels: u32,
    /// Several nodes of Hopper on: rings faster than this are copied once more.
    pub redouble_above: f64,
    /// As long as there are fewer channels than this.
    pub redouble_below: u32,
    /// GPUs that reduce for all others with NVLS, at most.
    pub nvls_arity: u32,
}

/// Section "Execution parameters"; sizes in bytes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Launch {
    /// Where the figures are published.
    pub source: String,
    /// Threads of Simple.
    pub threads_simple: u32,
    /// Threads of a ring not faster than `slow_ring`.
    pub threads_slow_ring: u32,
    /// GB/s.
    pub slow_ring: f64,
    /// Threads of LL.
    pub threads_ll: u32,
    /// Threads of LL128.
    pub threads_ll128: u32,
    /// Threads at most; NVLS, `CollNet` and Tree with Simple use them.
    pub threads_max: u32,
    /// Threads at least.
    pub threads_min: u32,
    /// Threads of a warp.
    pub warp: u32,
    /// Bytes per thread of LL, for Ring times the ranks.
    pub threshold_ll: u64,
    /// Bytes per thread of LL128.
    pub threshold_ll128: u64,
    /// Bytes per thread of Simple.
    pub threshold_simple: u64,
    /// Bytes per thread of `CollNet`.
    pub threshold_collnet: u64,
    /// Traffic per channel at least.
    pub cell: u64,
    /// Bytes of a slice of Simple, at least.
    pub least_slice: u64,
    /// What LL's traffic counts for.
    pub cell_ll_factor: u64,
    /// Steps of a buffer.
    pub steps: u64,
    /// Buffer of Simple, per channel and peer.
    pub buffer_simple: u64,
    /// Lines of LL per thread and step.
    pub ll_lines_per_thread: u64,
    /// Bytes of such a line, half of them data.
    pub ll_line: u64,
    /// 8-byte elements of LL128 per thread and step.
    pub ll128_elems_per_thread: u64,
    /// Steps of a chunk of Ring with Simple.
    pub ring_chunk_steps: u64,
    /// Steps of a slice of Ring with Simple.
    pub ring_slice_steps: u64,
    /// NVLS channels of Hopper.
    pub nvls_channels_hopper: u32,
    /// NVLS channels of Blackwell on one node, or with fast NICs.
    pub nvls_channels_blackwell: u32,
    /// NVLS channels of Blackwell on several nodes.
    pub nvls_channels_blackwell_nodes: u32,
    /// Chunk of NVLS.
    pub nvls_chunk: u64,
    /// Chunk of NVLS with NICs of 800 Gb/s.
    pub nvls_chunk_fast_nic: u64,
    /// GB/s under which NVLS on several nodes has `nvls_slow_chunk`.
    pub nvls_slow_bandwidth: f64,
    /// See there.
    pub nvls_slow_chunk: u64,
    /// From so many nodes on `NVLSTree` has `nvls_tree_chunk`.
    pub nvls_tree_chunk_nodes: u32,
    /// See there.
    pub nvls_tree_chunk: u64,
    /// Chunk of a send over `NVLink`.
    pub p2p_chunk_nvlink: u64,
    /// Chunk of any other send.
    pub p2p_chunk: u64,
    /// Largest send with LL.
    pub p2p_ll: u64,
    /// Part of a message that is worth another channel, on one node.
    pub p2p_part: u64,
    /// The same on several nodes.
    pub p2p_part_nodes: u64,
    /// Channels to a peer at most, over PCI and the network.
    pub p2p_channels_net: u32,
    /// Channels of sends at most.
    pub p2p_channels: u32,
    /// Smallest chunk of PAT.
    pub pat_chunk: u64,
    /// Loops that PAT wants of an all-gather.
    pub pat_gather_loops: u64,
    /// Loops that PAT wants of a reduce-scatter.
    pub pat_scatter_loops: u64,
    /// Steps from a GPU through the network and back with `CollNetDirect`.
    pub collnet_depth: u64,
}

/// Section "Enable rules".
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Enable {
    /// Where the figures are published.
    pub source: String,
    /// First version with NVLS.
    pub nvls_since: Version,
    /// First version with `NVLSTree`.
    pub nvls_tree_since: Version,
    /// First version with PAT.
    pub pat_since: Version,
    /// First version with symmetric kernels.
    pub symmetric_since: Version,
    /// First version whose launches do not write work for every channel.
    pub shared_work_since: Version,
    /// Ranks of a node with `CollNet` at most.
    pub collnet_local_ranks: u32,
    /// Ranks of a node with NVLS all-gather and reduce-scatter at most.
    pub nvls_gather_local_ranks: u32,
}

/// Section "Symmetric-memory kernels"; rates in 2^30 bytes a second.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Symmetric {
    /// Where the figures are published.
    pub source: String,
    /// Traffic of an LL kernel per byte.
    pub ll_factor: f64,
    /// Factor of LL multicast.
    pub multicast_ll: f64,
    /// Factor per rank of multicast all-gather and reduce-scatter.
    pub multicast_gather: f64,
    /// Blocks at most.
    pub max_blocks: u32,
    /// Share of time given for fewer blocks.
    pub tolerance: f64,
    /// Hopper.
    pub hopper: SymmetricGpu,
    /// Blackwell.
    pub blackwell: SymmetricGpu,
}

/// What symmetric kernels reach on one generation; times in microseconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SymmetricGpu {
    /// Latency of an LL all-gather.
    pub latency_ll_all_gather: f64,
    /// Latency of another LL kernel.
    pub latency_ll: f64,
    /// Latency of an all-reduce.
    pub latency_all_reduce: f64,
    /// Latency of another kernel.
    pub latency: f64,
    /// Rate of a multiprocessor in an all-reduce.
    pub sm_all_reduce: f64,
    /// Rate of a multiprocessor in another kernel.
    pub sm: f64,
    /// Rate of the links.
    pub peak: f64,
    /// Rate of the links for a multicast all-reduce.
    pub peak_multicast: f64,
    /// Blocks of all ranks together for multicast kernels.
    pub multicast_blocks: u32,
}
