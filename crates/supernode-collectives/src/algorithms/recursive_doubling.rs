//! Recursive doubling: partners at distance 1, 2, 4, ... exchange (MPICH, Open MPI 3, Gloo).
//!
//! All-reduce exchanges the whole vector each round. Ranks beyond the largest power of two P fold:
//! of the first 2(N-P) ranks, every odd one gives its input to its left neighbour and gets the
//! result at the end. Ranks 5 (P = 4; positions 0 to 3 are ranks 0, 2, 3, 4):
//!
//! ```text
//! round    rank 0       rank 1       rank 2       rank 3       rank 4
//! fold     0+1          send > 0
//! dist 1   01 <> 2                   2 <> 01      3 <> 4       4 <> 3
//! dist 2   012 <> 34                 012 <> 34    34 <> 012    34 <> 012
//! unfold   send > 1     all
//! ```
//!
//! Cost: log2 P rounds of (alpha + n beta), two more if N is no power of two. The reduce-scatter
//! halves the vector each round (recursive halving, distance P/2 first) and the all-gather doubles
//! it (distance 1 first): log2 P alpha + (P-1)/P n beta, folding with whole vectors. Any N. Both
//! partners combine the same two operands, so all-reduce results are bit-identical across ranks.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The recursive doubling (and halving) algorithm.
#[derive(Debug, Clone, Copy)]
pub struct RecursiveDoubling {
    collective: Collective,
    ranks: u32,
    /// log2 of the largest power of two up to `ranks`.
    rounds: u32,
}

impl RecursiveDoubling {
    /// The algorithm for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but all-reduce and its halves.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("recursive-doubling", ranks, collective.is_all_reduce_or_half())?;
        Ok(Self { collective, ranks, rounds: ranks.ilog2() })
    }

    /// Ranks beyond the power of two: as many pairs fold.
    fn extra(self) -> u32 {
        self.ranks - (1 << self.rounds)
    }

    /// Whether `rank` folds into its left neighbour.
    fn is_folded(self, rank: Rank) -> bool {
        rank < 2 * self.extra() && rank % 2 == 1
    }

    /// Whether `rank` has a folded right neighbour.
    fn has_folded(self, rank: Rank) -> bool {
        rank < 2 * self.extra() && rank.is_multiple_of(2)
    }

    /// Position of a surviving rank among the survivors.
    fn position(self, rank: Rank) -> u32 {
        if rank < 2 * self.extra() { rank / 2 } else { rank - self.extra() }
    }

    /// The rank at `position`.
    fn rank_at(self, position: u32) -> Rank {
        if position < self.extra() { 2 * position } else { position + self.extra() }
    }

    /// First block of the survivors from `position` on; blocks of folded pairs stay together.
    fn first_block(self, position: u32) -> u32 {
        position + position.min(self.extra())
    }

    /// Blocks of the `size` survivors from `first` on.
    fn blocks(self, first: u32, size: u32) -> (u32, u32) {
        let start = self.first_block(first);
        (start, self.first_block(first + size) - start)
    }

    fn all_reduce(self, rank: Rank, index: u32) -> Action {
        let (input, output) = (Span::input(0, 1), Span::output(0, 1));
        if self.is_folded(rank) {
            let partner = rank - 1;
            return if index == 0 {
                Action::Send { to: partner, src: input }
            } else {
                Action::Recv { from: partner, dst: output, with: None, more: false }
            };
        }
        let folds = self.has_folded(rank);
        if folds && index == 0 {
            return Action::Recv { from: rank + 1, dst: output, with: Some(input), more: false };
        }
        let round = index - u32::from(folds);
        if round == self.rounds {
            return Action::Send { to: rank + 1, src: output };
        }
        let partner = self.rank_at(self.position(rank) ^ (1 << round));
        // The first exchange of a rank that did not fold reads its input directly.
        let own = if round == 0 && !folds { input } else { output };
        Action::Exchange { to: partner, src: own, from: partner, dst: output, with: Some(own) }
    }

    /// Recursive halving: what is left is always a run of blocks that includes the own ones.
    fn reduce_scatter(self, rank: Rank, index: u32) -> Action {
        let n = self.ranks;
        if self.is_folded(rank) {
            let partner = rank - 1;
            return if index == 0 {
                Action::Send { to: partner, src: Span::input(0, n) }
            } else {
                Action::Recv { from: partner, dst: Span::output(0, 1), with: None, more: false }
            };
        }
        let folds = self.has_folded(rank);
        if folds && index == 0 {
            let (dst, with) = (Span::scratch(0, n), Some(Span::input(0, n)));
            return Action::Recv { from: rank + 1, dst, with, more: false };
        }
        let round = index - u32::from(folds);
        if round < self.rounds {
            let position = self.position(rank);
            let distance = 1 << (self.rounds - 1 - round);
            let partner = self.rank_at(position ^ distance);
            let (keep, give) =
                (position & !(distance - 1), (position ^ distance) & !(distance - 1));
            let (keep, give) = (self.blocks(keep, distance), self.blocks(give, distance));
            let source = |(first, len)| {
                if round == 0 && !folds {
                    Span::input(first, len)
                } else {
                    Span::scratch(first, len)
                }
            };
            let dst = Span::scratch(keep.0, keep.1);
            let with = Some(source(keep));
            return Action::Exchange { to: partner, src: source(give), from: partner, dst, with };
        }
        let source = |block| {
            let untouched = self.rounds == 0 && !folds;
            if untouched { Span::input(block, 1) } else { Span::scratch(block, 1) }
        };
        if folds && round == self.rounds {
            return Action::Send { to: rank + 1, src: source(rank + 1) };
        }
        Action::Copy { src: source(rank), dst: Span::output(0, 1) }
    }

    /// Recursive doubling over runs of blocks; folded ranks give their block first.
    fn all_gather(self, rank: Rank, index: u32) -> Action {
        let n = self.ranks;
        let own = Span::output(rank, 1);
        if self.is_folded(rank) {
            let partner = rank - 1;
            return if index == 0 {
                Action::Send { to: partner, src: Span::input(0, 1) }
            } else {
                Action::Recv { from: partner, dst: Span::output(0, n), with: None, more: false }
            };
        }
        if index == 0 {
            return Action::Copy { src: Span::input(0, 1), dst: own };
        }
        let folds = self.has_folded(rank);
        if folds && index == 1 {
            let dst = Span::output(rank + 1, 1);
            return Action::Recv { from: rank + 1, dst, with: None, more: false };
        }
        let round = index - 1 - u32::from(folds);
        if round == self.rounds {
            return Action::Send { to: rank + 1, src: Span::output(0, n) };
        }
        let (position, distance) = (self.position(rank), 1 << round);
        let partner = self.rank_at(position ^ distance);
        let run = |position: u32| {
            let (first, len) = self.blocks(position & !(distance - 1), distance);
            Span::output(first, len)
        };
        let (src, dst) = (run(position), run(position ^ distance));
        Action::Exchange { to: partner, src, from: partner, dst, with: None }
    }
}

impl Schedule for RecursiveDoubling {
    fn shape(&self) -> Shape {
        let n = self.ranks;
        let (input_chunks, output_chunks) = match self.collective {
            Collective::AllReduce => (1, 1),
            collective => collective.blocks(n),
        };
        let scratch_chunks = if self.collective == Collective::ReduceScatter { n } else { 0 };
        // Partners of different rounds meet at a port. Ranks that fold are behind those that do not,
        // so only powers of two keep in step.
        let ports = match n {
            0..=2 => Ports::Fixed,
            _ if n.is_power_of_two() => Ports::InStep,
            _ => Ports::Contended,
        };
        let plain = Shape::new(self.collective, n);
        Shape {
            ports,
            input_chunks,
            output_chunks,
            scratch_chunks,
            bit_identical: true,
            in_rank_order: plain.in_rank_order || self.collective == Collective::AllReduce,
            ..plain
        }
    }

    /// An exchange is a ring of two.
    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        if !self.ranks.is_power_of_two() {
            return None;
        }
        let round = |distance, reduces, chunks| Phase {
            stride: distance,
            size: 2,
            pattern: Pattern::Ring { reduces },
            chunks,
            copies: 0,
        };
        let distances = (0..self.rounds).map(|round| 1 << round);
        Some(match self.collective {
            Collective::AllReduce => distances.map(|distance| round(distance, true, 1)).collect(),
            Collective::ReduceScatter => {
                let halving = distances.rev().map(|distance| round(distance, true, distance));
                halving.chain([Phase::copy(1)]).collect()
            }
            _ => {
                let doubling = distances.map(|distance| round(distance, false, distance));
                [Phase::copy(1)].into_iter().chain(doubling).collect()
            }
        })
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        if self.is_folded(rank) {
            return 2;
        }
        let local = u32::from(self.collective != Collective::AllReduce);
        self.rounds + 2 * u32::from(self.has_folded(rank)) + local
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        match self.collective {
            Collective::AllReduce => self.all_reduce(rank, index),
            Collective::ReduceScatter => self.reduce_scatter(rank, index),
            _ => self.all_gather(rank, index),
        }
        .into()
    }
}
