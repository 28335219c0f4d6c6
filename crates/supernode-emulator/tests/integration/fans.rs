//! What a rank sends to many at once arrives as if it had been sent one by one, and in order with
//! what it sends alone.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::{Action, Algorithm, Collective, Rank, Schedule, Shape, Span, Step};
use supernode_emulator::{Emulator, Job, Results, count_wrong};
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, job, spec};

/// How a round goes out.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// The next rank first, all at once.
    Around,
    /// Every second rank, then the others.
    Apart,
    /// The last rank first: no two go together.
    Backwards,
    /// As `Around`, one by one.
    Alone,
}

const WAYS: [Way; 4] = [Way::Around, Way::Apart, Way::Backwards, Way::Alone];

/// Every rank sends chunk after chunk of its input to all others, a round each, before it takes the
/// first one of theirs.
#[derive(Debug)]
struct Rounds {
    ranks: u32,
    ways: Vec<Way>,
}

impl Rounds {
    fn peer(&self, way: Way, rank: Rank, nth: u32) -> Rank {
        let n = self.ranks;
        let order = (0..n).map(|i| match way {
            Way::Around | Way::Alone => (rank + i) % n,
            Way::Apart if i < n.div_ceil(2) => 2 * i,
            Way::Apart => 2 * (i - n.div_ceil(2)) + 1,
            Way::Backwards => n - 1 - i,
        });
        order.filter(|peer| *peer != rank).nth(nth as usize).unwrap()
    }
}

impl Schedule for Rounds {
    fn shape(&self) -> Shape {
        let rounds = self.ways.len() as u32;
        Shape {
            input_chunks: rounds,
            output_chunks: rounds,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        2 * self.ways.len() as u32 * (self.ranks - 1)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (rounds, peers) = (self.ways.len() as u32, self.ranks - 1);
        let (round, nth) = (index / peers % rounds, index % peers);
        let (input, output) = (Span::input(round, 1), Span::output(round, 1));
        if index < rounds * peers {
            let way = self.ways[round as usize];
            let step = Step::new(Action::Send { to: self.peer(way, rank, nth), src: input });
            return if matches!(way, Way::Alone) { step } else { step.fan(peers) };
        }
        let from = if nth < rank { nth } else { nth + 1 };
        let with = Some(if nth == 0 { input } else { output });
        Action::Recv { from, dst: output, with, more: nth + 1 < peers }.into()
    }
}

proptest! {
    #[test]
    fn fans_and_single_messages_keep_their_order(
        ranks in 2_u32..20,
        ways in proptest::collection::vec(proptest::sample::select(&WAYS), 1..6),
        // One thread, and two.
        count in proptest::sample::select(&[40_u64, 1 << 16]),
        results in proptest::sample::select(&[Results::Own, Results::Shared]),
    ) {
        let base = job(
            Algorithm::Ring, Collective::AllReduce, ranks, count, DType::I32, ReduceOp::Sum, results,
        );
        let job = Job { schedule: Arc::new(Rounds { ranks, ways }), ..base };
        let inputs = spec(&job, 5).generate_all(1);
        let report = Emulator::new(2, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
        prop_assert_eq!(count_wrong(&spec(&job, 5), &inputs, &report.outputs, 1), 0);
    }
}
