//! The fast engines give the times of the plain one, to the picosecond.

use proptest::prelude::*;
use supernode_collectives::{
    Algorithm, Chunks, Collective, Inner, Ports, Schedule, Tuning, fit_levels,
};
use supernode_engine::{EngineError, Unfit, folded, in_program_order, ports, sweep};
use supernode_fabric::{
    CostModel, Distribution, Jitter, LevelKind, Noise, Oversubscription, Placement, Profile,
    Protocol, Spread,
};
use supernode_units::Time;

use crate::machines::{ALL_REDUCE_AND_HALVES, level, model, noise_of, pairs, schedule};

/// A level of any kind.
fn kind(most: u32) -> impl Strategy<Value = (LevelKind, u32)> {
    let over = || (1_u32..3).prop_map(|down| Oversubscription { down, up: 1 });
    prop_oneof![
        (1..most).prop_map(|size| (LevelKind::Switch, size)),
        (1..most).prop_map(|size| (LevelKind::Ring, size)),
        (1..most).prop_map(|size| (LevelKind::FullMesh { dims: vec![size] }, size)),
        (1_u32..5, 1_u32..5).prop_map(|(a, b)| (LevelKind::FullMesh { dims: vec![a, b] }, a * b)),
        (1_u32..5, 1_u32..5).prop_map(|(a, b)| (LevelKind::Torus { dims: vec![a, b] }, a * b)),
        (1..2 * most, 1_u32..5, 2_u32..4, over()).prop_map(|(size, leaf, tiers, over)| {
            let spread = Spread::Spray;
            (LevelKind::Clos { tiers, planes: 1, leaf, oversubscription: over, spread }, size)
        }),
        (1..most, any::<u64>()).prop_map(|(size, seed)| {
            let (spread, over) = (Spread::Ecmp { seed }, Oversubscription::NONE);
            (LevelKind::Clos { tiers: 2, planes: 1, leaf: 3, oversubscription: over, spread }, size)
        }),
        (1..most, 1_u32..4, over()).prop_map(|(size, leaf, over)| (
            LevelKind::Rail { leaf, oversubscription: over },
            size
        )),
    ]
}

pub(crate) fn profile() -> impl Strategy<Value = Profile> {
    let software = (0_u64..900, 0_u64..900, 0_u64..900, 0_u64..900, 0_u64..30_000, 0_u64..3_000);
    let software = software.prop_map(|(send, recv, sync, gap, slice, call)| {
        let mut profile = Profile {
            send_overhead: Time::from_ns(send),
            recv_overhead: Time::from_ns(recv),
            sync: Time::from_ns(sync),
            gap: Time::from_ns(gap),
            slice_bytes: slice,
            protocol: if slice % 2 == 0 { Protocol::Ll128 } else { Protocol::Simple },
            ..Profile::wire()
        };
        profile.call.stream = Time::from_ns(call);
        profile
    });
    prop_oneof![2 => Just(Profile::wire()), 3 => software]
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        4 => Just(Placement::Packed),
        2 => Just(Placement::Spread),
        1 => Just(Placement::Strided { stride: 2 }),
        1 => any::<u64>().prop_map(|seed| Placement::Random { seed }),
    ]
}

/// A machine of two or three levels with `ranks` or fewer ranks on it.
pub(crate) fn machine(most: u32) -> impl Strategy<Value = CostModel> {
    let levels = (kind(7), kind(9), kind(4), any::<bool>(), 1_usize..4);
    let rates = (1_u64..900, 1_u64..500, 1_u64..100, 1_u64..1_000);
    let latencies = (0_u64..900, 0_u64..2_000, 0_u64..5_000);
    let fill = prop_oneof![Just(1.0), 0.0..1.0_f64];
    (levels, rates, latencies, profile(), placement(), fill, 0_u32..20_000).prop_map(
        move |(kinds, rates, latencies, profile, placement, fill, loss)| {
            let ns = Time::from_ns;
            let (a, b, c, shared, count) = kinds;
            let mut levels = vec![
                level("board", a.0, a.1, rates.0, ns(latencies.0)),
                level("node", b.0, b.1, rates.1, ns(latencies.1)),
                level("pod", c.0, c.1, rates.2, ns(latencies.2)),
            ];
            levels.truncate(count);
            if shared && count > 1 && levels[..2].iter().all(|level| level.kind.any_to_any()) {
                levels[1].port_group = "board".into();
            }
            for level in &mut levels {
                level.fan_out_loss_ppm = loss;
            }
            let cost = model(levels, profile, rates.3);
            let by = if let Placement::Strided { stride } = placement { stride } else { 1 };
            let devices = cost.fabric.devices().div_ceil(by);
            let ranks = (f64::from(devices) * fill).clamp(1.0, f64::from(most)) as u32;
            let fabric = cost.fabric.clone().place(placement, ranks).expect("they fit");
            CostModel { fabric, ..cost }
        },
    )
}

/// Levels as the machine has them, or others.
pub(crate) fn levels(cost: &CostModel, inner: [Inner; 2], other: bool) -> Tuning {
    let ranks = cost.fabric.ranks();
    let own: Vec<_> = cost.fabric.levels().iter().map(|level| (level.size, inner[0])).collect();
    let levels = if other {
        fit_levels(ranks, &[(4, inner[0]), (3, inner[1]), (5, inner[0])])
    } else {
        fit_levels(ranks, &own)
    };
    Tuning { slices: 2, levels, ..Tuning::default() }
}

/// Whether both fast engines agree with the plain one; gives whether they could run.
pub(crate) fn check(schedule: &dyn Schedule, elements: (u64, u64), cost: &CostModel) -> bool {
    let shape = schedule.shape();
    let chunks = Chunks::new(shape, elements.0, elements.1);
    let plain = match ports::plain(schedule, &chunks, cost) {
        Err(EngineError::NoSwitch { .. }) => return false,
        plain => plain.expect("it ends"),
    };
    assert_eq!(ports::run(schedule, &chunks, cost).as_ref(), Ok(&plain), "in windows");
    let mut fits = true;
    for threads in [1, 2] {
        match sweep::run(schedule, &chunks, cost, threads) {
            Ok(swept) => assert_eq!(swept, plain, "sweep on {threads}"),
            Err(EngineError::Unfit(unfit)) => {
                let sure = in_program_order(&shape, cost);
                assert!(!sure || unfit == Unfit::NoPhases, "{unfit}");
                fits = false;
            }
            Err(error) => panic!("{error}"),
        }
        match folded::run(schedule, &chunks, cost, threads) {
            Ok(folded) => {
                assert_eq!(folded.timed(), plain, "folded {:?}", folded.fold);
                assert_eq!(folded.time(), plain.time());
            }
            Err(EngineError::Unfit(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    fits
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn fast_engines_are_exact(
        pair in prop::sample::select(pairs()),
        cost in machine(90),
        inner in prop::sample::select(vec![
            [Inner::Ring; 2], [Inner::Direct; 2], [Inner::Ring, Inner::Direct],
        ]),
        other in any::<bool>(),
        count in prop_oneof![Just(0_u64), 0_u64..200, 0_u64..1 << 20],
        width in 1_u64..=8,
    ) {
        let (algorithm, collective) = pair;
        let tuning = levels(&cost, inner, other);
        let made = schedule((algorithm, collective), cost.fabric.ranks(), &tuning);
        let Some(schedule) = made else { return Ok(()) };
        check(&*schedule, (count, width), &cost);
    }

    #[test]
    fn rings_are_exact(
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        cost in machine(65),
        count in 0_u64..1 << 20,
    ) {
        let schedule =
            Algorithm::Ring.schedule(collective, cost.fabric.ranks(), &Tuning::default()).unwrap();
        prop_assert!(check(&*schedule, (count, 4), &cost));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Lanes that meet at ports, and noise.
    #[test]
    fn windows_are_exact(
        pair in prop::sample::select(pairs()),
        cost in machine(60),
        slices in 1_u32..7,
        (jitter, slow, seed) in (0_u64..3_000, 0_u32..400_000, any::<u64>()),
        noisy in any::<bool>(),
        count in prop_oneof![0_u64..200, 0_u64..1 << 20],
    ) {
        let ranks = cost.fabric.ranks();
        let tuning = Tuning { slices, ..levels(&cost, [Inner::Direct; 2], false) };
        let jitter = Jitter::new(Distribution::Uniform { most: Time::from_ns(jitter) }).ok();
        let noise = Noise { jitter, ..noise_of(seed, slow) };
        let cost = CostModel { noise: noisy.then_some(noise), ..cost };
        let Some(schedule) = schedule(pair, ranks, &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let plain = ports::plain(&*schedule, &chunks, &cost);
        prop_assert_eq!(ports::run(&*schedule, &chunks, &cost), plain);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Where ranks are not alike, messages of different phases overtake each other.
    #[test]
    fn exchanges_are_exact_in_any_order_of_arrival(
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        cost in machine(200),
        placement in placement(),
        count in 0_u64..1 << 20,
    ) {
        let most = match placement {
            Placement::Strided { stride } => cost.fabric.devices().div_ceil(stride),
            _ => cost.fabric.devices(),
        };
        let ranks = 1 << most.min(cost.fabric.ranks()).ilog2();
        let fabric = cost.fabric.clone().place(placement, ranks).unwrap();
        let cost = CostModel { fabric, ..cost };
        let schedule = Algorithm::RecursiveDoubling
            .schedule(collective, ranks, &Tuning::default())
            .unwrap();
        prop_assert!(check(&*schedule, (count, 4), &cost));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Groups that are large enough for arrivals to repeat, on boards that are not alike.
    #[test]
    fn wide_direct_phases_are_exact(
        (board, boards) in (1_u32..4, 1_u32..3),
        (leaf, leaves, tiers) in (1_u32..6, 6_u32..20, 2_u32..4),
        (pods, outer) in (1_u32..4, 1_u32..3),
        rates in (1_u64..900, 1_u64..500, 1_u64..100, 1_u64..1_000),
        latencies in (0_u64..900, 0_u64..2_000, 0_u64..5_000),
        profile in profile(),
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        count in 0_u64..1 << 20,
    ) {
        let clos = |leaf| LevelKind::Clos {
            tiers,
            planes: 1,
            leaf,
            oversubscription: Oversubscription { down: 2, up: 1 },
            spread: Spread::Spray,
        };
        let ns = Time::from_ns;
        let built = vec![
            level("die", LevelKind::Switch, board, rates.0, ns(latencies.0)),
            level("board", LevelKind::FullMesh { dims: vec![boards] }, boards, 90, ns(9)),
            level("pod", clos(leaf), leaf * leaves, rates.1, ns(latencies.1)),
            level("cluster", clos(outer), pods, rates.2, ns(latencies.2)),
        ];
        let cost = model(built, profile, rates.3);
        let tuning = levels(&cost, [Inner::Direct; 2], false);
        let ranks = cost.fabric.ranks();
        let schedule = Algorithm::Hierarchical.schedule(collective, ranks, &tuning).unwrap();
        check(&*schedule, (count, 4), &cost);
    }
}

#[test]
fn fixed_and_uniform_schedules_always_fit() {
    let node = level("node", LevelKind::Switch, 16, 100, Time::from_us(1));
    let cost = model(vec![node], Profile::wire(), 100);
    for (algorithm, collective) in pairs() {
        let tuning = levels(&cost, [Inner::Ring; 2], true);
        let Some(schedule) = schedule((algorithm, collective), 16, &tuning) else { continue };
        // The slices of a segmented ring overtake its steps, a step of swing has several messages; trees, chains and exchanges have none.
        let without = matches!(
            algorithm,
            Algorithm::SegmentedRing
                | Algorithm::Binomial
                | Algorithm::Chain
                | Algorithm::Linear
                | Algorithm::Pairwise
                | Algorithm::Dissemination
                | Algorithm::TwoSided
                | Algorithm::Swing
        );
        if schedule.shape().ports != Ports::Contended && !without {
            assert!(check(&*schedule, (1 << 16, 4), &cost), "{algorithm} {collective}");
        }
    }
}

/// Long rings are taken in pieces by the sweep and as longest paths by the folded engine; whoever is
/// wrong is unlikely to be so in the same way.
#[test]
fn long_rings_are_the_same_in_pieces_and_as_paths() {
    let profile = Profile { sync: Time::from_ns(7), slice_bytes: 100, ..Profile::wire() };
    for (ranks, latency, gb) in [(1_536, 300, 400), (1_801, 20, 30), (2_305, 0, 3)] {
        let clos = LevelKind::Clos {
            tiers: 2,
            planes: 1,
            leaf: 5,
            oversubscription: Oversubscription { down: 2, up: 1 },
            spread: Spread::Spray,
        };
        let board = LevelKind::FullMesh { dims: vec![4, 2] };
        let levels = vec![
            level("board", board, 8, gb, Time::from_ns(latency)),
            level("node", clos, 12, 50, Time::from_us(1)),
            level("pod", LevelKind::Switch, 25, 10, Time::from_us(2)),
        ];
        let cost = model(levels, profile.clone(), 40);
        let fabric = cost.fabric.clone().place(Placement::Packed, ranks).expect("2,400 devices");
        let cost = CostModel { fabric, ..cost };
        for collective in ALL_REDUCE_AND_HALVES {
            let schedule =
                Algorithm::Ring.schedule(collective, ranks, &Tuning::default()).expect("defined");
            let chunks = Chunks::new(schedule.shape(), 1 << 20, 4);
            let swept = sweep::run(&*schedule, &chunks, &cost, 1).expect("it fits");
            assert_eq!(sweep::run(&*schedule, &chunks, &cost, 2), Ok(swept.clone()));
            for threads in [1, 2] {
                let folded = folded::run(&*schedule, &chunks, &cost, threads).expect("it fits");
                assert!(folded.fold.by_path > 0);
                assert_eq!(folded.timed(), swept);
            }
        }
    }
}

/// Regular machines of hundreds of ranks, with few classes.
#[test]
fn regular_machines_fold() {
    let machine = |leaf, size| {
        let spread = Spread::Spray;
        let over = Oversubscription { down: 2, up: 1 };
        let clos = LevelKind::Clos { tiers: 2, planes: 1, leaf, oversubscription: over, spread };
        let mesh = LevelKind::FullMesh { dims: vec![8] };
        let levels = vec![
            level("board", mesh, 8, 100, Time::from_ns(300)),
            level("pod", clos, size, 50, Time::from_us(1)),
            level("cluster", LevelKind::Switch, 4, 20, Time::from_us(3)),
        ];
        model(levels, Profile { slice_bytes: 4096, ..Profile::wire() }, 200)
    };
    for (algorithm, inner, leaf, size, classes) in [
        (Algorithm::RecursiveDoubling, Inner::Ring, 4, 16, 1),
        (Algorithm::RecursiveDoubling, Inner::Ring, 16, 16, 1),
        (Algorithm::Hierarchical, Inner::Direct, 3, 12, 3),
        (Algorithm::Hierarchical, Inner::Direct, 12, 12, 1),
        (Algorithm::Hierarchical, Inner::Ring, 4, 12, 4),
        (Algorithm::Hierarchical, Inner::Ring, 5, 12, 12),
    ] {
        let cost = machine(leaf, size);
        let tuning = levels(&cost, [inner; 2], false);
        for collective in ALL_REDUCE_AND_HALVES {
            let schedule = algorithm
                .schedule(collective, cost.fabric.ranks(), &tuning)
                .expect("it is defined");
            for count in [64, 1 << 20] {
                check(&*schedule, (count, 4), &cost);
                let chunks = Chunks::new(schedule.shape(), count, 4);
                if let Ok(folded) = folded::run(&*schedule, &chunks, &cost, 2) {
                    assert_eq!(folded.fold.classes, classes, "{algorithm} leaf {leaf} of {size}");
                }
            }
        }
    }
}

/// One case for each reason to give up.
#[test]
fn what_does_not_go_in_step_is_an_error() {
    let node = level("node", LevelKind::Switch, 6, 100, Time::from_us(1));
    let cost = model(vec![node], Profile::wire(), 100);
    let tree = Algorithm::DoubleBinaryTree
        .schedule(Collective::AllReduce, 6, &Tuning::default())
        .expect("it is defined");
    let chunks = Chunks::new(tree.shape(), 600, 4);
    assert_eq!(sweep::run(&*tree, &chunks, &cost, 1), Err(Unfit::NoPhases.into()));
    let ring = Algorithm::Ring
        .schedule(Collective::AllReduce, 6, &Tuning::default())
        .expect("it is defined");
    let noisy = CostModel { noise: Some(Noise::default()), ..cost.clone() };
    assert_eq!(folded::run(&*ring, &chunks, &noisy, 1).err(), Some(Unfit::Noise.into()));
    let far = level("node", LevelKind::Switch, 6, 100, Time::from_ps(u64::MAX / 32));
    let far = model(vec![far], Profile::wire(), 100);
    assert_eq!(sweep::run(&*ring, &chunks, &far, 1), Err(Unfit::Long.into()));
    let few = supernode_engine::choose::Patience { steps: 1, messages: 1, threads: 1 };
    let chosen = supernode_engine::choose::run(&*ring, &chunks, &cost, few);
    assert!(matches!(chosen, Err(EngineError::Impatient(_))));
}

/// Work that is large enough to be shared is the same on any number of threads.
#[test]
fn threads_change_nothing() {
    let clos = LevelKind::Clos {
        tiers: 2,
        planes: 1,
        leaf: 7,
        oversubscription: Oversubscription { down: 2, up: 1 },
        spread: Spread::Spray,
    };
    let levels = vec![
        level("board", LevelKind::Switch, 25, 300, Time::from_ns(300)),
        level("node", clos, 20, 50, Time::from_us(1)),
        level("pod", LevelKind::Switch, 30, 10, Time::from_us(2)),
    ];
    let cost = model(levels, Profile::wire(), 40);
    let on = |ranks| {
        let fabric = cost.fabric.clone().place(Placement::Packed, ranks).expect("15,000 devices");
        CostModel { fabric, ..cost.clone() }
    };
    for (algorithm, ranks) in [(Algorithm::Ring, 14_321), (Algorithm::Hierarchical, 5_000)] {
        let cost = on(ranks);
        let tuning = levels_of(ranks);
        let schedule =
            algorithm.schedule(Collective::AllReduce, ranks, &tuning).expect("it is defined");
        let chunks = Chunks::new(schedule.shape(), 1 << 20, 4);
        let folded = |threads| {
            let folded = folded::run(&*schedule, &chunks, &cost, threads);
            folded.map(|folded| folded.timed())
        };
        let one = folded(1).expect("it fits");
        assert_eq!(folded(2).as_ref(), Ok(&one));
        assert_eq!(folded(5).as_ref(), Ok(&one));
        if algorithm == Algorithm::Hierarchical {
            for threads in [1, 2, 3] {
                assert_eq!(sweep::run(&*schedule, &chunks, &cost, threads).as_ref(), Ok(&one));
            }
        }
    }
}

fn levels_of(ranks: u32) -> Tuning {
    let levels = fit_levels(ranks, &[(25, Inner::Direct), (20, Inner::Ring), (30, Inner::Ring)]);
    Tuning { slices: 1, levels, ..Tuning::default() }
}
