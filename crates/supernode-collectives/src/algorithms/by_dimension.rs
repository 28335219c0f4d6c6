//! All-to-all dimension by dimension: blocks meet at the nearest rank that shares a digit with where
//! they go (2-D and 3-D meshes of SMPI; two- and three-step of MSCCL; node first, then rail, as PXN).
//!
//! Ranks are numbered by the levels, innermost first: digit d of rank r is its place on level d. In
//! phase d everyone sends to each other member of its group on level d all blocks for ranks that have
//! that member's digit there, and copies its own. A block lies in the slot whose digits are those of its
//! destination at first, and those of its source where it has gone already: in the end in the output's
//! order. Ranks 4 = 2 x 2, what rank 0 holds, as source > destination in slots 0 to 3:
//!
//! ```text
//! before            0>0 0>1 0>2 0>3
//! level 0           0>0 1>0 0>2 1>2      0>1 0>3 > rank 1,  1>0 1>2 < rank 1
//! level 1           0>0 1>0 2>0 3>0      0>2 1>2 > rank 2,  2>0 3>0 < rank 2
//! ```
//!
//! Cost: for each level of s members one phase of s-1 messages at once, alpha + (s-1)/s n beta: fewer,
//! larger messages than direct, whose bytes pass as many ports as there are levels. Any N that is a
//! product of the levels; without levels, the two factors of N that are nearest to each other.

use crate::{
    Action, Collective, CollectiveError, LevelPlan, Pattern, Phase, Ports, Rank, Schedule, Shape,
    Span, Step,
};

/// The all-to-all dimension by dimension.
#[derive(Debug, Clone)]
pub struct ByDimension {
    ranks: u32,
    /// Members of a group and distance between them, for each level of more than one.
    levels: Vec<(u32, u32)>,
}

impl ByDimension {
    /// The all-to-all over `ranks` ranks on levels of `sizes`, innermost first.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives,
    /// [`CollectiveError::LevelMismatch`] if the sizes do not multiply to `ranks`, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(
        collective: Collective,
        ranks: u32,
        levels: &[LevelPlan],
    ) -> Result<Self, CollectiveError> {
        collective.check("by-dimension", ranks, collective == Collective::AllToAll)?;
        let mut sizes: Vec<u32> = levels.iter().map(|level| level.size).collect();
        if sizes.is_empty() {
            let most = (1..=ranks.isqrt()).rev().find(|size| ranks.is_multiple_of(*size));
            let inner = most.unwrap_or(1);
            sizes = vec![inner, ranks / inner];
        }
        let product = sizes.iter().map(|size| u64::from(*size)).product();
        if product != u64::from(ranks) {
            return Err(CollectiveError::LevelMismatch { levels: sizes, product, ranks });
        }
        let mut stride = 1;
        let level = |size| {
            stride *= size;
            (size, stride / size)
        };
        let levels = sizes.into_iter().map(level).filter(|(size, _)| *size > 1).collect();
        Ok(Self { ranks, levels })
    }

    /// Step `at` of phase `level`.
    fn of_phase(&self, rank: Rank, level: usize, at: u32) -> Step {
        let (size, stride) = self.levels[level];
        let (digit, fan) = (rank / stride % size, size - 1);
        let member = |digit: u32| rank - rank / stride % size * stride + digit * stride;
        // Slots that have a digit on this level.
        let slots = |buf: fn(u32, u32) -> Span, digit: u32| {
            buf(digit * stride, self.ranks / size).runs(stride, stride * size, self.ranks)
        };
        // The buffers take turns, and the last is the output.
        let before = |level: usize| match (self.levels.len() - level) % 2 {
            _ if level == 0 => Span::input,
            0 => Span::output,
            _ => Span::scratch,
        };
        let (from, to) = (before(level), before(level + 1));
        if at < fan {
            let peer = (digit + 1 + at) % size;
            return Step::new(Action::Send { to: member(peer), src: slots(from, peer) }).fan(fan);
        }
        if at == fan {
            return Action::Copy { src: slots(from, digit), dst: slots(to, digit) }.into();
        }
        let nth = at - size;
        let peer = if nth < digit { nth } else { nth + 1 };
        let (dst, more) = (slots(to, peer), nth + 1 < fan);
        Action::Recv { from: member(peer), dst, with: None, more }.into()
    }
}

impl Schedule for ByDimension {
    fn shape(&self) -> Shape {
        let several = self.levels.len() > 1;
        Shape {
            // The senders of different levels meet at a port.
            ports: if several { Ports::InStep } else { Ports::Fixed },
            scratch_chunks: if several { self.ranks } else { 0 },
            bit_identical: true,
            ..Shape::new(Collective::AllToAll, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let phase = |&(size, stride): &(u32, u32)| {
            let (pattern, chunks) = (Pattern::Direct { reduces: false }, self.ranks / size);
            Phase { stride, size, pattern, chunks, copies: chunks }
        };
        Some(self.levels.iter().map(phase).collect())
    }

    /// All messages of the widest phase; those of the next one go out when they are in.
    fn in_flight(&self) -> u64 {
        u64::from(self.levels.iter().map(|(size, _)| size - 1).max().unwrap_or(0))
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 { 1 } else { self.levels.iter().map(|(size, _)| 2 * size - 1).sum() }
    }

    fn step(&self, rank: Rank, _lane: u32, mut index: u32) -> Step {
        for (level, (size, _)) in self.levels.iter().enumerate() {
            if index < 2 * size - 1 {
                return self.of_phase(rank, level, index);
            }
            index -= 2 * size - 1;
        }
        Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into()
    }
}
