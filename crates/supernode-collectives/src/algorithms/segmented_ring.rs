//! Segmented ring: a ring whose blocks travel in slices (Open MPI 5; the slots of NCCL).
//!
//! A rank passes on the first slice of a block while the next one is still on its way, so that after
//! the first message latency hides behind the slices that follow. Ranks 4, 2 slices, what rank 0 does:
//!
//! ```text
//! ring step   0                  1                              2
//! slice 0     send 3.0           3.0 <3, += own 2.0, forward    1.0 ...
//! slice 1     send 3.1           2.1 <3, += own 2.1, forward    1.1 ...
//! ```
//!
//! Cost with k slices, b = n/kN beta: alpha + k b + (2(N-1) - 1) max(k b, alpha + b), which is
//! alpha + 2(N-1)/N n beta as soon as k slices take longer than a message. At most 4 slices: a
//! connection of 8 slots holds what is under way. Any N; results are those of [`Ring`], bit for bit.

use super::ring::Ring;
use crate::{Collective, CollectiveError, Rank, Schedule, Shape, Span, Step};

/// Slices of a block at most.
const SLICES_MAX: u32 = 4;

/// The segmented ring.
#[derive(Debug, Clone, Copy)]
pub struct SegmentedRing {
    ring: Ring,
    slices: u32,
}

impl SegmentedRing {
    /// The ring for `collective` over `ranks` ranks, with `slices` slices a block, at most 4.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], or [`CollectiveError::TooManyChunks`] past 2^30 slices.
    pub fn new(collective: Collective, ranks: u32, slices: u32) -> Result<Self, CollectiveError> {
        let slices = slices.clamp(1, SLICES_MAX);
        collective.check("segmented-ring", ranks, collective.is_all_reduce_or_half())?;
        CollectiveError::check("segmented-ring", ranks, slices)?;
        Ok(Self { ring: Ring::new(collective, ranks)?, slices })
    }
}

impl Schedule for SegmentedRing {
    fn shape(&self) -> Shape {
        let shape = self.ring.shape();
        Shape {
            input_chunks: shape.input_chunks * self.slices,
            output_chunks: shape.output_chunks * self.slices,
            ..shape
        }
    }

    fn in_flight(&self) -> u64 {
        u64::from(self.slices) * self.ring.in_flight()
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.slices * self.ring.steps(rank, lane)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let slice =
            |span: Span| Span { first: span.first * self.slices + index % self.slices, ..span };
        self.ring
            .step(rank, lane, index / self.slices)
            .action
            .renamed(|rank| rank, |ranks| ranks, slice)
            .into()
    }
}
