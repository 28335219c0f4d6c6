//! K-way recursive exchange (MPICH's recexch and k-reduce-scatter-all-gather, UCC's sra-knomial): groups
//! of k share what they have left, at distance 1, k, k^2, ..., and go the same way back.
//!
//! P is the largest power of k up to N, and ranks from P on fold. In each round of the reduce-scatter a
//! rank sends to each of the k-1 others of its group the part that is to be theirs, all at once, and
//! adds what it gets to its own; it is a hierarchy of k-fold direct levels. Ranks 4, k = 2; ranks 9,
//! k = 3, as rank 4 sees it:
//!
//! ```text
//! round    4 ranks: 0      1        2        3          9 ranks, rank 4
//! dist 1   23 > 1          01 > 0   23 > 3   01 > 2     0-2 > 3, 6-8 > 5, add to 3-5
//! dist k   1 > 2           3 > 3    0 > 0    2 > 1      3 > 1, 5 > 7, add to 4
//! dist k   0 > 2           2 > 3    1 > 0    3 > 1      4 > 1, 7
//! dist 1   01 > 1          23 > 0   01 > 3   23 > 2     3-5 > 3, 5
//! ```
//!
//! Cost: 2 log P to the base k rounds of k-1 messages at once, 2(P-1)/P n beta; where ranks fold, two
//! rounds and 2n more. Any N for the all-reduce; its halves on powers of the radix. Every chunk is summed
//! at one place, so results are bit-identical across ranks.

use super::fold::Folded;
use crate::{Collective, CollectiveError, Hierarchical, Inner, LevelPlan};

/// The recursive exchange of `collective` over `ranks` ranks in groups of `radix`, at least 2.
///
/// # Errors
/// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for anything but all-reduce and its
/// halves, [`CollectiveError::RanksForbidden`] for the halves on other numbers than powers of the radix,
/// or [`CollectiveError::TooManyChunks`] past 2^30 ranks.
pub fn recursive_exchange(
    collective: Collective,
    ranks: u32,
    radix: u32,
) -> Result<Folded<Hierarchical>, CollectiveError> {
    let algorithm = "recursive-exchange";
    collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
    let radix = radix.max(2);
    let rounds = ranks.ilog(radix);
    let power = radix.pow(rounds);
    if power != ranks && collective != Collective::AllReduce {
        let allowed = "powers of the radix";
        return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
    }
    let level = LevelPlan { size: radix, inner: Inner::Direct };
    let levels = vec![level; rounds as usize];
    Ok(Folded::new(ranks, Hierarchical::new(collective, power, &levels)?))
}
