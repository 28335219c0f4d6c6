//! Blocks of unequal counts: all-gather-v, reduce-scatter-v, gather-v, scatter-v and all-to-all-v.
//!
//! The steps are those of the schedule for equal blocks; what differs is how many elements a chunk has,
//! and so what a message costs: its true bytes. Ranks 0 to 2 give 3, 0 and 2 elements to an all-gather:
//!
//! ```text
//! input     a a a | (none) | c c          one block a rank
//! output    a a a c c                     on every rank
//! ring      every step is as slow as its longest block, so (N-1) times the largest: skew hurts
//! ```
//!
//! A schedule that stores a block where another belongs, for a while, has no room for it where blocks
//! differ; such are refused. Counts may be zero: such messages are sent, empty.

use std::sync::Arc;

use supernode_units::Time;

use crate::{
    Buf, Chunks, Collective, CollectiveError, Members, Rank, Schedule, Shape, Step, prove,
};

/// How many elements the blocks have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocks {
    ranks: u32,
    /// Elements before each block of the large buffer, and of all; for all-to-all of the input of each
    /// rank, then of the output of each rank.
    before: Arc<[u64]>,
}

impl Blocks {
    fn new(what: Collective, ranks: u32, counts: &[u64]) -> Result<Self, CollectiveError> {
        let pairs = what == Collective::AllToAll;
        let n = ranks as usize;
        let blocks = matches!(what.blocks(ranks), (1, _) | (_, 1)) && what != Collective::Barrier;
        if !pairs && !blocks {
            return Err(CollectiveError::NoBlocks { collective: what });
        }
        let wanted = if pairs { n * n } else { n };
        if counts.len() != wanted {
            let given = counts.len();
            return Err(CollectiveError::Counts { collective: what, ranks, wanted, given });
        }
        let mut before = Vec::with_capacity(2 * (wanted + n));
        let mut row = |counts: &mut dyn Iterator<Item = u64>| {
            let mut sum = 0_u64;
            before.push(sum);
            for count in counts {
                // What one buffer cannot hold, no machine has; bytes are counted in 64 bits, too.
                sum = sum.checked_add(count).filter(|sum| *sum < 1 << 56)?;
                before.push(sum);
            }
            Some(())
        };
        let whole = if pairs {
            let of_source = |rank: usize| counts[rank * n..(rank + 1) * n].iter().copied();
            let of_target = |rank: usize| counts[rank..].iter().copied().step_by(n);
            let inputs = (0..n).try_for_each(|rank| row(&mut of_source(rank)));
            inputs.and_then(|()| (0..n).try_for_each(|rank| row(&mut of_target(rank))))
        } else {
            row(&mut counts.iter().copied())
        };
        match whole {
            Some(()) => Ok(Self { ranks, before: before.into() }),
            None => Err(CollectiveError::TooManyElements { ranks }),
        }
    }

    /// Elements before each block of a large buffer.
    fn row(&self, what: Collective, buf: Buf, rank: Rank) -> &[u64] {
        let n = self.ranks as usize;
        if what != Collective::AllToAll {
            return &self.before;
        }
        let row = rank as usize + if buf == Buf::Output { n } else { 0 };
        &self.before[row * (n + 1)..(row + 1) * (n + 1)]
    }

    /// Elements before `chunk` in a buffer of `rank`.
    pub(crate) fn at(&self, shape: &Shape, buf: Buf, rank: Rank, chunk: u32) -> u64 {
        let large = shape.input_chunks.max(shape.output_chunks);
        let pieces = large / self.ranks;
        let row = self.row(shape.collective, buf, rank);
        let within = |block: u32, piece: u32| {
            let count = row[block as usize + 1] - row[block as usize];
            (u64::from(piece) * count.div_ceil(u64::from(pieces))).min(count)
        };
        let of_large = |chunk: u32| match chunk / pieces {
            block if block == self.ranks => row[block as usize],
            block => row[block as usize] + within(block, chunk % pieces),
        };
        match buf {
            // As long as the chunk of the large buffer that has the same number.
            Buf::Scratch => {
                u64::from(chunk / large) * row[self.ranks as usize] + of_large(chunk % large)
            }
            _ if shape.chunks(buf) < large => within(rank, chunk),
            _ => of_large(chunk),
        }
    }

    /// Elements of the largest of the large buffers.
    pub(crate) fn most(&self) -> u64 {
        let rows = self.before.chunks(self.ranks as usize + 1);
        rows.filter_map(<[u64]>::last).copied().max().unwrap_or(0)
    }

    /// Elements of the largest block.
    pub(crate) fn largest(&self) -> u64 {
        let rows = self.before.chunks(self.ranks as usize + 1);
        rows.flat_map(|row| row.windows(2).map(|pair| pair[1] - pair[0])).max().unwrap_or(0)
    }

    /// Elements that some rank has to send or to receive, whatever the algorithm.
    pub(crate) fn least_moved(&self, what: Collective) -> u64 {
        let n = self.ranks as usize;
        // All of a row but the own block.
        let others = |buf, rank: usize| {
            let row = self.row(what, buf, rank as u32);
            row[n] - (row[rank + 1] - row[rank])
        };
        match what.root() {
            Some(root) => others(Buf::Output, root as usize),
            None => (0..n)
                .map(|rank| others(Buf::Input, rank).max(others(Buf::Output, rank)))
                .max()
                .unwrap_or(0),
        }
    }
}

/// A schedule whose blocks have counts of their own.
#[derive(Debug, Clone)]
pub struct Uneven {
    schedule: Arc<dyn Schedule>,
    blocks: Blocks,
}

impl Uneven {
    /// `schedule` with `counts[r]` elements in block `r`, or, for an all-to-all of N ranks,
    /// `counts[s * N + d]` elements from rank `s` to rank `d`.
    ///
    /// Proves the schedule, which takes what [`prove::memory_needed`] says.
    ///
    /// # Errors
    /// [`CollectiveError::NoBlocks`] if the collective has no block for each rank,
    /// [`CollectiveError::Counts`] if there are too few or too many counts,
    /// [`CollectiveError::TooManyElements`] if they add up to 2^56 or more, [`CollectiveError::Wrong`] if
    /// the schedule needs equal blocks, and as [`prove::prove`].
    pub fn new(schedule: Arc<dyn Schedule>, counts: &[u64]) -> Result<Self, CollectiveError> {
        let Shape { collective, ranks, scratch_chunks, .. } = schedule.shape();
        let blocks = Blocks::new(collective, ranks, counts)?;
        if collective == Collective::AllToAll && scratch_chunks > 0 {
            // No chunk of scratch belongs to one pair of ranks.
            return Err(CollectiveError::NoBlocks { collective });
        }
        let uneven = Self { schedule, blocks };
        let options = prove::Options { depths: Vec::new(), keep: 1, ..prove::Options::default() };
        match prove::prove(&uneven, &options)?.findings.first() {
            Some(finding) => Err(CollectiveError::Wrong { what: finding.to_string() }),
            None => Ok(uneven),
        }
    }
}

impl Schedule for Uneven {
    fn shape(&self) -> Shape {
        self.schedule.shape()
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        self.schedule.steps(rank, lane)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        self.schedule.step(rank, lane, index)
    }

    fn start(&self, rank: Rank, lane: u32) -> Time {
        self.schedule.start(rank, lane)
    }

    fn chunks(&self, _count: u64, element_bytes: u64) -> Chunks {
        Chunks::uneven(self.shape(), self.blocks.clone(), element_bytes)
    }

    fn members(&self) -> Option<&Members> {
        self.schedule.members()
    }

    fn in_flight(&self) -> u64 {
        self.schedule.in_flight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Algorithm, Span, Tuning};

    fn uneven(
        algorithm: Algorithm,
        what: Collective,
        counts: &[u64],
    ) -> Result<Uneven, CollectiveError> {
        let schedule = algorithm.schedule(what, 3, &Tuning::default())?;
        Uneven::new(Arc::from(schedule), counts)
    }

    #[test]
    fn blocks_lie_one_behind_the_other() {
        let chunks =
            uneven(Algorithm::Ring, Collective::AllGather, &[3, 0, 2]).unwrap().chunks(0, 4);
        let output = |first, len| chunks.byte_range(Span::output(first, len), 1);
        assert_eq!([output(0, 1), output(1, 1), output(2, 1)], [(0, 12), (12, 12), (12, 20)]);
        let bytes = |rank| chunks.buffer_bytes(Buf::Input, rank);
        assert_eq!([bytes(0), bytes(1), bytes(2)], [12, 0, 8]);
        assert_eq!(chunks.charged_bytes(Span::input(0, 1), 2), 8);
        assert_eq!((chunks.count, output(0, 3)), (5, (0, 20)));
    }

    #[test]
    fn pairs_have_counts_of_their_own() {
        let counts = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        let all = uneven(Algorithm::Pairwise, Collective::AllToAll, &counts).unwrap();
        let chunks = all.chunks(0, 1);
        // From rank 2 to rank 1 seven elements, after six to rank 0, and after one and four from others.
        assert_eq!(chunks.byte_range(Span::input(1, 1), 2), (6, 13));
        assert_eq!(chunks.byte_range(Span::output(2, 1), 1), (5, 12));
    }

    #[test]
    fn what_has_no_counts_is_refused() {
        let error = |what, counts: &[u64]| uneven(Algorithm::Ring, what, counts).unwrap_err();
        assert!(matches!(
            error(Collective::AllReduce, &[1, 2, 3]),
            CollectiveError::NoBlocks { .. }
        ));
        let few = error(Collective::AllGather, &[1, 2]).to_string();
        assert_eq!(few, "all-gather of 3 ranks takes 3 counts, not 2");
        let many = error(Collective::AllGather, &[1, 2, u64::MAX]);
        assert!(matches!(many, CollectiveError::TooManyElements { ranks: 3 }));
    }
}
