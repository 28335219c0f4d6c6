//! Nonuniform Bruck (HCCL's NB): partners at distance 1, 2, 4, ... for the reduce-scatter too.
//!
//! Reduce-scatter: in round k everyone sends to the rank 2^k further on the blocks whose owner is d
//! ranks further on, for all d whose lowest bit is 2^k. All-gather (Bruck 1997): in round k everyone
//! sends to the rank 2^k further on what it has, at most what that one still lacks. Ranks 5, blocks
//! as distance after the rank:
//!
//! ```text
//! round   send to          add or store
//!   0     1 3   to r+1     0 2 from r-1     4 is neither sent nor added to: it is copied
//!   1     2     to r+2     0   from r-2
//!   2     4     to r+4     0   from r-4     0 is complete
//!   3     0     to r+1     -1    from r-1   all-gather, blocks before the rank
//!   4     0 -1  to r+2     -2 -3 from r-2
//!   5     0     to r+4     -4    from r-4   only one is lacking
//! ```
//!
//! Cost: ceil(log2 N) rounds and (N-1)/N n each way for a half, on any N: that of circulant and NHR.
//! In an all-gather the large messages go far. Every block is summed at one place, so results are
//! bit-identical across ranks.

use super::rounds::{Plan, Round, Rounds};
use crate::{Collective, CollectiveError};

/// The nonuniform Bruck algorithm for `collective` over `ranks` ranks.
///
/// # Errors
/// [`CollectiveError::NoRanks`], or [`CollectiveError::TooManyChunks`] past 2^30 ranks.
pub fn nb(collective: Collective, ranks: u32) -> Result<Rounds, CollectiveError> {
    let plan = Plan { name: "nb", reduce, gather, idle: |ranks| ranks - 1 };
    Rounds::new(collective, ranks, plan)
}

fn reduce(ranks: u32, round: u32) -> Round {
    let by = 1 << round;
    Round { by, first: by, len: (ranks - 1 + by) / (2 * by), stride: 2 * by % ranks }
}

fn gather(ranks: u32, round: u32) -> Round {
    let by = 1 << round;
    Round { by, first: 0, len: by.min(ranks - by), stride: ranks - 1 }
}
