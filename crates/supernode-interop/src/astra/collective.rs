//! What is run.

use std::fmt;
use std::str::FromStr;

use super::AstraError;

/// A collective of ASTRA-sim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collective {
    /// Everyone gets the sum of everything.
    AllReduce,
    /// Everyone gets the sum of its part.
    ReduceScatter,
    /// Everyone gets everything; its bytes are what one NPU puts in.
    AllGather,
    /// Everyone sends a part to everyone.
    AllToAll,
}

impl Collective {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::AllReduce, Self::ReduceScatter, Self::AllGather, Self::AllToAll];

    /// Its name in the keys of the system JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllGather => "all-gather",
            Self::AllToAll => "all-to-all",
        }
    }
}

impl fmt::Display for Collective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Collective {
    type Err = AstraError;
    fn from_str(text: &str) -> Result<Self, AstraError> {
        Self::ALL
            .into_iter()
            .find(|collective| collective.name() == text)
            .ok_or_else(|| AstraError::UnknownCollective { name: text.to_owned() })
    }
}
