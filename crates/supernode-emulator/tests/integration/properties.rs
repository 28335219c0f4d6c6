//! Emulated = reference, emulated = timed, and independence of the number of threads.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::Chunks;
use supernode_emulator::{Emulator, Job, Output, Results, count_wrong};
use supernode_engine::ports;
use supernode_fabric::{CostModel, Skew};
use supernode_units::{DType, ReduceOp, Time};

use crate::jobs::{MEMORY, job, pairs, spec};

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
