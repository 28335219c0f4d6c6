use std::fmt;
use std::str::FromStr;

use crate::named::named;
use crate::{Function, LibraryError};

/// HCCL's algorithms of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Everyone to everyone in one step.
    Mesh,
    /// A ring.
    Ring,
    /// Recursive halving and doubling.
    HalvingDoubling,
    /// Nonuniform hierarchical ring: logarithmic for any number of ranks.
    Nhr,
    /// Nonuniform Bruck.
    Nb,
    /// A mesh within servers beside a ring between them.
    Pipeline,
    /// An all-to-all, one partner after the other.
    Pairwise,
    /// All to one root.
    Star,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 8] = [
        Self::Mesh,
        Self::Ring,
        Self::HalvingDoubling,
        Self::Nhr,
        Self::Nb,
        Self::Pipeline,
        Self::Pairwise,
        Self::Star,
    ];

    /// The name that `HCCL_ALGO` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mesh => "fullmesh",
            Self::Ring => "ring",
            Self::HalvingDoubling => "H-D_R",
            Self::Nhr => "NHR",
            Self::Nb => "NB",
            Self::Pipeline => "pipeline",
            Self::Pairwise => "pairwise",
            Self::Star => "star",
        }
    }

    /// What the algorithm computes, for messages.
    pub(crate) const fn functions(self) -> &'static str {
        match self {
            Self::Mesh | Self::Ring => "all-reduce, reduce-scatter, all-gather and broadcast",
            Self::HalvingDoubling | Self::Nhr | Self::Nb => {
                "all-reduce, reduce-scatter and all-gather"
            }
            Self::Pipeline => "a cost of its own, over two links",
            Self::Pairwise => "all-to-all",
            Self::Star => "broadcast and reduce",
        }
    }

    pub(crate) fn unsupported(self, function: Function) -> LibraryError {
        LibraryError::Unsupported { algorithm: self.name(), function, has: self.functions() }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = LibraryError;
    /// Accepts the names that `HCCL_ALGO` takes, in any case.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        named("HCCL algorithm", &Self::ALL, Self::name, text)
    }
}
