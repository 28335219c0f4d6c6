//! Algorithms in which all ranks do the same in every round, counted from their own place: each sends
//! some blocks to the rank `by` further on, and takes as many from the one `by` before.
//!
//! A reduce-scatter gives away blocks that are not its own until only one is left; an all-gather
//! sends what it has until it has all. In the first round half of the blocks go and half are added
//! to; of an odd number of ranks one block does neither and is copied, behind the first message,
//! where the later rounds look for it.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// One round, as seen from rank 0; rank `r` does the same `r` places further on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Round {
    /// Who is sent to.
    pub(super) by: u32,
    /// The first of the blocks that are sent.
    pub(super) first: u32,
    /// How many there are.
    pub(super) len: u32,
    /// How far they are apart.
    pub(super) stride: u32,
}

impl Round {
    /// The round of an all-gather that undoes this one of a reduce-scatter on `ranks` ranks: what was
    /// taken goes back to where it came from.
    pub(super) const fn back(self, ranks: u32) -> Self {
        let back = ranks - self.by;
        Self { by: back, first: (self.first + back) % ranks, ..self }
    }
}

/// What distinguishes one algorithm from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) name: &'static str,
    /// Round `k` of the reduce-scatter on `n` ranks, given `(n, k)`.
    pub(super) reduce: fn(u32, u32) -> Round,
    /// Round `k` of the all-gather.
    pub(super) gather: fn(u32, u32) -> Round,
    /// The block that is neither sent nor added to in the first round of an odd number of ranks.
    pub(super) idle: fn(u32) -> u32,
}

/// An algorithm of ceil(log2 N) rounds a half; see [`circulant`](super::circulant()),
/// [`nhr`](super::nhr()) and [`nb`](super::nb()).
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    collective: Collective,
    ranks: u32,
    plan: Plan,
}

/// ceil(log2 `ranks`).
pub(super) const fn log2_up(ranks: u32) -> u32 {
    u32::BITS - (ranks - 1).leading_zeros()
}

impl Rounds {
    pub(super) fn new(
        collective: Collective,
        ranks: u32,
        plan: Plan,
    ) -> Result<Self, CollectiveError> {
        collective.check(plan.name, ranks, collective.is_all_reduce_or_half())?;
        Ok(Self { collective, ranks, plan })
    }

    /// Rounds of one half.
    fn half(self) -> u32 {
        log2_up(self.ranks)
    }

    /// Whether the first round of a reduction copies a block.
    fn idles(self) -> bool {
        self.ranks % 2 == 1 && self.collective.reduces()
    }

    /// Round `index`, and whether it reduces.
    fn round(self, index: u32) -> (Round, bool) {
        let reduces = self.collective.reduces() && index < self.half();
        let n = self.ranks;
        let round = match self.collective {
            _ if reduces => (self.plan.reduce)(n, index),
            Collective::AllReduce => (self.plan.gather)(n, index - self.half()),
            _ => (self.plan.gather)(n, index),
        };
        (round, reduces)
    }

    fn rounds(self) -> u32 {
        if self.collective == Collective::AllReduce { 2 * self.half() } else { self.half() }
    }

    /// `of`, counted from the place of `rank`.
    fn from(self, rank: Rank, of: u32) -> u32 {
        let at = rank + of;
        if at >= self.ranks { at - self.ranks } else { at }
    }

    /// What `rank` sends and takes in round `index`.
    fn exchange(self, rank: Rank, index: u32) -> Action {
        let n = self.ranks;
        let (round, reduces) = self.round(index);
        let (to, from) = (self.from(rank, round.by), self.from(rank, n - round.by));
        // Partial results of a reduce-scatter stay in scratch: its output holds one block only.
        let scatters = self.collective == Collective::ReduceScatter;
        let work = if scatters { Span::scratch(0, 0) } else { Span::output(0, 0) };
        let blocks = |span: Span, rank: Rank| {
            let first = self.from(rank, round.first);
            Span { first, len: round.len, ..span }.around(round.stride, n)
        };
        let input = Span::input(0, 0);
        let own = if reduces && index == 0 { input } else { work };
        let src = match self.collective {
            Collective::AllGather if index == 0 => Span::input(0, 1),
            _ => blocks(own, rank),
        };
        let last = scatters && index + 1 == self.rounds();
        let dst = if last { Span::output(0, 1) } else { blocks(work, from) };
        let with = reduces.then(|| blocks(own, from));
        Action::Exchange { to, src, from, dst, with }
    }
}

impl Schedule for Rounds {
    fn shape(&self) -> Shape {
        let n = self.ranks;
        let scatters = self.collective == Collective::ReduceScatter && n > 2;
        Shape {
            // The senders of different rounds meet at a port.
            ports: if n <= 2 { Ports::Fixed } else { Ports::InStep },
            scratch_chunks: if scatters { n } else { 0 },
            bit_identical: true,
            ..Shape::new(self.collective, n)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let copies = self.idles() || self.collective == Collective::AllGather;
        let phase = |index| {
            let (Round { by, len, .. }, reduces) = self.round(index);
            let copies = u32::from(index == 0 && copies);
            let pattern = Pattern::Shift { by, mirrored: false, reduces };
            Phase { stride: 1, size: self.ranks, pattern, chunks: len, copies }
        };
        Some((0..self.rounds()).map(phase).collect())
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        let copies = self.idles() || self.collective == Collective::AllGather;
        self.rounds() + if copies { 2 } else { 0 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let gathers = self.collective == Collective::AllGather;
        if !gathers && !self.idles() {
            return self.exchange(rank, index).into();
        }
        if index > 2 {
            return self.exchange(rank, index - 2).into();
        }
        // The halves of the first exchange, and the copy between.
        let Action::Exchange { to, src, from, dst, with } = self.exchange(rank, 0) else {
            unreachable!("a round is an exchange");
        };
        match index {
            0 => Action::Send { to, src },
            1 if gathers => Action::Copy { src, dst: Span::output(rank, 1) },
            1 => {
                let block = self.from(rank, (self.plan.idle)(self.ranks));
                let dst = Span { first: block, len: 1, ..dst };
                Action::Copy { src: Span::input(block, 1), dst: Span { around: None, ..dst } }
            }
            _ => Action::Recv { from, dst, with, more: false },
        }
        .into()
    }
}
