//! Rabenseifner (2004): recursive halving, then recursive doubling (MPICH, Open MPI 6, HCCL's
//! halving-doubling).
//!
//! P is the largest power of two up to N. The vector is cut into P chunks; in each round of the
//! reduce-scatter partners at distance P/2, P/4, ..., 1 share what they have left, and the all-gather
//! goes the same way back. Ranks beyond P fold: in the first N-P pairs of neighbours the two
//! exchange halves, the second gives its sum to the first, and gets the result at the end. Ranks 5
//! (P = 4; positions 0 to 3 are ranks 0, 2, 3, 4), chunks 0 to 3:
//!
//! ```text
//! round    rank 0              rank 1               rank 2      rank 3      rank 4
//! fold     23 > 1, 01 += <1    01 > 0, 23 += <0
//! fold     23 = <1             23 > 0
//! dist 2   23 > 3              .                    23 > 4      01 > 0      01 > 2     add 2 chunks
//! dist 1   1 > 2               .                    0 > 0       3 > 4       2 > 3      add 1 chunk
//! dist 1   0 > 2               .                    1 > 0       2 > 4       3 > 3      store 1 chunk
//! dist 2   01 > 3              .                    01 > 4      23 > 0      23 > 2     store 2 chunks
//! unfold   0123 > 1            0123 = <0
//! ```
//!
//! Cost: 2 log2 P (alpha) + 2(P-1)/P n beta; other N take 3 rounds and 2n more (circulant takes none
//! of either). Any N, all-reduce only: halving and doubling alone are recursive-doubling. Every
//! chunk is summed at one place, so results are bit-identical across ranks.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// Rabenseifner's algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Rabenseifner {
    ranks: u32,
    /// log2 of the largest power of two up to `ranks`.
    rounds: u32,
}

impl Rabenseifner {
    /// The all-reduce over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("rabenseifner", ranks, collective == Collective::AllReduce)?;
        Ok(Self { ranks, rounds: ranks.ilog2() })
    }

    /// The largest power of two up to N.
    fn power(self) -> u32 {
        1 << self.rounds
    }

    /// Ranks beyond it: as many pairs fold.
    fn extra(self) -> u32 {
        self.ranks - self.power()
    }

    /// Whether `rank` is in a pair that folds.
    fn pairs(self, rank: Rank) -> bool {
        rank < 2 * self.extra()
    }

    fn position(self, rank: Rank) -> u32 {
        if self.pairs(rank) { rank / 2 } else { rank - self.extra() }
    }

    fn rank_at(self, position: u32) -> Rank {
        if position < self.extra() { 2 * position } else { position + self.extra() }
    }

    /// The first two steps of a pair: halves are exchanged, and one goes back.
    fn fold(self, rank: Rank, index: u32) -> Action {
        let half = self.power() / 2;
        let (first, other) = (rank.is_multiple_of(2), rank ^ 1);
        let lower = |buf: fn(u32, u32) -> Span| buf(0, half);
        let upper = |buf: fn(u32, u32) -> Span| buf(half, half);
        match (index, first) {
            (0, true) => {
                let (dst, with) = (lower(Span::output), Some(lower(Span::input)));
                Action::Exchange { to: other, src: upper(Span::input), from: other, dst, with }
            }
            (0, false) => {
                let (dst, with) = (upper(Span::output), Some(upper(Span::input)));
                Action::Exchange { to: other, src: lower(Span::input), from: other, dst, with }
            }
            (_, true) => {
                Action::Recv { from: other, dst: upper(Span::output), with: None, more: false }
            }
            (_, false) => Action::Send { to: other, src: upper(Span::output) },
        }
    }

    /// Round `round` of halving and doubling.
    fn exchange(self, rank: Rank, round: u32) -> Action {
        let position = self.position(rank);
        let halves = round < self.rounds;
        let distance = 1 << if halves { self.rounds - 1 - round } else { round - self.rounds };
        let peer = self.rank_at(position ^ distance);
        // What a position has after the halving at this distance.
        let part =
            |buf: fn(u32, u32) -> Span, position: u32| buf(position & !(distance - 1), distance);
        if !halves {
            let src = part(Span::output, position);
            let dst = part(Span::output, position ^ distance);
            return Action::Exchange { to: peer, src, from: peer, dst, with: None };
        }
        let own: fn(u32, u32) -> Span =
            if round == 0 && !self.pairs(rank) { Span::input } else { Span::output };
        let (src, with) = (part(own, position ^ distance), Some(part(own, position)));
        let dst = part(Span::output, position);
        Action::Exchange { to: peer, src, from: peer, dst, with }
    }
}

impl Schedule for Rabenseifner {
    fn shape(&self) -> Shape {
        // Ranks that fold are behind those that do not, so only powers of two keep in step.
        let ports = match self.ranks {
            0..=2 => Ports::Fixed,
            ranks if ranks.is_power_of_two() => Ports::InStep,
            _ => Ports::Contended,
        };
        Shape {
            ports,
            input_chunks: self.power(),
            output_chunks: self.power(),
            bit_identical: true,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    /// An exchange is a ring of two.
    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let round = |round: u32, reduces| {
            let (stride, pattern) = (1_u32 << round, Pattern::Ring { reduces });
            Phase { stride, size: 2, pattern, chunks: stride, copies: 0 }
        };
        self.ranks.is_power_of_two().then(|| {
            let halving = (0..self.rounds).rev().map(|at| round(at, true));
            halving.chain((0..self.rounds).map(|at| round(at, false))).collect()
        })
    }

    /// A rank sends one message before each that it takes, and one more where it folds.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        match (self.ranks, self.pairs(rank), rank % 2) {
            (1, ..) => 1,
            (_, false, _) => 2 * self.rounds,
            (_, true, 0) => 2 * self.rounds + 3,
            (_, true, _) => 3,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let whole = Span::output(0, self.power());
        let folds = self.pairs(rank);
        let action = if self.ranks == 1 {
            Action::Copy { src: Span::input(0, 1), dst: whole }
        } else if folds && index < 2 {
            self.fold(rank, index)
        } else if folds && rank % 2 == 1 {
            Action::Recv { from: rank - 1, dst: whole, with: None, more: false }
        } else if folds && index == 2 * self.rounds + 2 {
            Action::Send { to: rank + 1, src: whole }
        } else {
            self.exchange(rank, index - if folds { 2 } else { 0 })
        };
        action.into()
    }
}
