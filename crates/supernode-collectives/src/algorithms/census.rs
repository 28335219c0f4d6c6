//! Census (after Bar-Noy, Kipnis and Schieber 1993): whole vectors, ceil(log2 N) rounds, any N.
//!
//! A rank keeps B, the sum of the `c` ranks after it, and A, the same with its own. The bits of N-1
//! from the top say what comes next: a 1 adds the A of the rank c+1 further on (c becomes 2c+1), a 0
//! the B of the rank c further on (2c). Ranks 5 (N-1 = 100 in binary), rank r, inputs by distance:
//!
//! ```text
//! round  bit   send          B             A
//!   0     1    0   > r-1     1             0 1
//!   1     0    1   > r-1     1 2           0 1 2
//!   2     0    1 2 > r-2     1 2 3 4       0 1 2 3 4
//! ```
//!
//! Cost: ceil(log2 N)(alpha + n beta + n gamma), the fewest rounds there are; every byte crosses
//! ceil(log2 N) times, so it is for small vectors. Any N, all-reduce only. Each rank adds in an
//! order of its own, so floating-point results differ in their last bits from rank to rank.

use super::rounds::log2_up;
use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The census algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Census {
    ranks: u32,
}

/// A part of the algorithm that all ranks take at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A message to the rank `distance` before: A, or B.
    Round {
        distance: u32,
        of_sum: bool,
    },
    /// A = own + B, in two steps.
    CopyOwn,
    AddOthers,
}

impl Census {
    /// The all-reduce over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("census", ranks, collective == Collective::AllReduce)?;
        Ok(Self { ranks })
    }

    /// Everything that is done, in order.
    fn parts(self) -> impl Iterator<Item = Part> {
        let (others, rounds) = (self.ranks - 1, log2_up(self.ranks));
        let round = move |round: u32| {
            let known = if round == 0 { 0 } else { others >> (rounds - round) };
            let of_sum = others >> (rounds - 1 - round) & 1 == 1;
            // The first A is the input; later ones are made when they are needed.
            let local = if of_sum && round > 0 { 2 } else { 0 };
            let exchange = Part::Round { distance: known + u32::from(of_sum), of_sum };
            [Part::CopyOwn, Part::AddOthers].into_iter().take(local).chain([exchange])
        };
        (0..rounds).flat_map(round).chain([Part::CopyOwn, Part::AddOthers])
    }
}

impl Schedule for Census {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 1,
            bit_identical: self.ranks <= 2,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let shift = |distance: u32, reduces| Phase {
            stride: 1,
            size: self.ranks,
            pattern: Pattern::Shift { by: self.ranks - distance, mirrored: false, reduces },
            chunks: 1,
            copies: 0,
        };
        let phase = |(index, part)| match part {
            Part::Round { distance, .. } => shift(distance, index > 0),
            Part::CopyOwn => Phase::copy(1),
            Part::AddOthers => Phase { pattern: Pattern::Reduce, ..Phase::copy(1) },
        };
        Some(self.parts().enumerate().map(phase).collect())
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 { 1 } else { self.parts().count() as u32 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let n = self.ranks;
        let (own, sum, others) = (Span::input(0, 1), Span::output(0, 1), Span::scratch(0, 1));
        if n == 1 {
            return Action::Copy { src: own, dst: sum }.into();
        }
        match self.parts().nth(index as usize) {
            Some(Part::Round { distance, of_sum }) => {
                let (to, from) = ((rank + n - distance) % n, (rank + distance) % n);
                let src = match (index, of_sum) {
                    (0, _) => own,
                    (_, true) => sum,
                    (_, false) => others,
                };
                let with = (index > 0).then_some(others);
                Action::Exchange { to, src, from, dst: others, with }
            }
            Some(Part::AddOthers) => Action::Reduce { src: others, dst: sum },
            Some(Part::CopyOwn) | None => Action::Copy { src: own, dst: sum },
        }
        .into()
    }
}
