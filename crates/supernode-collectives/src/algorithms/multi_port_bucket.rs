//! Multi-port bucket: the bucket algorithm of a torus on all of its links at once (TPU; Jain and
//! Sabharwal 2010; the comparison of the Swing paper).
//!
//! A torus of k dimensions has 2k links a rank, and a bucket uses one at a time. So the vector is cut
//! into 2k parts, one lane each: lane j goes through the dimensions from the (j/2)-th on, odd lanes the
//! other way round. 2 x 2 torus, which dimension each lane's rings are in:
//!
//! ```text
//! phase        lane 0   lane 1   lane 2   lane 3
//! reduce       row >    row <    col v    col ^      each on a quarter of the vector
//! reduce       col v    col ^    row >    row <      on half of what is left
//! gather       col v    col ^    row >    row <
//! gather       row >    row <    col v    col ^
//! ```
//!
//! Cost with equal dimensions d: k 2(d-1) alpha + 2(N-1)/N n/2k beta: beta is divided by 2k. Levels
//! of any size, all-reduce only (the order of blocks differs from lane to lane). Every chunk is
//! summed at one place, so results are bit-identical across ranks.

use super::hierarchical::Hierarchical;
use crate::{
    Collective, CollectiveError, Inner, LevelPlan, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The multi-port bucket.
#[derive(Debug, Clone)]
pub struct MultiPortBucket {
    ranks: u32,
    /// Sizes of the dimensions, innermost first.
    sizes: Vec<u32>,
    /// The bucket that starts with each dimension, over positions.
    buckets: Vec<Hierarchical>,
}

impl MultiPortBucket {
    /// The all-reduce over `ranks` ranks on a torus of `sizes`, innermost first; no sizes mean one
    /// ring of all ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives,
    /// [`CollectiveError::LevelMismatch`] if the sizes do not multiply to `ranks`, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 chunks.
    pub fn new(collective: Collective, ranks: u32, sizes: &[u32]) -> Result<Self, CollectiveError> {
        let algorithm = "multi-port-bucket";
        collective.check(algorithm, ranks, collective == Collective::AllReduce)?;
        // A dimension of one has no links.
        let mut sizes: Vec<u32> = sizes.iter().copied().filter(|size| *size > 1).collect();
        if sizes.is_empty() {
            sizes.push(ranks);
        }
        CollectiveError::check(algorithm, ranks, 2 * sizes.len() as u32)?;
        let bucket = |turn: usize| {
            let turned = sizes.iter().cycle().skip(turn).take(sizes.len());
            let level = |size: &u32| LevelPlan { size: *size, inner: Inner::Ring };
            Hierarchical::new(collective, ranks, &turned.map(level).collect::<Vec<_>>())
        };
        let buckets = (0..sizes.len()).map(bucket).collect::<Result<_, _>>()?;
        Ok(Self { ranks, sizes, buckets })
    }

    /// The digits of `number` to the bases `sizes`, from the one of dimension `from` on, become those
    /// from dimension `to` on; odd lanes count each of them backwards.
    fn turned(&self, number: u32, from: usize, to: usize, back: bool) -> u32 {
        let dimensions = self.sizes.len();
        let weight = |start: usize, dimension: usize| -> u32 {
            let before = (dimension + dimensions - start) % dimensions;
            (0..before).map(|i| self.sizes[(start + i) % dimensions]).product()
        };
        let digit = |dimension: usize| {
            let size = self.sizes[dimension];
            let digit = number / weight(from, dimension) % size;
            weight(to, dimension) * if back { (size - digit) % size } else { digit }
        };
        (0..dimensions).map(digit).sum()
    }
}

impl Schedule for MultiPortBucket {
    fn shape(&self) -> Shape {
        let chunks = self.ranks * 2 * self.sizes.len() as u32;
        Shape {
            lanes: 2 * self.sizes.len() as u32,
            ports: Ports::Contended,
            input_chunks: chunks,
            output_chunks: chunks,
            // Each bucket begins in another dimension.
            in_rank_order: self.ranks <= 2,
            ..self.buckets[0].shape()
        }
    }

    fn in_flight(&self) -> u64 {
        self.buckets.iter().map(|bucket| 2 * bucket.in_flight()).sum()
    }

    fn steps(&self, _rank: Rank, lane: u32) -> u32 {
        self.buckets[lane as usize / 2].steps(0, 0)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let (turn, back) = (lane as usize / 2, lane % 2 == 1);
        let position = self.turned(rank, 0, turn, back);
        let rank_at = |position| self.turned(position, turn, 0, back);
        let part = |span: Span| Span { first: lane * self.ranks + span.first, ..span };
        let action = self.buckets[turn].step(position, 0, index).action;
        action.renamed(rank_at, |ranks| ranks, part).into()
    }
}
