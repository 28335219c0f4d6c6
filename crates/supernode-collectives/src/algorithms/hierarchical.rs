//! Hierarchical, n levels: reduce inside, exchange outside, gather inside (`BlueConnect`; HCCL's
//! level-wise algorithms; bucket on a torus).
//!
//! A reduce-scatter runs on each level from the innermost out, every time on what is left; an
//! all-gather runs back from the outermost in, every time on what is there; an all-reduce is both. On
//! the outer levels rank `r` meets the ranks of the same position in the other groups. Ranks 4 = 2
//! nodes of 2, blocks 0 to 3, direct inside, ring outside:
//!
//! ```text
//!                    rank 0        rank 1        rank 2        rank 3
//! reduce in node     01            23            01            23        half the vector each
//! reduce outside     0             2             1             3         with rank r +- 2
//! gather outside     0 1           2 3           0 1           2 3
//! gather in node     0 1 2 3       0 1 2 3       0 1 2 3       0 1 2 3
//! ```
//!
//! Cost on level i with s ranks and a share n' of the vector, once for each half: ring (s-1) alpha +
//! (s-1)/s n' beta, direct alpha + the same, where n' = n / (product of the inner sizes): the outer,
//! slower levels carry the least. Which rank sums which block is free within an all-reduce, which
//! halves the vector; the halves by themselves end with, or start from, block `r` of rank `r`, so what
//! they move are the blocks of all ranks of one position: in node 0 2 and 1 3, equally spaced, one
//! message all the same. A torus is one ring level per dimension (bucket).
//! Where a level's switch reduces, it does so for the first reduction (its operand is everyone's
//! input); later ones combine partial results, which a switch cannot read, and go direct. Level
//! sizes multiply to N. Every block is summed at one place, so results are bit-identical.

use crate::{
    Action, Collective, CollectiveError, Group, Inner, LevelPlan, Pattern, Ports, Rank, Schedule,
    Shape, Span, Step,
};

pub(super) mod group;

use group::{gather_step, reduce_step};

/// The hierarchical algorithm.
#[derive(Debug, Clone)]
pub struct Hierarchical {
    collective: Collective,
    ranks: u32,
    /// Levels that join more than one child, innermost first.
    levels: Vec<Meeting>,
}

/// A level of the plan and the distance between those who meet there.
#[derive(Debug, Clone, Copy)]
struct Meeting {
    size: u32,
    inner: Inner,
    stride: u32,
}

/// One reduce-scatter or all-gather on one level.
#[derive(Debug, Clone, Copy)]
struct Phase {
    level: usize,
    meeting: Meeting,
    reduces: bool,
    /// First and last phases of the collective read the input and write the output.
    first: bool,
    last: bool,
}

impl Phase {
    /// The switch reduces inputs only.
    fn inner(&self) -> Inner {
        if self.reduces && !self.first && self.meeting.inner == Inner::InSwitch {
            Inner::Direct
        } else {
            self.meeting.inner
        }
    }

    /// The own block is copied from the input during the first phase of an all-gather.
    fn copies(&self) -> bool {
        !self.reduces && self.first && self.inner() != Inner::InSwitch
    }

    fn steps(&self) -> u32 {
        let peers = self.meeting.size - 1;
        let steps = match (self.inner(), self.reduces) {
            (Inner::Ring, _) => peers + 1,
            (Inner::Direct, _) => 2 * peers,
            (Inner::InSwitch, true) => 3,
            (Inner::InSwitch, false) => 2,
        };
        steps + u32::from(self.copies())
    }
}

impl Hierarchical {
    /// The schedule of `collective` over `ranks` ranks on `levels`, innermost first. No levels
    /// means one ring of all ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::LevelMismatch`] if the sizes do not
    /// multiply to `ranks`, [`CollectiveError::TooManyChunks`] past 2^30 ranks,
    /// [`CollectiveError::Unsupported`] for anything but all-reduce and its halves.
    pub fn new(
        collective: Collective,
        ranks: u32,
        levels: &[LevelPlan],
    ) -> Result<Self, CollectiveError> {
        collective.check("hierarchical", ranks, collective.is_all_reduce_or_half())?;
        let flat = [LevelPlan { size: ranks, inner: Inner::Ring }];
        let levels = if levels.is_empty() { &flat[..] } else { levels };
        let product = levels.iter().map(|level| u64::from(level.size)).product();
        if product != u64::from(ranks) {
            let levels = levels.iter().map(|level| level.size).collect();
            return Err(CollectiveError::LevelMismatch { levels, product, ranks });
        }
        let mut stride = 1;
        let mut meetings = Vec::new();
        for level in levels {
            if level.size > 1 {
                meetings.push(Meeting { size: level.size, inner: level.inner, stride });
            }
            stride *= level.size;
        }
        Ok(Self { collective, ranks, levels: meetings })
    }

    /// Number of phases.
    fn phases(&self) -> usize {
        let levels = self.levels.len();
        if self.collective == Collective::AllReduce { 2 * levels } else { levels }
    }

    /// Phase `index`: out, and back in.
    fn phase(&self, index: usize) -> Phase {
        let reduces = self.collective.reduces() && index < self.levels.len();
        let level = if reduces { index } else { self.phases() - 1 - index };
        Phase {
            level,
            meeting: self.levels[level],
            reduces,
            first: index == 0,
            last: index + 1 == self.phases(),
        }
    }

    /// What `rank` holds of the vector after a reduction on the levels before `level`, or after an
    /// all-gather on those from `level` on.
    fn held(&self, buf: fn(u32, u32) -> Span, rank: Rank, level: usize) -> Span {
        let (mut first, mut chunks, mut apart) = (0, self.ranks, 1);
        for inner in &self.levels[..level] {
            let digit = rank / inner.stride % inner.size;
            chunks /= inner.size;
            if self.collective == Collective::AllReduce {
                // One run of what is left.
                first += digit * chunks;
            } else {
                // The blocks of all ranks of the same position.
                first += digit * apart;
                apart *= inner.size;
            }
        }
        buf(first, chunks).around(apart, self.ranks)
    }

    fn step_of(&self, rank: Rank, phase: &Phase, at: u32) -> Action {
        let Meeting { size, stride, .. } = phase.meeting;
        let digit = rank / stride % size;
        let group = Group { first: rank - digit * stride, stride, count: size };
        // A member's part is what it holds on the next level out.
        let part = |buf, digit| self.held(buf, group.member(digit), phase.level + 1);
        // Partial results of a reduce-scatter stay in scratch: its output holds one block only.
        let scatters = self.collective == Collective::ReduceScatter;
        let between = if scatters { Span::scratch } else { Span::output };
        if phase.reduces {
            let from = if phase.first { Span::input } else { between };
            let operand = |digit| part(from, digit);
            let ends = phase.last && scatters;
            let dst = if ends { Span::output(0, 1) } else { part(between, digit) };
            return reduce_step(phase.inner(), group, digit, at, operand, dst);
        }
        let block = |digit| part(Span::output, digit);
        // The first all-gather phase sends the input and copies it on the way.
        let own = if phase.first { Span::input(0, 1) } else { block(digit) };
        let sends = if phase.inner() == Inner::Ring { 1 } else { size - 1 };
        let at = match (phase.copies(), at) {
            (true, at) if at == sends => {
                return Action::Copy { src: own, dst: block(digit) };
            }
            (true, at) if at > sends => at - 1,
            (_, at) => at,
        };
        gather_step(phase.inner(), group, digit, at, own, block)
    }
}

impl Schedule for Hierarchical {
    fn shape(&self) -> Shape {
        let n = self.ranks;
        let (input_chunks, output_chunks) = self.collective.blocks(n);
        let keeps = self.collective == Collective::ReduceScatter && self.levels.len() > 1;
        let any = |inner| self.levels.iter().any(|level| level.inner == inner);
        // One ring, one direct phase and two ranks have one sender, or receives awaited together.
        let single = self.phases() <= 1 || self.levels.len() <= 1 && !any(Inner::Direct) || n <= 2;
        let ports = match (any(Inner::InSwitch), single) {
            (true, _) => Ports::Contended,
            (false, true) => Ports::Fixed,
            (false, false) => Ports::InStep,
        };
        Shape {
            collective: self.collective,
            ranks: n,
            lanes: 1,
            ports,
            input_chunks,
            output_chunks,
            scratch_chunks: if keeps { n } else { 0 },
            bit_identical: true,
            // Pairs of runs are neighbours.
            in_rank_order: !self.collective.reduces()
                || self.levels.iter().all(|level| level.size <= 2),
        }
    }

    fn phases(&self) -> Option<Vec<crate::Phase>> {
        if self.ranks == 1 {
            return Some(vec![crate::Phase::copy(1)]);
        }
        let outline = |index| {
            let phase = self.phase(index);
            let Phase { meeting: Meeting { stride, size, .. }, reduces, .. } = phase;
            let pattern = match phase.inner() {
                Inner::Ring => Pattern::Ring { reduces },
                Inner::Direct => Pattern::Direct { reduces },
                Inner::InSwitch => return None,
            };
            let copies = u32::from(phase.copies());
            let chunks = self.ranks / stride / size;
            Some(crate::Phase { stride, size, pattern, chunks, copies })
        };
        (0..self.phases()).map(outline).collect()
    }

    /// The widest phase: a switch is asked by everyone and copies to all others.
    fn in_flight(&self) -> u64 {
        let widest = self.levels.iter().map(|level| match level.inner {
            Inner::Ring => 1,
            Inner::Direct => u64::from(level.size) - 1,
            Inner::InSwitch => 2 * u64::from(level.size),
        });
        widest.max().unwrap_or(0)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 {
            return 1;
        }
        (0..self.phases()).map(|index| self.phase(index).steps()).sum()
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        if self.ranks == 1 {
            return Action::Copy { src: Span::input(0, 1), dst: Span::output(0, 1) }.into();
        }
        let mut at = index;
        let mut number = 0;
        let mut phase = self.phase(0);
        let mut after_switch = false;
        while at >= phase.steps() {
            at -= phase.steps();
            after_switch = phase.reduces && phase.inner() == Inner::InSwitch;
            number += 1;
            phase = self.phase(number);
        }
        let step = Step::new(self.step_of(rank, &phase, at));
        let fan = if phase.inner() == Inner::Direct { phase.meeting.size - 1 } else { 1 };
        // What follows a reduction by the switch waits for its answer.
        if after_switch && at == 0 { step.fan(fan).after(lane, index - 1) } else { step.fan(fan) }
    }
}
