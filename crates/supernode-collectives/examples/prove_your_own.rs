//! An algorithm of your own, and its proof: a star. Everyone sends to rank 0, which adds in rank
//! order and sends the sum back. Run it with
//! `cargo run -p supernode-collectives --example prove_your_own`.

use supernode_collectives::prove::{Options, prove};
use supernode_collectives::{Action, Collective, Ports, Rank, Schedule, Shape, Span, Step};

#[derive(Debug)]
struct Star {
    ranks: u32,
}

impl Schedule for Star {
    fn shape(&self) -> Shape {
        Shape {
            collective: Collective::AllReduce,
            ranks: self.ranks,
            lanes: 1,
            ports: Ports::InStep,
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 0,
            bit_identical: true,
        }
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

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for ranks in 2..=64 {
        let proof = prove(&Star { ranks }, &Options::default())?;
        if let Some(wrong) = proof.findings.first() {
            return Err(format!("{ranks} ranks: {wrong}").into());
        }
        // Two rounds and no deadlock even by rendezvous, but all messages meet at rank 0.
        assert_eq!((proof.cost.rounds, proof.least_depth), (2, Some(0)));
        assert_eq!(proof.cost.sent, u64::from(ranks - 1));
    }
    Ok(())
}
