//! A schedule as phases that all ranks go through in step.
//!
//! Ring, recursive and direct families are all of two patterns on groups of equally spaced ranks. An
//! engine that knows them needs no step of the schedule: it takes a phase for all ranks at once.

/// One phase: the ranks fall into groups of `size` members, `stride` apart, and every group does the
/// same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Phase {
    /// Distance between neighbours of a group.
    pub stride: u32,
    /// Members of a group; digit `rank / stride % size` is the position in it.
    pub size: u32,
    /// What a group does.
    pub pattern: Pattern,
    /// Chunks of each message.
    pub chunks: u32,
    /// Chunks that each rank copies locally once its first messages are out; zero for none.
    pub copies: u32,
}

/// What the members of a group do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// `size - 1` times, each sends to the next and takes from the one before; of two members this is
    /// an exchange.
    Ring {
        /// Whether what arrives is combined with a local operand.
        reduces: bool,
    },
    /// Each sends to all others, from the next one on, with a fan of `size - 1`; then takes what they
    /// sent, awaited together.
    Direct {
        /// Whether what arrives is combined with a local operand.
        reduces: bool,
    },
    /// As `Direct`, but everyone adds the same operands in rank order, the own one in its place: all
    /// but rank 0 store the first and add their own in between, or at the end if they are the last.
    OneShot,
    /// Each sends to the one `by` further on, and takes from the one `by` before.
    Shift {
        /// Places of the group.
        by: u32,
        /// Whether odd members turn the other way, so that pairs exchange; `by` is odd then, and the
        /// size even.
        mirrored: bool,
        /// Whether what arrives is combined with a local operand.
        reduces: bool,
    },
    /// Nothing but the local copy.
    Copy,
    /// Nothing but a local reduction of as many chunks as are copied otherwise.
    Reduce,
}

impl Phase {
    /// A local copy of `chunks` chunks.
    pub const fn copy(chunks: u32) -> Self {
        Self { stride: 1, size: 1, pattern: Pattern::Copy, chunks: 0, copies: chunks }
    }

    /// Whom the member at `position` of a shift sends to, and whom it takes from.
    pub const fn shift(&self, position: u32, by: u32, mirrored: bool) -> (u32, u32) {
        let (on, back) = ((position + by) % self.size, (position + self.size - by) % self.size);
        match (mirrored, position % 2) {
            (false, _) => (on, back),
            (true, 0) => (on, on),
            (true, _) => (back, back),
        }
    }

    /// Messages that each rank sends.
    pub const fn messages(&self) -> u32 {
        match self.pattern {
            Pattern::Shift { .. } => 1,
            Pattern::Copy | Pattern::Reduce => 0,
            Pattern::Ring { .. } | Pattern::Direct { .. } | Pattern::OneShot => self.size - 1,
        }
    }
}
