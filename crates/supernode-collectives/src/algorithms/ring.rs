//! Ring: every rank sends to its right neighbour only (Patarasuk and Yuan 2009; NCCL's Ring).
//!
//! The accumulator of a chunk starts at one rank, passes every other rank once and is complete at
//! the last; all-reduce then passes the finished chunk around once more. Ranks 4, chunks 0 to 3,
//! `c` the partial sum, `C` the finished chunk:
//!
//! ```text
//! step   rank 0        rank 1        rank 2        rank 3
//!  0     send 3        send 0        send 1        send 2        own input
//!  1     3->.. +2 fwd  0 +..  fwd    1 +..  fwd    2 +..  fwd    receive, add, forward: chunk r-2
//!  2     chunk 1 fwd   chunk 2 fwd   chunk 3 fwd   chunk 0 fwd
//!  3     C0 keep fwd   C1 keep fwd   C2 keep fwd   C3 keep fwd   complete: rank r owns chunk r
//!  4     C3 keep fwd   C0 keep fwd   C1 keep fwd   C2 keep fwd   pass the finished chunks on
//!  5     C2 keep fwd   C3 keep fwd   C0 keep fwd   C1 keep fwd
//!  6     C1 keep       C2 keep       C3 keep       C0 keep
//! ```
//!
//! Cost: 2(N-1) messages of n/N each way per rank, so T = 2(N-1)(alpha + n/N beta); half of that
//! for reduce-scatter and all-gather. Any N. Every chunk is summed in one fixed order, so results
//! are bit-identical across ranks. Latency grows with N: use a tree or a hierarchy for small
//! messages on many ranks.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The ring algorithm over ranks 0, 1, ..., N-1, 0.
#[derive(Debug, Clone, Copy)]
pub struct Ring {
    collective: Collective,
    ranks: u32,
}

impl Ring {
    /// The ring for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`] for zero ranks, [`CollectiveError::TooManyChunks`] past 2^30,
    /// [`CollectiveError::Unsupported`] for anything but all-reduce and its halves.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("ring", ranks, collective.is_all_reduce_or_half())?;
        Ok(Self { collective, ranks })
    }

    /// `rank - back` around the ring, for `back` up to `2 * ranks`.
    fn left(self, rank: Rank, back: u32) -> u32 {
        let n = self.ranks;
        let at = rank + 2 * n - back;
        if at >= 2 * n {
            at - 2 * n
        } else if at >= n {
            at - n
        } else {
            at
        }
    }
}

impl Schedule for Ring {
    fn shape(&self) -> Shape {
        Shape {
            ports: Ports::Fixed,
            bit_identical: true,
            ..Shape::new(self.collective, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let around = |reduces, copies| Phase {
            stride: 1,
            size: self.ranks,
            pattern: Pattern::Ring { reduces },
            chunks: 1,
            copies,
        };
        // A last receive and a first send take as long as the step that does both.
        Some(match self.collective {
            Collective::AllReduce => vec![around(true, 0), around(false, 0)],
            Collective::ReduceScatter => vec![around(true, 0)],
            _ => vec![around(false, 1)],
        })
    }

    /// Every rank starts with a message and passes one on for each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        match self.collective {
            _ if self.ranks == 1 => 1,
            Collective::AllReduce => 2 * self.ranks - 1,
            Collective::ReduceScatter => self.ranks,
            _ => self.ranks + 1,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let n = self.ranks;
        if n == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let (from, to) = (self.left(rank, 1), self.left(rank, n - 1));
        let action = match self.collective {
            Collective::AllReduce | Collective::ReduceScatter => {
                let chunk = self.left(rank, index + 1);
                let own = Some(Span::input(chunk, 1));
                if index == 0 {
                    Action::Send { to, src: Span::input(chunk, 1) }
                } else if index < n - 1 {
                    Action::Forward { from, to, with: own, keep: None }
                } else if self.collective == Collective::ReduceScatter {
                    Action::Recv { from, dst: Span::output(0, 1), with: own, more: false }
                } else if index == n - 1 {
                    Action::Forward { from, to, with: own, keep: Some(Span::output(chunk, 1)) }
                } else if index < 2 * n - 2 {
                    Action::Forward { from, to, with: None, keep: Some(Span::output(chunk, 1)) }
                } else {
                    let dst = Span::output(chunk, 1);
                    Action::Recv { from, dst, with: None, more: false }
                }
            }
            // The send goes first: the local copy then hides behind the first message.
            _ if index == 0 => Action::Send { to, src: Span::input(0, 1) },
            _ if index == 1 => Action::Copy { src: Span::input(0, 1), dst: Span::output(rank, 1) },
            _ => {
                let dst = Span::output(self.left(rank, index - 1), 1);
                if index < n {
                    Action::Forward { from, to, with: None, keep: Some(dst) }
                } else {
                    Action::Recv { from, dst, with: None, more: false }
                }
            }
        };
        action.into()
    }
}
