//! The emulator ends with what the proof predicts: the expressions of a symbolic run, worked out on real
//! numbers, are its results bit for bit, on any number of threads and in any order of waking up.

use bytes::Bytes;
use proptest::prelude::*;
use supernode_collectives::prove::{Order, evaluate};
use supernode_collectives::{Buf, Span};
use supernode_emulator::{Emulator, Output, Results};
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, fitting, job, pairs, spec};
use crate::numerics::{encode, reals};
use crate::programs::{follow, is_two_sided, live};

fn bytes(output: &Output) -> Vec<u8> {
    output.pieces().flatten().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn results_are_those_of_the_symbolic_run(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=17,
        count in 0_u64..3_000,
        dtype in prop::sample::select(vec![DType::F32, DType::F64, DType::F16, DType::Bf16]),
        op in prop::sample::select(vec![ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Max]),
        seed in any::<u64>(),
    ) {
        let ranks = fitting(pair, ranks);
        let job = job(pair.0, pair.1, ranks, count, dtype, op, Results::Own);
        let chunks = spec(&job, seed).chunks;
        let inputs: Vec<Bytes> = (0..ranks)
            .map(|rank| {
                let elements = chunks.buffer_bytes(Buf::Input, rank) / dtype.bytes();
                encode(dtype, reals(elements as usize, seed ^ u64::from(rank) << 32))
            })
            .collect();
        let input = |rank: u32, chunk| {
            let (start, end) = chunks.byte_range(Span::input(chunk, 1), rank);
            inputs[rank as usize][start as usize..end as usize].to_vec()
        };
        let combine = |a: &Vec<u8>, b: &Vec<u8>| {
            let mut sum = a.clone();
            kernels::reduce_into(dtype, op, &mut sum, b);
            sum
        };
        let predicted = evaluate(&*job.schedule, true, input, combine).unwrap();
        let predicted: Vec<Vec<u8>> = predicted.into_iter().map(|chunks| chunks.concat()).collect();
        for threads in [1, 2] {
            let report = Emulator::new(threads, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
            let outputs: Vec<Vec<u8>> = report.outputs.iter().map(bytes).collect();
            prop_assert_eq!(&outputs, &predicted, "{} threads", threads);
        }
        if is_two_sided(&*job.schedule) {
            let random = live(&job, Order::Random(seed));
            let report = random.run(inputs.clone(), |rank| follow(rank, &*job.schedule)).unwrap();
            let outputs: Vec<Vec<u8>> = report.outputs.iter().map(bytes).collect();
            prop_assert_eq!(&outputs, &predicted, "woken up at random");
        }
    }
}
