//! Asymmetric hierarchical concatenation (HCCL's AHC): two levels whose groups are unequal.
//!
//! The vector is cut into as many blocks as the least common multiple of the sizes, so that every
//! member of every group owns a whole number of them. Each group runs a ring reduce-scatter; the owners
//! of a block, one in each group, then share it: block b goes to its owner in group b mod G, who adds
//! and sends back; each group runs a ring all-gather. Groups of 2 (ranks 0 1) and 3 (ranks 2 3 4), six
//! blocks:
//!
//! ```text
//!                  rank 0       rank 1       rank 2     rank 3         rank 4
//! in the group     0..2         3..5         0 1        2 3            4 5       own, summed inside
//! to the owner     1 > 2        3 > 3, 5 > 4 0 > 0      2 > 0          4 > 1
//! sum of both      0 2          4            1          3              5
//! to the others    0 > 2, 2 > 3 4 > 4        1 > 0      3 > 1          5 > 1
//! in the group     all          all          all        all            all
//! ```
//!
//! Cost: 2(m-1) + 2 rounds with m the largest group; (m-1)/m n twice inside, and of a small group's
//! member n/m' of its own blocks, more the smaller it is, twice outside. Any groups; all-reduce only.
//! Every block is summed at one place, so results are bit-identical across ranks.

use super::hierarchical::group::{gather_step, reduce_step};
use crate::{
    Action, Collective, CollectiveError, Inner, Ports, Rank, Schedule, Shape, Span, Step, gcd,
};

/// The hierarchy of unequal groups.
#[derive(Debug, Clone)]
pub struct UnequalGroups {
    ranks: u32,
    blocks: u32,
    groups: Vec<Group>,
}

/// Ranks `first` to `first + size - 1`.
#[derive(Debug, Clone, Copy)]
struct Group {
    first: Rank,
    size: u32,
}

/// What a rank sends to, or takes from, a member of another group: the blocks `first`, `first + G`, ...
#[derive(Debug, Clone, Copy)]
struct Share {
    peer: Rank,
    first: u32,
    len: u32,
}

impl UnequalGroups {
    /// The all-reduce over `ranks` ranks in groups of `sizes`, in rank order; no sizes mean one group.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives,
    /// [`CollectiveError::RanksForbidden`] if the sizes do not add up to `ranks`, or
    /// [`CollectiveError::TooManyChunks`] if their least common multiple passes 2^30.
    pub fn new(collective: Collective, ranks: u32, sizes: &[u32]) -> Result<Self, CollectiveError> {
        let algorithm = "ahc";
        collective.check(algorithm, ranks, collective == Collective::AllReduce)?;
        let one = [ranks];
        let sizes = if sizes.is_empty() { &one[..] } else { sizes };
        let (mut groups, mut first, mut blocks) = (Vec::new(), 0_u64, 1_u64);
        for &size in sizes.iter().filter(|size| **size > 0) {
            groups.push(Group { first: first as Rank, size });
            first += u64::from(size);
            blocks = blocks / gcd(blocks, size.into()) * u64::from(size);
            if blocks >= 1 << 30 {
                return Err(CollectiveError::TooManyChunks { algorithm, ranks });
            }
        }
        if first != u64::from(ranks) {
            let allowed = "groups (levels) whose sizes add up to the number of ranks";
            return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
        }
        Ok(Self { ranks, blocks: blocks as u32, groups })
    }
}

impl UnequalGroups {
    /// The number of the group of `rank`.
    fn group(&self, rank: Rank) -> usize {
        self.groups.partition_point(|group| group.first + group.size <= rank)
    }

    /// The blocks that a member of `group` owns.
    fn owned(&self, group: Group, digit: u32) -> std::ops::Range<u32> {
        let each = self.blocks / group.size;
        digit * each..(digit + 1) * each
    }

    /// The blocks that `rank` owns together with members of other groups: those that are added
    /// there if they go `out`, those that are added here if not.
    fn shares(&self, rank: Rank, out: bool) -> impl Iterator<Item = Share> {
        let (here, groups) = (self.group(rank), self.groups.len() as u32);
        let own = self.owned(self.groups[here], rank - self.groups[here].first);
        let others = (0..self.groups.len()).filter(move |there| *there != here);
        others.flat_map(move |there| {
            let (group, adds) = (self.groups[there], if out { there } else { here } as u32);
            let each = self.blocks / group.size;
            let (own, members) = (own.clone(), own.start / each..own.end.div_ceil(each));
            let share = move |digit| {
                let both = self.owned(group, digit);
                let (start, end) = (both.start.max(own.start), both.end.min(own.end));
                // The first block from there on that the adding group adds.
                let first = start + (adds + groups - start % groups) % groups;
                let len = end.saturating_sub(first).div_ceil(groups);
                (len > 0).then_some(Share { peer: group.first + digit, first, len })
            };
            members.filter_map(share)
        })
    }

    fn span(&self, share: Share) -> Span {
        Span::output(share.first, share.len).around(self.groups.len() as u32, self.blocks)
    }

    /// Step `at` of what goes on between groups, of `out` shares to add there and `inward` to add
    /// here.
    fn between(&self, rank: Rank, at: u32, (out, inward): (u32, u32)) -> Step {
        let share = |outward, nth: u32| self.shares(rank, outward).nth(nth as usize);
        // Parts of others out, own ones in, sums of own ones out, those of others in.
        let phases = [(true, out), (false, inward), (false, inward), (true, out)];
        let (mut nth, mut phase) = (at, 0);
        while nth >= phases[phase].1 {
            nth -= phases[phase].1;
            phase += 1;
        }
        let (outward, count) = phases[phase];
        let Some(share) = share(outward, nth) else { unreachable!("it was counted") };
        let (peer, span) = (share.peer, self.span(share));
        if phase % 2 == 0 {
            return Step::new(Action::Send { to: peer, src: span }).fan(count);
        }
        let with = (phase == 1).then_some(span);
        Action::Recv { from: peer, dst: span, with, more: nth + 1 < count }.into()
    }
}

impl Schedule for UnequalGroups {
    fn shape(&self) -> Shape {
        Shape {
            // One group is a ring.
            ports: if self.groups.len() == 1 { Ports::Fixed } else { Ports::Contended },
            input_chunks: self.blocks,
            output_chunks: self.blocks,
            bit_identical: true,
            ..Shape::new(Collective::AllReduce, self.ranks)
        }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        let size = self.groups[self.group(rank)].size;
        let shares = self.shares(rank, true).count() + self.shares(rank, false).count();
        // A group of one copies, and has nothing to gather.
        2 * shares as u32 + if size == 1 { 1 } else { 2 * size }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let Group { first, size } = self.groups[self.group(rank)];
        let (digit, group) = (rank - first, crate::Group { first, stride: 1, count: size });
        let each = self.blocks / size;
        let block = |digit: u32| Span::output(digit * each, each);
        if index < size {
            let operand = |digit: u32| Span::input(digit * each, each);
            return if size == 1 {
                Action::Copy { src: operand(0), dst: block(0) }.into()
            } else {
                reduce_step(Inner::Ring, group, digit, index, operand, block(digit)).into()
            };
        }
        let shares = [true, false].map(|out| self.shares(rank, out).count() as u32);
        let (at, between) = (index - size, 2 * (shares[0] + shares[1]));
        if at < between {
            return self.between(rank, at, shares.into());
        }
        gather_step(Inner::Ring, group, digit, at - between, block(digit), block).into()
    }
}
