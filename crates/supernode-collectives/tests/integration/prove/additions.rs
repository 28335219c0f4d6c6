//! In which order contributions are added: of the ranks, for each element, and on other numbers of ranks.

use proptest::prelude::*;
use supernode_collectives::prove::{Options, evaluate, prove};
use supernode_collectives::{
    Algorithm, Collective, CollectiveError, Inner, Schedule, Tuning, fit_levels,
};

use super::program::Program;

const REDUCE: Collective = Collective::Reduce { root: 0 };
const REDUCE_SCATTER: Collective = Collective::ReduceScatter;

fn schedule(
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    slices: u32,
) -> Option<Box<dyn Schedule>> {
    let levels = fit_levels(ranks, &[(4, Inner::Direct), (3, Inner::Ring)]);
    let tuning = Tuning { slices, levels, radix: 2 };
    algorithm.schedule(collective, ranks, &tuning).ok()
}

type Matrix = [[u32; 2]; 2];

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |i: usize, j: usize| {
        a[i][0].wrapping_mul(b[0][j]).wrapping_add(a[i][1].wrapping_mul(b[1][j]))
    };
    [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Products of matrices, which do not commute, are right wherever rank order is promised, and refused
    /// wherever sums are not in it.
    #[test]
    fn operators_that_do_not_commute(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 1_u32..=24,
        root in any::<prop::sample::Index>(),
        seed in any::<u32>(),
    ) {
        let collective = collective.with_root(root.index(ranks as usize) as u32);
        let Some(schedule) = schedule(algorithm, collective, ranks, 3) else { return Ok(()) };
        let shape = schedule.shape();
        let input = |rank: u32, chunk: u32| {
            let at = |i: u32| (seed ^ rank.wrapping_mul(40_503) ^ chunk << 16).wrapping_mul(2 * i + 7);
            [[at(1), at(2)], [at(3), at(4)]]
        };
        let proof = prove(&*schedule, &Options::default()).unwrap();
        match evaluate(&*schedule, false, input, product) {
            Ok(outputs) => {
                prop_assert!(proof.summation.in_rank_order);
                for (rank, output) in (0..).zip(&outputs).filter(|_| collective.reduces()) {
                    let first = if collective == Collective::ReduceScatter {
                        rank * shape.output_chunks
                    } else {
                        0
                    };
                    for (chunk, got) in (first..).zip(output) {
                        let all = (1..ranks).fold(input(0, chunk), |left, rank| {
                            product(&left, &input(rank, chunk))
                        });
                        prop_assert_eq!(*got, all, "{} {}", algorithm, collective);
                    }
                }
            }
            Err(error) => {
                prop_assert!(!shape.in_rank_order && !proof.summation.in_rank_order);
                prop_assert!(matches!(error, CollectiveError::OutOfOrder { .. }), "{}", error);
            }
        }
    }
}

/// A promise that is not kept is found, with the step that joins what are no neighbours.
#[test]
fn a_promise_of_rank_order_is_held_against_the_sums() {
    let mut ring = Program::of(&*schedule(Algorithm::Ring, REDUCE_SCATTER, 4, 1).unwrap());
    ring.shape.in_rank_order = true;
    let proof = prove(&ring, &Options::default()).unwrap();
    assert!(!proof.holds());
    let said = proof.findings[0].to_string();
    assert!(said.contains("no neighbours") && said.contains("rank 0"), "{said}");
}

/// A schedule that is wrong computes nothing.
#[test]
fn a_wrong_schedule_is_not_evaluated() {
    let mut ring = Program::of(&*schedule(Algorithm::Ring, REDUCE_SCATTER, 4, 1).unwrap());
    ring.lanes[2].pop();
    let refused = evaluate(&ring, true, |rank, _| rank, |a, b| a + b);
    assert!(matches!(refused, Err(CollectiveError::Wrong { .. })), "{refused:?}");
}

/// Whether each element is added in one order, whatever its place, the number of elements and of slices.
fn alike(algorithm: Algorithm, collective: Collective, ranks: u32) -> Option<bool> {
    let orders = [1, 2, 3, 5].map(|slices| {
        let schedule = schedule(algorithm, collective, ranks, slices)?;
        Some(prove(&*schedule, &Options::default()).expect("it is small").summation.order)
    });
    orders[0].map(|order| order.is_some() && orders.iter().all(|other| *other == Some(order)))
}

/// Whether, with nothing from the last rank, everyone adds as if it were not there.
fn extends(algorithm: Algorithm, collective: Collective, ranks: u32) -> Option<bool> {
    let few = schedule(algorithm, collective, ranks, 3)?;
    let more = schedule(algorithm, collective, ranks + 1, 3)?;
    let input = |rank: u32, _| (rank < ranks).then(|| format!("{rank}"));
    let add = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => Some(format!("({}+{})", a.min(b), a.max(b))),
        (a, b) => a.clone().or_else(|| b.clone()),
    };
    let few = evaluate(&*few, true, input, add).expect("it is right");
    let more = evaluate(&*more, true, input, add).expect("it is right");
    let first = &few[0][0];
    Some(few.iter().flatten().chain(more[..ranks as usize].iter().flatten()).all(|s| s == first))
}

/// Of 5 to 20 ranks: which algorithms add every element in one order, and which add those of fewer ranks as
/// they would without the others. All else does not.
#[test]
fn orders_of_all_algorithms() {
    use Algorithm::{
        Binomial, Chain, DualRoot, InSwitch, Linear, OneShot, Rabenseifner, RecursiveDoubling,
        RecursiveExchange, RecursiveMultiplying,
    };
    let one_order = |algorithm, collective| match algorithm {
        Linear | Chain | Binomial | InSwitch | RecursiveDoubling | Rabenseifner
        | RecursiveExchange | RecursiveMultiplying | DualRoot => true,
        OneShot => collective == Collective::AllReduce,
        _ => false,
    };
    let extending = |algorithm, collective| match algorithm {
        Linear | Chain | Binomial | InSwitch => true,
        OneShot => collective == Collective::AllReduce,
        _ => false,
    };
    for algorithm in Algorithm::ALL {
        for collective in [Collective::AllReduce, REDUCE_SCATTER, REDUCE] {
            let case = format!("{algorithm} {collective}");
            let alike: Vec<bool> =
                (5..=20).filter_map(|ranks| alike(algorithm, collective, ranks)).collect();
            if alike.is_empty() {
                continue;
            }
            let all = alike.iter().all(|alike| *alike);
            assert_eq!(all, one_order(algorithm, collective), "{case}: {alike:?}");
            let extends: Vec<bool> =
                (5..=20).filter_map(|ranks| extends(algorithm, collective, ranks)).collect();
            let all = !extends.is_empty() && extends.iter().all(|extends| *extends);
            assert_eq!(all, extending(algorithm, collective), "{case}: {extends:?}");
        }
    }
}
