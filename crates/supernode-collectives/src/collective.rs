use std::fmt;
use std::str::FromStr;

use crate::{CollectiveError, Rank};

/// What a collective computes. The large buffer of a rank is its input or its output, whichever
/// holds more; where that is `n` blocks for `n` ranks, block `r` belongs to rank `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Collective {
    /// Every rank gets the reduction of all inputs.
    AllReduce,
    /// Rank `r` gets block `r` of the reduction of all inputs.
    ReduceScatter,
    /// Every rank gets the concatenation of all inputs.
    AllGather,
    /// Every rank gets the input of the root; the others have none.
    Broadcast {
        /// Whose input it is.
        root: Rank,
    },
    /// The root gets the reduction of all inputs; the others get nothing.
    Reduce {
        /// Who gets it.
        root: Rank,
    },
    /// Block `s` of the output of rank `r` is block `r` of the input of rank `s`. Blocks are equal.
    AllToAll,
    /// The root gets the concatenation of all inputs; the others get nothing. Blocks are equal.
    Gather {
        /// Who gets it.
        root: Rank,
    },
    /// Rank `r` gets block `r` of the input of the root; the others have none. Blocks are equal.
    Scatter {
        /// Whose input it is.
        root: Rank,
    },
    /// Rank `r` gets the input of rank `r - 1`, as in nccl-tests: everyone sends to the next.
    SendRecv,
    /// No rank goes on before every rank has come. It has no data.
    Barrier,
}

impl Collective {
    /// All collectives, those with a root at rank 0.
    pub const ALL: [Self; 10] = [
        Self::AllReduce,
        Self::ReduceScatter,
        Self::AllGather,
        Self::Broadcast { root: 0 },
        Self::Reduce { root: 0 },
        Self::AllToAll,
        Self::Gather { root: 0 },
        Self::Scatter { root: 0 },
        Self::SendRecv,
        Self::Barrier,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllGather => "all-gather",
            Self::Broadcast { .. } => "broadcast",
            Self::Reduce { .. } => "reduce",
            Self::AllToAll => "all-to-all",
            Self::Gather { .. } => "gather",
            Self::Scatter { .. } => "scatter",
            Self::SendRecv => "send-recv",
            Self::Barrier => "barrier",
        }
    }

    /// Whether elements are combined.
    pub const fn reduces(self) -> bool {
        matches!(self, Self::AllReduce | Self::ReduceScatter | Self::Reduce { .. })
    }

    /// The rank that all data comes from or goes to, if there is one.
    pub const fn root(self) -> Option<Rank> {
        match self {
            Self::Broadcast { root }
            | Self::Reduce { root }
            | Self::Gather { root }
            | Self::Scatter { root } => Some(root),
            _ => None,
        }
    }

    /// The same with its root at `rank`, if it has one.
    #[must_use]
    pub const fn with_root(self, rank: Rank) -> Self {
        match self {
            Self::Broadcast { .. } => Self::Broadcast { root: rank },
            Self::Reduce { .. } => Self::Reduce { root: rank },
            Self::Gather { .. } => Self::Gather { root: rank },
            Self::Scatter { .. } => Self::Scatter { root: rank },
            other => other,
        }
    }

    /// Whether `rank` contributes data.
    pub const fn has_input(self, rank: Rank) -> bool {
        match self {
            Self::Broadcast { root } | Self::Scatter { root } => rank == root,
            Self::Barrier => false,
            _ => true,
        }
    }

    /// Whether `rank` gets a result.
    pub const fn has_output(self, rank: Rank) -> bool {
        match self {
            Self::Reduce { root } | Self::Gather { root } => rank == root,
            Self::Barrier => false,
            _ => true,
        }
    }

    /// Blocks that the input and the output of a rank hold when the large buffer has one per rank.
    pub(crate) const fn blocks(self, ranks: u32) -> (u32, u32) {
        match self {
            Self::AllReduce
            | Self::Broadcast { .. }
            | Self::Reduce { .. }
            | Self::AllToAll
            | Self::SendRecv => (ranks, ranks),
            Self::ReduceScatter | Self::Scatter { .. } => (ranks, 1),
            Self::AllGather | Self::Gather { .. } => (1, ranks),
            Self::Barrier => (0, 0),
        }
    }

    /// Whether blocks are equal by definition, so that a count is rounded up to whole chunks.
    pub(crate) const fn has_equal_blocks(self) -> bool {
        matches!(self, Self::AllToAll | Self::Gather { .. } | Self::Scatter { .. })
    }

    /// Whether it is all-reduce or one of the halves that an all-reduce is made of.
    pub(crate) const fn is_all_reduce_or_half(self) -> bool {
        matches!(self, Self::AllReduce | Self::ReduceScatter | Self::AllGather)
    }

    /// Whether `algorithm`, which has this collective if `defined`, has a schedule for `ranks` ranks:
    /// there are some, no more than are counted, and the root is among them.
    pub(crate) fn check(
        self,
        algorithm: &'static str,
        ranks: u32,
        defined: bool,
    ) -> Result<(), CollectiveError> {
        CollectiveError::check(algorithm, ranks, 1)?;
        match self.root() {
            _ if !defined => Err(CollectiveError::unsupported(algorithm, self)),
            Some(root) if root >= ranks => Err(CollectiveError::Root { root, ranks }),
            _ => Ok(()),
        }
    }

    /// busbw / algbw as nccl-tests defines it, as an exact fraction (numerator, denominator):
    /// 2(n-1)/n for all-reduce; (n-1)/n where blocks change hands (reduce-scatter, all-gather,
    /// all-to-all, gather, scatter); 1 for broadcast, reduce and send-recv. A barrier moves nothing.
    pub const fn busbw_factor(self, ranks: u32) -> (u64, u64) {
        let n = ranks as u64;
        match self {
            Self::AllReduce => (2 * (n - 1), n),
            Self::ReduceScatter
            | Self::AllGather
            | Self::AllToAll
            | Self::Gather { .. }
            | Self::Scatter { .. } => (n - 1, n),
            Self::Broadcast { .. } | Self::Reduce { .. } | Self::SendRecv | Self::Barrier => (1, 1),
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
    /// Accepts `all-to-all`, `all_to_all` and `alltoall`; the root is rank 0.
    fn from_str(text: &str) -> Result<Self, CollectiveError> {
        let plain = |name: &str| name.replace(['-', '_'], "");
        Self::ALL
            .into_iter()
            .find(|c| plain(c.name()) == plain(text))
            .ok_or_else(|| CollectiveError::UnknownCollective { name: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_others_write_them() {
        for collective in Collective::ALL {
            let name = collective.name();
            for text in [name.to_owned(), name.replace('-', "_"), name.replace('-', "")] {
                assert_eq!(text.parse(), Ok(collective));
            }
        }
        let error = "all-reduced".parse::<Collective>().unwrap_err().to_string();
        assert!(error.contains("all-to-all") && error.contains("barrier"), "{error}");
    }

    #[test]
    fn roots_are_ranks() {
        let last = Collective::Gather { root: 0 }.with_root(3);
        assert_eq!((last.root(), Collective::AllToAll.with_root(3).root()), (Some(3), None));
        let check = |ranks| last.check("linear", ranks, true);
        assert_eq!((check(4), check(0)), (Ok(()), Err(CollectiveError::NoRanks)));
        let error = check(3).unwrap_err();
        assert_eq!(error.to_string(), "rank 3 cannot be the root of 3 ranks; use 0 to 2");
    }
}
