//! Noise in time: the sweep is the plain engine, and seeds are what they say.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, LevelPlan, Ports, Tuning};
use supernode_engine::choose::{Exact, Patience};
use supernode_engine::{EngineError, Unfit, noise, ports, sweep};
use supernode_fabric::{CostModel, Jitter, LevelKind, Noise, Profile, Slow, Who};
use supernode_units::Time;

use crate::exact::{levels, machine};
use crate::machines::{ALL_REDUCE_AND_HALVES, level, model, pairs, schedule};

fn jitters() -> impl Strategy<Value = Option<Jitter>> {
    let texts = [
        "uniform:1us",
        "exp:0ns",
        "exp:200ns",
        "exp:20us",
        "normal:300ns:200ns",
        "lognormal:200ns:1.5",
        "pareto:50ns:1.5",
    ];
    let jitter = |text: &str| text.parse().expect("it is one");
    prop::option::weighted(0.9, prop::sample::select(texts.map(jitter).to_vec()))
}

fn slow_devices() -> impl Strategy<Value = Vec<Slow>> {
    let who = prop_oneof![
        (0_u32..40).prop_map(Who::Device),
        (0_u32..300_000).prop_map(|ppm| Who::Share { ppm }),
    ];
    let slow = (who, 1_000_000_u64..9_000_000);
    prop::collection::vec(slow.prop_map(|(who, factor_ppm)| Slow { who, factor_ppm }), 0..3)
}

fn noises() -> impl Strategy<Value = Noise> {
    (any::<u64>(), jitters(), slow_devices()).prop_map(|(seed, jitter, slow)| Noise {
        seed,
        jitter,
        slow,
    })
}

const PATIENT: Patience = Patience { steps: 1 << 30, messages: 1 << 24, threads: 2 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_sweep_with_noise_is_the_plain_engine(
        pair in prop::sample::select(pairs()),
        cost in machine(90),
        noise in noises(),
        inner in prop::sample::select(vec![
            [Inner::Ring; 2], [Inner::Direct; 2], [Inner::Ring, Inner::Direct],
        ]),
        other in any::<bool>(),
        count in prop_oneof![Just(0_u64), 0_u64..200, 0_u64..1 << 20],
    ) {
        let tuning = levels(&cost, inner, other);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let cost = CostModel { noise: Some(noise), ..cost };
        match sweep::run(&*schedule, &chunks, &cost, 2) {
            Err(EngineError::Unfit(unfit)) => prop_assert_eq!(unfit, Unfit::NoPhases),
            swept => prop_assert_eq!(swept, ports::plain(&*schedule, &chunks, &cost)),
        }
    }

    #[test]
    fn no_noise_is_the_healthy_run(
        pair in prop::sample::select(pairs()),
        cost in machine(60),
        seed in any::<u64>(),
        count in 0_u64..1 << 20,
    ) {
        let tuning = levels(&cost, [Inner::Direct; 2], false);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let jitter = "exp:0ns".parse().ok();
        let slow = vec![
            Slow { who: Who::Device(1), factor_ppm: 1_000_000 },
            Slow { who: Who::Share { ppm: 0 }, factor_ppm: 5_000_000 },
        ];
        let still = CostModel { noise: Some(Noise { seed, jitter, slow }), ..cost.clone() };
        let healthy = ports::plain(&*schedule, &chunks, &cost);
        prop_assert_eq!(&ports::run(&*schedule, &chunks, &still), &healthy);
        if schedule.phases().is_some() {
            prop_assert_eq!(&sweep::run(&*schedule, &chunks, &still, 1), &healthy);
        }
    }

    /// Where ports serve in program order a clock is a longest path, which no delay makes shorter.
    #[test]
    fn more_noise_is_never_earlier_where_ports_are_fixed(
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        cost in machine(40),
        (seed, slow) in (any::<u64>(), slow_devices()),
        (mean, more) in (0_u64..2_000, 0_u64..2_000),
        slower in 0_u64..3_000_000,
        count in 0_u64..1 << 20,
    ) {
        let ring =
            Algorithm::Ring.schedule(collective, cost.fabric.ranks(), &Tuning::default()).unwrap();
        prop_assert_eq!(ring.shape().ports, Ports::Fixed);
        let chunks = Chunks::new(ring.shape(), count, 4);
        let run = |mean: u64, slower: u64| {
            let jitter = format!("exp:{mean}ns").parse().ok();
            let slower = |slow: &Slow| Slow { factor_ppm: slow.factor_ppm + slower, ..*slow };
            let noise = Noise { seed, jitter, slow: slow.iter().map(slower).collect() };
            let cost = CostModel { noise: Some(noise), ..cost.clone() };
            sweep::run(&*ring, &chunks, &cost, 1).unwrap().finish
        };
        let (less, more) = (run(mean, 0), run(mean + more, slower));
        prop_assert!(less.iter().zip(&more).all(|(less, more)| less <= more));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn seeds_are_runs_on_any_number_of_threads(
        pair in prop::sample::select(pairs()),
        cost in machine(30),
        noise in noises(),
        count in 0_u64..1 << 18,
        seeds in 1_u32..12,
    ) {
        let tuning = levels(&cost, [Inner::Ring, Inner::Direct], false);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let of = |seed: u64| {
            let noise = Noise { seed: noise.seed.wrapping_add(seed), ..noise.clone() };
            let cost = CostModel { noise: Some(noise), ..cost.clone() };
            ports::plain(&*schedule, &chunks, &cost).map(|timed| timed.time())
        };
        let times: Result<Vec<Time>, _> = (0..u64::from(seeds)).map(of).collect();
        let Ok(times) = times else { return Ok(()) };
        let cost = CostModel { noise: Some(noise.clone()), ..cost.clone() };
        for threads in [1, 2, 5] {
            let patience = Patience { threads, ..PATIENT };
            let (_, _, got) = noise::seeds(&*schedule, &chunks, &cost, seeds, patience).unwrap();
            prop_assert_eq!(got.times(), &times);
            let mut rising = times.clone();
            rising.sort_unstable();
            let within = |time: Time| times.iter().filter(|other| **other <= time).count() * 100;
            prop_assert!(within(got.p50()) >= 50 * times.len() && times.contains(&got.p50()));
            prop_assert!(within(got.p99()) >= 99 * times.len() && times.contains(&got.p99()));
            prop_assert_eq!(got.max(), rising[rising.len() - 1]);
            prop_assert!(got.p50() <= got.p99() && got.p99() <= got.max());
        }
    }
}

/// Messages of the outer level come long before slow groups have done with the inner one.
#[test]
fn ranks_that_are_overtaken_again_and_again_are_exact() {
    let mut levels = vec![
        level("board", LevelKind::Switch, 8, 100, Time::from_ns(300)),
        level("pod", LevelKind::Switch, 8, 100, Time::from_ns(300)),
        level("cluster", LevelKind::Switch, 8, 100, Time::from_ns(300)),
    ];
    for level in &mut levels {
        level.port_group = "all".into();
    }
    let healthy = model(levels, Profile::wire(), 1_000);
    for (jitter, inner) in
        [("exp:2us", Inner::Ring), ("exp:2us", Inner::Direct), ("pareto:1ns:0.8", Inner::Direct)]
    {
        let plan = vec![LevelPlan { size: 8, inner }; 3];
        let tuning = Tuning { levels: plan, ..Tuning::default() };
        let schedule =
            Algorithm::Hierarchical.schedule(Collective::AllReduce, 512, &tuning).unwrap();
        let chunks = schedule.chunks(1 << 20, 4);
        for seed in 0..4 {
            let noise = Noise { seed, jitter: jitter.parse().ok(), slow: Vec::new() };
            let cost = CostModel { noise: Some(noise), ..healthy.clone() };
            let swept = sweep::run(&*schedule, &chunks, &cost, 1).unwrap();
            assert_eq!(
                Ok(swept),
                ports::run(&*schedule, &chunks, &cost),
                "{jitter} {inner:?} {seed}"
            );
        }
    }
}

#[test]
fn seeds_say_which_engine_and_why() {
    let healthy = model(
        vec![level("node", LevelKind::Switch, 8, 100, Time::from_us(1))],
        Profile::wire(),
        100,
    );
    let noise = Noise { jitter: "exp:1us".parse().ok(), ..Noise::default() };
    let cost = CostModel { noise: Some(noise), ..healthy };
    let run = |algorithm: Algorithm, patience: Patience| {
        let schedule = algorithm.schedule(Collective::AllReduce, 8, &Tuning::default()).unwrap();
        noise::seeds(&*schedule, &schedule.chunks(1000, 4), &cost, 3, patience)
    };
    let ring = run(Algorithm::Ring, PATIENT).unwrap();
    assert_eq!((ring.0, ring.2.times().len()), (Exact::Sweep, 3));
    assert_eq!(ring.1, "folded: noise makes no two ranks alike");
    let tree = run(Algorithm::DoubleBinaryTree, PATIENT).unwrap();
    assert_eq!(tree.0, Exact::Ports);
    assert!(tree.1.contains("sweep: it does not go in step"), "{}", tree.1);
    let impatient = run(Algorithm::Ring, Patience { steps: 1, messages: 1, threads: 1 });
    assert!(matches!(impatient, Err(EngineError::Impatient(_))), "{impatient:?}");
}
