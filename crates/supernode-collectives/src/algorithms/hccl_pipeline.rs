//! HCCL's pipeline: a ring across groups, and inside the groups a full mesh that works at the same time.
//!
//! Groups are the inner level (m ranks), the ring is the outer one (G groups). All-gather: a block goes
//! around the ring of the ranks of the same place in all groups (lane 0), and each rank shows its group
//! what it has, block after block (lane 1). Reduce-scatter is the other way: the group adds the block of
//! one place in one group after the other (lane 1), and the sums go around the ring (lane 0). Ranks 4,
//! groups 01 and 23, all-gather:
//!
//! ```text
//! lane 0, ring   0 > 2     1 > 3     2 > 0     3 > 1
//! lane 1, mesh   0 > 1     1 > 0     2 > 3     3 > 2      own block, while it is on the ring
//! lane 1, mesh   2 > 1     3 > 0     0 > 3     1 > 2      what came
//! ```
//!
//! Cost of a half, a and b being alpha and beta of the inner level, A and B of the outer one: (G-1) max(A +
//! n/N B, a + n/N b) + a + n/N b, an all-reduce twice that: the inner level hides behind the outer one,
//! where a hierarchy adds them. N is a product of two levels of 2 or more. Every block is added at one
//! place, so results are bit-identical across ranks.

use super::hierarchical::group::{gather_step, reduce_step};
use crate::{Action, Collective, CollectiveError, Group, Inner, Rank, Schedule, Shape, Span, Step};

/// The pipeline of a ring and a mesh.
#[derive(Debug, Clone, Copy)]
pub struct HcclPipeline {
    collective: Collective,
    /// Ranks of a group.
    inner: u32,
    groups: u32,
}

impl HcclPipeline {
    /// The algorithm for `collective` over `groups` groups of `inner` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for anything but all-reduce and its
    /// halves, or [`CollectiveError::RanksForbidden`] if a level has fewer than 2.
    pub fn new(collective: Collective, inner: u32, groups: u32) -> Result<Self, CollectiveError> {
        let (algorithm, ranks) = ("hccl-pipeline", inner.saturating_mul(groups));
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        if inner < 2 || groups < 2 {
            let allowed = "two levels of 2 or more";
            return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
        }
        Ok(Self { collective, inner, groups })
    }

    /// Steps of each lane in the half that reduces.
    fn reducing(self, lane: u32) -> u32 {
        match (self.collective.reduces(), lane) {
            (false, _) => 0,
            (true, 0) => self.groups,
            (true, _) => self.groups * 2 * (self.inner - 1),
        }
    }

    /// The mesh copies its own block where it begins with the all-gather.
    fn copies(self) -> u32 {
        u32::from(self.collective == Collective::AllGather)
    }

    fn chunk(self, group: u32, place: u32) -> u32 {
        group * self.inner + place
    }

    /// The own block of the sum.
    fn own(self, rank: Rank) -> Span {
        let scatters = self.collective == Collective::ReduceScatter;
        Span::output(if scatters { 0 } else { rank }, 1)
    }

    /// Groups that are `back` before that of `rank`.
    fn back(self, rank: Rank, back: u32) -> u32 {
        (rank / self.inner + 2 * self.groups - back) % self.groups
    }

    /// Ranks of the same place.
    fn across(self, rank: Rank) -> Group {
        Group { first: rank % self.inner, stride: self.inner, count: self.groups }
    }

    /// Ranks of the same group.
    fn within(self, rank: Rank) -> Group {
        Group { first: rank / self.inner * self.inner, stride: 1, count: self.inner }
    }

    /// Step `at` of the sums around the ring; each waits until the group has added its part.
    fn reduce_across(self, rank: Rank, at: u32) -> Step {
        let (place, digit) = (rank % self.inner, rank / self.inner);
        let sum = |group: u32| Span::scratch(self.chunk(group, place), 1);
        let action = reduce_step(Inner::Ring, self.across(rank), digit, at, sum, self.own(rank));
        Step::new(action).after(1, (at + 1) * 2 * (self.inner - 1) - 1)
    }

    /// Step `at` of adding, group after group, what this one has for the own place there.
    fn reduce_within(self, rank: Rank, at: u32) -> Step {
        let steps = 2 * (self.inner - 1);
        // The ring begins with what is for the group before.
        let group = self.back(rank, at / steps + 1);
        let place = rank % self.inner;
        let operand = |place: u32| Span::input(self.chunk(group, place), 1);
        let dst = Span::scratch(self.chunk(group, place), 1);
        let within = self.within(rank);
        let action = reduce_step(Inner::Direct, within, place, at % steps, operand, dst);
        Step::new(action).fan(self.inner - 1)
    }

    /// Step `at` of the blocks around the ring.
    fn gather_across(self, rank: Rank, at: u32) -> Step {
        let (place, digit) = (rank % self.inner, rank / self.inner);
        let block = |group: u32| Span::output(self.chunk(group, place), 1);
        let gathers = self.collective == Collective::AllGather;
        let own = if gathers { Span::input(0, 1) } else { self.own(rank) };
        gather_step(Inner::Ring, self.across(rank), digit, at, own, block).into()
    }

    /// Step `at` of showing the group the own block, and then what has come around the ring.
    fn gather_within(self, rank: Rank, at: u32) -> Step {
        let (steps, peers, copies) = (2 * (self.inner - 1), self.inner - 1, self.copies());
        if copies > 0 && at == peers {
            return Action::Copy { src: Span::input(0, 1), dst: self.own(rank) }.into();
        }
        let at = if at > peers { at - copies } else { at };
        let (round, at) = (at / steps, at % steps);
        let (group, place) = (self.back(rank, round), rank % self.inner);
        let block = |place: u32| Span::output(self.chunk(group, place), 1);
        let first = round == 0 && copies > 0;
        let own = if first { Span::input(0, 1) } else { block(place) };
        let within = self.within(rank);
        let step = Step::new(gather_step(Inner::Direct, within, place, at, own, block)).fan(peers);
        // The block has to have come; the own one is there, or is the last of the sums.
        if at > 0 || first {
            return step;
        }
        let came = if round == 0 { self.reducing(0) - 1 } else { self.reducing(0) + round };
        step.after(0, came)
    }
}

impl Schedule for HcclPipeline {
    fn shape(&self) -> Shape {
        let ranks = self.inner * self.groups;
        Shape {
            lanes: 2,
            scratch_chunks: if self.collective.reduces() { ranks } else { 0 },
            bit_identical: true,
            ..Shape::new(self.collective, ranks)
        }
    }

    /// On the ring, and of all members of the group.
    fn in_flight(&self) -> u64 {
        u64::from(self.inner)
    }

    fn steps(&self, _rank: Rank, lane: u32) -> u32 {
        let gathering = match (self.collective, lane) {
            (Collective::ReduceScatter, _) => 0,
            (_, 0) => self.groups,
            _ => self.groups * 2 * (self.inner - 1) + self.copies(),
        };
        self.reducing(lane) + gathering
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        match (lane, index.checked_sub(self.reducing(lane))) {
            (0, None) => self.reduce_across(rank, index),
            (_, None) => self.reduce_within(rank, index),
            (0, Some(at)) => self.gather_across(rank, at),
            (_, Some(at)) => self.gather_within(rank, at),
        }
    }
}
