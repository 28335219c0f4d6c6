//! One step of a schedule: what a lane does before it goes on.
//!
//! The kinds cover the runtimes of the field: two-sided steps and their fused forms (NCCL, MSCCL),
//! one-sided steps with signals (MSCCL++, HCCL's reads and writes, `DeepEP`), local steps, and the
//! steps of a switch that multicasts and reduces (NVLS, SHARP).

use std::num::NonZeroU32;

use crate::CollectiveError;

/// A participant of the collective, `0..ranks`.
pub type Rank = u32;

/// Which buffer of a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Buf {
    /// What the caller contributes; never written.
    Input,
    /// What the caller gets.
    Output,
    /// Room for intermediate results.
    Scratch,
}

/// `len` chunks of a buffer, from chunk `first`: consecutive, or runs of chunks equally spaced around
/// the buffer. A message of several chunks is one message, wherever they are (`MPI_Type_vector`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The buffer.
    pub buf: Buf,
    /// Index of the first chunk.
    pub first: u32,
    /// Number of chunks; zero for a pure signal.
    pub len: u32,
    /// Distance between runs, counted on from the start of the buffer past its end; none for
    /// consecutive chunks, which do not pass the end.
    pub around: Option<NonZeroU32>,
    /// Consecutive chunks of a run, at least 1; the last run may be shorter. 1 where `around` is none.
    pub run: u32,
}

impl Span {
    /// `len` chunks of the input from chunk `first`.
    pub const fn input(first: u32, len: u32) -> Self {
        Self { buf: Buf::Input, first, len, around: None, run: 1 }
    }

    /// `len` chunks of the output from chunk `first`.
    pub const fn output(first: u32, len: u32) -> Self {
        Self { buf: Buf::Output, first, len, around: None, run: 1 }
    }

    /// `len` chunks of the scratch buffer from chunk `first`.
    pub const fn scratch(first: u32, len: u32) -> Self {
        Self { buf: Buf::Scratch, first, len, around: None, run: 1 }
    }

    /// As many chunks from the same first one, `stride` apart around a buffer of `room` chunks.
    #[must_use]
    pub const fn around(mut self, stride: u32, room: u32) -> Self {
        let consecutive = stride == 1 && self.first + self.len <= room;
        self.around = if consecutive || self.len == 1 { None } else { NonZeroU32::new(stride) };
        self
    }

    /// As many chunks from the same first one, in runs of `run` that begin `stride` apart, around a
    /// buffer of `room` chunks.
    #[must_use]
    pub const fn runs(self, run: u32, stride: u32, room: u32) -> Self {
        if self.len <= run || run == stride {
            return self.around(1, room);
        }
        Self { run, ..self.around(stride, room) }
    }

    /// The chunks, in a buffer of `room` chunks.
    pub fn chunks(self, room: u32) -> impl Iterator<Item = u32> + Clone {
        let stride = self.around.map_or(1, NonZeroU32::get);
        let (mut next, mut within) = (self.first, 0);
        (0..self.len).map(move |_| {
            let chunk = next;
            within += 1;
            if within < self.run {
                next += 1;
            } else {
                next += stride - (self.run - 1);
                within = 0;
            }
            if next >= room {
                next -= room;
            }
            chunk
        })
    }
}

/// The ranks `first`, `first + stride`, ... (`count` of them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// The lowest rank.
    pub first: Rank,
    /// Distance between neighbours.
    pub stride: u32,
    /// Number of members.
    pub count: u32,
}

impl Group {
    /// Whether `rank` is a member.
    pub const fn contains(&self, rank: Rank) -> bool {
        rank >= self.first
            && (rank - self.first).is_multiple_of(self.stride)
            && (rank - self.first) / self.stride < self.count
    }

    /// The member at position `index`.
    pub const fn member(&self, index: u32) -> Rank {
        self.first + index * self.stride
    }

    /// Copies of this group, `apart` ranks from one to the next; several axes make a Cartesian product.
    ///
    /// Of 64 ranks, the data groups of 8 with 8 tensor ranks each: `Group { first: 0, stride: 8,
    /// count: 8 }.copies([(8, 1)])`.
    pub fn copies(self, axes: impl IntoIterator<Item = (u32, u32)>) -> Vec<Self> {
        let mut groups = vec![self];
        for (count, apart) in axes {
            // What leaves 32 bits is on no machine, and is refused there.
            let moved = |group: &Self, by: u32| Self {
                first: group.first.saturating_add(apart.saturating_mul(by)),
                ..*group
            };
            let all = (0..count).flat_map(|by| groups.iter().map(move |group| moved(group, by)));
            groups = all.collect();
        }
        groups
    }

    /// Whether it has members, all different and among `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::GroupRange`] if not.
    pub fn check(&self, ranks: u32) -> Result<(), CollectiveError> {
        let Self { first, stride, count } = *self;
        let last = u64::from(first) + u64::from(stride) * u64::from(count.saturating_sub(1));
        if last < u64::from(ranks) && stride > 0 && count > 0 {
            return Ok(());
        }
        Err(CollectiveError::GroupRange { first, stride, count, ranks })
    }

    /// The members in rank order.
    pub fn members(&self) -> impl Iterator<Item = Rank> + use<> {
        let group = *self;
        (0..group.count).map(move |i| group.member(i))
    }
}

/// What a step does. A message is matched by (sender, receiver, lane) in the order of the sender's
/// steps. `with` names a local operand: what arrives is combined with it (`with ⊕ received`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Sends `src` to `to`; the lane goes on as soon as the message is issued.
    Send {
        /// Receiver.
        to: Rank,
        /// What is sent.
        src: Span,
    },
    /// Receives from `from` into `dst`, combined with `with` if given.
    Recv {
        /// Sender.
        from: Rank,
        /// Where the result is stored.
        dst: Span,
        /// Local operand of the reduction; plain store if absent.
        with: Option<Span>,
        /// The next receive of this lane is awaited together with this one: the receive port
        /// serves the whole batch in order of arrival, and the reductions are applied in program
        /// order. Local steps may stand between the receives of a batch.
        more: bool,
    },
    /// Receives from `from`, combines with `with` if given, stores in `keep` if given, and sends
    /// the result to `to` (MSCCL's rcs, rrs and rrcs). At least one of `with` and `keep` is given.
    Forward {
        /// Sender of what arrives.
        from: Rank,
        /// Receiver of what leaves.
        to: Rank,
        /// Local operand of the reduction.
        with: Option<Span>,
        /// Where the result is also stored.
        keep: Option<Span>,
    },
    /// Sends `src` to `to` while receiving from `from` into `dst` (`MPI_Sendrecv`).
    Exchange {
        /// Receiver of `src`.
        to: Rank,
        /// What is sent.
        src: Span,
        /// Sender of what arrives.
        from: Rank,
        /// Where the result is stored.
        dst: Span,
        /// Local operand of the reduction; plain store if absent.
        with: Option<Span>,
    },
    /// Writes `src` into `dst` of rank `to` and raises its signal; `to` sees it at its `Wait`.
    Put {
        /// The rank written to.
        to: Rank,
        /// What is written.
        src: Span,
        /// Where, in `to`'s buffers.
        dst: Span,
    },
    /// Reads `src` of rank `from` (its input, or what it finished before it signalled) into `dst`.
    Get {
        /// The rank read from.
        from: Rank,
        /// What is read, in `from`'s buffers.
        src: Span,
        /// Where the result is stored.
        dst: Span,
        /// Local operand of the reduction; plain store if absent.
        with: Option<Span>,
    },
    /// Raises the signal of rank `to` without data.
    Signal {
        /// The rank signalled.
        to: Rank,
    },
    /// Waits for one signal (of a `Put`, `Signal` or `Multicast` on this lane) from each member of
    /// `from` but this rank.
    Wait {
        /// The ranks whose signal is awaited.
        from: Group,
    },
    /// Copies `src` to `dst` on this rank.
    Copy {
        /// What is copied.
        src: Span,
        /// Where to.
        dst: Span,
    },
    /// Combines `src` into `dst` on this rank (`dst ⊕ src`).
    Reduce {
        /// What is added.
        src: Span,
        /// What it is added to.
        dst: Span,
    },
    /// The switch writes `src` into `dst` of every member of `group`, this rank included, and
    /// raises the signals of the others.
    Multicast {
        /// Who is written to.
        group: Group,
        /// What is written; length zero for a pure barrier signal.
        src: Span,
        /// Where, in each member's buffers.
        dst: Span,
    },
    /// The switch reads `src` of every member of `group`, combines them in rank order and returns
    /// the result to `dst` of this rank. The lane goes on once the request is issued; a later step
    /// that names this one in `after` waits for the result.
    SwitchReduce {
        /// Whose buffers are combined.
        group: Group,
        /// What is read, in each member's input.
        src: Span,
        /// Where the result is stored.
        dst: Span,
    },
}

impl Action {
    /// The same with ranks, groups of ranks, and chunks by other numbers.
    pub(crate) fn renamed(
        self,
        rank: impl Fn(Rank) -> Rank,
        ranks: impl Fn(Group) -> Group,
        span: impl Fn(Span) -> Span,
    ) -> Self {
        match self {
            Self::Send { to, src } => Self::Send { to: rank(to), src: span(src) },
            Self::Recv { from, dst, with, more } => {
                Self::Recv { from: rank(from), dst: span(dst), with: with.map(span), more }
            }
            Self::Forward { from, to, with, keep } => Self::Forward {
                from: rank(from),
                to: rank(to),
                with: with.map(&span),
                keep: keep.map(&span),
            },
            Self::Exchange { to, src, from, dst, with } => Self::Exchange {
                to: rank(to),
                src: span(src),
                from: rank(from),
                dst: span(dst),
                with: with.map(span),
            },
            Self::Put { to, src, dst } => {
                Self::Put { to: rank(to), src: span(src), dst: span(dst) }
            }
            Self::Get { from, src, dst, with } => {
                Self::Get { from: rank(from), src: span(src), dst: span(dst), with: with.map(span) }
            }
            Self::Signal { to } => Self::Signal { to: rank(to) },
            Self::Wait { from } => Self::Wait { from: ranks(from) },
            Self::Copy { src, dst } => Self::Copy { src: span(src), dst: span(dst) },
            Self::Reduce { src, dst } => Self::Reduce { src: span(src), dst: span(dst) },
            Self::Multicast { group, src, dst } => {
                Self::Multicast { group: ranks(group), src: span(src), dst: span(dst) }
            }
            Self::SwitchReduce { group, src, dst } => {
                Self::SwitchReduce { group: ranks(group), src: span(src), dst: span(dst) }
            }
        }
    }

    /// The group of ranks that it names, if it names one.
    pub(crate) const fn group(&self) -> Option<Group> {
        match self {
            Self::Wait { from: group }
            | Self::Multicast { group, .. }
            | Self::SwitchReduce { group, .. } => Some(*group),
            _ => None,
        }
    }

    /// Whether it writes to the memory of other ranks, or has a switch read it.
    pub(crate) const fn reaches_memory_of_others(&self) -> bool {
        matches!(self, Self::Put { .. } | Self::Multicast { .. } | Self::SwitchReduce { .. })
    }

    /// By how much the step changes the number of messages under way, in two halves: what it sends
    /// counts up, requests to a switch included, what it takes counts down.
    pub(crate) fn messages(&self) -> [i64; 2] {
        let others = |group: &Group| i64::from(group.count) - 1;
        match self {
            Self::Send { .. } | Self::Put { .. } | Self::Signal { .. } => [1, 0],
            Self::Recv { .. } => [-1, 0],
            Self::Forward { .. } => [-1, 1],
            Self::Exchange { .. } | Self::Get { .. } => [1, -1],
            Self::Wait { from } => [-others(from), 0],
            Self::Multicast { group, .. } => [others(group), 0],
            Self::SwitchReduce { group, .. } => [i64::from(group.count), -i64::from(group.count)],
            Self::Copy { .. } | Self::Reduce { .. } => [0, 0],
        }
    }
}

/// What issues a step on a device. Vocabulary for interpreters that tell engines apart; the engines
/// of today charge all of them alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Engine {
    /// Compute cores (NVIDIA SM, AMD CU, Ascend AIV).
    #[default]
    Core,
    /// A copy engine (SDMA, NVIDIA CE, TMA).
    Copy,
    /// A collective offload engine (Ascend CCU).
    Offload,
    /// The network interface.
    Nic,
}

/// A step of another lane of the same rank that has to be complete first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dep {
    /// The other lane.
    pub lane: u32,
    /// Index of its step.
    pub step: u32,
}

/// One step of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Number of peers this lane sends to at the same time; prices the fan-out.
    pub fan: u32,
    /// What has to be complete before the step starts.
    pub after: Option<Dep>,
    /// What issues it.
    pub engine: Engine,
}

impl Step {
    /// A step on the compute cores that waits for nothing but its lane.
    pub const fn new(action: Action) -> Self {
        Self { action, fan: 1, after: None, engine: Engine::Core }
    }

    /// The same step, sending to `fan` peers at the same time.
    #[must_use]
    pub const fn fan(mut self, fan: u32) -> Self {
        self.fan = fan;
        self
    }

    /// The same step, after step `step` of lane `lane`.
    #[must_use]
    pub const fn after(mut self, lane: u32, step: u32) -> Self {
        self.after = Some(Dep { lane, step });
        self
    }
}

impl From<Action> for Step {
    fn from(action: Action) -> Self {
        Self::new(action)
    }
}
