//! An algorithm of your own as a schedule, and the property test that proves it: a star. Everyone sends
//! to the root, which adds in rank order and sends the sum back. It takes two ranks or more.
//!
//! This example demonstrates in particular: a function from (rank, index) to a step, and its proof.
//! `cargo test -p supernode --example own_schedule` runs the test.

use supernode::collectives::prove::{Options, explain, prove};
use supernode::collectives::{Action, Collective, Ports, Rank, Schedule, Shape, Span, Step};

#[derive(Debug)]
struct Star {
    ranks: u32,
}

impl Schedule for Star {
    fn shape(&self) -> Shape {
        let shape = Shape::new(Collective::AllReduce, self.ranks);
        let chunks = Shape { input_chunks: 1, output_chunks: 1, ..shape };
        Shape { ports: Ports::InStep, bit_identical: true, ..chunks }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        if rank == 0 { 2 * (self.ranks - 1) } else { 2 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (input, sum, others) = (Span::input(0, 1), Span::output(0, 1), self.ranks - 1);
        let action = match (rank, index) {
            (0, index) if index < others => {
                let with = Some(if index == 0 { input } else { sum });
                Action::Recv { from: index + 1, dst: sum, with, more: index + 1 < others }
            }
            (0, index) => Action::Send { to: index - others + 1, src: sum },
            (_, 0) => Action::Send { to: 0, src: input },
            _ => Action::Recv { from: 0, dst: sum, with: None, more: false },
        };
        action.into()
    }
}

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", explain(&Star { ranks: 4 })?);
    println!("holds: {}", prove(&Star { ranks: 4 }, &Options::default())?.holds());
    Ok(())
}

#[cfg(test)]
proptest::proptest! {
    #[test]
    fn is_right_for_two_ranks_and_more(ranks in 2_u32..300) {
        let proof = prove(&Star { ranks }, &Options::default()).expect("it is small");
        assert!(proof.holds(), "{:?}", proof.findings);
        // Two rounds and no deadlock even by rendezvous, but all messages meet at rank 0.
        assert_eq!((proof.cost.rounds, proof.least_depth), (2, Some(0)));
        assert_eq!(proof.cost.sent, u64::from(ranks - 1));
    }
}
