//! Swing (De Sensi and others, NSDI'24): distances 1, -1, 3, -5, 11, ..., so a ring or torus carries
//! less than of halving.
//!
//! In step s a rank meets the one rho(s) = (1 - (-2)^(s+1))/3 further on if it is even, and as far
//! before if it is odd. A block leaves a rank in the one step from which it still comes to its owner.
//! Ranks 6, blocks by their distance from an even rank (an odd one counts the other way):
//!
//! ```text
//! step   meets   sends   adds
//!   0    r+1     1 4     0 3
//!   1    r-1     5 2     0 3      5 and 2 are its own input
//!   2    r+3     3       0        0 is complete
//! ```
//!
//! The all-gather goes the same way back. Cost: ceil(log2 N) rounds and (N-1)/N n each way for a half,
//! an all-reduce twice that. The blocks of a round are a few runs, equally spaced: two on powers of
//! two, at most eight, a message each. Even N; of an odd number one rank would stand aside (circulant
//! takes any). Every block is summed at one place, so results are bit-identical across ranks.

use std::sync::Arc;

use super::rounds::log2_up;
use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The swing algorithm.
#[derive(Debug, Clone)]
pub struct Swing {
    collective: Collective,
    ranks: u32,
    /// What leaves an even rank, step by step.
    parts: Arc<[Part]>,
    /// Where the parts of each step begin.
    starts: Arc<[u32]>,
}

/// Blocks of one message: `first`, `first + stride`, ... (`len` of them), as distances from an even
/// rank.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: u32,
    len: u32,
    stride: u32,
    /// Whether something was added to them before they leave.
    sums: bool,
    /// Whether something was added before to those that they are added to.
    onto_sums: bool,
}

/// rho(`step`) modulo `ranks`: how far on an even rank finds its partner.
pub(super) const fn distance(step: u32, ranks: u32) -> u32 {
    let rho = (1 - (-2_i64).pow(step + 1)) / 3;
    rho.rem_euclid(ranks as i64) as u32
}

/// The step in which the block of each distance leaves an even rank; the number of steps for its own.
fn steps_of(ranks: u32) -> Vec<u8> {
    let steps = log2_up(ranks);
    let mut step_of = vec![u8::MAX; ranks as usize];
    step_of[0] = steps as u8;
    let mut known = vec![0];
    // From the last step back: what the partner can still deliver, and nobody does later.
    for step in (0..steps).rev() {
        for index in 0..known.len() {
            let there = mirrored(step, ranks, known[index]);
            if step_of[there as usize] == u8::MAX {
                step_of[there as usize] = step as u8;
                known.push(there);
            }
        }
    }
    step_of
}

/// The distance at which the partner of `step` sees what is `away` from here.
fn mirrored(step: u32, ranks: u32, away: u32) -> u32 {
    (distance(step, ranks) + ranks - away) % ranks
}

/// The parts of step `step`: its blocks in runs that are handled alike.
fn parts_of(step: u32, ranks: u32, step_of: &[u8]) -> Vec<Part> {
    let leaves = |away: u32, step: u32| u32::from(step_of[away as usize]) == step;
    let added = |away| (0..step).any(|earlier| leaves(mirrored(earlier, ranks, away), earlier));
    let kind = |away| (added(away), added(mirrored(step, ranks, away)));
    let stride = (4_u64 << step) % u64::from(ranks);
    let on = |away: u32, stride: u64| ((u64::from(away) + stride) % u64::from(ranks)) as u32;
    let before = |away| on(away, u64::from(ranks) - stride);
    let mut left: Vec<bool> = (0..ranks).map(|away| leaves(away, step)).collect();
    let mut parts = Vec::new();
    let all = || (0..ranks).filter(|away| leaves(*away, step));
    // Runs first, from where they begin, then those that come round to themselves.
    let begins = |away: &u32| !leaves(before(*away), step) || kind(before(*away)) != kind(*away);
    for first in all().filter(begins).chain(all()) {
        let (kind_of, mut next, mut len) = (kind(first), first, 0);
        while left[next as usize] && kind(next) == kind_of {
            left[next as usize] = false;
            len += 1;
            next = on(next, stride);
        }
        if len > 0 {
            let (sums, onto_sums) = kind_of;
            parts.push(Part { first, len, stride: stride as u32, sums, onto_sums });
        }
    }
    parts
}

impl Swing {
    /// The algorithm for `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::RanksForbidden`] for odd numbers but 1, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "swing";
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        if ranks > 1 && ranks % 2 == 1 {
            let allowed = "even numbers of ranks";
            return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
        }
        let (step_of, mut parts, mut starts) = (steps_of(ranks), Vec::new(), vec![0]);
        for step in 0..log2_up(ranks) {
            parts.extend(parts_of(step, ranks, &step_of));
            starts.push(parts.len() as u32);
        }
        Ok(Self { collective, ranks, parts: parts.into(), starts: starts.into() })
    }

    /// The blocks of a part as a span: those that leave `rank`, or those that come to it.
    fn blocks(&self, rank: Rank, part: Part, comes: Option<u32>, within: Span) -> Span {
        let n = self.ranks;
        let first = comes.map_or(part.first, |step| mirrored(step, n, part.first));
        // An odd rank counts the other way, and so does the partner of either.
        let back = comes.is_some() == rank.is_multiple_of(2);
        let first = self.from(rank, first);
        let stride = if back { n - part.stride } else { part.stride };
        Span { first, len: part.len, ..within }.around(stride, n)
    }

    /// The rank `away` from `rank`, the other way if that is odd.
    fn from(&self, rank: Rank, away: u32) -> Rank {
        let n = self.ranks;
        if rank.is_multiple_of(2) { (rank + away) % n } else { (rank + n - away) % n }
    }

    /// The `at`th half-step of a reduction: all sends of a step, then all receives.
    fn reduce(&self, rank: Rank, at: u32) -> Action {
        let Half { step, nth, second, .. } = self.find(at);
        let part = self.parts[(self.starts[step as usize] + nth) as usize];
        let peer = self.from(rank, distance(step, self.ranks));
        let scatters = self.collective == Collective::ReduceScatter;
        let work = if scatters { Span::scratch(0, 1) } else { Span::output(0, 1) };
        let held = |sums: bool| if sums { work } else { Span::input(0, 1) };
        if !second {
            return Action::Send { to: peer, src: self.blocks(rank, part, None, held(part.sums)) };
        }
        let taken = |within| self.blocks(rank, part, Some(step), within);
        let ends = scatters && step + 2 == self.starts.len() as u32;
        let dst = if ends { Span::output(0, 1) } else { taken(work) };
        let with = Some(taken(held(part.onto_sums)));
        Action::Recv { from: peer, dst, with, more: false }
    }

    /// The `at`th half-step of an all-gather: the same way back.
    fn gather(&self, rank: Rank, at: u32) -> Action {
        // Backwards, what was received is sent, and comes first again.
        let Half { step, nth, count, second } = self.find(2 * self.parts.len() as u32 - 1 - at);
        let part = self.parts[(self.starts[step as usize] + count - 1 - nth) as usize];
        let peer = self.from(rank, distance(step, self.ranks));
        if second {
            let own = self.collective == Collective::AllGather && at == 0;
            let held = self.blocks(rank, part, Some(step), Span::output(0, 1));
            return Action::Send { to: peer, src: if own { Span::input(0, 1) } else { held } };
        }
        let dst = self.blocks(rank, part, None, Span::output(0, 1));
        Action::Recv { from: peer, dst, with: None, more: false }
    }

    /// The half of a step that half-step `at` is in.
    fn find(&self, at: u32) -> Half {
        let step = self.starts.partition_point(|start| 2 * start <= at) as u32 - 1;
        let start = self.starts[step as usize];
        let (count, within) = (self.starts[step as usize + 1] - start, at - 2 * start);
        let second = within >= count;
        Half { step, nth: if second { within - count } else { within }, count, second }
    }
}

/// One of `count` messages of a step, sent in its first half or received in its second.
struct Half {
    step: u32,
    nth: u32,
    count: u32,
    second: bool,
}

impl Schedule for Swing {
    fn shape(&self) -> Shape {
        let n = self.ranks;
        let scatters = self.collective == Collective::ReduceScatter && n > 2;
        Shape {
            ports: if n <= 2 { Ports::Fixed } else { Ports::InStep },
            scratch_chunks: if scatters { n } else { 0 },
            bit_identical: true,
            ..Shape::new(self.collective, n)
        }
    }

    /// All parts of a step go out before any comes.
    fn in_flight(&self) -> u64 {
        let parts = self.starts.windows(2).map(|two| two[1] - two[0]);
        u64::from(parts.max().unwrap_or(0))
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        let half = 2 * self.parts.len() as u32;
        match self.collective {
            _ if half == 0 => 1,
            Collective::AllReduce => 2 * half,
            Collective::AllGather => half + 1,
            _ => half,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let half = 2 * self.parts.len() as u32;
        let gathers = self.collective == Collective::AllGather;
        let action = match index {
            _ if half == 0 => Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) },
            // The first message of an all-gather goes before the copy.
            1 if gathers => Action::Copy { src: Span::input(0, 1), dst: Span::output(rank, 1) },
            index if gathers => self.gather(rank, index - u32::from(index > 1)),
            index if index < half => self.reduce(rank, index),
            index => self.gather(rank, index - half),
        };
        action.into()
    }
}
