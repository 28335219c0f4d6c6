//! Everyone sends to the next: two-sided (send and receive) or one-sided (put and signal).
//!
//! Two-sided, the receiver says where the data goes (NCCL's `ncclSend` and `ncclRecv`, MPI). One-sided,
//! the sender writes into the receiver's output and raises its signal (MSCCL++, NVSHMEM; HCCL's
//! writes). Ranks 4:
//!
//! ```text
//!             rank 0       rank 1       rank 2       rank 3
//! two-sided   x > 1        x > 2        x > 3        x > 0
//!             o = <3       o = <0       o = <1       o = <2
//! one-sided   x > 1:o      x > 2:o      x > 3:o      x > 0:o
//!             wait 3       wait 0       wait 1       wait 2
//! ```
//!
//! Cost: alpha + n beta. Any N; one rank copies.

use crate::{
    Action, Collective, CollectiveError, Group, Pattern, Phase, Ports, Rank, Schedule, Shape, Span,
    Step,
};

/// Sends to the next rank.
#[derive(Debug, Clone, Copy)]
pub struct SendRecv {
    ranks: u32,
    one_sided: bool,
}

impl SendRecv {
    /// Sends and receives.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but send-recv.
    pub fn two_sided(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("two-sided", ranks, collective == Collective::SendRecv)?;
        Ok(Self { ranks, one_sided: false })
    }

    /// Puts and signals.
    ///
    /// # Errors
    /// As [`SendRecv::two_sided`].
    pub fn one_sided(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        collective.check("one-sided", ranks, collective == Collective::SendRecv)?;
        Ok(Self { ranks, one_sided: true })
    }
}

impl Schedule for SendRecv {
    fn shape(&self) -> Shape {
        Shape {
            ports: if self.one_sided && self.ranks > 1 { Ports::Contended } else { Ports::Fixed },
            input_chunks: 1,
            output_chunks: 1,
            bit_identical: true,
            ..Shape::new(Collective::SendRecv, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let pattern = Pattern::Shift { by: 1, mirrored: false, reduces: false };
        let shift = Phase { stride: 1, size: self.ranks, pattern, chunks: 1, copies: 0 };
        (!self.one_sided).then(|| vec![shift])
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 { 1 } else { 2 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (src, dst) = (Span::input(0, 1), Span::output(0, 1));
        if self.ranks == 1 {
            return Action::Copy { src, dst }.into();
        }
        let (to, from) = ((rank + 1) % self.ranks, (rank + self.ranks - 1) % self.ranks);
        let action = match (self.one_sided, index) {
            (false, 0) => Action::Send { to, src },
            (false, _) => Action::Recv { from, dst, with: None, more: false },
            (true, 0) => Action::Put { to, src, dst },
            (true, _) => Action::Wait { from: Group { first: from, stride: 1, count: 1 } },
        };
        action.into()
    }
}
