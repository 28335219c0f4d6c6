//! Members of a communicator get what the ranks of its schedule get alone, at the times of the engine.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use supernode_collectives::{Communicator, Members, Rank};
use supernode_emulator::{Emulator, Job, Output, Results};
use supernode_engine::ports;
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, fitting, job, machine, pairs, spec};

fn bytes(output: &Output) -> Vec<u8> {
    output.pieces().flatten().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn members_get_what_they_get_alone(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=20,
        count in 0_u64..30_000,
        order in Just((0..120).collect::<Vec<Rank>>()).prop_shuffle(),
        op in prop::sample::select(ReduceOp::ALL.to_vec()),
        shared in any::<bool>(),
        torus in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let results = if shared { Results::Shared } else { Results::Own };
        let ranks = fitting(pair, ranks);
        let alone = job(pair.0, pair.1, ranks, count, DType::F32, op, results);
        let machine_ranks = ranks + 7;
        let order: Vec<Rank> = order.into_iter().filter(|rank| *rank < machine_ranks).collect();
        let members = Members::new(machine_ranks, &order[..ranks as usize]).unwrap();
        let placed = Communicator::new(Arc::clone(&alone.schedule), members);
        // A switch takes members that are equally spaced.
        let Ok(placed) = placed else { return Ok(()) };
        let inputs = spec(&alone, seed).generate_all(1);
        let mut of_machine = vec![Bytes::new(); machine_ranks as usize];
        for (rank, input) in order.iter().zip(&inputs) {
            of_machine[*rank as usize] = input.clone();
        }
        let cost = Arc::new(machine(torus, machine_ranks, seed));
        let group = Job { schedule: Arc::new(placed), cost, ..alone.clone() };
        let emulator = Emulator::new(2, MEMORY).unwrap();
        let report = match emulator.run(&group, of_machine) {
            Ok(report) => report,
            // There is no reducing switch.
            Err(error) => {
                prop_assert!(error.to_string().contains("reduc"), "{}", error);
                return Ok(());
            }
        };
        let chunks = group.schedule.chunks(count, 4);
        let timed = ports::run(&*group.schedule, &chunks, &group.cost).unwrap();
        prop_assert_eq!(&report.finish, &timed.finish);
        let expected = emulator.run(&alone, inputs).unwrap();
        for (member, rank) in order.iter().enumerate() {
            let got = bytes(&report.outputs[*rank as usize]);
            let wanted = expected.outputs.get(member).map(bytes).unwrap_or_default();
            prop_assert_eq!(got, wanted);
        }
    }
}
