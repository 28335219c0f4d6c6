//! What no algorithm can beat, whatever the fabric.

use crate::Collective;

/// The least rounds and the least bytes through a rank's ports (Chan et al. 2007).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LowerBound {
    /// Dependent messages, one after the other, that some rank has to wait for.
    pub rounds: u64,
    /// Bytes that some rank has to send, and bytes that some rank has to receive.
    pub bytes: u64,
}

impl LowerBound {
    /// The bound for `ranks` ranks with `bytes` bytes in the large buffer of each.
    ///
    /// `fan` is the number of messages a rank may send at the same time; `in_network` says that a
    /// switch may reduce, which halves the bytes of an all-reduce.
    pub fn new(collective: Collective, ranks: u32, bytes: u64, fan: u32, in_network: bool) -> Self {
        if ranks <= 1 {
            return Self { rounds: 0, bytes: 0 };
        }
        let mut rounds = 0;
        let mut reached = 1_u64;
        // Of a send-recv, everyone has to reach one other.
        let reaches = if collective == Collective::SendRecv { 2 } else { u64::from(ranks) };
        while reached < reaches {
            reached *= u64::from(fan.max(1)) + 1;
            rounds += 1;
        }
        // The share that has to cross a port: all but the rank's own block. Rounded down: blocks
        // may be unequal, and a bound may not exceed what is needed.
        let share = bytes - bytes.div_ceil(u64::from(ranks));
        let bytes = match collective {
            Collective::AllReduce if !in_network => 2 * share,
            Collective::AllReduce => bytes,
            // One rank's message may be empty, but the largest block is at least the average.
            Collective::ReduceScatter
            | Collective::AllGather
            | Collective::AllToAll
            | Collective::Gather { .. }
            | Collective::Scatter { .. } => share,
            Collective::Broadcast { .. } | Collective::Reduce { .. } | Collective::SendRecv => {
                bytes
            }
            Collective::Barrier => 0,
        };
        Self { rounds, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_table_of_the_field() {
        let bound = LowerBound::new(Collective::AllReduce, 8, 800, 1, false);
        assert_eq!(bound, LowerBound { rounds: 3, bytes: 1400 });
        assert_eq!(LowerBound::new(Collective::AllGather, 8, 800, 7, false).rounds, 1);
        assert_eq!(LowerBound::new(Collective::AllReduce, 8, 800, 1, true).bytes, 800);
        assert_eq!(LowerBound::new(Collective::AllReduce, 1, 800, 1, false).bytes, 0);
    }
}
