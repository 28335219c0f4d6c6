//! Chain: slices pass from rank to rank (MPI's chain and pipeline; NCCL's Ring broadcast and reduce).
//!
//! Broadcast flows from the root through `root + 1`, `root + 2`, ... and around; reduce flows the other
//! way, every rank adding its own. Ranks 4, root 0, slices 0 and 1, `c` a partial sum:
//!
//! ```text
//! broadcast   rank 0     rank 1      rank 2      rank 3
//!             0 > 1
//!             1 > 1      0 > 2
//!                        1 > 2       0 > 3
//!                                    1 > 3       0
//!                                                1
//!
//! reduce      rank 0     rank 1      rank 2      rank 3
//!                                                0 > 2
//!                                    2+c > 1     1 > 2
//!                        1+c > 0     2+c > 1
//!             C0 = 0+c   1+c > 0
//!             C1 = 0+c
//! ```
//!
//! Cost of k slices: (N-2+k)(alpha + n/k beta), least at k = sqrt((N-2) n beta / alpha). Any N, any
//! root. Sums are in the order of the chain, so from the root on in rank order. Bandwidth of one link
//! for large messages, a latency that grows with N for small ones.

use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The pipelined chain.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    collective: Collective,
    ranks: u32,
    root: Rank,
    slices: u32,
}

impl Chain {
    /// The chain for `collective` over `ranks` ranks with `slices` slices.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`]
    /// past 2^30 ranks or slices, or [`CollectiveError::Unsupported`] for anything but broadcast and
    /// reduce.
    pub fn new(collective: Collective, ranks: u32, slices: u32) -> Result<Self, CollectiveError> {
        let root = match collective {
            Collective::Broadcast { root } | Collective::Reduce { root } => Some(root),
            _ => None,
        };
        collective.check("chain", ranks, root.is_some())?;
        if slices >= 1 << 30 {
            return Err(CollectiveError::TooManyChunks { algorithm: "chain", ranks });
        }
        Ok(Self { collective, ranks, root: root.unwrap_or(0), slices: slices.max(1) })
    }
}

impl Schedule for Chain {
    fn shape(&self) -> Shape {
        let plain = Shape::new(self.collective, self.ranks);
        Shape {
            ports: Ports::Fixed,
            input_chunks: self.slices,
            output_chunks: self.slices,
            bit_identical: true,
            in_rank_order: plain.in_rank_order || self.root == 0 || self.root == self.ranks - 1,
            ..plain
        }
    }

    /// The slices start at one rank and are passed on from there.
    fn in_flight(&self) -> u64 {
        if self.ranks == 1 { 0 } else { u64::from(self.slices.div_ceil(self.ranks)) }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        // The root of a broadcast copies what it has.
        let copies = rank == self.root && matches!(self.collective, Collective::Broadcast { .. });
        self.slices + u32::from(copies)
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (n, slices) = (self.ranks, self.slices);
        if n == 1 || index == slices {
            let (src, dst) = (Span::input(0, slices), Span::output(0, slices));
            return Action::Copy { src, dst }.into();
        }
        let position = (rank + n - self.root) % n;
        let (right, left) = ((rank + 1) % n, (rank + n - 1) % n);
        let (own, result) = (Span::input(index, 1), Span::output(index, 1));
        let ends = (position == 0, position == n - 1);
        let action = if matches!(self.collective, Collective::Broadcast { .. }) {
            match ends {
                (true, _) => Action::Send { to: right, src: own },
                (_, true) => Action::Recv { from: left, dst: result, with: None, more: false },
                _ => Action::Forward { from: left, to: right, with: None, keep: Some(result) },
            }
        } else {
            match ends {
                (true, _) => {
                    Action::Recv { from: right, dst: result, with: Some(own), more: false }
                }
                (_, true) => Action::Send { to: left, src: own },
                _ => Action::Forward { from: right, to: left, with: Some(own), keep: None },
            }
        };
        action.into()
    }
}
