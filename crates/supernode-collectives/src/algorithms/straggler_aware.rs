//! An all-reduce that spares its last rank, which may come late or have lost some of its links (after
//! arXiv 2505.23523; what R2CCL, arXiv 2512.25059, does with the part that leaves a degraded node out).
//!
//! The others run a ring reduce-scatter among themselves. The last rank gives each of them the block that
//! it owns, and gets it back when it is complete, while the others run the ring all-gather: it sends and
//! takes one vector, the least that any all-reduce asks of it, and nobody waits for it before the middle.
//! Ranks 4, the last is 3:
//!
//! ```text
//!              rank 0              rank 1              rank 2              rank 3
//! ring         sums 0              sums 1              sums 2              0 > 0, 1 > 1, 2 > 2
//! from 3       0 += <3             1 += <3             2 += <3
//! ring         0 > 1, 2 < 2        1 > 2, 0 < 0        2 > 0, 1 < 1
//! to 3         0 > 3               1 > 3               2 > 3               0 1 2
//! ring         2 > 1, 1            0 > 2, 2            1 > 0, 0
//! ```
//!
//! Cost with M = N-1: 2(M-1) alpha, (2M-1)/M n beta for the others and n beta for the last rank, where a
//! ring asks 2(N-1)/N n beta of all. Any N. Every block is summed at one place, so results are
//! bit-identical across ranks.

use super::hierarchical::group::{gather_step, reduce_step};
use crate::{
    Action, Collective, CollectiveError, Group, Inner, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The all-reduce that spares its last rank.
#[derive(Debug, Clone, Copy)]
pub struct StragglerAware {
    ranks: u32,
}

impl StragglerAware {
    /// The all-reduce over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("straggler-aware", ranks, collective == Collective::AllReduce)?;
        Ok(Self { ranks })
    }

    /// Ranks of the ring, which is also the number of the last rank, and that of blocks.
    fn others(self) -> u32 {
        self.ranks - 1
    }

    /// Steps of half a ring; one rank has none.
    fn half(self) -> u32 {
        if self.others() > 1 { self.others() } else { 0 }
    }

    /// The last rank gives all of its blocks, then takes all of them.
    fn spared(self, index: u32) -> Step {
        let others = self.others();
        if index < others {
            return Step::new(Action::Send { to: index, src: Span::input(index, 1) }).fan(others);
        }
        let from = index - others;
        let (dst, more) = (Span::output(from, 1), from + 1 < others);
        Action::Recv { from, dst, with: None, more }.into()
    }

    fn of_ring(self, rank: Rank, index: u32) -> Action {
        let (last, half) = (self.others(), self.half());
        let ring = Group { first: 0, stride: 1, count: last };
        let own = Span::output(rank, 1);
        if index < half {
            return reduce_step(Inner::Ring, ring, rank, index, |b| Span::input(b, 1), own);
        }
        let gather =
            |at| gather_step(Inner::Ring, ring, rank, at, own, |block| Span::output(block, 1));
        // The first message of the ring goes before that to the last rank.
        let first = u32::from(half > 0);
        match index - half {
            0 => {
                let with = Some(if half == 0 { Span::input(rank, 1) } else { own });
                Action::Recv { from: last, dst: own, with, more: false }
            }
            at if at == 1 + first => Action::Send { to: last, src: own },
            1 => gather(0),
            at => gather(at - 2),
        }
    }
}

impl Schedule for StragglerAware {
    fn shape(&self) -> Shape {
        let blocks = self.others().max(1);
        Shape {
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::Contended },
            input_chunks: blocks,
            output_chunks: blocks,
            bit_identical: true,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    /// For each of the others: what the last rank sends it, what it sends the last rank, and one message of
    /// the ring.
    fn in_flight(&self) -> u64 {
        if self.ranks > 1 { 3 } else { 0 }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        match self.others() {
            0 => 1,
            others if rank == others => 2 * others,
            _ => 2 * self.half() + 2,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        match self.others() {
            0 => Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into(),
            others if rank == others => self.spared(index),
            _ => self.of_ring(rank, index).into(),
        }
    }
}
