use std::fmt;
use std::str::FromStr;

use crate::named::named;
use crate::{Function, LibraryError};

/// NCCL's algorithms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Double binary tree over nodes, a chain within each.
    Tree,
    /// Rings, one per channel.
    Ring,
    /// In-network reduction, every GPU straight to the GPU at the NIC.
    CollNetDirect,
    /// In-network reduction, a chain of GPUs to the GPU at the NIC.
    CollNetChain,
    /// Multicast and reduction in the `NVSwitch`.
    Nvls,
    /// NVLS within a node, a tree between nodes.
    NvlsTree,
    /// Parallel aggregated trees, for one GPU a node.
    Pat,
}

impl Algorithm {
    /// All algorithms, in NCCL's order.
    pub const ALL: [Self; 7] = [
        Self::Tree,
        Self::Ring,
        Self::CollNetDirect,
        Self::CollNetChain,
        Self::Nvls,
        Self::NvlsTree,
        Self::Pat,
    ];

    /// NCCL's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Ring => "Ring",
            Self::CollNetDirect => "CollNetDirect",
            Self::CollNetChain => "CollNetChain",
            Self::Nvls => "NVLS",
            Self::NvlsTree => "NVLSTree",
            Self::Pat => "PAT",
        }
    }

    /// Whether NCCL has this algorithm for `function` ("Decision rule": all-reduce knows all but
    /// PAT, all-gather and reduce-scatter know Ring, NVLS, `CollNetDirect` and PAT, broadcast and
    /// reduce know Ring only).
    pub const fn has(self, function: Function) -> bool {
        match function {
            Function::AllReduce => !matches!(self, Self::Pat),
            Function::AllGather | Function::ReduceScatter => {
                matches!(self, Self::Ring | Self::Nvls | Self::CollNetDirect | Self::Pat)
            }
            Function::Broadcast | Function::Reduce => matches!(self, Self::Ring),
            Function::AllToAll | Function::SendRecv => false,
        }
    }

    /// Whether the algorithm runs with `protocol`: all but Tree and Ring are Simple only.
    pub const fn runs(self, protocol: Protocol) -> bool {
        matches!(self, Self::Tree | Self::Ring) || matches!(protocol, Protocol::Simple)
    }

    /// Whether the network reduces.
    pub const fn is_collnet(self) -> bool {
        matches!(self, Self::CollNetDirect | Self::CollNetChain)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = LibraryError;
    /// Accepts NCCL's names in any case.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        named("NCCL algorithm", &Self::ALL, Self::name, text)
    }
}

/// NCCL's protocols: how a receiver learns that data is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// A flag beside every 4 bytes: half of what is moved is data.
    Ll,
    /// A flag per 128 bytes: 15/16 of what is moved is data.
    Ll128,
    /// Chunks with a flag after them.
    Simple,
}

impl Protocol {
    /// All protocols, in NCCL's order.
    pub const ALL: [Self; 3] = [Self::Ll, Self::Ll128, Self::Simple];

    /// NCCL's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ll => "LL",
            Self::Ll128 => "LL128",
            Self::Simple => "Simple",
        }
    }

    /// Place in NCCL's tables.
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Ll => 0,
            Self::Ll128 => 1,
            Self::Simple => 2,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Protocol {
    type Err = LibraryError;
    /// Accepts NCCL's names in any case.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        named("NCCL protocol", &Self::ALL, Self::name, text)
    }
}
