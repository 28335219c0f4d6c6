//! Which kernel runs an all-reduce: vector cores that write to their peers, or the schedule of
//! level 0.

use super::constants::Kernels;
use super::machine::{Generation, Machine};
use crate::Function;

/// How an all-reduce is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kernel {
    /// Vector cores over the mesh of one server.
    MeshAiv,
    /// The same for large counts.
    MeshAivLarge,
    /// Vector cores over the mesh and RDMA, small sizes and a power of two of servers.
    SmallAivRdma,
    /// Vector cores over the mesh and RDMA, middle sizes.
    MidAivRdma,
    /// Every rank reads all others and reduces, in one step.
    OneShotMesh,
    /// Reduce-scatter and all-gather over the mesh, in a loop.
    MeshLoop,
    /// One NHR over all ranks, whatever server they are in.
    FlatNhr,
    /// Two rings over the devices of a server.
    DoubleRing,
    /// Two rings, each link of which has ports of its own.
    FastDoubleRing,
    /// Level by level; what is not an all-reduce, and chips whose kernels are not known.
    Levels,
}

impl Kernel {
    /// A short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MeshAiv => "mesh-aiv",
            Self::MeshAivLarge => "mesh-aiv-large",
            Self::SmallAivRdma => "small-aiv-rdma",
            Self::MidAivRdma => "mid-aiv-rdma",
            Self::OneShotMesh => "one-shot-mesh",
            Self::MeshLoop => "mesh-loop",
            Self::FlatNhr => "flat-nhr",
            Self::DoubleRing => "double-ring",
            Self::FastDoubleRing => "fast-double-ring",
            Self::Levels => "levels",
        }
    }
}

/// The kernel for `function` of `bytes`.
pub(crate) fn kernel(
    tables: &Kernels,
    machine: &Machine,
    function: Function,
    bytes: u64,
) -> Kernel {
    if function != Function::AllReduce {
        return Kernel::Levels;
    }
    let vector = machine.vector_cores && !machine.deterministic;
    match machine.generation {
        Generation::A2 => a2(tables, machine, bytes, vector),
        Generation::A3 => a3(tables, machine, bytes, vector),
        Generation::A1 | Generation::A5 => Kernel::Levels,
    }
}

fn a2(tables: &Kernels, machine: &Machine, bytes: u64, vector: bool) -> Kernel {
    let one_server = machine.servers * machine.supernodes == 1;
    match bytes {
        _ if vector && one_server && bytes < tables.a2_mesh_aiv_below => Kernel::MeshAiv,
        _ if vector && one_server => Kernel::MeshAivLarge,
        _ if vector
            && bytes <= tables.a2_small_rdma
            && (machine.servers * machine.supernodes).is_power_of_two() =>
        {
            Kernel::SmallAivRdma
        }
        _ if vector && bytes <= tables.a2_mid_rdma => Kernel::MidAivRdma,
        _ if bytes <= tables.a2_one_shot => Kernel::OneShotMesh,
        _ => Kernel::MeshLoop,
    }
}

fn a3(tables: &Kernels, machine: &Machine, bytes: u64, vector: bool) -> Kernel {
    let ranks = u64::from(machine.ranks());
    let one_supernode = machine.supernodes == 1;
    let one_server = one_supernode && machine.servers == 1;
    if vector && one_server && bytes <= tables.a3_aiv {
        Kernel::MeshAiv
    } else if one_supernode && !one_server && bytes <= tables.a3_flat_per_rank * ranks {
        Kernel::FlatNhr
    } else if one_server && bytes <= tables.a3_one_shot_per_rank * ranks {
        Kernel::OneShotMesh
    } else if machine.hccs_ports == tables.a3_fast_ring_ports {
        Kernel::FastDoubleRing
    } else {
        Kernel::DoubleRing
    }
}
