use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// What was measured: a collective, a transfer between two, or an expert-parallel exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Every rank gets the reduction of all inputs; the size is one rank's buffer.
    AllReduce,
    /// Every rank gets the concatenation of all inputs; the size is that concatenation.
    AllGather,
    /// Rank `r` gets block `r` of the reduction of all inputs; the size is one rank's input.
    ReduceScatter,
    /// Every rank sends a block to every rank; the size is what one rank sends, itself included.
    AllToAll,
    /// One rank's buffer goes to all.
    Broadcast,
    /// One rank gets the reduction of all inputs.
    Reduce,
    /// Every rank sends to the next and receives from the one before.
    SendRecv,
    /// One rank reads another's memory.
    P2pRead,
    /// One rank writes another's memory.
    P2pWrite,
    /// Tokens go to the ranks of their experts.
    MoeDispatch,
    /// The experts' results come back and are added.
    MoeCombine,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 11] = [
        Self::AllReduce,
        Self::AllGather,
        Self::ReduceScatter,
        Self::AllToAll,
        Self::Broadcast,
        Self::Reduce,
        Self::SendRecv,
        Self::P2pRead,
        Self::P2pWrite,
        Self::MoeDispatch,
        Self::MoeCombine,
    ];

    /// The name in files of measured curves.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllReduce => "all_reduce",
            Self::AllGather => "all_gather",
            Self::ReduceScatter => "reduce_scatter",
            Self::AllToAll => "alltoall",
            Self::Broadcast => "broadcast",
            Self::Reduce => "reduce",
            Self::SendRecv => "sendrecv",
            Self::P2pRead => "p2p_read",
            Self::P2pWrite => "p2p_write",
            Self::MoeDispatch => "moe_dispatch",
            Self::MoeCombine => "moe_combine",
        }
    }

    /// busbw / algbw between `ranks` ranks, as nccl-tests defines it: 2(n-1)/n for all-reduce,
    /// (n-1)/n for all-gather, reduce-scatter and all-to-all, 1 for the others.
    pub fn busbw_factor(self, ranks: u32) -> f64 {
        let n = f64::from(ranks.max(1));
        match self {
            Self::AllReduce => 2.0 * (n - 1.0) / n,
            Self::AllGather | Self::ReduceScatter | Self::AllToAll => (n - 1.0) / n,
            _ => 1.0,
        }
    }

    /// The number of ranks for which busbw / algbw is `factor`; none where it does not depend on it.
    pub fn ranks_of_factor(self, factor: f64) -> Option<u32> {
        let share = match self {
            Self::AllReduce => factor / 2.0,
            Self::AllGather | Self::ReduceScatter | Self::AllToAll => factor,
            _ => return None,
        };
        let ranks = (1.0 / (1.0 - share)).round();
        (ranks >= 2.0 && ranks <= f64::from(1u32 << 24)).then_some(ranks as u32)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for Operation {
    type Err = UnknownOperation;
    /// Accepts the names in files of measured curves.
    fn from_str(text: &str) -> Result<Self, UnknownOperation> {
        Self::ALL.into_iter().find(|operation| operation.name() == text).ok_or(UnknownOperation)
    }
}

/// A name that is none of [`Operation::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such operation; known: all_reduce, all_gather, reduce_scatter, alltoall, broadcast, reduce, sendrecv, p2p_read, p2p_write, moe_dispatch, moe_combine"
)]
pub struct UnknownOperation;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_those_of_nccl_tests_and_can_be_inverted() {
        for ranks in [2, 3, 8, 72, 512, 100_000] {
            for operation in Operation::ALL {
                let factor = operation.busbw_factor(ranks);
                let depends = (factor - operation.busbw_factor(ranks + 1)).abs() > 0.0;
                let expected = depends.then_some(ranks);
                assert_eq!(operation.ranks_of_factor(factor), expected, "{operation}");
            }
        }
        assert!((Operation::AllReduce.busbw_factor(8) - 1.75).abs() < 1e-12);
        assert_eq!(Operation::AllReduce.ranks_of_factor(2.0), None);
    }

    #[test]
    fn names_read_back() {
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(operation));
        }
        assert_eq!("allreduce".parse::<Operation>(), Err(UnknownOperation));
    }
}
