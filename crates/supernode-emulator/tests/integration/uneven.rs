//! Blocks with counts of their own: right on real data, charged their true bytes.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Collective, Uneven};
use supernode_emulator::{Emulator, InputSpec, Job, Results, count_wrong};
use supernode_engine::ports;
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, fitting, job, machine, pairs};

/// Pairs of which each rank has a block.
fn blocks() -> Vec<(Algorithm, Collective)> {
    let block = |what: &Collective| {
        !matches!(what, Collective::AllReduce | Collective::SendRecv | Collective::Barrier)
            && !matches!(what, Collective::Broadcast { .. } | Collective::Reduce { .. })
    };
    pairs().into_iter().filter(|(_, what)| block(what)).collect()
}

fn spec(job: &Job, seed: u64) -> InputSpec {
    let (shape, dtype, op) = (job.schedule.shape(), job.dtype, job.op);
    let chunks = job.schedule.chunks(job.count, dtype.bytes());
    InputSpec { shape, chunks, dtype, op, seed }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn blocks_of_any_counts_are_right(
        pair in prop::sample::select(blocks()),
        ranks in 1_u32..=14,
        counts in prop::collection::vec(
            prop_oneof![Just(0_u64), 1_u64..40, 2_000_u64..20_000],
            400,
        ),
        dtype in prop::sample::select(DType::ALL.to_vec()),
        shared in any::<bool>(),
        torus in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let results = if shared { Results::Shared } else { Results::Own };
        let ranks = fitting(pair, ranks);
        let even = job(pair.0, pair.1, ranks, 0, dtype, ReduceOp::Sum, results);
        let pairs = pair.1 == Collective::AllToAll;
        let blocks = if pairs { ranks * ranks } else { ranks };
        let Ok(uneven) = Uneven::new(Arc::clone(&even.schedule), &counts[..blocks as usize]) else {
            return Ok(());
        };
        let cost = Arc::new(machine(torus, ranks, seed));
        let job = Job { schedule: Arc::new(uneven), cost, ..even };
        let spec = spec(&job, seed);
        let inputs = spec.generate_all(1);
        let report = match Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()) {
            Ok(report) => report,
            // There is no reducing switch.
            Err(error) => {
                prop_assert!(error.to_string().contains("reduc"), "{}", error);
                return Ok(());
            }
        };
        prop_assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 1), 0);
        let timed = ports::run(&*job.schedule, &spec.chunks, &job.cost).unwrap();
        prop_assert_eq!(&report.finish, &timed.finish);
    }

    /// Equal counts are the equal blocks, in data and in time.
    #[test]
    fn equal_counts_are_equal_blocks(
        pair in prop::sample::select(blocks()),
        ranks in 1_u32..=14,
        count in 0_u64..3_000,
        seed in any::<u64>(),
    ) {
        let ranks = fitting(pair, ranks);
        let mut even = job(pair.0, pair.1, ranks, 0, DType::F32, ReduceOp::Sum, Results::Own);
        // Pieces of a block are equal, too.
        let shape = even.schedule.shape();
        let count = count * u64::from(shape.input_chunks.max(shape.output_chunks) / ranks);
        even.count = count * u64::from(ranks);
        let blocks = if pair.1 == Collective::AllToAll { ranks * ranks } else { ranks };
        let counts = vec![count; blocks as usize];
        let Ok(uneven) = Uneven::new(Arc::clone(&even.schedule), &counts) else { return Ok(()) };
        let uneven = Job { schedule: Arc::new(uneven), ..even.clone() };
        let inputs = spec(&even, seed).generate_all(1);
        let emulator = Emulator::new(1, MEMORY).unwrap();
        let even = emulator.run(&even, inputs.clone()).unwrap();
        let uneven = emulator.run(&uneven, inputs).unwrap();
        prop_assert_eq!(even.outputs, uneven.outputs);
        prop_assert_eq!(even.finish, uneven.finish);
    }
}
