use supernode_units::{Bandwidth, Time};

use super::cpu::Cpu;
use super::gpu::Gpu;
use super::tables::Links;
use crate::LibraryError;

/// How GPUs of a node reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntraPath {
    /// Over `NVLink`, switched or direct.
    NvLink,
    /// Over `PCIe` switches, or one host bridge.
    Pci,
    /// Over the hop between sockets.
    Sys,
}

/// How a GPU reaches its NIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NicPath {
    /// Over `PCIe` switches (PIX, PXB).
    Pcie,
    /// Over `NVLink` and another GPU's `PCIe` switch (PXN), or from the CPU's own link (P2C).
    Pxn,
    /// Over the host bridge (PHB), or further.
    Host,
}

/// What switches the `NVLink`s of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NvSwitch {
    /// Nothing: GPUs are wired to each other, or there is no `NVLink`.
    None,
    /// `NVSwitch`es that forward.
    Plain,
    /// `NVSwitch`es that multicast and reduce (NVLS), from Hopper on.
    Multicast,
}

/// What the network between nodes can compute (`CollNet`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollNet {
    /// Nothing.
    None,
    /// All-reduce.
    AllReduce,
    /// All-reduce, all-gather and reduce-scatter.
    All,
}

/// What the tuner needs to know of a communicator; every node is alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The GPUs.
    pub gpu: Gpu,
    /// The host processors.
    pub cpu: Cpu,
    /// Nodes; a rack whose GPUs share one `NVLink` domain is one node.
    pub nodes: u32,
    /// Ranks of a node, one per GPU.
    pub ranks_per_node: u32,
    /// How the GPUs of a node reach each other.
    pub intra: IntraPath,
    /// `NVLink` bandwidth of a GPU per direction, as NCCL takes it ([`Gpu::nvlinks`]).
    pub nvlink: Bandwidth,
    /// What switches the `NVLink`s of a node.
    pub switch: NvSwitch,
    /// `PCIe` bandwidth of a GPU per direction.
    pub pcie: Bandwidth,
    /// NICs of a node; none on a single node is fine.
    pub nics_per_node: u32,
    /// Bandwidth of a NIC per direction, as NCCL takes it ([`Machine::nic_of_gbit`]).
    pub nic: Bandwidth,
    /// How a GPU reaches its NIC.
    pub nic_path: NicPath,
    /// What the network plugin says a message costs; zero for the built-in one.
    pub latency_inter: Time,
    /// What the network can compute.
    pub collnet: CollNet,
}

impl Machine {
    /// `nodes` nodes with 8 GPUs, switched `NVLink` of `links` links and a NIC of `nic_gbit` Gb/s each:
    /// the shape of DGX and HGX machines.
    pub fn hgx(gpu: Gpu, cpu: Cpu, links: u32, nodes: u32, nic_gbit: u32, speeds: &Links) -> Self {
        let pcie_generation: u32 = match gpu.capability() {
            ..80 => 3,
            80..90 => 4,
            _ => 5,
        };
        Self {
            gpu,
            cpu,
            nodes,
            ranks_per_node: 8,
            intra: IntraPath::NvLink,
            nvlink: gpu.nvlinks(links, speeds),
            switch: if gpu.capability() >= 90 { NvSwitch::Multicast } else { NvSwitch::Plain },
            pcie: Self::pcie_of(pcie_generation, 16, speeds),
            nics_per_node: 8,
            nic: Self::nic_of_gbit(nic_gbit, speeds),
            nic_path: NicPath::Pcie,
            latency_inter: Time::ZERO,
            collnet: CollNet::None,
        }
    }

    /// What NCCL takes a NIC of `gbit` Gb/s for: 12 GB/s per 100 Gb/s.
    pub fn nic_of_gbit(gbit: u32, speeds: &Links) -> Bandwidth {
        Bandwidth::new((speeds.net_per_100g * 1e7).round() as u64 * u64::from(gbit))
    }

    /// What NCCL takes `lanes` lanes of `PCIe` for: 12 GB/s for 16 of generation 3, twice that for
    /// the next.
    pub fn pcie_of(generation: u32, lanes: u32, speeds: &Links) -> Bandwidth {
        let lane = speeds.pcie_gen3_x16 / 16.0 * (f64::from(generation) - 3.0).exp2();
        Bandwidth::new((lane * 1e9 * f64::from(lanes)).round() as u64)
    }

    /// Ranks of the communicator.
    pub const fn ranks(&self) -> u32 {
        self.nodes.saturating_mul(self.ranks_per_node)
    }

    /// Says what is impossible.
    ///
    /// # Errors
    /// [`LibraryError::Machine`] for fewer than 2 ranks, more than 2^20, or a path without bandwidth.
    pub fn check(&self) -> Result<(), LibraryError> {
        let refuse =
            |what, value: String, allowed| Err(LibraryError::Machine { what, value, allowed });
        let ranks = u64::from(self.nodes) * u64::from(self.ranks_per_node);
        if !(2..=1 << 20).contains(&ranks) {
            return refuse("the number of ranks", ranks.to_string(), "from 2 to 2^20");
        }
        let zero = |rate: Bandwidth| rate.bytes_per_s() == 0;
        if self.ranks_per_node > 1 && self.intra == IntraPath::NvLink && zero(self.nvlink) {
            return refuse(
                "the NVLink bandwidth of a GPU",
                "0".to_owned(),
                "above 0 on an NVLink path",
            );
        }
        let by_pci = self.ranks_per_node > 1 && self.intra != IntraPath::NvLink;
        if (by_pci || self.nodes > 1) && zero(self.pcie) {
            return refuse("the PCIe bandwidth of a GPU", "0".to_owned(), "above 0");
        }
        if self.nodes > 1 && (self.nics_per_node == 0 || zero(self.nic)) {
            return refuse(
                "the NIC bandwidth of a node",
                "0".to_owned(),
                "above 0 on several nodes",
            );
        }
        Ok(())
    }
}
