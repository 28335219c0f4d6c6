//! How long a call takes: the steps that the library would run, priced with fitted costs.
//!
//! A kernel starts, runs its loops of steps over chunks, and ends. A step moves one chunk on every
//! channel at once; it costs its synchronisation and its bytes, of which the larger hides part of
//! the other. All channels work in step, so one of them, on its share of the ports, stands for all.

use supernode_units::Time;

use crate::costs::{Chip, Common, Network, Rates};
use crate::nccl::{Algorithm, Call, Choice, IntraPath, Protocol, Tables, Tuner};
use crate::{Function, Launch, Launched, Processes};

mod direct;
mod p2p;
mod ring;
mod switch;
mod tree;

/// Bytes per microsecond of 1 GB/s.
const GB_S: f64 = 1000.0;

/// A communicator on real links, and the costs of the software on them.
#[derive(Debug, Clone, Copy)]
pub struct Predictor<'a> {
    /// What the library knows of the communicator.
    pub tuner: &'a Tuner,
    /// The costs.
    pub rates: Rates<'a>,
    /// Line rate of a device's scale-up ports, one direction, in GB/s.
    pub link_gb_s: f64,
    /// Line rate of a node's NICs, one direction, in GB/s; zero without a network.
    pub nics_gb_s: f64,
}

impl Predictor<'_> {
    /// The time of one of many calls back to back, as nccl-tests measures it: a kernel, or the
    /// launches if they take longer.
    pub fn time(&self, call: &Call, choice: &Choice, launched: Launched) -> Time {
        let kernel = self.kernel(call, choice);
        let us = match launched.by {
            Launch::Stream => kernel.max(self.chip(Chip::Dispatch)).max(self.launches(
                call,
                choice,
                launched.processes,
            )),
            Launch::Graph => kernel,
            Launch::Host => kernel + self.common(Common::Host),
        };
        Time::from_secs_f64(us * 1e-6)
    }

    /// The shortest kernel of all that the library has for `call`, however it is launched.
    pub fn fastest(&self, call: &Call) -> Choice {
        let candidates = self.tuner.candidates(call).into_iter();
        let kernels = candidates.map(|candidate| {
            let choice = self.tuner.run(call, candidate);
            (self.kernel(call, &choice), choice)
        });
        let shortest = kernels.min_by(|(a, _), (b, _)| a.total_cmp(b));
        shortest.map_or_else(|| self.tuner.choose(call), |(_, choice)| choice)
    }

    /// The launches of one call, one after the other where one process makes all of a node.
    fn launches(&self, call: &Call, choice: &Choice, processes: Processes) -> f64 {
        match processes {
            Processes::PerNode => {
                let kernels = if call.function == Function::AllToAll { 2.0 } else { 1.0 };
                let shared =
                    self.tuner.constants.version() >= self.tables().enable.shared_work_since;
                let written = if shared { 0.0 } else { f64::from(choice.channels) };
                let channels = written * self.common(Common::LaunchChannel);
                (self.common(Common::Launch) * kernels + channels) * f64::from(self.per_node())
            }
            Processes::PerDevice | Processes::Threads => 0.0,
        }
    }

    fn kernel(&self, call: &Call, choice: &Choice) -> f64 {
        match choice.algorithm {
            None => self.p2p(call, choice),
            Some(Algorithm::Ring) => match call.function {
                Function::Broadcast | Function::Reduce => self.chain(call, choice),
                _ => self.ring(call, choice),
            },
            Some(Algorithm::Tree) => self.tree(call, choice),
            Some(Algorithm::Nvls) => self.nvls(call, choice),
            Some(Algorithm::NvlsTree) => self.nvls_tree(call, choice),
            Some(Algorithm::CollNetDirect | Algorithm::CollNetChain) => self.collnet(call, choice),
            Some(Algorithm::Pat) => self.pat(call, choice),
        }
    }

    fn chip(&self, constant: Chip) -> f64 {
        self.rates.chip(constant)
    }

    fn network(&self, constant: Network) -> f64 {
        self.rates.network(constant)
    }

    fn common(&self, constant: Common) -> f64 {
        self.rates.common(constant)
    }

    fn tables(&self) -> &Tables {
        &self.tuner.constants.tables
    }

    fn nodes(&self) -> u32 {
        self.tuner.machine.nodes
    }

    fn per_node(&self) -> u32 {
        self.tuner.machine.ranks_per_node
    }

    fn ranks(&self) -> u32 {
        self.tuner.machine.ranks()
    }

    /// A step over the scale-up links, in microseconds.
    pub(crate) fn step(&self, protocol: Protocol) -> f64 {
        self.chip(match protocol {
            Protocol::Ll => Chip::Ll,
            Protocol::Ll128 => Chip::Ll128,
            Protocol::Simple => Chip::Simple,
        })
    }

    /// A step over the network that moves `bytes` on all channels of a node, in microseconds.
    pub(crate) fn network_step(&self, choice: &Choice, bytes: f64) -> f64 {
        let step = match choice.protocol {
            // The proxy thread of a device looks at the flags of all that it sends.
            Protocol::Ll => {
                let lines = 2.0 * bytes / f64::from(self.per_node());
                self.network(Network::Ll) + lines / (self.network(Network::LlScan) * GB_S)
            }
            Protocol::Ll128 => self.network(Network::Ll128),
            Protocol::Simple => self.network(Network::Simple),
        };
        step + self.network(Network::Channel) * f64::from(choice.channels.div_ceil(self.per_node()))
    }

    /// Start and end of a kernel, in microseconds.
    pub(crate) fn base(&self, protocol: Protocol) -> f64 {
        self.chip(match protocol {
            Protocol::Ll => Chip::Base,
            Protocol::Ll128 => Chip::Ll128Base,
            Protocol::Simple => Chip::SimpleBase,
        })
    }

    /// Bytes per microsecond that a device sends over its scale-up links on `channels` channels.
    pub(crate) fn link(&self, protocol: Protocol, channels: u32) -> f64 {
        // Cards of a server with a NIC each have its switch beside them; others meet in the host.
        let host = self.tuner.machine.intra != IntraPath::NvLink && self.nodes() == 1;
        let shared = host && self.per_node() > 2;
        let rate = self.link_gb_s * GB_S * self.chip(Chip::Link);
        let rate = rate * if shared { self.chip(Chip::SharedLink) } else { 1.0 };
        match protocol {
            // Half of what is sent are flags, and threads wait for each line.
            Protocol::Ll => {
                (rate / 2.0).min(self.chip(Chip::LlChannel) * f64::from(channels) * GB_S)
            }
            Protocol::Ll128 => rate * self.chip(Chip::Ll128Rate),
            Protocol::Simple => rate,
        }
    }

    /// Microseconds that `bytes` take over the scale-up links; none where no rank has a neighbour.
    pub(crate) fn near(&self, bytes: f64, choice: &Choice) -> f64 {
        if self.per_node() == 1 { 0.0 } else { bytes / self.link(choice.protocol, choice.channels) }
    }

    /// Share of its line rate that a NIC carries, headers off.
    fn payload(&self) -> f64 {
        let nic = self.nics_gb_s / f64::from(self.tuner.machine.nics_per_node.max(1));
        let payload = &self.tables().payload;
        if nic <= payload.slow_to { payload.slow } else { payload.fast }
    }

    /// Bytes per microsecond that a node sends over its NICs.
    pub(crate) fn nics(&self, protocol: Protocol) -> f64 {
        let far = if self.nodes() > 2 { self.network(Network::FarRate) } else { 1.0 };
        let wire = match protocol {
            Protocol::Ll => 0.5,
            Protocol::Ll128 => 15.0 / 16.0,
            Protocol::Simple => 1.0,
        };
        self.nics_gb_s * GB_S * self.payload() * self.network(Network::Rate) * far * wire
    }
}

/// Times a tree passes its bytes through a node's NICs in one direction: both trees up and down, but
/// the leaves of two and three nodes have nobody below.
fn tree_passes(nodes: u32) -> f64 {
    match nodes {
        ..=2 => 1.0,
        3 => 1.5,
        _ => 2.0,
    }
}
