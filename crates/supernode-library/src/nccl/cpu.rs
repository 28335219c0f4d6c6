use std::fmt;
use std::str::FromStr;

use super::tables::Links;
use crate::LibraryError;
use crate::named::named;

/// Host processors as NCCL tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cpu {
    /// Intel, up to Broadwell.
    IntelBroadwell,
    /// Intel, Skylake to Ice Lake.
    IntelSkylake,
    /// Intel, Sapphire Rapids.
    IntelSapphireRapids,
    /// Intel, newer.
    IntelErp,
    /// AMD.
    Amd,
    /// Arm, such as Grace.
    Arm,
    /// IBM POWER9.
    Power9,
    /// Zhaoxin.
    Zhaoxin,
    /// Nodes with processors of several vendors.
    Mixed,
}

impl Cpu {
    /// All processors.
    pub const ALL: [Self; 9] = [
        Self::IntelBroadwell,
        Self::IntelSkylake,
        Self::IntelSapphireRapids,
        Self::IntelErp,
        Self::Amd,
        Self::Arm,
        Self::Power9,
        Self::Zhaoxin,
        Self::Mixed,
    ];

    /// The short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IntelBroadwell => "intel-broadwell",
            Self::IntelSkylake => "intel-skylake",
            Self::IntelSapphireRapids => "intel-sapphire-rapids",
            Self::IntelErp => "intel-erp",
            Self::Amd => "amd",
            Self::Arm => "arm",
            Self::Power9 => "power9",
            Self::Zhaoxin => "zhaoxin",
            Self::Mixed => "mixed",
        }
    }

    /// Whether NCCL takes the AMD row of its LL caps.
    pub(crate) const fn is_amd_row(self) -> bool {
        matches!(self, Self::Amd | Self::Mixed)
    }

    /// Whether it runs x86 code.
    pub const fn is_x86(self) -> bool {
        !matches!(self, Self::Arm | Self::Power9)
    }

    /// What NCCL takes a hop between sockets for, in GB/s; the slowest for a mixture.
    pub(crate) fn hop_gb_s(self, links: &Links) -> f64 {
        match self {
            Self::IntelBroadwell | Self::Mixed => links.cpu_intel_broadwell,
            Self::IntelSkylake => links.cpu_intel_skylake,
            Self::IntelSapphireRapids => links.cpu_intel_sapphire_rapids,
            Self::IntelErp => links.cpu_intel_erp,
            Self::Amd => links.cpu_amd,
            Self::Arm => links.cpu_arm,
            Self::Power9 => links.cpu_power9,
            Self::Zhaoxin => links.cpu_zhaoxin,
        }
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Cpu {
    type Err = LibraryError;
    /// Accepts `intel` for the processors of most machines with Hopper, Sapphire Rapids.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        if text.eq_ignore_ascii_case("intel") {
            return Ok(Self::IntelSapphireRapids);
        }
        named("CPU", &Self::ALL, Self::name, text)
    }
}
