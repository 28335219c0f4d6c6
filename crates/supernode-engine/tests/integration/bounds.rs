//! No schedule beats a lower bound, and no faster link slows a schedule with fixed ports.

use proptest::prelude::*;
use supernode_collectives::{
    Action, Algorithm, Chunks, Inner, LevelPlan, LowerBound, Ports, Tuning,
};
use supernode_engine::formula::Elements;
use supernode_engine::{EngineError, bound, fastest, formula, ports, tune};
use supernode_fabric::{CostModel, LevelKind, Oversubscription, Placement, Profile, Spread};
use supernode_units::Time;

use crate::machines::{
    ALL_REDUCE_AND_HALVES, level, model, noise_of, pairs, schedule, switch, time, tuning,
};

/// A level of every kind, and its size.
fn kind() -> impl Strategy<Value = (LevelKind, u32)> {
    let over = Oversubscription { down: 2, up: 1 };
    let clos = move |spread| LevelKind::Clos {
        tiers: 2,
        planes: 1,
        leaf: 2,
        oversubscription: over,
        spread,
    };
    prop_oneof![
        (1_u32..7).prop_map(|size| (LevelKind::Switch, size)),
        (1_u32..4).prop_map(|size| (LevelKind::OnPackage, size)),
        (1_u32..7).prop_map(|size| (LevelKind::Ring, size)),
        (1_u32..7).prop_map(|size| (LevelKind::FullMesh { dims: vec![size] }, size)),
        (1_u32..4, 1_u32..4).prop_map(|(a, b)| (LevelKind::FullMesh { dims: vec![a, b] }, a * b)),
        (1_u32..4, 1_u32..4).prop_map(|(a, b)| (LevelKind::Torus { dims: vec![a, b] }, a * b)),
        (1_u32..7).prop_map(move |size| (clos(Spread::Spray), size)),
        (1_u32..7, any::<u64>()).prop_map(move |(size, seed)| (clos(Spread::Ecmp { seed }), size)),
        (1_u32..7)
            .prop_map(move |size| (LevelKind::Rail { leaf: 2, oversubscription: over }, size)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Messages one after the other, and bytes through the one port of a rank.
    #[test]
    fn time_never_beats_rounds_and_bytes_on_a_switch(
        pair in prop::sample::select(pairs()),
        ranks in 2_u32..=65,
        bytes in 0_u64..1 << 22,
        latency_ns in 0_u64..5_000,
        gb in 1_u64..2_000,
        slices in 1_u32..5,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct, Inner::InSwitch]),
    ) {
        let (algorithm, collective) = pair;
        let tuning = tuning(ranks, slices, inner);
        let latency = Time::from_ns(latency_ns);
        let cost = switch(ranks, gb, latency, Profile::wire(), 10_000);
        let Some(schedule) = schedule(pair, ranks, &tuning) else { return Ok(()) };
        let got = time(&*schedule, bytes, &cost);
        let in_network = algorithm == Algorithm::InSwitch
            || algorithm == Algorithm::Hierarchical && inner == Inner::InSwitch;
        // Rank after rank gets to know of a first one: by one message of each in every round, by two
        // down a tree, or from everyone at once.
        let fan = match algorithm {
            Algorithm::Ring
            | Algorithm::RecursiveDoubling
            | Algorithm::Circulant
            | Algorithm::Nhr
            | Algorithm::Nb => 1,
            Algorithm::DoubleBinaryTree => 2,
            Algorithm::Hierarchical if inner == Inner::Ring => 1,
            _ => ranks - 1,
        };
        let bound = LowerBound::new(collective, ranks, bytes, fan, in_network);
        let wire = cost.occupancy(&cost.route(0, ranks - 1), bound.bytes, 1);
        prop_assert!(got >= latency * bound.rounds, "{} against {:?}", got, bound);
        prop_assert!(got >= wire, "{} against {:?}", got, bound);
        let closed = match formula::time(algorithm, collective, bytes, &tuning, &cost) {
            Err(EngineError::NoFormula(_)) => return Ok(()),
            closed => closed.unwrap(),
        };
        prop_assert!(closed >= latency * bound.rounds && closed >= wire, "{}", closed);
    }

    /// No engine reports less than the bound on any kind of fabric.
    #[test]
    fn time_never_beats_the_bound_of_the_machine(
        pair in prop::sample::select(pairs()),
        kinds in (kind(), kind()),
        share in 0.0..1.0_f64,
        placement in prop_oneof![
            Just(Placement::Packed),
            Just(Placement::Spread),
            any::<u64>().prop_map(|seed| Placement::Random { seed }),
        ],
        count in 0_u64..1 << 18,
        width in 1_u64..=8,
        rates in (1_u64..500, 1_u64..500),
        engine in 1_u64..500,
        reduces in any::<bool>(),
        overhead_ns in 0_u64..1_000,
        slices in 1_u32..5,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct]),
    ) {
        let (algorithm, collective) = pair;
        let ((inside, few), (outside, many)) = kinds;
        let mut node = level("node", inside, few, rates.0, Time::from_ns(300));
        if reduces && node.kind == LevelKind::Switch {
            let rate = supernode_units::Bandwidth::from_gb_per_s(rates.0);
            node.in_switch = Some(supernode_fabric::SwitchRate { rate });
        }
        let pod = level("pod", outside, many, rates.1, Time::from_us(1));
        let overhead = Time::from_ns(overhead_ns);
        let profile =
            Profile { send_overhead: overhead, recv_overhead: overhead, ..Profile::wire() };
        let cost = model(vec![node, pod], profile, engine);
        let ranks = 1 + (f64::from(cost.fabric.devices() - 1) * share) as u32;
        let fabric = cost.fabric.clone().place(placement, ranks).unwrap();
        let cost = CostModel { fabric, ..cost };
        let elements = Elements { count, width };
        let tuning = match algorithm {
            Algorithm::Hierarchical => tuning(ranks, slices, inner),
            _ => Tuning { slices, ..Tuning::default() },
        };
        let Some(schedule) = schedule(pair, ranks, &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, width);
        let bound = bound::time(collective, elements, &cost);
        if let Ok(timed) = ports::run(&*schedule, &chunks, &cost) {
            prop_assert!(timed.time() >= bound, "{} beats {}", timed.time(), bound);
            prop_assert!(bound > Time::ZERO || count == 0 || ranks == 1);
        }
    }

    /// A plain FIFO with several senders can be slowed by a faster link (an anomaly of list
    /// scheduling); with fixed ports every clock is a longest path, which cannot. Receives that are
    /// awaited together are such a FIFO where their links differ: one-shot on 31 ranks of three unlike
    /// levels took 64.09 us instead of 64.04 us with all links faster.
    #[test]
    fn a_faster_link_never_slows_fixed_ports(
        pair in prop::sample::select(pairs()),
        ranks in 2_u32..=40,
        bytes in 0_u64..1 << 20,
        rates in (1_u64..500, 1_u64..500, 1_u64..500),
        more in (0_u64..500, 0_u64..500, 0_u64..500),
        latencies in (0_u64..3_000, 0_u64..3_000, 0_u64..3_000),
        less in (0_u64..1_000, 0_u64..1_000, 0_u64..1_000),
        overhead_ns in 0_u64..500,
        seed in any::<u64>(),
    ) {
        // One level, direct: several senders whose messages are awaited together.
        let levels = vec![LevelPlan { size: ranks, inner: Inner::Direct }];
        let tuning = Tuning { slices: 1, levels, ..Tuning::default() };
        let Some(schedule) = schedule(pair, ranks, &tuning) else { return Ok(()) };
        if schedule.shape().ports != Ports::Fixed {
            return Ok(());
        }
        // Receives awaited together are served by arrival. Where links differ, a faster one may put a
        // long message first; where all are alike, sorted arrivals only come earlier.
        let together = (0..ranks).any(|rank| {
            (0..schedule.steps(rank, 0))
                .any(|at| matches!(schedule.step(rank, 0, at).action, Action::Recv { more: true, .. }))
        });
        let machine = |rates: [u64; 3], latencies: [u64; 3]| {
            let ns = |i: usize| Time::from_ns(latencies[i]);
            let levels = if together {
                vec![level("pod", LevelKind::Switch, 48, rates[0], ns(0))]
            } else {
                vec![
                    level("board", LevelKind::Switch, 4, rates[0], ns(0)),
                    level("cabinet", LevelKind::FullMesh { dims: vec![3] }, 3, rates[1], ns(1)),
                    level("pod", LevelKind::Torus { dims: vec![2, 2] }, 4, rates[2], ns(2)),
                ]
            };
            let overhead = Time::from_ns(overhead_ns);
            let profile =
                Profile { send_overhead: overhead, recv_overhead: overhead, ..Profile::wire() };
            let cost = model(levels, profile, 300);
            let fabric = cost.fabric.place(supernode_fabric::Placement::Random { seed }, ranks);
            supernode_fabric::CostModel {
                fabric: fabric.expect("48 devices"),
                noise: Some(noise_of(seed, 100_000)),
                ..cost
            }
        };
        let slow = machine(rates.into(), latencies.into());
        let fast = machine(
            [rates.0 + more.0, rates.1 + more.1, rates.2 + more.2],
            [
                latencies.0.saturating_sub(less.0),
                latencies.1.saturating_sub(less.1),
                latencies.2.saturating_sub(less.2),
            ],
        );
        let (slow, fast) = (time(&*schedule, bytes, &slow), time(&*schedule, bytes, &fast));
        prop_assert!(fast <= slow, "{} > {}", fast, slow);
    }

    #[test]
    fn the_choice_is_the_fastest_of_the_formulas(
        ranks in 1_u32..=64,
        bytes in 0_u64..1 << 30,
        latency_ns in 0_u64..5_000,
    ) {
        let cost = switch(ranks, 100, Time::from_ns(latency_ns), Profile::wire(), 2_000);
        for collective in supernode_collectives::Collective::ALL {
            let (_, _, best) = fastest(collective, bytes, &cost, None);
            for (algorithm, other) in pairs() {
                if other == collective {
                    let tuning = tune(algorithm, collective, bytes, &cost, None);
                    if let Ok(time) = formula::time(algorithm, collective, bytes, &tuning, &cost) {
                        prop_assert!(best <= time, "{} is faster", algorithm);
                    }
                }
            }
        }
    }
}

/// A ring is the best there is for large messages on a switch, direct on a full mesh, so the bound is
/// not below what can be reached.
#[test]
fn the_bound_can_be_reached() {
    let latency = Time::from_us(1);
    let machines = [
        (Algorithm::Ring, switch_without_reduction(8, latency)),
        (Algorithm::TwoShot, {
            let mesh = LevelKind::FullMesh { dims: vec![8] };
            model(vec![level("mesh", mesh, 8, 400, latency)], Profile::wire(), 10_000)
        }),
    ];
    for (algorithm, cost) in machines {
        for collective in ALL_REDUCE_AND_HALVES {
            let schedule = algorithm.schedule(collective, 8, &Tuning::default()).unwrap();
            let bytes = 1 << 30;
            let got = time(&*schedule, bytes, &cost).as_us_f64();
            let bound = bound::time(collective, bytes, &cost).as_us_f64();
            assert!(
                (0.99..=1.0).contains(&(bound / got)),
                "{algorithm} {collective}: {bound} {got}"
            );
        }
    }
}

fn switch_without_reduction(ranks: u32, latency: Time) -> CostModel {
    model(vec![level("node", LevelKind::Switch, ranks, 400, latency)], Profile::wire(), 10_000)
}
