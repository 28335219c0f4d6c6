//! Steps that no built-in algorithm takes yet: put, get, signal, local reduce.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::{
    Action, Algorithm, Chunks, Collective, Group, Ports, Rank, Schedule, Shape, Span, Step,
};
use supernode_emulator::{Emulator, Job, Results, count_wrong};
use supernode_engine::ports;
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, job, spec};

/// All-reduce by writing into everyone's scratch, or by reading everyone's input.
#[derive(Debug, Clone, Copy)]
struct OneSided {
    ranks: u32,
    pull: bool,
}

impl OneSided {
    fn peer(self, rank: Rank, index: u32) -> Rank {
        (rank + 1 + index) % self.ranks
    }

    /// Everyone says hello, then reads the others' inputs and adds them.
    fn pull(self, rank: Rank, index: u32) -> Action {
        let peers = self.ranks - 1;
        match index {
            0 => Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) },
            i if i <= peers => Action::Signal { to: self.peer(rank, i - 1) },
            i if i == peers + 1 => Action::Wait { from: self.everyone() },
            i => Action::Get {
                from: self.peer(rank, i - peers - 2),
                src: Span::input(0, 1),
                dst: Span::output(0, 1),
                with: Some(Span::output(0, 1)),
            },
        }
    }

    /// Everyone writes into a slot of each other's scratch, then adds the slots up.
    fn push(self, rank: Rank, index: u32) -> Action {
        let peers = self.ranks - 1;
        match index {
            0 => Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) },
            i if i <= peers => {
                let (src, dst) = (Span::input(0, 1), Span::scratch(rank, 1));
                Action::Put { to: self.peer(rank, i - 1), src, dst }
            }
            i if i == peers + 1 => Action::Wait { from: self.everyone() },
            i => {
                let slot = self.peer(rank, i - peers - 2);
                Action::Reduce { src: Span::scratch(slot, 1), dst: Span::output(0, 1) }
            }
        }
    }

    fn everyone(self) -> Group {
        Group { first: 0, stride: 1, count: self.ranks }
    }
}

impl Schedule for OneSided {
    fn shape(&self) -> Shape {
        Shape {
            collective: Collective::AllReduce,
            ranks: self.ranks,
            lanes: 1,
            ports: Ports::Contended,
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: self.ranks,
            bit_identical: false,
            in_rank_order: false,
        }
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        2 * self.ranks
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.pull { self.pull(rank, index).into() } else { self.push(rank, index).into() }
    }
}

proptest! {
    #[test]
    fn pushed_and_pulled_sums_are_right(
        ranks in 1_u32..20,
        count in 0_u64..200,
        pull in any::<bool>(),
        dtype in prop::sample::select(DType::ALL.to_vec()),
        op in prop::sample::select(ReduceOp::ALL.to_vec()),
        seed in any::<u64>(),
    ) {
        let base = job(Algorithm::Ring, Collective::AllReduce, ranks, count, dtype, op, Results::Own);
        let job = Job { schedule: Arc::new(OneSided { ranks, pull }), ..base };
        let spec = spec(&job, seed);
        let inputs = spec.generate_all(1);
        let report = Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        prop_assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 1), 0);
        let chunks = Chunks::new(job.schedule.shape(), count, dtype.bytes());
        let timed = ports::run(&*job.schedule, &chunks, &job.cost).unwrap();
        prop_assert_eq!(&report.finish, &timed.finish);
    }
}

/// A pull is a signal that the data is there, a request, and the data: three latencies.
#[test]
fn a_pull_pays_the_request_trip() {
    let (count, sum) = (1 << 20, ReduceOp::Sum);
    let base =
        job(Algorithm::Ring, Collective::AllReduce, 2, count, DType::F32, sum, Results::Sizes);
    let schedule = OneSided { ranks: 2, pull: true };
    let mut cost = (*base.cost).clone();
    cost.profile = supernode_fabric::Profile::wire();
    let timed = ports::run(&schedule, &Chunks::new(schedule.shape(), count, 4), &cost).unwrap();
    let route = cost.route(0, 1);
    let (bytes, latency) = (count * 4, route.latency);
    let expected = cost.copy_time(bytes) + latency * 3 + cost.occupancy(&route, bytes, 1);
    assert_eq!(timed.time(), expected);
}
