//! Recursive multiplying (MPICH; UCC's k-nomial): groups of k at distance 1, k, k^2, ... share whole
//! vectors.
//!
//! P is the largest power of k up to N. Ranks from P on fold: they give their input to the rank of the
//! same number modulo P, and get the result at the end. In every round the members of a group send what
//! they have to each other, and all add in the same order. Ranks 5, k = 2 (as recursive doubling); ranks
//! 10, k = 3, as rank 4 sees it:
//!
//! ```text
//! round    5 ranks: 0      1      2      3         10 ranks, rank 4
//! fold     0+4             .      .      .         .                   (9 folds into 0)
//! dist 1   04 1            04 1   2 3    2 3       3 4 5  with 3 and 5
//! dist k   all             all    all    all       012, 345, 678  with 1 and 7
//! unfold   > 4                                     .
//! ```
//!
//! Cost: log P to the base k rounds of (alpha + (k-1) n beta), two more where ranks fold. Any N, all-reduce
//! only. Members add in rank order, so results are bit-identical across ranks.

use super::fold::Folded;
use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The recursive multiplying all-reduce over `ranks` ranks in groups of `radix`, at least 2.
///
/// # Errors
/// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives, or
/// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
pub fn recursive_multiplying(
    collective: Collective,
    ranks: u32,
    radix: u32,
) -> Result<Folded<WholeVectors>, CollectiveError> {
    collective.check("recursive-multiplying", ranks, collective == Collective::AllReduce)?;
    let radix = radix.max(2);
    Ok(Folded::new(ranks, WholeVectors { radix, rounds: ranks.ilog(radix) }))
}

/// The rounds of a power of the radix.
#[derive(Debug, Clone, Copy)]
pub struct WholeVectors {
    radix: u32,
    rounds: u32,
}

impl WholeVectors {
    /// Where a rank has what it has got before `round`: the buffers take turns, and the last is the
    /// output.
    fn held(self, round: u32) -> Span {
        match (self.rounds - round) % 2 {
            _ if round == 0 => Span::input(0, 1),
            0 => Span::output(0, 1),
            _ => Span::scratch(0, 1),
        }
    }

    /// Steps of one round: to and from all others, and the own addend of all but the first.
    fn steps_of_round(self, rank: Rank, round: u32) -> u32 {
        2 * (self.radix - 1) + u32::from(self.digit(rank, round) > 0)
    }

    /// Position of `rank` in its group of `round`.
    fn digit(self, rank: Rank, round: u32) -> u32 {
        rank / self.radix.pow(round) % self.radix
    }

    fn share(self, rank: Rank, round: u32, at: u32) -> Step {
        let (digit, last) = (self.digit(rank, round), self.radix - 1);
        let distance = self.radix.pow(round);
        let member = |position: u32| rank - digit * distance + position * distance;
        let (own, dst) = (self.held(round), self.held(round + 1));
        if at < last {
            let to = member((digit + 1 + at) % self.radix);
            return Step::new(Action::Send { to, src: own }).fan(last);
        }
        let at = at - last;
        if digit == 0 {
            let with = Some(if at == 0 { own } else { dst });
            return Action::Recv { from: member(at + 1), dst, with, more: at + 1 < last }.into();
        }
        if at == digit {
            return Action::Reduce { src: own, dst }.into();
        }
        // The own addend of the last member comes after the batch.
        let final_receive = if digit == last { last - 1 } else { last };
        let with = (at > 0).then_some(dst);
        Action::Recv { from: member(at), dst, with, more: at < final_receive }.into()
    }
}

impl Schedule for WholeVectors {
    fn shape(&self) -> Shape {
        let ranks = self.radix.pow(self.rounds);
        Shape {
            ports: if ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 1,
            bit_identical: true,
            in_rank_order: true,
            ..Shape::new(Collective::AllReduce, ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.rounds == 0 {
            return Some(vec![Phase::copy(1)]);
        }
        let round = |round| {
            let (stride, size, pattern) = (self.radix.pow(round), self.radix, Pattern::OneShot);
            Phase { stride, size, pattern, chunks: 1, copies: 0 }
        };
        Some((0..self.rounds).map(round).collect())
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        let rounds = (0..self.rounds).map(|round| self.steps_of_round(rank, round));
        // One rank alone copies.
        if self.rounds == 0 { 1 } else { rounds.sum() }
    }

    fn step(&self, rank: Rank, _lane: u32, mut index: u32) -> Step {
        for round in 0..self.rounds {
            let steps = self.steps_of_round(rank, round);
            if index < steps {
                return self.share(rank, round, index);
            }
            index -= steps;
        }
        Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into()
    }
}
