//! Where chunks lie when a collective runs in place: input and output overlap.
//!
//! As NCCL and MPI have it: an all-reduce and a broadcast have one buffer; the input of an all-gather is
//! the own block of its output, the output of a reduce-scatter the own block of its input. What is read
//! after it was overwritten is then a wrong contribution, and accesses to the two buffers may race.

use crate::{Action, Buf, Collective, Members, Rank, Shape, Span};

/// The one buffer that holds input and output.
#[derive(Debug, Clone)]
pub(super) struct Overlap {
    /// As many ranks as there are members.
    shape: Shape,
    members: Option<Members>,
}

impl Overlap {
    pub(super) fn new(shape: Shape, members: Option<&Members>) -> Self {
        Self { shape, members: members.cloned() }
    }

    /// Chunks of the buffer.
    pub(super) fn room(&self) -> u32 {
        self.shape.input_chunks.max(self.shape.output_chunks)
    }

    /// Where a chunk of the input or the output of `owner` lies.
    pub(super) fn at(&self, owner: Rank, buf: Buf, chunk: u32) -> u32 {
        let member = self.members.as_ref().map_or(Some(owner), |members| members.index(owner));
        let own = member.unwrap_or(0);
        match (self.shape.collective, buf) {
            (Collective::ReduceScatter | Collective::Scatter { .. }, Buf::Output) => {
                own * self.shape.output_chunks + chunk
            }
            (Collective::AllGather | Collective::Gather { .. }, Buf::Input) => {
                own * self.shape.input_chunks + chunk
            }
            _ => chunk,
        }
    }

    /// Whether a step copies chunks of the input onto themselves, which touches nothing.
    pub(super) fn is_idle(&self, owner: Rank, action: &Action) -> bool {
        let Action::Copy { src, dst } = *action else { return false };
        let at = |span: Span| self.at(owner, span.buf, span.first);
        src.buf == Buf::Input
            && dst.buf == Buf::Output
            && at(src) == at(dst)
            && src.around == dst.around
    }

    /// Whether `owner` has an input in it.
    pub(super) fn has_input(&self, owner: Rank) -> bool {
        let member = self.members.as_ref().map_or(Some(owner), |members| members.index(owner));
        member.is_some_and(|member| self.shape.collective.has_input(member))
    }
}
