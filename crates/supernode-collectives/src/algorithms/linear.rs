//! Linear, or flat: the root talks to everyone (MPI's basic linear; a parameter server; HCCL's Star).
//!
//! Broadcast and scatter are sends of the root; gather and reduce are receives of the root, awaited
//! together and added in rank order. All-reduce is a reduce to rank 0 and a broadcast; a barrier is
//! the same without data (a central counter). Ranks 4, root 1, `x` a contribution, `C` the sum:
//!
//! ```text
//!             rank 0     rank 1 (root)       rank 2     rank 3
//! broadcast   x = <1     x > 2, 3, 0         x = <1     x = <1
//! scatter     x0 = <1    x2 > 2 x3 > 3 x0 > 0   x2 = <1    x3 = <1
//! gather      x > 1      x0 x1 x2 x3         x > 1      x > 1
//! reduce      x > 1      C = 0+1+2+3         x > 1      x > 1
//! ```
//!
//! Cost with one port at the root: alpha + (N-1) n beta for broadcast and reduce, alpha + (N-1)/N n
//! beta for gather and scatter, twice the first for all-reduce, 2 alpha for a barrier. Any N, any
//! root. Sums are in rank order. Everything passes the root's port: a baseline, and right for a few
//! ranks or a full mesh.

use super::direct::in_rank_order;
use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The linear algorithm.
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    collective: Collective,
    ranks: u32,
    root: Rank,
}

impl Linear {
    /// The algorithm for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`]
    /// past 2^30 ranks, or [`CollectiveError::Unsupported`] for what has no root, but all-reduce and
    /// barrier.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let both = matches!(collective, Collective::AllReduce | Collective::Barrier);
        collective.check("linear", ranks, both || collective.root().is_some())?;
        Ok(Self { collective, ranks, root: collective.root().unwrap_or(0) })
    }

    /// Whether data flows to the root, and whether it flows from it.
    fn ways(self) -> (bool, bool) {
        match self.collective {
            Collective::Reduce { .. } | Collective::Gather { .. } => (true, false),
            Collective::Broadcast { .. } | Collective::Scatter { .. } => (false, true),
            _ => (true, true),
        }
    }

    /// Steps in which the root takes what the others send.
    fn steps_in(self) -> u32 {
        let peers = self.ranks - 1;
        match self.collective {
            Collective::Barrier => peers,
            // Rank 0 has its own contribution in its first receive already.
            Collective::Reduce { .. } | Collective::AllReduce => peers + u32::from(self.root > 0),
            // The own block is copied.
            _ => peers + 1,
        }
    }

    /// Step `at` of the root while it takes.
    fn take(self, at: u32) -> Action {
        let (root, last) = (self.root, self.ranks - 1);
        let from = |nth: u32| if nth < root { nth } else { nth + 1 };
        match self.collective {
            Collective::Barrier => {
                let (dst, more) = (Span::output(0, 0), at + 1 < last);
                Action::Recv { from: from(at), dst, with: None, more }
            }
            Collective::Gather { .. } if at == 0 => {
                Action::Copy { src: Span::input(0, 1), dst: Span::output(root, 1) }
            }
            Collective::Gather { .. } => {
                let from = from(at - 1);
                let dst = Span::output(from, 1);
                Action::Recv { from, dst, with: None, more: at < last }
            }
            _ => in_rank_order(root, self.ranks, at),
        }
    }

    /// What the root sends to `to` (itself: copies).
    fn given(self, to: Rank) -> Span {
        match self.collective {
            Collective::Barrier => Span::input(0, 0),
            Collective::AllReduce => Span::output(0, 1),
            Collective::Scatter { .. } => Span::input(to, 1),
            _ => Span::input(0, 1),
        }
    }
}

impl Schedule for Linear {
    fn shape(&self) -> Shape {
        // Whole vectors, or a block a rank.
        let (input_chunks, output_chunks) = match self.collective {
            Collective::Gather { .. } | Collective::Scatter { .. } | Collective::Barrier => {
                self.collective.blocks(self.ranks)
            }
            _ => (1, 1),
        };
        Shape {
            ports: Ports::Fixed,
            input_chunks,
            output_chunks,
            bit_identical: true,
            in_rank_order: true,
            ..Shape::new(self.collective, self.ranks)
        }
    }

    /// All messages pass the root: one for each rank.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        let (inward, outward) = self.ways();
        if rank != self.root {
            return u32::from(inward) + u32::from(outward);
        }
        if self.ranks == 1 {
            return u32::from(self.collective != Collective::Barrier);
        }
        let steps_in = if inward { self.steps_in() } else { 0 };
        // What the root has alone it copies for itself.
        let steps_out = if outward { self.ranks - u32::from(inward) } else { 0 };
        steps_in + steps_out
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (inward, _) = self.ways();
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        if rank != self.root {
            let data = u32::from(self.collective != Collective::Barrier);
            return if inward && index == 0 {
                Action::Send { to: self.root, src: Span::input(0, data) }.into()
            } else {
                let dst = Span::output(0, data);
                Action::Recv { from: self.root, dst, with: None, more: false }.into()
            };
        }
        let steps_in = if inward { self.steps_in() } else { 0 };
        if index < steps_in {
            return self.take(index).into();
        }
        let at = index - steps_in;
        let peers = self.ranks - 1;
        if at == peers {
            return Action::Copy { src: self.given(rank), dst: Span::output(0, 1) }.into();
        }
        let to = (rank + 1 + at) % self.ranks;
        Step::new(Action::Send { to, src: self.given(to) }).fan(peers)
    }
}
