//! The fast engines give the times of the plain one, to the picosecond.

use proptest::prelude::*;
use supernode_collectives::{
    Algorithm, Chunks, Collective, Inner, Ports, Schedule, Tuning, fit_levels,
};
use supernode_engine::{EngineError, Unfit, folded, in_program_order, ports, sweep};
use supernode_fabric::{
    CostModel, LevelKind, Oversubscription, Placement, Profile, Protocol, Spread,
};
use supernode_units::Time;

use crate::machines::{level, model, pairs};

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

fn profile() -> impl Strategy<Value = Profile> {
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
fn machine(most: u32) -> impl Strategy<Value = CostModel> {
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
            levels.iter_mut().for_each(|level| level.fan_out_loss_ppm = loss);
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
fn levels(cost: &CostModel, inner: [Inner; 2], other: bool) -> Tuning {
    let ranks = cost.fabric.ranks();
    let own: Vec<_> = cost.fabric.levels().iter().map(|level| (level.size, inner[0])).collect();
    let levels = if other {
        fit_levels(ranks, &[(4, inner[0]), (3, inner[1]), (5, inner[0])])
    } else {
        fit_levels(ranks, &own)
    };
    Tuning { slices: 2, levels }
}

/// Whether both fast engines agree with the plain one; gives whether they could run.
fn check(schedule: &dyn Schedule, elements: (u64, u64), cost: &CostModel) -> bool {
    let shape = schedule.shape();
    let chunks = Chunks::new(shape, elements.0, elements.1);
    let plain = match ports::run(schedule, &chunks, cost) {
        Err(EngineError::NoSwitch { .. }) => return false,
        plain => plain.expect("it ends"),
    };
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
        let schedule = algorithm.schedule(collective, cost.fabric.ranks(), &tuning).unwrap();
        check(&*schedule, (count, width), &cost);
    }

    #[test]
    fn rings_are_exact(
        collective in prop::sample::select(Collective::ALL.to_vec()),
        cost in machine(65),
        count in 0_u64..1 << 20,
    ) {
        let schedule =
            Algorithm::Ring.schedule(collective, cost.fabric.ranks(), &Tuning::default()).unwrap();
        prop_assert!(check(&*schedule, (count, 4), &cost));
    }
}

#[test]
fn fixed_and_uniform_schedules_always_fit() {
    let node = level("node", LevelKind::Switch, 16, 100, Time::from_us(1));
    let cost = model(vec![node], Profile::wire(), 100);
    for (algorithm, collective) in pairs() {
        let tuning = levels(&cost, [Inner::Ring; 2], true);
        let schedule = algorithm.schedule(collective, 16, &tuning).expect("it is defined");
        if schedule.shape().ports != Ports::Contended {
            assert!(check(&*schedule, (1 << 16, 4), &cost), "{algorithm} {collective}");
        }
    }
}
