use std::str::FromStr;

use serde::Deserialize;

use crate::LibraryError;
use crate::nccl::{Algorithm, Protocol};

/// GPUs whose tables are built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gpu {
    /// MI300X and MI325X.
    Gfx942,
    /// MI350X and MI355X.
    Gfx950,
}

impl FromStr for Gpu {
    type Err = LibraryError;
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        match text.to_ascii_lowercase().as_str() {
            "gfx942" => Ok(Self::Gfx942),
            "gfx950" => Ok(Self::Gfx950),
            _ => Err(LibraryError::Unknown {
                what: "AMD GPU",
                name: text.to_owned(),
                known: "gfx942, gfx950".to_owned(),
            }),
        }
    }
}

/// RCCL's tables, each with its source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Constants {
    /// Latencies that all GPUs share.
    pub latency: Latency,
    /// MI300X and MI325X.
    pub gfx942: Model,
    /// MI350X and MI355X.
    pub gfx950: Model,
}

/// Times in microseconds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Latency {
    /// Where the figures are published.
    pub source: String,
    /// Per call, for LL, LL128 and Simple.
    pub base: [f64; 3],
    /// A network post on any CPU but AMD.
    pub overhead_intel: f64,
    /// A network post on an AMD CPU.
    pub overhead_amd: f64,
    /// Posts per step of Simple.
    pub overhead_simple: f64,
}

/// The tables of one GPU.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Model {
    /// Where the figures are published.
    pub source: String,
    /// Factor on LL of broadcast and reduce on one node.
    pub rooted_ll: f64,
    /// Microseconds per step over XGMI.
    pub xgmi: Pair,
    /// Microseconds per step over PCI.
    pub pci: Pair,
    /// Microseconds per step over the network.
    pub net: Pair,
    /// Share of the graph's bandwidth, on one or two nodes.
    pub share: Pair,
    /// The same on more.
    pub share_nodes: Pair,
    /// Factors on a tree's bandwidth, from 64 bytes on, one per doubling.
    pub correction_tree: Correction,
    /// Factors on a ring's, on several nodes.
    pub correction_ring: Correction,
}

/// Figures of Tree and Ring, each for LL, LL128 and Simple.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// Of Tree.
    pub tree: [f64; 3],
    /// Of Ring.
    pub ring: [f64; 3],
}

impl Pair {
    pub(crate) const fn of(&self, algorithm: Algorithm, protocol: Protocol) -> f64 {
        match algorithm {
            Algorithm::Tree => self.tree[protocol.index()],
            _ => self.ring[protocol.index()],
        }
    }
}

/// Factors by size.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// LL.
    pub ll: [f64; 27],
    /// LL128.
    pub ll128: [f64; 27],
    /// Simple.
    pub simple: [f64; 27],
}

impl Correction {
    /// The factor of `bytes`; sizes past the table have its last one, sizes below its first.
    pub(crate) fn of(&self, protocol: Protocol, bytes: u64) -> f64 {
        let row = match protocol {
            Protocol::Ll => &self.ll,
            Protocol::Ll128 => &self.ll128,
            Protocol::Simple => &self.simple,
        };
        let doublings = (bytes / 64).checked_ilog2().unwrap_or(0) as usize;
        row[doublings.min(row.len() - 1)]
    }
}

impl Constants {
    /// The constants that are built in.
    ///
    /// # Errors
    /// [`LibraryError::Data`] if the file is malformed: a bug.
    pub fn builtin() -> Result<Self, LibraryError> {
        toml::from_str(include_str!("../../data/rccl.toml"))
            .map_err(|e| LibraryError::Data { file: "data/rccl.toml", what: e.to_string() })
    }

    /// The tables of one GPU.
    pub const fn model(&self, gpu: Gpu) -> &Model {
        match gpu {
            Gpu::Gfx942 => &self.gfx942,
            Gpu::Gfx950 => &self.gfx950,
        }
    }
}
