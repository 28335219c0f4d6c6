//! The algorithms by name, and how each becomes a schedule.

use std::fmt;
use std::str::FromStr;

use crate::{Collective, CollectiveError, Ring, Schedule};

/// An algorithm of this crate. Names are the field's (NCCL, MPI).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ring (see [`Ring`]).
    Ring,
}

/// How the ranks of one level of a hierarchy talk among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inner {
    /// Around a ring.
    Ring,
    /// Everyone with everyone at once.
    Direct,
    /// Through a switch that reduces and multicasts.
    InSwitch,
}

/// One level of a hierarchical schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LevelPlan {
    /// Ranks (innermost level) or groups that meet at this level.
    pub size: u32,
    /// How they talk.
    pub inner: Inner,
}

/// What an algorithm may be told beyond the number of ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Pieces each rank's share is cut into where the algorithm pipelines (trees, in-switch).
    pub slices: u32,
    /// Levels of a hierarchical schedule, innermost first.
    pub levels: Vec<LevelPlan>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { slices: 8, levels: Vec::new() }
    }
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 1] = [Self::Ring];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
        }
    }

    /// The schedule of `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// When the algorithm does not define the collective, or the tuning does not fit the ranks.
    pub fn schedule(
        self,
        collective: Collective,
        ranks: u32,
        _tuning: &Tuning,
    ) -> Result<Box<dyn Schedule>, CollectiveError> {
        Ok(match self {
            Self::Ring => Box::new(Ring::new(collective, ranks)?),
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = CollectiveError;
    fn from_str(text: &str) -> Result<Self, CollectiveError> {
        Self::ALL.into_iter().find(|a| a.name() == text).ok_or_else(|| {
            CollectiveError::UnknownAlgorithm {
                name: text.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
}
