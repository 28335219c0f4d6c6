//! AHC: all-reduce over groups of different sizes, each of which shares a slower way out.
//!
//! Every group reduces and scatters, logical peers of the groups all-reduce, every group gathers:
//! 2(⌈log2(m+d)⌉ + ⌈log2 G⌉)α + 2((m+d-1)/(m+d) + (G-1)C/(Gm)) nβ for `G` groups of `m` to `m+d`
//! ranks whose way out has 1/C of the bandwidth. What is reduced is half of what is moved; the
//! published formula leaves that term open.

use supernode_units::Time;

use super::cost::{Link, steps};

/// Groups of ranks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Groups {
    /// Number of groups, `G`.
    pub groups: u32,
    /// Ranks of the smallest group, `m`.
    pub smallest: u32,
    /// Ranks that the largest has more, `d`.
    pub more: u32,
    /// Convergence: bandwidth within a group over bandwidth out of it, `C`.
    pub convergence: f64,
}

/// The cost of an all-reduce of `bytes` over `groups`.
pub fn ahc(groups: &Groups, bytes: u64, link: &Link) -> Time {
    let count = f64::from(groups.groups.max(1));
    let smallest = f64::from(groups.smallest.max(1));
    let largest_ranks = groups.smallest.max(1).saturating_add(groups.more);
    let largest = f64::from(largest_ranks);
    let share = (largest - 1.0) / largest + (count - 1.0) * groups.convergence / (count * smallest);
    let half = share * bytes as f64;
    let rounds = 2 * (steps(largest_ranks) + steps(groups.groups));
    link.time(f64::from(rounds), 2.0 * half, half)
}
