//! `--placement`: how ranks are laid on devices.

use clap::ValueEnum;
use supernode::fabric::Placement;

/// The names.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum PlacementName {
    /// Rank r on device r.
    Packed,
    /// Round-robin over the outermost level.
    Spread,
    /// A permutation that the seed chooses.
    Random,
}

impl PlacementName {
    /// The name on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::Spread => "spread",
            Self::Random => "random",
        }
    }

    /// As the fabric places ranks.
    pub(super) fn placement(self, seed: u64) -> Placement {
        match self {
            Self::Packed => Placement::Packed,
            Self::Spread => Placement::Spread,
            Self::Random => Placement::Random { seed },
        }
    }
}
