//! Emulated = reference, emulated = timed, and independence of the number of threads.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::Chunks;
use supernode_emulator::{Emulator, Job, Output, Results, count_wrong};
use supernode_engine::ports;
use supernode_fabric::{CostModel, Distribution, Jitter, Noise, Slow, Who};
use supernode_units::{DType, ReduceOp, Time};

use crate::jobs::{MEMORY, fitting, job, machine, pairs, spec};

/// Every algorithm at every rank count to 65, types and operators in turn.
#[test]
fn every_algorithm_is_right_at_every_rank_count() {
    let emulator = Emulator::new(2, MEMORY).unwrap();
    let mut turn = 0;
    for (algorithm, collective) in pairs() {
        for ranks in (1..=65).filter(|ranks| fitting((algorithm, collective), *ranks) == *ranks) {
            turn += 1;
            let dtype = DType::ALL[turn % DType::ALL.len()];
            let op = ReduceOp::ALL[turn / DType::ALL.len() % ReduceOp::ALL.len()];
            let count = (turn % 97) as u64;
            let job = job(algorithm, collective, ranks, count, dtype, op, Results::Own);
            let spec = spec(&job, turn as u64);
            let inputs = spec.generate_all(1);
            let report = emulator.run(&job, inputs.clone()).unwrap();
            let wrong = count_wrong(&spec, &inputs, &report.outputs, 1);
            assert_eq!(wrong, 0, "{algorithm} {collective}, {ranks} ranks, {count} {dtype} {op}");
        }
    }
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
        let ranks = fitting(pair, ranks);
        let job = job(pair.0, pair.1, ranks, count, dtype, op, results);
        let spec = spec(&job, seed);
        let inputs = spec.generate_all(2);
        let report = Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        prop_assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 2), 0);
        prop_assert_eq!(report.outputs.len(), ranks as usize);
    }

    /// The same on machines with several levels, shared and own links, and ranks in random places.
    #[test]
    fn engines_agree_on_every_kind_of_machine(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=40,
        count in 0_u64..5_000,
        torus in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let ranks = fitting(pair, ranks);
        let mut job = job(pair.0, pair.1, ranks, count, DType::F32, ReduceOp::Sum, Results::Sizes);
        job.cost = Arc::new(machine(torus, ranks, seed));
        let chunks = Chunks::new(job.schedule.shape(), count, 4);
        let emulated = Emulator::new(2, MEMORY).unwrap().run(&job, Vec::new());
        match ports::run(&*job.schedule, &chunks, &job.cost) {
            Ok(timed) => prop_assert_eq!(emulated.unwrap().finish, timed.finish),
            // There is no reducing switch: both say so.
            Err(error) => prop_assert_eq!(emulated.unwrap_err().to_string(), error.to_string()),
        }
    }

    /// One and two worker threads give the same bits and the same virtual times, and the times are
    /// those of the time-ordered engine.
    #[test]
    fn threads_and_engines_agree(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=33,
        // Ranks with little to do share a thread.
        count in prop_oneof![3 => 0_u64..5_000, 1 => 60_000_u64..90_000],
        seed in any::<u64>(),
        jitter in prop::option::of(0_u64..2_000_000),
    ) {
        let ranks = fitting(pair, ranks);
        let mut job = job(pair.0, pair.1, ranks, count, DType::F32, ReduceOp::Sum, Results::Own);
        if let Some(jitter) = jitter {
            let jitter = Jitter::new(Distribution::Uniform { most: Time::from_ps(jitter) }).ok();
            let slow = vec![Slow { who: Who::Share { ppm: 200_000 }, factor_ppm: 1_700_000 }];
            let noise = Some(Noise { seed, jitter, slow });
            job.cost = Arc::new(CostModel { noise, ..(*job.cost).clone() });
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
