//! Several collectives at once, each among groups of the ranks of one machine, as one schedule.
//!
//! The tensor, data and expert groups of a training step run at the same time and share ports. Joined,
//! they are a schedule like any other: the lanes of a rank are those of the groups that it is in, a
//! rank of a collective becomes a member of a group, and chunks are numbered one collective after the
//! other. Every interpreter takes it unchanged.
//!
//! Two collectives of four ranks, the first in the groups {0, 1} and {2, 3}, the second in {1, 3}:
//!
//! ```text
//! rank       0      1      2      3
//! lane 0   a: 0   a: 1   a: 0   a: 1     which rank of the collective it is there
//! lane 1          b: 0          b: 1
//! ```
//!
//! Groups that share no rank share lanes, so there are as many lanes as the busiest rank needs. A
//! machine's groups follow no rule that a function could know, so, unlike the schedules of
//! algorithms, this one holds a table: four bytes for each lane of each rank.

use std::ops::Range;
use std::sync::Arc;

use supernode_units::Time;

use crate::schedule::Part;
use crate::{Buf, Chunks, CollectiveError, Group, Ports, Rank, Schedule, Shape, Span, Step};

/// One collective among groups of ranks, the same in all of them.
#[derive(Debug, Clone)]
pub struct Call {
    /// The steps within one group, for as many ranks as each group has.
    pub schedule: Arc<dyn Schedule>,
    /// The groups; no rank is in two of them.
    pub groups: Vec<Group>,
    /// Elements of the large buffer of each rank.
    pub count: u64,
    /// Bytes of one element; where data is emulated, the same for all calls.
    pub element_bytes: u64,
    /// How long after the beginning it is called.
    pub start: Time,
}

impl Call {
    /// How its elements fall into the chunks of its schedule.
    pub fn chunks(&self) -> Chunks {
        self.schedule.chunks(self.count, self.element_bytes)
    }
}

/// The schedule of several calls at once.
#[derive(Debug)]
pub struct Concurrent {
    calls: Vec<Call>,
    groups: Vec<Placed>,
    /// The group of each lane of each rank, or [`IDLE`].
    lanes: Vec<u32>,
    /// First chunk of each call in the input, output and scratch buffers.
    first: Vec<[u32; 3]>,
    shape: Shape,
}

/// A lane of a rank that is in no group there.
const IDLE: u32 = u32::MAX;

/// A group, the call that it is of, and its first lane.
#[derive(Debug, Clone, Copy)]
struct Placed {
    call: u32,
    group: Group,
    lane: u32,
}

impl Concurrent {
    /// Joins `calls` on a machine of `ranks` ranks.
    ///
    /// # Errors
    /// When there are none, a group does not fit the machine or its schedule, a rank is in two groups of
    /// one call, or there are more chunks than 32 bits count.
    pub fn new(ranks: u32, calls: Vec<Call>) -> Result<Self, CollectiveError> {
        let Some(shape) = calls.first().map(|call| call.schedule.shape()) else {
            return Err(CollectiveError::NoCalls);
        };
        let mut taken = vec![0_u32; ranks as usize];
        let mut seen = vec![u32::MAX; ranks as usize];
        let mut groups = Vec::new();
        let mut shape = Shape { ranks, lanes: 0, ports: Ports::Fixed, ..shape };
        let mut chunks = [0_u32; 3];
        let mut first = Vec::with_capacity(calls.len());
        for (index, call) in (0..).zip(&calls) {
            let own = call.schedule.shape();
            for &group in &call.groups {
                group.check(ranks)?;
                if group.count != own.ranks {
                    let (group, schedule) = (group.count, own.ranks);
                    return Err(CollectiveError::GroupSize { group, schedule });
                }
                let mut lane = 0;
                for rank in group.members() {
                    if std::mem::replace(&mut seen[rank as usize], index) == index {
                        return Err(CollectiveError::GroupsMeet { rank });
                    }
                    lane = lane.max(taken[rank as usize]);
                }
                for rank in group.members() {
                    taken[rank as usize] = lane + own.lanes;
                }
                shape.lanes = shape.lanes.max(lane + own.lanes);
                groups.push(Placed { call: index, group, lane });
            }
            shape.ports = worse(shape.ports, own.ports);
            shape.bit_identical &= own.bit_identical;
            shape.in_rank_order &= own.in_rank_order;
            first.push(chunks);
            let own = [own.input_chunks, own.output_chunks, own.scratch_chunks];
            for (sum, own) in chunks.iter_mut().zip(own) {
                let total = sum.checked_add(own).filter(|sum| *sum < 1 << 31);
                let many =
                    CollectiveError::TooManyChunks { algorithm: "joined collectives", ranks };
                *sum = total.ok_or(many)?;
            }
        }
        [shape.input_chunks, shape.output_chunks, shape.scratch_chunks] = chunks;
        if shape.lanes > 1 {
            shape.ports = Ports::Contended;
        }
        let mut lanes = vec![IDLE; ranks as usize * shape.lanes as usize];
        for (index, placed) in (0..).zip(&groups) {
            let own = calls[placed.call as usize].schedule.shape().lanes as usize;
            for rank in placed.group.members() {
                let at = rank as usize * shape.lanes as usize + placed.lane as usize;
                lanes[at..at + own].fill(index);
            }
        }
        Ok(Self { calls, groups, lanes, first, shape })
    }

    /// How many groups there are, counted through all calls.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// A group by its number, and its lanes, which are the same on all members.
    pub fn group(&self, group: usize) -> (Group, Range<u32>) {
        let Placed { call, group, lane } = self.groups[group];
        (group, lane..lane + self.calls[call as usize].schedule.shape().lanes)
    }

    /// The number of the group that a lane of a rank is in, if it is in one.
    pub fn group_of(&self, rank: Rank, lane: u32) -> Option<usize> {
        let at = rank as usize * self.shape.lanes as usize + lane as usize;
        Some(self.lanes[at]).filter(|group| *group != IDLE).map(|group| group as usize)
    }

    /// How the elements of all calls fall into chunks.
    pub fn layout(&self) -> Chunks {
        let part = |(call, &first): (&Call, &[u32; 3])| Part {
            chunks: call.chunks(),
            first,
            groups: call.groups.clone(),
        };
        Chunks::joined(self.shape, self.calls.iter().zip(&self.first).map(part).collect())
    }

    fn placed(&self, rank: Rank, lane: u32) -> Option<Placed> {
        self.group_of(rank, lane).map(|group| self.groups[group])
    }
}

/// The ports of two collectives that share no rank, taken as one.
fn worse(one: Ports, other: Ports) -> Ports {
    match (one, other) {
        (Ports::Contended, _) | (_, Ports::Contended) => Ports::Contended,
        (Ports::InStep, _) | (_, Ports::InStep) => Ports::InStep,
        (Ports::Fixed, Ports::Fixed) => Ports::Fixed,
    }
}

impl Schedule for Concurrent {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn steps(&self, rank: Rank, lane: u32) -> u32 {
        let Some(Placed { call, group, lane: first }) = self.placed(rank, lane) else { return 0 };
        let member = (rank - group.first) / group.stride;
        self.calls[call as usize].schedule.steps(member, lane - first)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let Some(Placed { call, group, lane: first }) = self.placed(rank, lane) else {
            unreachable!("rank {rank} has no step on lane {lane}")
        };
        let call = call as usize;
        let member = (rank - group.first) / group.stride;
        let mut step = self.calls[call].schedule.step(member, lane - first, index);
        let chunk = self.first[call];
        step.action = step.action.renamed(
            |member| group.member(member),
            |inner| Group {
                first: group.member(inner.first),
                stride: inner.stride * group.stride,
                count: inner.count,
            },
            |span| Span { first: span.first + chunk[span.buf as usize], ..span },
        );
        if let Some(dep) = &mut step.after {
            dep.lane += first;
        }
        step
    }

    fn start(&self, rank: Rank, lane: u32) -> Time {
        self.placed(rank, lane).map_or(Time::ZERO, |placed| self.calls[placed.call as usize].start)
    }

    fn chunks(&self, _count: u64, _element_bytes: u64) -> Chunks {
        self.layout()
    }

    fn in_flight(&self) -> u64 {
        self.calls.iter().fold(0, |sum, call| sum.saturating_add(call.schedule.in_flight()))
    }
}

const _: () = {
    // Bases of chunks are kept by buffer.
    assert!(Buf::Input as usize == 0 && Buf::Output as usize == 1 && Buf::Scratch as usize == 2);
};
