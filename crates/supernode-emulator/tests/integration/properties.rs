//! Emulated = reference, emulated = timed, and independence of the number of threads.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning, fit_levels};
use supernode_emulator::{Emulator, InputSpec, Job, Output, Results, count_wrong};
use supernode_engine::ports;
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, InSwitch, Level, LevelKind, Placement,
    Profile, Skew,
};
use supernode_units::{Bandwidth, DType, ReduceOp, Time};

const MEMORY: u64 = 1 << 30;

fn switch(ranks: u32, latency: Time, profile: Profile) -> CostModel {
    let level = Level {
        name: "node".into(),
        kind: LevelKind::Switch,
        size: ranks,
        bandwidth: Bandwidth::from_gb_per_s(450),
        port_group: "node".into(),
        latency,
        hop: Hop::default(),
        efficiency_ppm: 820_000,
        fan_out_loss_ppm: 0,
        in_switch: Some(InSwitch { rate: Bandwidth::from_gb_per_s(274) }),
    };
    let fabric = Fabric::new(FabricConfig { levels: vec![level], device_bandwidth: None })
        .and_then(|fabric| fabric.place(Placement::Packed, ranks))
        .unwrap();
    let rates = DeviceRates {
        reduce: Bandwidth::from_gb_per_s(1_000),
        copy: Bandwidth::from_gb_per_s(1_500),
    };
    CostModel::new(fabric, profile, rates).unwrap()
}

fn software() -> Profile {
    Profile {
        name: "test".into(),
        send_overhead: Time::from_ns(300),
        recv_overhead: Time::from_ns(200),
        sync: Time::from_ns(100),
        gap: Time::from_ns(50),
        slice_bytes: 4096,
        ..Profile::wire()
    }
}

fn job(
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    count: u64,
    dtype: DType,
    op: ReduceOp,
    results: Results,
) -> Job {
    // Levels that depend on the ranks, so that every kind of inner algorithm meets every position.
    let inner = |i: u32| [Inner::Ring, Inner::Direct, Inner::InSwitch][((ranks + i) % 3) as usize];
    let levels = fit_levels(ranks, &[(4, inner(0)), (6, inner(1)), (3, inner(2))]);
    let tuning = Tuning { slices: 1 + ranks % 4, levels };
    let schedule = algorithm.schedule(collective, ranks, &tuning).unwrap();
    Job {
        schedule: Arc::from(schedule),
        count,
        dtype,
        op,
        cost: Arc::new(switch(ranks, Time::from_us(1), software())),
        results,
        progress: None,
    }
}

fn spec(job: &Job, seed: u64) -> InputSpec {
    let shape = job.schedule.shape();
    let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
    InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed }
}

fn pairs() -> Vec<(Algorithm, Collective)> {
    let tuning = Tuning::default();
    Algorithm::ALL
        .into_iter()
        .flat_map(|a| Collective::ALL.map(|c| (a, c)))
        .filter(|(a, c)| a.schedule(*c, 4, &tuning).is_ok())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every algorithm, rank count, element type and operator gives exactly the reference.
    #[test]
    fn emulated_equals_reference(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=65,
        count in 0_u64..700,
        dtype in prop::sample::select(DType::ALL.to_vec()),
        op in prop::sample::select(ReduceOp::ALL.to_vec()),
        shared in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let results = if shared { Results::Shared } else { Results::Own };
        let job = job(pair.0, pair.1, ranks, count, dtype, op, results);
        let spec = spec(&job, seed);
        let inputs = spec.generate_all(2);
        let report = Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        prop_assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 2), 0);
        prop_assert_eq!(report.outputs.len(), ranks as usize);
    }

    /// One and two worker threads give the same bits and the same virtual times, and the times are
    /// those of the time-ordered engine.
    #[test]
    fn threads_and_engines_agree(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=33,
        count in 0_u64..5_000,
        seed in any::<u64>(),
        jitter in prop::option::of(0_u64..2_000_000),
    ) {
        let mut job = job(pair.0, pair.1, ranks, count, DType::F32, ReduceOp::Sum, Results::Own);
        if let Some(jitter) = jitter {
            let (jitter, slow_step) = (Time::from_ps(jitter), Time::from_us(1));
            let skew = Some(Skew { seed, jitter, slow_ppm: 200_000, slow_step });
            job.cost = Arc::new(CostModel { skew, ..(*job.cost).clone() });
        }
        let inputs = spec(&job, seed).generate_all(2);
        let one = Emulator::new(1, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        let two = Emulator::new(2, MEMORY).unwrap().run(&job, inputs).unwrap();
        prop_assert_eq!(&one.finish, &two.finish);
        prop_assert_eq!(&one.outputs, &two.outputs);
        let chunks = Chunks::new(job.schedule.shape(), count, 4);
        let timed = ports::run(&*job.schedule, &chunks, &job.cost).unwrap();
        prop_assert_eq!(&one.finish, &timed.finish);
        prop_assert_eq!(one.messages, timed.messages);
        let sizes = Job { results: Results::Sizes, ..job };
        let sizes = Emulator::new(2, MEMORY).unwrap().run(&sizes, Vec::new()).unwrap();
        prop_assert_eq!(&sizes.finish, &timed.finish);
        prop_assert!(sizes.outputs.iter().all(|output| *output == Output::Sizes));
    }
}
