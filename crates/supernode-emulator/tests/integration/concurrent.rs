//! Collectives at once give each group what it gets alone, at the times of the timing engine.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use supernode_collectives::{Algorithm, Buf, Call, Collective, Concurrent, Group};
use supernode_emulator::{Emulator, EmulatorError, InputSpec, Job, Results};
use supernode_engine::ports;
use supernode_units::{DType, ReduceOp, Time};

use crate::jobs::{MEMORY, fitting, job, pairs};

const RANKS: u32 = 24;

/// Three calls on 24 ranks: neighbours, every fourth, and a part of the machine.
fn calls(picks: &[(usize, u64, u64)], dtype: DType) -> impl Iterator<Item = (Call, Vec<Job>)> {
    let near = Group { first: 0, stride: 1, count: 4 }.copies([(6, 4)]);
    let far = Group { first: 0, stride: 4, count: 6 }.copies([(4, 1)]);
    let part = vec![Group { first: 3, stride: 7, count: 3 }];
    let groups = [near, far, part];
    groups.into_iter().zip(picks.to_vec()).map(move |(groups, (pair, count, start))| {
        let ranks = groups[0].count;
        let fits = |pair: &(_, _)| fitting(*pair, ranks) == ranks;
        let pairs: Vec<_> = pairs().into_iter().filter(fits).collect();
        let (algorithm, collective) = pairs[pair % pairs.len()];
        let alone = job(algorithm, collective, ranks, count, dtype, ReduceOp::Sum, Results::Own);
        let call = Call {
            schedule: Arc::clone(&alone.schedule),
            groups,
            count,
            element_bytes: dtype.bytes(),
            start: Time::from_ns(start),
        };
        let jobs = call.groups.iter().map(|_| alone.clone()).collect();
        (call, jobs)
    })
}

fn joined(calls: Vec<Call>, dtype: DType, op: ReduceOp, results: Results) -> Job {
    let base = job(Algorithm::Ring, Collective::AllReduce, RANKS, 0, dtype, op, results);
    let schedule = Concurrent::new(RANKS, calls).unwrap();
    Job { schedule: Arc::new(schedule), ..base }
}

fn inputs(job: &Job, seed: u64) -> Vec<Bytes> {
    let (shape, dtype, op) = (job.schedule.shape(), job.dtype, job.op);
    let chunks = job.schedule.chunks(job.count, dtype.bytes());
    InputSpec { shape, chunks, dtype, op, seed }.generate_all(1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn every_group_gets_what_it_gets_alone(
        picks in prop::collection::vec((any::<usize>(), 0_u64..20_000, 0_u64..9_000), 1..4),
        dtype in prop::sample::select(DType::ALL.to_vec()),
        shared in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let results = if shared { Results::Shared } else { Results::Own };
        let (calls, alone): (Vec<Call>, Vec<Vec<Job>>) = calls(&picks, dtype).unzip();
        let job = joined(calls.clone(), dtype, ReduceOp::Sum, results);
        let inputs = inputs(&job, seed);
        let emulator = Emulator::new(2, MEMORY).unwrap();
        let report = emulator.run(&job, inputs.clone()).unwrap();
        let layout = job.schedule.chunks(0, 0);
        let timed = ports::run(&*job.schedule, &layout, &job.cost).unwrap();
        prop_assert_eq!(&report.finish, &timed.finish);

        // Where each rank's next buffers begin.
        let (mut read, mut written) = ([0; RANKS as usize], [0; RANKS as usize]);
        for (call, jobs) in calls.iter().zip(alone) {
            let chunks = call.chunks();
            for (group, job) in call.groups.iter().zip(jobs) {
                let mut own = Vec::new();
                for (member, rank) in (0..).zip(group.members()) {
                    let at = &mut read[rank as usize];
                    let bytes = chunks.buffer_bytes(Buf::Input, member) as usize;
                    own.push(inputs[rank as usize].slice(*at..*at + bytes));
                    *at += bytes;
                }
                let expected = emulator.run(&job, own).unwrap();
                for (member, rank) in (0_usize..).zip(group.members()) {
                    let whole: Vec<u8> =
                        report.outputs[rank as usize].pieces().flatten().copied().collect();
                    let expected: Vec<u8> =
                        expected.outputs[member].pieces().flatten().copied().collect();
                    let at = &mut written[rank as usize];
                    prop_assert_eq!(&whole[*at..*at + expected.len()], &expected[..]);
                    *at += expected.len();
                }
            }
        }
    }
}

#[test]
fn an_average_of_several_is_refused() {
    let picks = [(0, 64, 0), (0, 64, 0)];
    let refused = |dtype: DType, op| {
        let calls = calls(&picks, DType::F32).map(|(call, _)| call).collect();
        let job = joined(calls, dtype, op, Results::Own);
        let inputs = inputs(&job, 0);
        Emulator::new(1, MEMORY).unwrap().run(&job, inputs).map(|report| report.messages)
    };
    assert!(matches!(refused(DType::F32, ReduceOp::Avg), Err(EmulatorError::Joined)));
    assert!(matches!(refused(DType::F16, ReduceOp::Sum), Err(EmulatorError::Joined)));
    assert!(refused(DType::F32, ReduceOp::Sum).is_ok());
}
