//! Bine trees (De Sensi and others, SC'25, arXiv 2508.17311): distances 1, -1, 3, -5, 11, ...
//!
//! In step s a rank meets the one rho(s) = (1 - (-2)^(s+1))/3 further on if it is even, and as far
//! before if it is odd, as in Swing: over the steps the distances alternate in direction, so a ring or
//! torus carries less than of halving. Blocks are numbered so that what goes in one message lies
//! together: block nu(d) goes to the rank d ranks away, nu being the negabinary digits of d in Gray
//! code and in reverse. Ranks 8, blocks of the vector:
//!
//! ```text
//! step   distance   rank 0 keeps   sends      rank 1 keeps   sends
//!   0        1      0..3           4..7 > 1   4..7           0..3 > 0
//!   1       -1      0 1            2 3 > 7    6 7            4 5 > 2
//!   2        3      0              1 > 3      7              6 > 6
//! ```
//!
//! then back, as an all-gather. Cost: 2 log2 N alpha + 2(N-1)/N n beta. Powers of two; all-reduce only,
//! because the blocks are not those of the ranks by number (swing sends those, apart from each other).
//! Every block is summed at one place, so results are bit-identical across ranks.

use super::swing::distance;
use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The all-reduce on Bine trees.
#[derive(Debug, Clone, Copy)]
pub struct Bine {
    ranks: u32,
}

impl Bine {
    /// The all-reduce over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives,
    /// [`CollectiveError::RanksForbidden`] for what is no power of two, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "bine";
        collective.check(algorithm, ranks, collective == Collective::AllReduce)?;
        if !ranks.is_power_of_two() {
            let allowed = "powers of two";
            return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
        }
        Ok(Self { ranks })
    }

    fn half(self) -> u32 {
        self.ranks.ilog2()
    }

    /// Step of the trees in round `round`: forwards in the reduce-scatter, then backwards.
    fn at(self, round: u32) -> u32 {
        if round < self.half() { round } else { 2 * self.half() - 1 - round }
    }

    /// The block that `rank` ends the reduce-scatter with. Partners of step s agree in the first s
    /// bits from the top, and differ in the next one.
    fn block(self, rank: Rank) -> u32 {
        let away = if rank.is_multiple_of(2) { self.ranks - rank } else { rank };
        let digits = negabinary(away) & (self.ranks - 1);
        (digits ^ (digits >> 1)).reverse_bits() >> (u32::BITS - self.half())
    }
}

/// The digits of `value` to the base -2.
const fn negabinary(value: u32) -> u32 {
    const ODD: u32 = 0xAAAA_AAAA;
    value.wrapping_add(ODD) ^ ODD
}

impl Schedule for Bine {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            bit_identical: true,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let round = |round| {
            let (step, reduces) = (self.at(round), round < self.half());
            let pattern =
                Pattern::Shift { by: distance(step, self.ranks), mirrored: true, reduces };
            let chunks = self.ranks >> (step + 1);
            Phase { stride: 1, size: self.ranks, pattern, chunks, copies: 0 }
        };
        Some((0..2 * self.half()).map(round).collect())
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        (2 * self.half()).max(1)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let n = self.ranks;
        if n == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let (step, reduces) = (self.at(index), index < self.half());
        let by = distance(step, n);
        let peer = if rank.is_multiple_of(2) { rank + by } else { rank + n - by } % n;
        let half = n >> (step + 1);
        let own = self.block(rank) & !(half - 1);
        let other = own ^ half;
        let (src, dst, with) = match (reduces, index) {
            (false, _) => (Span::output(own, half), Span::output(other, half), None),
            (true, 0) => {
                (Span::input(other, half), Span::output(own, half), Some(Span::input(own, half)))
            }
            (true, _) => {
                let own = Span::output(own, half);
                (Span::output(other, half), own, Some(own))
            }
        };
        Action::Exchange { to: peer, src, from: peer, dst, with }.into()
    }
}
