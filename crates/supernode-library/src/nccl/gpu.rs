use std::fmt;
use std::str::FromStr;

use supernode_units::Bandwidth;

use super::tables::Links;
use crate::LibraryError;
use crate::named::named;

/// The rows of NCCL's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generation {
    /// Compute capability below 8.0.
    Volta,
    /// From 8.0.
    Ampere,
    /// From 9.0.
    Hopper,
    /// From 10.0.
    Blackwell,
}

/// GPUs as NCCL tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gpu {
    /// P100, compute capability 6.0.
    Pascal,
    /// V100, 7.0.
    Volta,
    /// A100 and A800, 8.0.
    Ampere,
    /// `PCIe` cards of 8.6, such as A40 and RTX 3090.
    Sm86,
    /// `PCIe` cards of 8.9, such as L40S and RTX 4090; no `NVLink`.
    Sm89,
    /// H100, H200, H800, H20, GH200: 9.0.
    Hopper,
    /// B200, GB200, B300, GB300: 10.0 and 10.3.
    Blackwell,
    /// `PCIe` cards of 12.0, such as RTX PRO 6000 and RTX 5090; no `NVLink`.
    Sm120,
}

impl Gpu {
    /// All GPUs.
    pub const ALL: [Self; 8] = [
        Self::Pascal,
        Self::Volta,
        Self::Ampere,
        Self::Sm86,
        Self::Sm89,
        Self::Hopper,
        Self::Blackwell,
        Self::Sm120,
    ];

    /// The short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pascal => "pascal",
            Self::Volta => "volta",
            Self::Ampere => "ampere",
            Self::Sm86 => "sm86",
            Self::Sm89 => "sm89",
            Self::Hopper => "hopper",
            Self::Blackwell => "blackwell",
            Self::Sm120 => "sm120",
        }
    }

    /// Ten times the compute capability.
    pub const fn capability(self) -> u32 {
        match self {
            Self::Pascal => 60,
            Self::Volta => 70,
            Self::Ampere => 80,
            Self::Sm86 => 86,
            Self::Sm89 => 89,
            Self::Hopper => 90,
            Self::Blackwell => 100,
            Self::Sm120 => 120,
        }
    }

    /// The row of NCCL's tables.
    pub const fn generation(self) -> Generation {
        match self.capability() {
            ..80 => Generation::Volta,
            80..90 => Generation::Ampere,
            90..100 => Generation::Hopper,
            _ => Generation::Blackwell,
        }
    }

    /// What NCCL takes `links` `NVLink`s of this GPU for, together and per direction; zero for a GPU
    /// that has none (section "Topology speeds").
    pub fn nvlinks(self, links: u32, speeds: &Links) -> Bandwidth {
        let gb_s = match self {
            Self::Pascal => speeds.nvlink_pascal,
            Self::Volta => speeds.nvlink_volta,
            Self::Ampere => speeds.nvlink_ampere,
            Self::Sm86 => speeds.nvlink_sm86,
            Self::Hopper => speeds.nvlink_hopper,
            Self::Blackwell => speeds.nvlink_blackwell,
            Self::Sm89 | Self::Sm120 => 0.0,
        };
        Bandwidth::new((gb_s * 1e9).round() as u64 * u64::from(links))
    }
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Gpu {
    type Err = LibraryError;
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        named("GPU", &Self::ALL, Self::name, text)
    }
}
