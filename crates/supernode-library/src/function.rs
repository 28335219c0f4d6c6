use std::fmt;
use std::str::FromStr;

use supernode_collectives::Collective;

use crate::LibraryError;

/// What a communication library is called for: the collectives and the point-to-point calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// Every rank gets the reduction of all inputs.
    AllReduce,
    /// Rank `r` gets block `r` of the reduction of all inputs.
    ReduceScatter,
    /// Every rank gets the concatenation of all inputs.
    AllGather,
    /// Every rank gets the input of one.
    Broadcast,
    /// One rank gets the reduction of all inputs.
    Reduce,
    /// Rank `r` gets block `r` of every input.
    AllToAll,
    /// One rank sends to another.
    SendRecv,
}

impl Function {
    /// All functions.
    pub const ALL: [Self; 7] = [
        Self::AllReduce,
        Self::ReduceScatter,
        Self::AllGather,
        Self::Broadcast,
        Self::Reduce,
        Self::AllToAll,
        Self::SendRecv,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all-reduce",
            Self::ReduceScatter => "reduce-scatter",
            Self::AllGather => "all-gather",
            Self::Broadcast => "broadcast",
            Self::Reduce => "reduce",
            Self::AllToAll => "all-to-all",
            Self::SendRecv => "send-recv",
        }
    }

    /// Whether elements are combined.
    pub const fn reduces(self) -> bool {
        matches!(self, Self::AllReduce | Self::ReduceScatter | Self::Reduce)
    }

    /// Whether it is made of sends and receives, which NCCL does not tune.
    pub const fn is_p2p(self) -> bool {
        matches!(self, Self::AllToAll | Self::SendRecv)
    }

    /// Whether every rank holds one block of the large buffer: all-gather or reduce-scatter.
    pub const fn is_gather(self) -> bool {
        matches!(self, Self::AllGather | Self::ReduceScatter)
    }

    /// Steps of a ring: 2(n-1) for all-reduce, n-1 for reduce-scatter and all-gather, else n.
    pub const fn ring_steps(self, ranks: u32) -> u32 {
        match self {
            Self::AllReduce => ranks.saturating_sub(1).saturating_mul(2),
            Self::ReduceScatter | Self::AllGather => ranks.saturating_sub(1),
            _ => ranks,
        }
    }
}

impl TryFrom<Collective> for Function {
    type Error = LibraryError;
    /// The root does not matter to the libraries' models.
    fn try_from(collective: Collective) -> Result<Self, LibraryError> {
        Ok(match collective {
            Collective::AllReduce => Self::AllReduce,
            Collective::ReduceScatter => Self::ReduceScatter,
            Collective::AllGather => Self::AllGather,
            Collective::Broadcast { .. } => Self::Broadcast,
            Collective::Reduce { .. } => Self::Reduce,
            Collective::AllToAll => Self::AllToAll,
            Collective::SendRecv => Self::SendRecv,
            Collective::Gather { .. } | Collective::Scatter { .. } | Collective::Barrier => {
                return Err(LibraryError::Unmodelled {
                    collective,
                    known: Self::ALL.map(Self::name).join(", "),
                });
            }
        })
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Function {
    type Err = LibraryError;
    /// Accepts `all-reduce`, `all_reduce` and `AllReduce`.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        let plain = |s: &str| s.to_ascii_lowercase().replace(['-', '_'], "");
        Self::ALL.into_iter().find(|f| plain(f.name()) == plain(text)).ok_or_else(|| {
            LibraryError::Unknown {
                what: "collective",
                name: text.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
}
