//! Which ranks meet at which level, for any number of ranks.

use crate::{Inner, LevelPlan};

/// A level of a plan, and which level of the machine it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fitted {
    /// Ranks, or groups, that meet.
    pub size: u32,
    /// Index of the machine's level; none for what no level has room for.
    pub level: Option<usize>,
}

/// Levels whose sizes multiply to `ranks`, for ranks packed on a machine whose levels join
/// `sizes` children (innermost first).
///
/// A group never straddles a unit of the machine: on each level it takes the largest size that
/// divides both what the machine offers up to there and the ranks that are left. What is left over
/// at the top meets on no level, unless the top level has room for it. Levels on which nobody meets
/// are left out.
pub fn fit_machine(ranks: u32, sizes: &[u32]) -> Vec<Fitted> {
    let mut left = ranks.max(1);
    // Units of the machine that groups so far have not filled.
    let mut room = 1_u64;
    let mut plan = Vec::new();
    for (index, &size) in sizes.iter().enumerate() {
        room = room.saturating_mul(u64::from(size));
        let fits = index + 1 == sizes.len() && u64::from(left) <= room;
        let group = if fits { left } else { gcd(u64::from(left), room) as u32 };
        left /= group;
        room /= u64::from(group);
        if group > 1 {
            plan.push(Fitted { size: group, level: Some(index) });
        }
    }
    if left > 1 {
        plan.push(Fitted { size: left, level: None });
    }
    plan
}

/// [`fit_machine`] with the algorithm of each level; what is left over meets in a ring.
pub fn fit_levels(ranks: u32, levels: &[(u32, Inner)]) -> Vec<LevelPlan> {
    let sizes: Vec<u32> = levels.iter().map(|(size, _)| *size).collect();
    let inner = |level: Option<usize>| level.map_or(Inner::Ring, |level| levels[level].1);
    let fitted = fit_machine(ranks, &sizes).into_iter();
    fitted.map(|Fitted { size, level }| LevelPlan { size, inner: inner(level) }).collect()
}

/// The greatest common divisor; the other number if one is zero.
pub fn gcd(a: u64, b: u64) -> u64 {
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

    #[test]
    fn levels_on_which_nobody_meets_keep_their_numbers() {
        let fitted = |ranks, sizes: &[u32]| -> Vec<(u32, Option<usize>)> {
            fit_machine(ranks, sizes).iter().map(|fitted| (fitted.size, fitted.level)).collect()
        };
        assert_eq!(fitted(25, &[1, 5, 5]), [(5, Some(1)), (5, Some(2))]);
        assert_eq!(fitted(14, &[4, 3]), [(2, Some(0)), (7, None)]);
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
