//! Machines whose last pod is partly filled: the folded engine gives the times of the plain one.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning};
use supernode_engine::{EngineError, Unfit, folded, ports};
use supernode_fabric::{CostModel, LevelKind, Oversubscription, Placement, Profile, Spread};
use supernode_units::Time;

use crate::exact::{check, levels, profile};
use crate::machines::{ALL_REDUCE_AND_HALVES, level, model, pairs, schedule};

/// Boards in pods in a cluster, all by one port; `leaf` none for switches, else what a leaf costs to leave.
fn pods(
    (board, pod, pods): (u32, u32, u32),
    leaf: Option<(u32, u32)>,
    rates: (u64, u64, u64, u64),
    latencies: (u64, u64, u64),
    profile: Profile,
) -> CostModel {
    let kind = |size| match leaf {
        None => (LevelKind::Switch, size),
        Some((leaf, down)) => {
            let oversubscription = Oversubscription { down, up: 1 };
            let spread = Spread::Spray;
            (LevelKind::Clos { tiers: 2, planes: 1, leaf, oversubscription, spread }, size)
        }
    };
    let ns = Time::from_ns;
    let mut built = vec![
        level("board", LevelKind::Switch, board, rates.0, ns(latencies.0)),
        level("pod", kind(pod).0, pod, rates.1, ns(latencies.1)),
        level("cluster", kind(pods).0, pods, rates.2, ns(latencies.2)),
    ];
    for level in &mut built {
        level.port_group = "pod".into();
    }
    model(built, profile, rates.3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn partly_filled_pods_are_exact(
        sizes in (1_u32..5, 1_u32..24, 1_u32..9),
        leaf in prop::option::of((1_u32..9, 1_u32..3)),
        rates in (1_u64..900, 1_u64..500, 1_u64..100, 1_u64..1_000),
        latencies in (0_u64..900, 0_u64..4_000, 0_u64..20_000),
        profile in profile(),
        pair in prop::sample::select(pairs()),
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct]),
        fill in 0.3..1.0_f64,
        count in prop_oneof![0_u64..200, 0_u64..1 << 20],
    ) {
        let cost = pods(sizes, leaf, rates, latencies, profile);
        let ranks = (f64::from(cost.fabric.devices().min(200)) * fill).max(1.0) as u32;
        let fabric = cost.fabric.clone().place(Placement::Packed, ranks).unwrap();
        let cost = CostModel { fabric, ..cost };
        // Two-shot is the widest of direct phases.
        for algorithm in [pair.0, Algorithm::TwoShot, Algorithm::Hierarchical] {
            let collective = if algorithm == pair.0 { pair.1 } else { Collective::AllReduce };
            let tuning = levels(&cost, [inner; 2], false);
            if let Some(schedule) = schedule((algorithm, collective), ranks, &tuning) {
                check(&*schedule, (count, 4), &cost);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    /// Messages of different rounds overtake each other where ranks are not alike.
    #[test]
    fn rounds_are_exact_in_any_order_of_arrival(
        sizes in (1_u32..5, 1_u32..24, 1_u32..9),
        leaf in prop::option::of((1_u32..9, 1_u32..3)),
        rates in (1_u64..900, 1_u64..500, 1_u64..100, 1_u64..1_000),
        latencies in (0_u64..900, 0_u64..4_000, 0_u64..20_000),
        profile in profile(),
        algorithm in prop::sample::select(vec![
            Algorithm::Circulant, Algorithm::Nhr, Algorithm::Nb, Algorithm::Dissemination,
        ]),
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        fill in prop_oneof![Just(1.0), 0.1..1.0_f64],
        count in prop_oneof![Just(0), 0_u64..200, 0_u64..1 << 20],
    ) {
        let cost = pods(sizes, leaf, rates, latencies, profile);
        let ranks = (f64::from(cost.fabric.devices().min(200)) * fill).max(1.0) as u32;
        let fabric = cost.fabric.clone().place(Placement::Packed, ranks).unwrap();
        let cost = CostModel { fabric, ..cost };
        let barrier = algorithm == Algorithm::Dissemination;
        let collective = if barrier { Collective::Barrier } else { collective };
        let schedule = algorithm.schedule(collective, ranks, &Tuning::default()).unwrap();
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let plain = ports::plain(&*schedule, &chunks, &cost).unwrap();
        match folded::run(&*schedule, &chunks, &cost, 1) {
            Ok(folded) => prop_assert_eq!(folded.timed(), plain),
            Err(error) => prop_assert_eq!(error, EngineError::Unfit(Unfit::Tie)),
        }
    }
}

/// What the million ranks of a cluster do, in small: 2^n ranks, pods of another size.
#[test]
fn powers_of_two_on_pods_of_other_sizes_fold() {
    let software =
        Profile { sync: Time::from_ns(40), recv_overhead: Time::from_ns(9), ..Profile::wire() };
    for (ranks, pod, inner, profile) in [
        (512, 8 * 11, Inner::Direct, Profile::wire()),
        (512, 8 * 11, Inner::Ring, Profile::wire()),
        (1024, 16 * 9, Inner::Direct, software.clone()),
        (1024, 16 * 9, Inner::Ring, software),
    ] {
        let rates = (400, 800, 139, 4000);
        let cost = pods((1, pod, 16), Some((8, 1)), rates, (0, 2_250, 3_750), profile);
        let fabric = cost.fabric.clone().place(Placement::Packed, ranks).unwrap();
        let cost = CostModel { fabric, ..cost };
        let tuning = levels(&cost, [inner; 2], false);
        for collective in ALL_REDUCE_AND_HALVES {
            let schedule = Algorithm::Hierarchical.schedule(collective, ranks, &tuning).unwrap();
            for count in [1024, 1 << 20] {
                let chunks = Chunks::new(schedule.shape(), count, 4);
                let plain = ports::run(&*schedule, &chunks, &cost).unwrap();
                let folded = folded::run(&*schedule, &chunks, &cost, 1).unwrap();
                assert_eq!(folded.timed(), plain);
                let fold = folded.fold;
                assert!(fold.classes < u64::from(ranks) / 4, "{fold}");
                assert_eq!(fold.bunched > 0, inner == Inner::Direct, "{fold}");
            }
        }
    }
}

/// Messages that overtake each other make it give up, not lie.
#[test]
fn large_messages_of_unequal_pods_overtake_each_other() {
    let cost = pods((1, 40, 4), None, (400, 800, 20, 4000), (0, 100, 200), Profile::wire());
    let fabric = cost.fabric.clone().place(Placement::Packed, 130).unwrap();
    let cost = CostModel { fabric, ..cost };
    let tuning = Tuning::default();
    let schedule = Algorithm::TwoShot.schedule(Collective::AllReduce, 130, &tuning).unwrap();
    let chunks = Chunks::new(schedule.shape(), 1 << 26, 4);
    let error = folded::run(&*schedule, &chunks, &cost, 1).err();
    assert_eq!(error, Some(EngineError::Unfit(Unfit::Overtaken)));
}
