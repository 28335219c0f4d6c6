//! Nonuniform hierarchical ring (HCCL's NHR; the trees of PAT, and sparbit): partners at distance
//! 1, 2, 4, ..., whatever the number of ranks.
//!
//! The way of a block to its owner is its distance in binary: in round k everyone sends to the rank
//! 2^k before it the blocks whose owner is d ranks before it, for all d whose lowest bit is 2^k.
//! The all-gather goes the same way back, far first. Ranks 5, blocks as distance d before the rank:
//!
//! ```text
//! round   send to         add
//!   0     1 3   to r-1    0 2 from r+1     4 is neither sent nor added to: it is copied
//!   1     2     to r-2    0   from r+2
//!   2     4     to r-4    0   from r+4     0 is complete
//!   3     0     to r+4    4   from r-4     all-gather: the same rounds back
//!   4     0     to r+2    2   from r-2
//!   5     0 2   to r+1    1 3 from r-1
//! ```
//!
//! Cost: ceil(log2 N) rounds and (N-1)/N n each way for a half, as circulant, on any N; what is
//! large goes near (22 n leave quarter groups of 64 ranks, against about 100 n of circulant). The
//! blocks of a message lie apart. Every block is summed at one place, so results are bit-identical
//! across ranks.

use super::rounds::{Plan, Round, Rounds, log2_up};
use crate::{Collective, CollectiveError};

/// The nonuniform hierarchical ring for `collective` over `ranks` ranks.
///
/// # Errors
/// [`CollectiveError::NoRanks`], or [`CollectiveError::TooManyChunks`] past 2^30 ranks.
pub fn nhr(collective: Collective, ranks: u32) -> Result<Rounds, CollectiveError> {
    let gather = |ranks, round| reduce(ranks, log2_up(ranks) - 1 - round).back(ranks);
    Rounds::new(collective, ranks, Plan { name: "nhr", reduce, gather, idle: |_| 1 })
}

fn reduce(ranks: u32, round: u32) -> Round {
    let distance = 1 << round;
    // Distances 2^k, 3 2^k, 5 2^k, ... below N.
    let len = (ranks - 1 + distance) / (2 * distance);
    let by = ranks - distance;
    // Two steps of a power of two may pass all ranks, but then there is one block only.
    Round { by, first: by, len, stride: ranks - (2 * distance).min(ranks) }
}
