use std::fmt;
use std::str::FromStr;

use crate::CollectiveError;

/// What a collective computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collective {
    /// Every rank gets the reduction of all inputs.
    AllReduce,
    /// Rank `r` gets block `r` of the reduction of all inputs.
    ReduceScatter,
    /// Every rank gets the concatenation of all inputs.
    AllGather,
}

impl Collective {
    /// All collectives.
    pub const ALL: [Self; 3] = [Self::AllReduce, Self::ReduceScatter, Self::AllGather];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllGather => "all-gather",
        }
    }

    /// Whether elements are combined.
    pub const fn reduces(self) -> bool {
        !matches!(self, Self::AllGather)
    }

    /// Blocks that the input and the output of a rank hold when the large buffer has one per rank.
    pub(crate) const fn blocks(self, ranks: u32) -> (u32, u32) {
        match self {
            Self::AllReduce => (ranks, ranks),
            Self::ReduceScatter => (ranks, 1),
            Self::AllGather => (1, ranks),
        }
    }

    /// busbw / algbw as nccl-tests defines it, as an exact fraction (numerator, denominator):
    /// 2(n-1)/n for all-reduce, (n-1)/n for reduce-scatter and all-gather.
    pub const fn busbw_factor(self, ranks: u32) -> (u64, u64) {
        let n = ranks as u64;
        match self {
            Self::AllReduce => (2 * (n - 1), n),
            Self::ReduceScatter | Self::AllGather => (n - 1, n),
        }
    }
}

impl fmt::Display for Collective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Collective {
    type Err = CollectiveError;
    fn from_str(text: &str) -> Result<Self, CollectiveError> {
        Self::ALL
            .into_iter()
            .find(|c| c.name() == text || c.name().replace('-', "_") == text)
            .ok_or_else(|| CollectiveError::UnknownCollective { name: text.to_owned() })
    }
}
