//! Parallel aggregated trees (NCCL's PAT, arXiv 2506.20252): few blocks a message, few rounds.
//!
//! Every block goes down a tree of its own, in which the rank d after the source has got it from the
//! one d without its lowest bit. With P the power of two from N on and A the blocks sent at once, the
//! high bits come first, for all blocks together, then the low ones, one after the other, A at a time:
//! A = P/2 is the all-gather of NHR, A = 1 needs N-1 rounds and room for one block. Ranks 8, A = 2,
//! what rank r sends (blocks before it):
//!
//! ```text
//! round   to     blocks
//!   0     r+4    0              high bit, of the own block
//!   1     r+2    0 4            low bits 10, 11, 01 in the order of the tree
//!   2     r+1    2 6
//!   3     r+1    0 4
//! ```
//!
//! Cost: (log2 A + P/A - 1) alpha + (N-1)/N n beta on powers of two; other N skip what no rank has.
//! Any N, all-gather only. A is a power of two, at most the number of slices and at most P/2.

use super::rounds::{Round, log2_up};
use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The parallel aggregated trees.
#[derive(Debug, Clone, Copy)]
pub struct Pat {
    ranks: u32,
    /// Blocks sent at once.
    at_once: u32,
}

impl Pat {
    /// The all-gather over `ranks` ranks, `at_once` blocks a message at most.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32, at_once: u32) -> Result<Self, CollectiveError> {
        collective.check("pat", ranks, collective == Collective::AllGather)?;
        let most = (1 << log2_up(ranks)) / 2;
        let at_once = 1 << at_once.clamp(1, most.max(1)).ilog2();
        Ok(Self { ranks, at_once })
    }

    /// How far the blocks of one message are apart.
    fn apart(self) -> u32 {
        (1 << log2_up(self.ranks)) / self.at_once
    }

    /// Rounds of the high bits.
    fn high(self) -> u32 {
        self.at_once.ilog2()
    }

    fn rounds(self) -> u32 {
        self.high() + self.apart().min(self.ranks) - 1
    }

    fn round(self, index: u32) -> Round {
        let (n, apart) = (self.ranks, self.apart());
        // The blocks that are d before the rank, for d = first, first + stride, ... below `end`.
        let round = |by: u32, first: u32, stride: u32, end: u32| Round {
            by,
            first: (n - first) % n,
            len: end.saturating_sub(first).div_ceil(stride),
            stride: (n - stride % n) % n,
        };
        if index < self.high() {
            let scale = self.at_once >> (index + 1);
            // Those that the rank `by` further on still lacks.
            return round(scale * apart, 0, 2 * scale * apart, n - scale * apart);
        }
        let low = self.nth(index - self.high());
        let by = 1 << low.trailing_zeros();
        round(by, low - by, apart, n - by)
    }

    /// The `nth` node of the tree of low bits but its root: a node comes before those below it, which
    /// have a bit more, high bits first. There are none from N on.
    fn nth(self, mut nth: u32) -> u32 {
        let (mut node, mut bit) = (0, self.apart() / 2);
        while bit > 0 {
            // Nodes in the half that has the bit.
            let below = (self.ranks - (node + bit).min(self.ranks)).min(bit);
            if nth < below {
                node += bit;
                if nth == 0 {
                    break;
                }
                nth -= 1;
            } else {
                nth -= below;
            }
            bit /= 2;
        }
        node
    }

    fn exchange(self, rank: Rank, index: u32) -> (Rank, Span, Rank, Span) {
        let n = self.ranks;
        let Round { by, first, len, stride } = self.round(index);
        let (to, from) = ((rank + by) % n, (rank + n - by) % n);
        let blocks = |rank: Rank| Span::output((rank + first) % n, len).around(stride, n);
        (to, blocks(rank), from, blocks(from))
    }
}

impl Schedule for Pat {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            bit_identical: true,
            ..Shape::new(Collective::AllGather, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let phase = |index| {
            let Round { by, len, .. } = self.round(index);
            let pattern = Pattern::Shift { by, mirrored: false, reduces: false };
            let copies = u32::from(index == 0);
            Phase { stride: 1, size: self.ranks, pattern, chunks: len, copies }
        };
        Some((0..self.rounds()).map(phase).collect())
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 { 1 } else { self.rounds() + 2 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let own = Span::input(0, 1);
        if index < 3 {
            // The first message is the own block, and goes before the copy.
            let round = if self.ranks == 1 { None } else { Some(self.exchange(rank, 0)) };
            return match (round, index) {
                (Some((to, ..)), 0) => Action::Send { to, src: own },
                (Some((.., from, dst)), 2) => Action::Recv { from, dst, with: None, more: false },
                _ => Action::Copy { src: own, dst: Span::output(rank, 1) },
            }
            .into();
        }
        let (to, src, from, dst) = self.exchange(rank, index - 2);
        Action::Exchange { to, src, from, dst, with: None }.into()
    }
}
