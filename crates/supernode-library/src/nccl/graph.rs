//! The channel search: how many channels of which speed a topology carries.
//!
//! NCCL searches paths through a graph of links. On machines whose GPUs are alike the outcome
//! depends on three capacities only: what a GPU's intra-node path carries, what its NICs carry, and
//! which speeds are tried. Section "Topology speeds, channel search".

use super::constants::Tables;
use super::gpu::Generation;
use super::machine::{IntraPath, Machine, NvSwitch};
use super::tables::Search;

/// One algorithm's channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Graph {
    /// Channels of the search, before the communicator doubles them.
    pub channels: u32,
    /// Bandwidth of a channel within a node, in GB/s.
    pub bw_intra: f64,
    /// Bandwidth of a channel between nodes, in GB/s. On one node infinite, but for NVLS what NCCL
    /// has in its place, which its formula uses.
    pub bw_inter: f64,
    /// Whether all channels visit the GPUs in the same order.
    pub same_channels: bool,
    /// Whether both halves of a tree's node meet in one GPU.
    pub full_tree: bool,
}

/// The graphs of a communicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Graphs {
    /// Rings.
    pub ring: Graph,
    /// Double binary trees.
    pub tree: Graph,
    /// In-network reduction over chains.
    pub collnet_chain: Graph,
    /// In-network reduction, straight to the GPU at the NIC.
    pub collnet_direct: Graph,
    /// Multicast; no channels where there is none.
    pub nvls: Graph,
    /// Channels of the communicator: those of the rings and their copies.
    pub channels: u32,
}

impl Graphs {
    /// Searches the channels of `machine`.
    pub fn search(tables: &Tables, machine: &Machine) -> Self {
        let search = Finder::new(tables, machine);
        let ring = search.ring();
        let tree = search.tree(ring.channels);
        Self {
            ring,
            tree,
            collnet_chain: tree,
            collnet_direct: search.heads(false),
            nvls: search.heads(true),
            channels: search.communicator(ring),
        }
    }
}

/// The capacities and rules of one search; speeds in GB/s.
struct Finder<'a> {
    rules: &'a Search,
    speeds: &'a [f64],
    /// Ten times the compute capability.
    capability: u32,
    nodes: u32,
    gpus: u32,
    nics: u32,
    /// What a GPU's path to the next GPU carries.
    intra: f64,
    /// What one NIC carries to one GPU.
    nic: f64,
    pcie: f64,
    /// The fastest a channel can be.
    max: f64,
    /// The fastest link of a GPU.
    total: f64,
    multicast: bool,
}

impl<'a> Finder<'a> {
    fn new(tables: &'a Tables, machine: &Machine) -> Self {
        let table = match machine.gpu.generation() {
            Generation::Volta | Generation::Ampere => &tables.speeds.default,
            Generation::Hopper => &tables.speeds.hopper,
            Generation::Blackwell => &tables.speeds.blackwell,
        };
        let several = machine.nodes > 1;
        let (nvlink, pcie) = (machine.nvlink.gb_per_s(), machine.pcie.gb_per_s());
        let intra = match machine.intra {
            _ if machine.ranks_per_node == 1 => f64::INFINITY,
            IntraPath::NvLink => nvlink,
            IntraPath::Pci => pcie,
            IntraPath::Sys => pcie.min(machine.cpu.hop_gb_s(&tables.links)),
        };
        let nic = if several { machine.nic.gb_per_s().min(pcie) } else { f64::INFINITY };
        Self {
            rules: &tables.search,
            speeds: if several { &table.inter } else { &table.intra },
            capability: machine.gpu.capability(),
            nodes: machine.nodes,
            gpus: machine.ranks_per_node,
            nics: machine.nics_per_node,
            intra,
            nic,
            pcie,
            max: if several { nic } else { intra },
            total: if machine.intra == IntraPath::NvLink { nvlink.max(pcie) } else { pcie },
            multicast: machine.switch == NvSwitch::Multicast && machine.intra == IntraPath::NvLink,
        }
    }

    /// Speeds that one channel, or `channels` of them, can have at all; the slowest if none.
    fn candidates(&self, channels: u32, total: f64) -> &'a [f64] {
        let fits = |&s: &f64| s <= self.max && s * f64::from(channels) <= total;
        let start = self.speeds.iter().position(fits).unwrap_or(self.speeds.len() - 1);
        &self.speeds[start..]
    }

    /// Channels of `speed` that the NICs of a node carry.
    fn by_network(&self, speed: f64) -> u32 {
        if self.nodes == 1 {
            return u32::MAX;
        }
        let nics = self.nics.saturating_mul(fit(self.nic, speed));
        nics.min(self.gpus.saturating_mul(fit(self.pcie, speed)))
    }

    /// The most channels times speed, from fast to slow.
    fn ring(&self) -> Graph {
        let most = self.rules.max_channels / 2;
        let mut best: Option<(u32, f64)> = None;
        for &speed in self.candidates(1, self.total) {
            if let Some((channels, fastest)) = best
                && (f64::from(channels) * fastest >= self.total
                    || speed / fastest <= self.rules.slower)
            {
                break;
            }
            let channels = fit(self.intra, speed).min(self.by_network(speed)).min(most);
            let product = f64::from(channels) * speed;
            if channels > 0 && best.is_none_or(|(c, s)| product > f64::from(c) * s) {
                best = Some((channels, speed));
            }
        }
        // NCCL falls back to one slow channel.
        let (channels, speed) = best.unwrap_or((1, 0.1));
        self.split(self.graph(channels, speed, speed), most)
    }

    /// As many channels as the rings have, as fast as they can be.
    fn tree(&self, channels: u32) -> Graph {
        let total = if self.gpus > 1 {
            self.total * f64::from(self.gpus) / f64::from(self.gpus - 1)
        } else {
            self.total
        };
        // A chain leaves out the link of its last GPU, of another one in every channel.
        let edges = f64::from(channels) * f64::from(self.gpus - 1) / f64::from(self.gpus);
        let within = |speed: f64| self.gpus == 1 || edges.ceil() * speed <= self.intra;
        let speeds = self.candidates(channels, total);
        let fits = |&s: &f64| within(s) && self.by_network(s) >= channels;
        let inter = speeds.iter().copied().find(fits).unwrap_or(0.1);
        // Then the part within the node gets faster while it can.
        let intra = self.faster(inter, within);
        self.split(self.graph(channels, intra, inter), channels)
    }

    /// The fastest speed up to which all above `speed` fit, at most twice as fast.
    fn faster(&self, speed: f64, fits: impl Fn(f64) -> bool) -> f64 {
        let mut best = speed;
        for &next in self.speeds.iter().rev().filter(|&&s| s > speed) {
            if best >= 2.0 * speed || !fits(next) {
                break;
            }
            best = next;
        }
        best
    }

    /// A channel per GPU that has a NIC (per GPU on one node): every GPU moves a share of each
    /// channel, and the head of an NVLS channel two.
    fn heads(&self, nvls: bool) -> Graph {
        let heads = if self.nodes == 1 { self.gpus } else { self.gpus.min(self.nics) };
        let heads = if nvls { heads.min(self.rules.nvls_arity) } else { heads };
        let none = Graph { channels: 0, ..self.graph(0, 0.0, 0.0) };
        if nvls && !self.multicast {
            return none;
        }
        let shares = if nvls { heads + 1 } else { heads.saturating_sub(1).max(1) };
        let within = |speed: f64| f64::from(shares) * speed <= self.intra;
        let between = |speed: f64| self.by_network(speed) >= heads;
        let fits = |&s: &f64| within(s) && between(s);
        let Some(speed) = self.candidates(1, f64::INFINITY).iter().copied().find(fits) else {
            return none;
        };
        if nvls {
            // NVLS lets the part between nodes get faster; on one node nothing holds it.
            let inter = self.faster(speed, between);
            return Graph { bw_inter: inter, ..self.graph(heads, speed, inter) };
        }
        self.graph(heads, self.faster(speed, within), speed)
    }

    fn graph(&self, channels: u32, bw_intra: f64, bw_inter: f64) -> Graph {
        Graph {
            channels,
            bw_intra,
            bw_inter: if self.nodes == 1 { f64::INFINITY } else { bw_inter },
            same_channels: self.nodes == 1 || self.nics == 1,
            full_tree: self.gpus == 1,
        }
    }

    /// Fast channels are split in two, so that more blocks work on them.
    fn split(&self, graph: Graph, most: u32) -> Graph {
        let rules = self.rules;
        let kept = self.capability > 80
            && graph.bw_intra < rules.split_hopper_from
            && graph.channels > rules.split_hopper_channels;
        if graph.bw_intra < rules.split_from || kept || graph.channels == 0 {
            return graph;
        }
        let channels = (2 * graph.channels).min(most);
        let parts = f64::from(channels.div_ceil(graph.channels));
        Graph {
            channels,
            bw_intra: graph.bw_intra / parts,
            bw_inter: graph.bw_inter / parts,
            ..graph
        }
    }

    /// The channels after set-up: doubled, and on several nodes of Hopper with few fast rings
    /// doubled again.
    fn communicator(&self, ring: Graph) -> u32 {
        let rules = self.rules;
        let doubled = (2 * ring.channels).min(rules.max_channels);
        let again = self.capability >= 90
            && self.nodes > 1
            && ring.bw_intra > rules.redouble_above
            && doubled < rules.redouble_below;
        if again { (2 * doubled).min(rules.max_channels) } else { doubled }
    }
}

/// How often `part` fits in `whole`.
fn fit(whole: f64, part: f64) -> u32 {
    // Speeds are decimal fractions; 1e-9 is far less than any of them.
    (whole / part + 1e-9).floor() as u32
}
