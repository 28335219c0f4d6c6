//! Formulas against the time-ordered engine where engines are slow, overheads count, or levels differ.

use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning};
use supernode_engine::formula::{self, Elements};
use supernode_engine::{EngineError, ports};
use supernode_fabric::{CostModel, LevelKind, Placement, Profile};
use supernode_units::Time;

use crate::machines::{level, model, pairs, schedule, switch, tuning};

/// A switch that reduces, a full mesh, and nodes of four on a slower pod; devices that reduce and
/// copy `engine` 10^9 bytes a second.
fn machines(ranks: u32, overhead_ns: u64, engine: u64) -> [CostModel; 3] {
    let profile = || Profile {
        send_overhead: Time::from_ns(overhead_ns),
        recv_overhead: Time::from_ns(overhead_ns / 2),
        slice_bytes: 8192,
        ..Profile::wire()
    };
    let us = Time::from_us;
    let mesh = level("mesh", LevelKind::FullMesh { dims: vec![ranks] }, ranks, 450, us(1));
    let node = level("node", LevelKind::Switch, 4, 450, us(1));
    let pod = level("pod", LevelKind::Switch, 20, 50, us(3));
    let nodes = model(vec![node, pod], profile(), engine);
    let fabric = nodes.fabric.clone().place(Placement::Packed, ranks).expect("80 devices");
    [
        switch(ranks, 450, us(1), profile(), engine),
        model(vec![mesh], profile(), engine),
        CostModel { fabric, ..nodes },
    ]
}

/// Formula over engine has to lie between these on each of the machines.
fn bands(algorithm: Algorithm) -> [(f64, f64); 3] {
    match algorithm {
        Algorithm::Ring => [(0.999, 1.001), (0.999, 1.001), (0.85, 1.01)],
        Algorithm::Hierarchical => [(0.98, 1.01), (0.98, 1.01), (0.85, 1.01)],
        Algorithm::OneShot => [(0.95, 1.08), (0.95, 1.04), (0.7, 1.08)],
        Algorithm::TwoShot => [(0.95, 1.01), (0.95, 1.01), (0.85, 1.3)],
        Algorithm::RecursiveDoubling => [(0.99, 1.2), (0.99, 1.5), (0.99, 1.35)],
        Algorithm::InSwitch => [(0.5, 1.25); 3],
        Algorithm::DoubleBinaryTree => [(0.65, 1.3), (0.65, 1.65), (0.65, 1.3)],
        Algorithm::Linear | Algorithm::Binomial => [(0.999, 1.001); 3],
        Algorithm::Chain => [(0.95, 1.05); 3],
        Algorithm::Bine => [(1.0, 1.0), (1.0, 1.0), (0.99, 1.41)],
        Algorithm::Pat => [(1.0, 1.0), (1.0, 1.0), (0.9, 1.7)],
        Algorithm::CirculantBroadcast => [(0.95, 1.5), (0.95, 1.5), (0.85, 2.0)],
        Algorithm::ScatterAllGather => [(0.95, 1.01), (0.95, 1.01), (0.95, 1.3)],
        // In step on machines where all pairs are alike.
        _ => [(1.0, 1.0), (1.0, 1.0), (0.7, 1.35)],
    }
}

fn check(algorithm: Algorithm, collective: Collective, slices: u32) {
    for ranks in [2, 3, 5, 8, 13, 16, 64] {
        let tuning = tuning(ranks, slices, Inner::Direct);
        let made = schedule((algorithm, collective), ranks, &tuning);
        let Some(schedule) = made else { continue };
        for (engine, overhead) in [(20, 0), (50, 500), (450, 0), (3_000, 500)] {
            let machines = machines(ranks, overhead, engine);
            for (cost, (low, high)) in machines.iter().zip(bands(algorithm)) {
                for count in [1 << 8, 1 << 16, 1 << 26] {
                    let chunks = Chunks::new(schedule.shape(), count, 4);
                    let Ok(timed) = ports::run(&*schedule, &chunks, cost) else { continue };
                    let elements = Elements { count, width: 4 };
                    let closed = formula::time(algorithm, collective, elements, &tuning, cost);
                    if closed == Err(EngineError::NoFormula(algorithm)) {
                        continue;
                    }
                    let closed = closed.expect("the engine has a time").as_us_f64();
                    let ratio = closed / timed.time().as_us_f64();
                    assert!(
                        (low..=high).contains(&ratio),
                        "{algorithm} {collective}, {ranks} ranks, {count} elements, {slices} slices, \
                         {engine} GB/s, {overhead} ns, {}: {ratio:.3}",
                        cost.fabric.levels()[0].kind
                    );
                }
            }
        }
    }
}

#[test]
fn formulas_are_close_to_the_engine() {
    for (algorithm, collective) in pairs() {
        check(algorithm, collective, 1);
        if matches!(
            algorithm,
            Algorithm::DoubleBinaryTree
                | Algorithm::InSwitch
                | Algorithm::Chain
                | Algorithm::CirculantBroadcast
        ) {
            check(algorithm, collective, 16);
        }
    }
}

/// Several messages at once, from as many senders: one rank stands for all where pairs are alike.
#[test]
fn bruck_of_a_larger_radix_is_the_engine_where_pairs_are_alike() {
    let (algorithm, collective) = (Algorithm::Bruck, Collective::AllGather);
    for (radix, ranks) in (3..9).flat_map(|radix| [2, 3, 5, 8, 13, 64].map(|n| (radix, n))) {
        let tuning = Tuning { radix, ..Tuning::default() };
        let schedule = algorithm.schedule(collective, ranks, &tuning).expect("any radix");
        for (cost, count) in machines(ranks, 500, 50)[..2].iter().zip([1 << 12, 1 << 22]) {
            let chunks = Chunks::new(schedule.shape(), count, 4);
            let timed = ports::run(&*schedule, &chunks, cost).expect("it ends").time();
            let elements = Elements { count, width: 4 };
            let closed = formula::time(algorithm, collective, elements, &tuning, cost);
            assert_eq!(closed, Ok(timed), "{radix} {ranks} {count}");
        }
    }
}

/// Elements are not split: five of eight bytes fall into four blocks of two.
#[test]
fn chunks_hold_whole_elements() {
    let cost = switch(4, 100, Time::ZERO, Profile::wire(), 1_000_000);
    let (ring, collective) = (Algorithm::Ring, Collective::AllReduce);
    let tuning = tuning(4, 1, Inner::Ring);
    let time = |elements: Elements| formula::time(ring, collective, elements, &tuning, &cost);
    assert_eq!(time(Elements { count: 5, width: 8 }), time(Elements { count: 64, width: 1 }));
    assert_eq!(formula::time(ring, collective, 40, &tuning, &cost), time(Elements::from(40)));
}

#[test]
fn what_no_formula_knows_is_an_error() {
    use supernode_collectives::LevelPlan;
    use supernode_fabric::Noise;
    let cost = switch(6, 100, Time::from_us(1), Profile::wire(), 1_000);
    let time = |algorithm, collective, tuning: &Tuning, cost: &CostModel| {
        formula::time(algorithm, collective, 1 << 20, tuning, cost).expect_err("nobody knows")
    };
    let (ring, all_reduce) = (Algorithm::Ring, Collective::AllReduce);
    let none = Tuning::default();
    let noisy = CostModel { noise: Some(Noise::default()), ..cost.clone() };
    assert_eq!(time(ring, all_reduce, &none, &noisy), EngineError::Noise);
    let tree = time(Algorithm::DoubleBinaryTree, Collective::AllGather, &none, &cost);
    assert!(matches!(tree, EngineError::Undefined(_)));
    let levels = vec![LevelPlan { size: 4, inner: Inner::Ring }];
    let four = Tuning { levels, ..Tuning::default() };
    let four = time(Algorithm::Hierarchical, all_reduce, &four, &cost);
    assert!(matches!(four, EngineError::Undefined(_)));
    let far = switch(6, 100, Time::from_ps(u64::MAX / 4), Profile::wire(), 1_000);
    assert_eq!(time(ring, all_reduce, &none, &far), EngineError::TooLong);
    let schedule = ring.schedule(all_reduce, 6, &none).expect("it is defined");
    let chunks = Chunks::new(schedule.shape(), 6, 4);
    assert_eq!(ports::run(&*schedule, &chunks, &far), Err(EngineError::TooLong));

    // Two nodes of four whose switches reduce; ranks in random order share none by position.
    let mut node = level("node", LevelKind::Switch, 4, 100, Time::from_us(1));
    node.in_switch =
        Some(supernode_fabric::SwitchRate { rate: supernode_units::Bandwidth::from_gb_per_s(50) });
    let pod = level("pod", LevelKind::Switch, 2, 100, Time::from_us(1));
    let nodes = model(vec![node, pod], Profile::wire(), 1_000);
    let level = |size, inner| LevelPlan { size, inner };
    let levels = vec![level(4, Inner::InSwitch), level(2, Inner::Ring)];
    let tuning = Tuning { levels, ..Tuning::default() };
    let of = |placement| {
        let fabric = nodes.fabric.clone().place(placement, 8).expect("8 devices");
        let cost = CostModel { fabric, ..nodes.clone() };
        let schedule =
            Algorithm::Hierarchical.schedule(all_reduce, 8, &tuning).expect("it is defined");
        let chunks = Chunks::new(schedule.shape(), 800, 4);
        let timed = ports::run(&*schedule, &chunks, &cost).is_ok();
        (formula::time(Algorithm::Hierarchical, all_reduce, 3_200, &tuning, &cost).is_ok(), timed)
    };
    assert_eq!(of(Placement::Packed), (true, true));
    for seed in 0..8 {
        let (closed, timed) = of(Placement::Random { seed });
        assert_eq!(closed, timed, "{seed}");
    }
}
