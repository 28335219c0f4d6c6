//! Dissemination barrier (Hensgen, Finkel and Manber 1988; MPICH's `k_dissemination`).
//!
//! In round `k` of radix 2 a rank signals `rank + 2^k` and waits for `rank - 2^k`: who knows of how
//! many has come doubles every round. Of radix R, it signals R-1 others at distances R^k to
//! (R-1) R^k, and waits for as many. Ranks 5:
//!
//! ```text
//! round   rank 0 knows     rank 1        rank 2        rank 3        rank 4
//!  1      4 0              0 1           1 2           2 3           3 4
//!  2      2 3 4 0          3 4 0 1       4 0 1 2       0 1 2 3       1 2 3 4
//!  4      all              all           all           all           all
//! ```
//!
//! Cost: ceil(log N) rounds, with base R, of R-1 messages without data. Any N, any R from 2.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The dissemination barrier.
#[derive(Debug, Clone, Copy)]
pub struct Dissemination {
    ranks: u32,
    radix: u32,
}

impl Dissemination {
    /// The barrier over `ranks` ranks of radix `radix`, at least 2.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but a barrier.
    pub fn new(collective: Collective, ranks: u32, radix: u32) -> Result<Self, CollectiveError> {
        collective.check("dissemination", ranks, collective == Collective::Barrier)?;
        // A radix above the ranks does what one of as many does.
        Ok(Self { ranks, radix: radix.clamp(2, ranks.max(2)) })
    }

    /// Rounds, and peers in the last of them; in the others there are `radix - 1`.
    fn rounds(self) -> (u32, u32) {
        let Self { ranks, radix } = self;
        if ranks == 1 {
            return (0, 0);
        }
        let last = (ranks - 1).ilog(radix);
        (last + 1, (ranks - 1) / radix.pow(last))
    }
}

impl Schedule for Dissemination {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.rounds().0 > 1 { Ports::InStep } else { Ports::Fixed },
            input_chunks: 0,
            output_chunks: 0,
            bit_identical: true,
            ..Shape::new(Collective::Barrier, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(0)]);
        }
        // Of a higher radix, a round is several messages.
        let signal = |round: u32| Phase {
            stride: 1,
            size: self.ranks,
            pattern: Pattern::Shift { by: 1 << round, mirrored: false, reduces: false },
            chunks: 0,
            copies: 0,
        };
        (self.radix == 2).then(|| (0..self.rounds().0).map(signal).collect())
    }

    /// The messages of a round.
    fn in_flight(&self) -> u64 {
        let (rounds, last) = self.rounds();
        u64::from(if rounds > 1 { self.radix - 1 } else { last })
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        let (rounds, last) = self.rounds();
        2 * (rounds.saturating_sub(1) * (self.radix - 1) + last)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (rounds, last) = self.rounds();
        let (round, at) = (index / (2 * (self.radix - 1)), index % (2 * (self.radix - 1)));
        let peers = if round + 1 < rounds { self.radix - 1 } else { last };
        let distance = |nth: u32| (nth + 1) * self.radix.pow(round);
        if at < peers {
            let to = (rank + distance(at)) % self.ranks;
            return Step::new(Action::Send { to, src: Span::input(0, 0) }).fan(peers);
        }
        let at = at - peers;
        let from = (rank + self.ranks - distance(at)) % self.ranks;
        let dst = Span::output(0, 0);
        Action::Recv { from, dst, with: None, more: at + 1 < peers }.into()
    }
}
