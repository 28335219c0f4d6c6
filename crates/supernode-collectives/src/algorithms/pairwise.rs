//! Pairwise exchange: in round `t` everyone meets one other (MPICH, Open MPI; HCCL's Pairwise).
//!
//! A block goes from its source straight to its destination; what differs from direct is that one
//! message a rank is under way, to another receiver each round: to `rank + t`, from `rank - t`. (MPICH
//! meets `rank XOR t` where N is a power of two: as many rounds and bytes.) Ranks 4:
//!
//! ```text
//! round   rank 0      rank 1      rank 2      rank 3
//!  1      > 1, < 3    > 2, < 0    > 3, < 1    > 0, < 2
//!  2      > 2, < 2    > 3, < 3    > 0, < 0    > 1, < 1
//!  3      > 3, < 1    > 0, < 2    > 1, < 3    > 2, < 0
//! ```
//!
//! All-to-all exchanges the blocks meant for each other; all-gather the own blocks; reduce-scatter
//! the blocks that the other sums, so that every block is added at one place. Cost: N-1 rounds,
//! (N-1)(alpha + n/N beta). Any N. No incast: fits large messages on a switch.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// Pairwise exchange.
#[derive(Debug, Clone, Copy)]
pub struct Pairwise {
    collective: Collective,
    ranks: u32,
}

impl Pairwise {
    /// The algorithm for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but all-to-all, all-gather and reduce-scatter.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let defined = matches!(
            collective,
            Collective::AllToAll | Collective::AllGather | Collective::ReduceScatter
        );
        collective.check("pairwise", ranks, defined)?;
        Ok(Self { collective, ranks })
    }

    /// The block that `rank` gives to `to`.
    fn given(self, to: Rank) -> Span {
        Span::input(if self.collective == Collective::AllGather { 0 } else { to }, 1)
    }
}

impl Schedule for Pairwise {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.ranks > 2 { Ports::InStep } else { Ports::Fixed },
            bit_identical: true,
            ..Shape::new(self.collective, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        let reduces = self.collective == Collective::ReduceScatter;
        let exchange = |by| Phase {
            stride: 1,
            size: self.ranks,
            pattern: Pattern::Shift { by, mirrored: false, reduces },
            chunks: 1,
            copies: 0,
        };
        let copy = (!reduces || self.ranks == 1).then(|| Phase::copy(1));
        Some(copy.into_iter().chain((1..self.ranks).map(exchange)).collect())
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        let reduces = self.collective == Collective::ReduceScatter && self.ranks > 1;
        // The own block is copied, or added to what comes first.
        self.ranks - u32::from(reduces)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let reduces = self.collective == Collective::ReduceScatter;
        if index == 0 && (!reduces || self.ranks == 1) {
            let dst = Span::output(if reduces { 0 } else { rank }, 1);
            return Action::Copy { src: self.given(rank), dst }.into();
        }
        let round = index + u32::from(reduces);
        let (to, from) = ((rank + round) % self.ranks, (rank + self.ranks - round) % self.ranks);
        let dst = Span::output(if reduces { 0 } else { from }, 1);
        let with = reduces.then_some(if round == 1 { self.given(rank) } else { dst });
        Action::Exchange { to, src: self.given(to), from, dst, with }.into()
    }
}
