//! Blocks with counts of their own: which schedules take them, and what is counted.

use std::sync::Arc;

use supernode_collectives::prove::{Options, prove};
use supernode_collectives::{
    Algorithm, Collective, CollectiveError, Inner, Schedule, Tuning, Uneven, fit_levels,
};

const BLOCKS: [Collective; 5] = [
    Collective::AllGather,
    Collective::ReduceScatter,
    Collective::Gather { root: 0 },
    Collective::Scatter { root: 0 },
    Collective::AllToAll,
];

fn schedule(algorithm: Algorithm, what: Collective, ranks: u32) -> Option<Arc<dyn Schedule>> {
    let levels = fit_levels(ranks, &[(4, Inner::Direct), (3, Inner::Ring)]);
    let tuning = Tuning { slices: 3, levels, ..Tuning::default() };
    algorithm.schedule(what, ranks, &tuning).ok().map(Arc::from)
}

/// Counts of which some are zero and no two sums are alike, for as many blocks as there are.
fn counts(what: Collective, ranks: u32) -> Vec<u64> {
    let blocks = if what == Collective::AllToAll { ranks * ranks } else { ranks };
    (0..u64::from(blocks)).map(|block| if block % 4 == 1 { 0 } else { 3 + 7 * block }).collect()
}

/// Which algorithms take them; all others say that they need equal blocks.
#[test]
fn schedules_that_take_any_counts() {
    let mut refused = Vec::new();
    for (algorithm, what) in Algorithm::ALL.into_iter().flat_map(|a| BLOCKS.map(|c| (a, c))) {
        let mut takes = Vec::new();
        for ranks in 1..=17 {
            let Some(schedule) = schedule(algorithm, what, ranks) else { continue };
            match Uneven::new(schedule, &counts(what, ranks)) {
                Ok(uneven) => {
                    let proof = prove(&uneven, &Options::default()).unwrap();
                    assert!(proof.holds(), "{algorithm} {what} {ranks}: {:?}", proof.findings);
                    let share = proof.cost.bandwidth_share(&proof.shape);
                    assert!(share <= 1.0, "{algorithm} {what} {ranks}: {:?}", proof.cost);
                    takes.push(true);
                }
                Err(CollectiveError::Wrong { what }) => {
                    assert!(what.contains("needs equal blocks"), "{what}");
                    takes.push(false);
                }
                Err(CollectiveError::NoBlocks { .. }) => takes.push(false),
                Err(error) => panic!("{algorithm} {what} {ranks}: {error}"),
            }
        }
        if takes.contains(&false) {
            refused.push(format!("{algorithm} {what}"));
        }
    }
    assert_eq!(refused, REFUSED);
}

/// Subtrees gather in scratch, and blocks pass through the places of others.
const REFUSED: [&str; 4] =
    ["binomial gather", "binomial scatter", "bruck all-to-all", "by-dimension all-to-all"];

/// A ring passes every block on, so it sends all but the next one's; it takes what nobody can do without.
#[test]
fn elements_are_counted() {
    let ring = schedule(Algorithm::Ring, Collective::AllGather, 4).unwrap();
    let uneven = Uneven::new(ring, &[10, 0, 1, 200]).unwrap();
    let cost = prove(&uneven, &Options::default()).unwrap().cost;
    assert_eq!((cost.chunks, cost.sent, cost.received), (211, 211, 211));
    assert_eq!(cost.least_moved, Some(211));
}
