//! A catalog system as a library sees it: its GPUs, links, NICs and switches.

use supernode_catalog::{Catalog, Cpu as CpuMake, End, KindName, System, SystemKind, Transport};
use supernode_chip::{Architecture, Chip};
use supernode_units::Bandwidth;

use crate::LibraryError;
use crate::nccl::tables::NvlinkRates;
use crate::nccl::{CollNet, Cpu, Gpu, IntraPath, Machine, NicPath, NvSwitch, Tables};

/// A system's hardware, as far as a library's costs depend on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Platform {
    /// Catalog id of the system.
    pub system: String,
    /// Family of its chips.
    pub architecture: Architecture,
    /// What joins the chips of a node.
    pub scale_up: Option<Transport>,
    /// What joins nodes.
    pub network: Option<Transport>,
    /// Line rate of a device's scale-up ports in one direction, in GB/s.
    pub link_gb_s: f64,
    /// Line rate of a device's share of its node's NICs in one direction, in GB/s; zero without a
    /// network.
    pub nic_gb_s: f64,
    /// Whether that is a published figure and no range.
    pub nic_known: bool,
    /// Devices of one scale-up domain: a server, a rack that `NVLink` joins, a pod.
    pub node_devices: u32,
    /// Whether the scale-up links lead to every peer at once, so that fewer ranks use fewer links.
    pub meshed: bool,
    cpu: Option<CpuMake>,
}

impl Platform {
    /// The hardware of `system`, in the middle of its ranges.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where the catalog lacks a value that is needed, or the family of
    /// the chip.
    pub fn of(catalog: &Catalog, system: &System) -> Result<Self, LibraryError> {
        let chip = catalog.chip_of(system).map_err(|error| LibraryError::Platform {
            system: system.id.clone(),
            why: error.to_string(),
        })?;
        Self::at(system, chip, End::Middle)
    }

    /// The hardware of `system`, made of `chip`, at `end` of its ranges. In their middle a NIC still
    /// has the low end of its rate, as the costs were fitted.
    ///
    /// # Errors
    /// As [`Platform::of`].
    pub fn at(system: &System, chip: &Chip, end: End) -> Result<Self, LibraryError> {
        let refuse = |why: String| LibraryError::Platform { system: system.id.clone(), why };
        let architecture = chip
            .architecture
            .ok_or_else(|| refuse(format!("the family of chip {} is not known", chip.id)))?;
        let config = system.fabric_config(chip, end).map_err(|error| refuse(error.to_string()))?;
        let spec = system.levels.first().ok_or_else(|| refuse("it has no level".to_owned()))?;
        let level = &config.levels[usize::from(chip.devices > 1)];
        let scale_out = match system.kind {
            SystemKind::Cluster => system.levels.last(),
            _ => system.scale_out.as_ref(),
        };
        let per_device = |rate: Bandwidth| rate.gb_per_s() / f64::from(chip.devices);
        let nic = scale_out.and_then(|spec| spec.bandwidth.value.low());
        let high = scale_out.and_then(|spec| spec.bandwidth.value.high());
        Ok(Self {
            system: system.id.clone(),
            architecture,
            scale_up: spec.transport,
            network: scale_out.and_then(|spec| spec.transport),
            link_gb_s: level.bandwidth.gb_per_s(),
            nic_gb_s: if end == End::Best { high } else { nic }.map_or(0.0, per_device),
            nic_known: nic == high,
            node_devices: system.scale_up_chips().saturating_mul(chip.devices),
            meshed: matches!(spec.kind.get_ref(), KindName::FullMesh),
            cpu: system.cpu,
        })
    }

    /// The communicator of `nodes` nodes with `per_node` ranks each, as NCCL's tuner sees it, with
    /// `nics` NICs a node where that is known.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] for chips that NCCL does not run on.
    pub fn nccl(
        &self,
        nodes: u32,
        per_node: u32,
        nics: Option<u32>,
        tables: &Tables,
    ) -> Result<Machine, LibraryError> {
        let speeds = &tables.links;
        let gpu = self.gpu().ok_or_else(|| LibraryError::Platform {
            system: self.system.clone(),
            why: format!("NCCL does not run on {}", self.architecture),
        })?;
        let nvlink = matches!(self.scale_up, Some(Transport::Nvlink | Transport::Xgmi));
        // Several NICs of one GPU are one to NCCL: its plugins join them.
        let nics_per_node = nics.unwrap_or(per_node).clamp(1, per_node.max(1));
        // NCCL counts 12 GB/s for 100 Gb/s, which are 12.5.
        let nic_gbit =
            (self.node_nics_gb_s(per_node) / f64::from(nics_per_node) * 8.0).round() as u32;
        let generation = match gpu.capability() {
            ..80 => 3,
            80..90 => 4,
            _ => 5,
        };
        let switch = match (nvlink, self.meshed) {
            (true, false) if gpu.capability() >= 90 => NvSwitch::Multicast,
            (true, false) => NvSwitch::Plain,
            _ => NvSwitch::None,
        };
        Ok(Machine {
            gpu,
            cpu: self.processor(gpu),
            nodes,
            ranks_per_node: per_node,
            intra: match nvlink {
                true => IntraPath::NvLink,
                false if per_node > 4 => IntraPath::Sys,
                false => IntraPath::Pci,
            },
            nvlink: gpu.nvlinks(self.links(gpu, per_node, &tables.nvlink_rates), speeds),
            switch,
            pcie: Machine::pcie_of(generation, 16, speeds),
            nics_per_node,
            nic: Machine::nic_of_gbit(nic_gbit, speeds),
            nic_path: self.nic_path(),
            latency_inter: supernode_units::Time::ZERO,
            collnet: CollNet::None,
        })
    }

    /// `NVLink`s of a GPU that reach its peers among `per_node` ranks.
    fn links(&self, gpu: Gpu, per_node: u32, rates: &NvlinkRates) -> u32 {
        let rate = match gpu {
            Gpu::Pascal => rates.pascal,
            Gpu::Blackwell => rates.blackwell,
            _ => rates.volta_to_hopper,
        };
        (self.reached_gb_s(per_node) / rate).round() as u32
    }

    /// Slingshot NICs sit on the host's own lanes, which is Grace on nodes of GH200; others beside the
    /// GPUs.
    fn nic_path(&self) -> NicPath {
        match (self.network, self.cpu) {
            (Some(Transport::Slingshot), Some(CpuMake::Grace)) => NicPath::Pxn,
            (Some(Transport::Slingshot), _) => NicPath::Host,
            _ => NicPath::Pcie,
        }
    }

    /// Line rate of the NICs beside `per_node` ranks of a node, in one direction, in GB/s.
    pub fn node_nics_gb_s(&self, per_node: u32) -> f64 {
        self.nic_gb_s * f64::from(per_node)
    }

    /// Line rate of a device towards its peers among `per_node` ranks, in GB/s.
    pub fn reached_gb_s(&self, per_node: u32) -> f64 {
        if !self.meshed || self.node_devices < 2 {
            return self.link_gb_s;
        }
        let peers = per_node.clamp(2, self.node_devices) - 1;
        self.link_gb_s * f64::from(peers) / f64::from(self.node_devices - 1)
    }

    fn gpu(&self) -> Option<Gpu> {
        Some(match self.architecture {
            Architecture::Pascal => Gpu::Pascal,
            Architecture::Volta => Gpu::Volta,
            Architecture::Ada => Gpu::Sm89,
            Architecture::Hopper => Gpu::Hopper,
            // The newest tables there are stand for what is to come.
            Architecture::Blackwell | Architecture::Rubin => Gpu::Blackwell,
            Architecture::BlackwellClient => Gpu::Sm120,
            // RCCL has NCCL's algorithms; its channels are taken to be those of a GPU of the time.
            Architecture::Ampere
            | Architecture::Cdna2
            | Architecture::Cdna3
            | Architecture::Cdna4 => Gpu::Ampere,
            _ => return None,
        })
    }

    fn processor(&self, gpu: Gpu) -> Cpu {
        match self.cpu {
            Some(CpuMake::Amd) => Cpu::Amd,
            Some(CpuMake::Grace | CpuMake::Arm) => Cpu::Arm,
            _ if gpu.capability() >= 90 => Cpu::IntelSapphireRapids,
            _ => Cpu::IntelSkylake,
        }
    }
}
