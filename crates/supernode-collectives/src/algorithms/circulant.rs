//! Circulant reduce-scatter and all-gather (Traeff 2024, arXiv 2410.14234): distances are halved,
//! rounded up, whatever the number of ranks.
//!
//! With `s` blocks left, from the own one on, a rank sends the last `s - h` of them to the rank `h`
//! further on, h = ceil(s/2), and adds what comes from the rank `h` before to its first ones. The
//! all-gather goes the same way back. Ranks 5, blocks counted from the own one (0):
//!
//! ```text
//! round  left  h   send to      add
//!   0     5    3   3 4 to r+3   0 1 from r-3     2 is neither sent nor added to: it is copied
//!   1     3    2   2   to r+2   0   from r-2
//!   2     2    1   1   to r+1   0   from r-1     0 is complete
//!   3          1   0   to r-1   1   from r+1     all-gather: the same rounds back
//!   4          2   0   to r-2   2   from r+2
//!   5          3   0 1 to r-3   3 4 from r+3
//! ```
//!
//! Cost: ceil(log2 N) rounds and (N-1)/N n each way for a half, so an all-reduce takes
//! 2 ceil(log2 N) alpha + 2(N-1)/N n beta, the least possible of each, on any N. Every block is
//! summed at one place, so results are bit-identical across ranks. The first distances are the
//! longest: on tori and oversubscribed trees ring and near-first algorithms carry less across.

use super::rounds::{Plan, Round, Rounds, log2_up};
use crate::{Collective, CollectiveError};

/// The circulant algorithm for `collective` over `ranks` ranks.
///
/// # Errors
/// [`CollectiveError::NoRanks`], or [`CollectiveError::TooManyChunks`] past 2^30 ranks.
pub fn circulant(collective: Collective, ranks: u32) -> Result<Rounds, CollectiveError> {
    let gather = |ranks, round| reduce(ranks, log2_up(ranks) - 1 - round).back(ranks);
    let idle = |ranks: u32| ranks.div_ceil(2) - 1;
    Rounds::new(collective, ranks, Plan { name: "circulant", reduce, gather, idle })
}

fn reduce(ranks: u32, round: u32) -> Round {
    // Halved and rounded up so many times: ceil(N / 2^k).
    let (left, by) = (ranks.div_ceil(1 << round), ranks.div_ceil(2 << round));
    Round { by, first: by, len: left - by, stride: 1 }
}
