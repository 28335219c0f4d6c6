//! Among some ranks of a machine, in any order, a schedule proves what it proves alone, and its blocks
//! land at the members that they are for.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::prove::{Options, Proof, prove};
use supernode_collectives::{
    Algorithm, Collective, Communicator, Inner, Members, Rank, Schedule, Shape, Step, Tuning,
    fit_levels,
};

/// The steps among other members than they were made for.
#[derive(Debug)]
struct Misplaced(Communicator, Members);

impl Schedule for Misplaced {
    fn shape(&self) -> Shape {
        self.0.shape()
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.0.steps(rank, lane)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        self.0.step(rank, lane, index)
    }

    fn members(&self) -> Option<&Members> {
        Some(&self.1)
    }
}

fn proved(schedule: &dyn Schedule) -> Proof {
    prove(schedule, &Options::default()).expect("it is small")
}

fn schedule(algorithm: Algorithm, what: Collective, ranks: u32) -> Option<Arc<dyn Schedule>> {
    let levels = fit_levels(ranks, &[(4, Inner::Direct), (3, Inner::Ring)]);
    let tuning = Tuning { slices: 2, levels, ..Tuning::default() };
    algorithm.schedule(what, ranks, &tuning).ok().map(Arc::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn members_in_any_order_get_what_is_theirs(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        order in Just((0..40).collect::<Vec<Rank>>()).prop_shuffle(),
        ranks in 1_u32..=20,
        root in any::<prop::sample::Index>(),
    ) {
        let collective = collective.with_root(root.index(ranks as usize) as u32);
        let Some(alone) = schedule(algorithm, collective, ranks) else { return Ok(()) };
        let members = Members::new(40, &order[..ranks as usize]).unwrap();
        let Ok(placed) = Communicator::new(Arc::clone(&alone), members) else { return Ok(()) };
        let (alone, placed) = (proved(&*alone), proved(&placed));
        prop_assert!(placed.holds(), "{:?}", placed.findings);
        prop_assert_eq!(placed.shape, alone.shape);
        prop_assert_eq!(placed.cost, alone.cost);
        prop_assert_eq!(placed.least_depth, alone.least_depth);
        prop_assert_eq!(placed.summation.depth, alone.summation.depth);
        prop_assert_eq!(placed.summation.bit_identical, alone.summation.bit_identical);
    }
}

/// Two members that change places get each other's blocks; a rank outside gets nothing.
#[test]
fn blocks_of_others_are_found() {
    for collective in [
        Collective::ReduceScatter,
        Collective::AllGather,
        Collective::AllToAll,
        Collective::Broadcast { root: 1 },
        Collective::SendRecv,
    ] {
        let algorithms = Algorithm::ALL.into_iter();
        let Some(alone) = algorithms.clone().find_map(|a| schedule(a, collective, 4)) else {
            panic!("some algorithm has {collective}")
        };
        let right = [5, 2, 7, 3];
        for wrong in [[5, 7, 2, 3], [5, 2, 7, 6]] {
            let members = |ranks: &[Rank]| Members::new(8, ranks).unwrap();
            let placed = Communicator::new(Arc::clone(&alone), members(&right)).unwrap();
            assert!(proved(&placed).holds(), "{collective}");
            let misplaced = Misplaced(placed, members(&wrong));
            assert!(!proved(&misplaced).holds(), "{collective} {wrong:?}");
        }
    }
}
