//! Messages and volumes against numbers that an independent generator counted.

use supernode_collectives::{Algorithm, Collective, Inner, LevelPlan, Schedule, Tuning};

use crate::census::Census;

fn schedule(algorithm: Algorithm, collective: Collective, ranks: u32) -> Box<dyn Schedule> {
    let tuning = Tuning { slices: 1, ..Tuning::default() };
    algorithm.schedule(collective, ranks, &tuning).expect("it is defined")
}

/// (messages of all ranks, most bytes that a rank sends as a multiple of the large buffer).
fn count(schedule: &dyn Schedule) -> (usize, f64) {
    let (census, shape) = (Census::of(schedule), schedule.shape());
    let chunks = shape.input_chunks.max(shape.output_chunks).max(1);
    (census.messages(), f64::from(census.most_sent()) / f64::from(chunks))
}

#[track_caller]
fn check(schedule: &dyn Schedule, messages: usize, sent: f64) {
    let (got, volume) = count(schedule);
    assert_eq!(got, messages, "{schedule:?}");
    assert!((volume - sent).abs() < 5e-4, "{schedule:?} sends {volume}, not {sent}");
}

#[test]
fn ring() {
    for (ranks, messages, sent) in [(5, 40, 1.6), (6, 60, 1.667), (8, 112, 1.75), (13, 312, 1.846)]
    {
        check(&*schedule(Algorithm::Ring, Collective::AllReduce, ranks), messages, sent);
    }
    for (ranks, messages, sent) in [(5, 20, 0.8), (7, 42, 0.857), (16, 240, 0.938)] {
        check(&*schedule(Algorithm::Ring, Collective::ReduceScatter, ranks), messages, sent);
        check(&*schedule(Algorithm::Ring, Collective::AllGather, ranks), messages, sent);
    }
}

#[test]
fn recursive_doubling() {
    for (ranks, messages, sent) in
        [(5, 10, 3.0), (6, 12, 3.0), (8, 24, 3.0), (12, 32, 4.0), (13, 34, 4.0), (24, 80, 5.0)]
    {
        check(
            &*schedule(Algorithm::RecursiveDoubling, Collective::AllReduce, ranks),
            messages,
            sent,
        );
    }
}

#[test]
fn direct() {
    for (ranks, one, two) in [(5, 20, 40), (6, 30, 60), (12, 132, 264), (16, 240, 480)] {
        let peers = f64::from(ranks - 1);
        check(&*schedule(Algorithm::OneShot, Collective::AllReduce, ranks), one, peers);
        let shares = 2.0 * peers / f64::from(ranks);
        check(&*schedule(Algorithm::TwoShot, Collective::AllReduce, ranks), two, shares);
    }
}

#[test]
fn double_binary_tree() {
    for (ranks, messages) in [(5, 16), (6, 20), (8, 28), (12, 44), (13, 48), (16, 60), (24, 92)] {
        check(&*schedule(Algorithm::DoubleBinaryTree, Collective::AllReduce, ranks), messages, 2.0);
    }
}

#[test]
fn bucket_and_hierarchy() {
    let rings = |sizes: &[u32]| {
        let levels = sizes.iter().map(|&size| LevelPlan { size, inner: Inner::Ring }).collect();
        let tuning = Tuning { slices: 1, levels, ..Tuning::default() };
        let ranks = sizes.iter().product();
        Algorithm::Hierarchical.schedule(Collective::AllReduce, ranks, &tuning).expect("it tiles")
    };
    check(&*rings(&[4, 4]), 192, 1.875);
    check(&*rings(&[2, 3]), 36, 1.6667);
    check(&*rings(&[3, 5]), 180, 1.8667);
    check(&*rings(&[2, 3, 4]), 288, 1.9167);
    check(&*rings(&[3, 4]), 120, 1.8333);
}

#[test]
fn results_are_promised_to_be_identical_across_ranks() {
    let (tuning, collective) = (Tuning::default(), Collective::AllReduce);
    let all = Algorithm::ALL.into_iter().map(|a| (a, a.schedule(collective, 6, &tuning)));
    for (algorithm, schedule) in all.filter_map(|(a, schedule)| Some((a, schedule.ok()?))) {
        // A census adds in an order of its own on each rank.
        let differs = algorithm == Algorithm::Census;
        assert_eq!(schedule.shape().bit_identical, !differs, "{algorithm}");
    }
}
