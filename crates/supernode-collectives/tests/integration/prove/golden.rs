//! Rounds, volumes and messages against numbers that an independent generator counted.

use supernode_collectives::prove::{Options, prove_algorithm};
use supernode_collectives::{Algorithm, Collective, Inner, LevelPlan, Tuning};

/// What the generator counts: rounds, most sent and most received as a multiple of the vector,
/// messages, peers at the same time.
type Row = (u32, u32, f64, f64, u64, u32);

fn check(algorithm: Algorithm, collective: Collective, rows: &[Row]) {
    for row in rows {
        check_with(algorithm, collective, row, Vec::new());
    }
}

#[track_caller]
fn check_with(algorithm: Algorithm, collective: Collective, row: &Row, levels: Vec<LevelPlan>) {
    let &(ranks, rounds, sent, received, messages, fan) = row;
    let tuning = Tuning { slices: 1, levels, ..Tuning::default() };
    let options = Options::default();
    let proof =
        prove_algorithm(algorithm, collective, ranks, &tuning, &options).expect("it is defined");
    assert!(proof.holds(), "{:?}", proof.findings);
    let (cost, name) = (proof.cost, format!("{algorithm} {collective} {ranks}"));
    assert_eq!((cost.rounds, cost.messages), (rounds, messages), "{name}");
    assert_eq!(cost.fan_out.max(cost.fan_in), fan, "{name}");
    for (chunks, volume) in [(cost.sent, sent), (cost.received, received)] {
        let counted = chunks as f64 / cost.chunks as f64;
        assert!((counted - volume).abs() < 5e-4, "{name}: {counted}, not {volume}");
    }
}

#[test]
fn ring() {
    let half: &[Row] = &[
        (5, 4, 0.8, 0.8, 20, 1),
        (6, 5, 0.833, 0.833, 30, 1),
        (7, 6, 0.857, 0.857, 42, 1),
        (8, 7, 0.875, 0.875, 56, 1),
        (12, 11, 0.917, 0.917, 132, 1),
        (13, 12, 0.923, 0.923, 156, 1),
        (16, 15, 0.938, 0.938, 240, 1),
        (24, 23, 0.958, 0.958, 552, 1),
    ];
    check(Algorithm::Ring, Collective::ReduceScatter, half);
    check(Algorithm::Ring, Collective::AllGather, half);
    check(
        Algorithm::Ring,
        Collective::AllReduce,
        &[
            (5, 8, 1.6, 1.6, 40, 1),
            (6, 10, 1.667, 1.667, 60, 1),
            (7, 12, 1.714, 1.714, 84, 1),
            (8, 14, 1.75, 1.75, 112, 1),
            (12, 22, 1.833, 1.833, 264, 1),
            (13, 24, 1.846, 1.846, 312, 1),
            (16, 30, 1.875, 1.875, 480, 1),
            (24, 46, 1.917, 1.917, 1104, 1),
        ],
    );
}

#[test]
fn recursive_doubling_with_a_fold() {
    check(
        Algorithm::RecursiveDoubling,
        Collective::AllReduce,
        &[
            (5, 4, 3.0, 3.0, 10, 1),
            (6, 4, 3.0, 3.0, 12, 1),
            (7, 4, 3.0, 3.0, 14, 1),
            (8, 3, 3.0, 3.0, 24, 1),
            (12, 5, 4.0, 4.0, 32, 1),
            (13, 5, 4.0, 4.0, 34, 1),
            (16, 4, 4.0, 4.0, 64, 1),
            (24, 6, 5.0, 5.0, 80, 1),
        ],
    );
}

#[test]
fn direct() {
    check(
        Algorithm::OneShot,
        Collective::AllReduce,
        &[
            (5, 1, 4.0, 4.0, 20, 4),
            (6, 1, 5.0, 5.0, 30, 5),
            (7, 1, 6.0, 6.0, 42, 6),
            (8, 1, 7.0, 7.0, 56, 7),
            (12, 1, 11.0, 11.0, 132, 11),
            (13, 1, 12.0, 12.0, 156, 12),
            (16, 1, 15.0, 15.0, 240, 15),
            (24, 1, 23.0, 23.0, 552, 23),
        ],
    );
    check(
        Algorithm::TwoShot,
        Collective::AllReduce,
        &[
            (5, 2, 1.6, 1.6, 40, 4),
            (6, 2, 1.667, 1.667, 60, 5),
            (7, 2, 1.714, 1.714, 84, 6),
            (8, 2, 1.75, 1.75, 112, 7),
            (12, 2, 1.833, 1.833, 264, 11),
            (13, 2, 1.846, 1.846, 312, 12),
            (16, 2, 1.875, 1.875, 480, 15),
            (24, 2, 1.917, 1.917, 1104, 23),
        ],
    );
}

#[test]
fn double_binary_tree() {
    check(
        Algorithm::DoubleBinaryTree,
        Collective::AllReduce,
        &[
            (5, 6, 2.0, 2.0, 16, 2),
            (6, 6, 2.0, 2.0, 20, 2),
            (7, 6, 2.0, 2.0, 24, 2),
            (8, 6, 2.0, 2.0, 28, 2),
            (12, 8, 2.0, 2.0, 44, 2),
            (13, 8, 2.0, 2.0, 48, 2),
            (16, 8, 2.0, 2.0, 60, 2),
            (24, 10, 2.0, 2.0, 92, 2),
        ],
    );
}

#[test]
fn bucket_and_hierarchy() {
    let rows: [(&[u32], Row); 5] = [
        (&[4, 4], (16, 12, 1.875, 1.875, 192, 1)),
        (&[2, 3], (6, 6, 1.6667, 1.6667, 36, 1)),
        (&[3, 5], (15, 12, 1.8667, 1.8667, 180, 1)),
        (&[2, 3, 4], (24, 12, 1.9167, 1.9167, 288, 1)),
        (&[4, 3], (12, 10, 1.8333, 1.8333, 120, 1)),
    ];
    for (sizes, row) in rows {
        let level = |size: &u32| LevelPlan { size: *size, inner: Inner::Ring };
        let levels = sizes.iter().map(level).collect();
        check_with(Algorithm::Hierarchical, Collective::AllReduce, &row, levels);
    }
}
