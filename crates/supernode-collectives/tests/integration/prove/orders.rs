//! Without races, every order of execution gives the same result.

use proptest::prelude::*;
use supernode_collectives::prove::{Options, Order, prove};
use supernode_collectives::{Action, Algorithm, Collective, Inner, Span, Step, Tuning, fit_levels};

use super::program::Program;

fn ordered(order: Order) -> Options {
    Options { order, ..Options::default() }
}

proptest! {
    #[test]
    fn race_free_schedules_give_one_result(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 1_u32..=24,
        slices in 1_u32..4,
        seed in any::<u64>(),
    ) {
        let levels = fit_levels(ranks, &[(4, Inner::Direct), (2, Inner::InSwitch), (3, Inner::Ring)]);
        let tuning = Tuning { slices, levels, ..Tuning::default() };
        if let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) {
            let fair = prove(&*schedule, &ordered(Order::Fair)).unwrap();
            let random = prove(&*schedule, &ordered(Order::Random(seed))).unwrap();
            prop_assert!(fair.holds());
            // Costs, least depth and the digest of all results; the cycle that a deadlock names
            // is one of those there are.
            prop_assert_eq!(fair.cost, random.cost);
            prop_assert_eq!(fair.summation, random.summation);
            prop_assert_eq!(fair.least_depth, random.least_depth);
            prop_assert_eq!(random.findings, vec![]);
        }
    }
}

/// The check above can fail: lanes that race give results that depend on the order.
#[test]
fn races_give_several() {
    let rank = |peer| {
        let (i, o) = (Span::input(0, 1), Span::output(0, 1));
        let meet = Action::Exchange { to: peer, src: i, from: peer, dst: o, with: Some(i) };
        let spoil = Action::Copy { src: i, dst: o };
        vec![vec![Step::new(meet)], vec![Step::new(spoil)]]
    };
    let program = Program::all_reduce(1, 0, vec![rank(1), rank(0)]);
    let mut digests: Vec<u64> = (0..64)
        .map(|seed| prove(&program, &ordered(Order::Random(seed))).unwrap().summation.digest)
        .collect();
    digests.sort_unstable();
    digests.dedup();
    assert!(digests.len() > 1);
}
