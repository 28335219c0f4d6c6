//! Which ranks meet at which level, for any number of ranks.

use crate::{Inner, LevelPlan};

/// Levels whose sizes multiply to `ranks`, for ranks packed on a machine whose levels join
/// `sizes` children (innermost first).
///
/// A group never straddles a unit of the machine: on each level it takes the largest size that
/// divides both what the machine offers up to there and the ranks that are left. What is left over
/// at the top meets in a ring, unless the top level has room for it.
pub fn fit_levels(ranks: u32, sizes: &[(u32, Inner)]) -> Vec<LevelPlan> {
    let mut left = ranks.max(1);
    // Units of the machine that groups so far have not filled.
    let mut room = 1_u64;
    let mut plan = Vec::new();
    for (index, &(size, inner)) in sizes.iter().enumerate() {
        room *= u64::from(size);
        let fits = index + 1 == sizes.len() && u64::from(left) <= room;
        let group = if fits { left } else { gcd(u64::from(left), room) as u32 };
        left /= group;
        room /= u64::from(group);
        if group > 1 {
            plan.push(LevelPlan { size: group, inner });
        }
    }
    if left > 1 {
        plan.push(LevelPlan { size: left, inner: Inner::Ring });
    }
    plan
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sizes(plan: &[LevelPlan]) -> Vec<u32> {
        plan.iter().map(|level| level.size).collect()
    }

    #[test]
    fn full_machines_keep_their_levels() {
        let atlas = [(8, Inner::Direct), (8, Inner::Direct), (128, Inner::Ring)];
        assert_eq!(sizes(&fit_levels(8192, &atlas)), [8, 8, 128]);
        assert_eq!(sizes(&fit_levels(64, &atlas)), [8, 8]);
        // 4 divides both 100 and 8; 25 boards' worth cannot be aligned to anything.
        assert_eq!(sizes(&fit_levels(100, &atlas)), [4, 25]);
        assert_eq!(sizes(&fit_levels(1, &atlas)), Vec::<u32>::new());
    }

    proptest! {
        #[test]
        fn sizes_multiply_to_the_ranks(
            ranks in 1_u32..100_000,
            levels in prop::collection::vec(1_u32..200, 0..5),
        ) {
            let offered: Vec<_> = levels.iter().map(|size| (*size, Inner::Ring)).collect();
            let plan = fit_levels(ranks, &offered);
            prop_assert_eq!(plan.iter().map(|l| u64::from(l.size)).product::<u64>(), u64::from(ranks));
        }
    }
}
