//! A schedule: which steps each lane of each rank takes, produced on demand.

use std::fmt::Debug;

use supernode_units::Time;

use crate::uneven::Blocks;
use crate::{Buf, Collective, Group, Members, Phase, Rank, Span, Step};

/// In which order a rank's ports serve messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ports {
    /// One lane, two-sided, whose messages arrive in program order on any fabric: they have one
    /// sender, or are awaited together. Times follow from the messages alone and can travel in them.
    Fixed,
    /// As `Fixed`, but a port has other senders from step to step: a late one is overtaken by the
    /// next step's. Where all ranks are alike none is late, and ports serve in program order;
    /// elsewhere they are contended.
    InStep,
    /// Several lanes, one-sided steps, a reducing switch, or ranks that are not alike meet at a port:
    /// it serves in order of time, which only a time-ordered engine knows.
    Contended,
}

/// The outline of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What is computed.
    pub collective: Collective,
    /// Number of ranks.
    pub ranks: u32,
    /// Lanes per rank (NCCL: channels or thread blocks).
    pub lanes: u32,
    /// How ports serve; `Contended` wherever there is more than one lane, a step that is not
    /// two-sided or local, or one that names another in `after`.
    pub ports: Ports,
    /// Chunks of the input buffer.
    pub input_chunks: u32,
    /// Chunks of the output buffer.
    pub output_chunks: u32,
    /// Chunks of the scratch buffer.
    pub scratch_chunks: u32,
    /// Whether every rank ends with the same bits although floating-point addition is not
    /// associative.
    pub bit_identical: bool,
    /// Whether contributions are added in the order of the ranks, each addition joining neighbouring runs
    /// of them: what an operator that does not commute needs. True where nothing is added.
    pub in_rank_order: bool,
}

impl Shape {
    /// The outline of a schedule of your own: one chunk for each block that the collective has, one
    /// lane, ports that serve in order of time, no scratch, no promise of equal bits or of an order.
    ///
    /// ```
    /// use supernode_collectives::{Collective, Shape};
    ///
    /// let shape = Shape { scratch_chunks: 2, ..Shape::new(Collective::ReduceScatter, 5) };
    /// assert_eq!((shape.input_chunks, shape.output_chunks), (5, 1));
    /// ```
    pub const fn new(collective: Collective, ranks: u32) -> Self {
        let (input_chunks, output_chunks) = collective.blocks(ranks);
        Self {
            collective,
            ranks,
            lanes: 1,
            ports: Ports::Contended,
            input_chunks,
            output_chunks,
            scratch_chunks: 0,
            bit_identical: false,
            in_rank_order: !collective.reduces() || ranks <= 2,
        }
    }

    /// Chunks of a buffer.
    pub const fn chunks(&self, buf: Buf) -> u32 {
        match buf {
            Buf::Input => self.input_chunks,
            Buf::Output => self.output_chunks,
            Buf::Scratch => self.scratch_chunks,
        }
    }
}

/// A collective algorithm for a fixed number of ranks, as a function of (rank, lane, index).
///
/// Implementations hold a few numbers and compute every step from them; nothing may grow with
/// the number of ranks.
pub trait Schedule: Debug + Send + Sync {
    /// The outline.
    fn shape(&self) -> Shape;

    /// Number of steps of `lane` on `rank`.
    fn steps(&self, rank: Rank, lane: u32) -> u32;

    /// The step at `index < steps(rank, lane)`.
    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step;

    /// How long after the beginning `lane` of `rank` is started; zero unless collectives that begin at
    /// different times are joined. A schedule that starts late has no phases.
    fn start(&self, _rank: Rank, _lane: u32) -> Time {
        Time::ZERO
    }

    /// How `count` elements of `element_bytes` bytes fall into its chunks.
    fn chunks(&self, count: u64, element_bytes: u64) -> Chunks {
        Chunks::new(self.shape(), count, element_bytes)
    }

    /// Who takes part, if it is a collective of some ranks only, or in an order of their own; its blocks
    /// and its root are numbered by member then.
    fn members(&self) -> Option<&Members> {
        None
    }

    /// The phases that all ranks go through in step, if that is all the schedule does: another way to
    /// say the same steps, for engines that take a phase of all ranks at once.
    fn phases(&self) -> Option<Vec<Phase>> {
        None
    }

    /// The most messages under way, or waiting to be taken, at the same time, for each rank (rounded
    /// up where they are fewer than ranks): what a rank sends before it has taken as many.
    ///
    /// Reads all steps of the first, second, middle and last rank unless a schedule knows better.
    fn in_flight(&self) -> u64 {
        let Shape { ranks, lanes, .. } = self.shape();
        let ahead = |rank: Rank, lane: u32| {
            let (mut now, mut most) = (0_i64, 0_i64);
            for index in 0..self.steps(rank, lane) {
                for change in self.step(rank, lane, index).action.messages() {
                    now += change;
                    most = most.max(now);
                }
            }
            most.unsigned_abs()
        };
        let of_rank = |rank: Rank| (0..lanes).map(|lane| ahead(rank, lane)).sum();
        let sample = [0, 1, ranks / 2, ranks.saturating_sub(1)];
        sample.into_iter().filter(|rank| *rank < ranks).map(of_rank).max().unwrap_or(0)
    }
}

/// A few ranks of those that take part, the first, second, middle and last, for guesses at what all of
/// them need; some of them are the same where there are few.
pub fn sample(schedule: &dyn Schedule) -> [Rank; 4] {
    let members = schedule.members();
    let ranks = members.map_or(schedule.shape().ranks, Members::count);
    let last = ranks.saturating_sub(1);
    let rank = |index: u32| members.map_or(index, |members| members.rank(index));
    [0, last.min(1), ranks / 2, last].map(rank)
}

/// How the elements of a collective's large buffer fall into chunks.
///
/// Chunk `i` holds elements `i * c .. (i + 1) * c` with `c = ceil(count / chunks)`; the last chunks
/// may be shorter or empty. Messages are charged at the nominal `c`. Where blocks are equal by
/// definition (all-to-all, gather, scatter) the count is rounded up to whole chunks, as if the caller
/// had asked for that many elements; a barrier has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunks {
    /// Elements of one full chunk.
    pub elements: u64,
    /// Elements of the large buffer (input of a reduce-scatter, output of an all-gather).
    pub count: u64,
    /// Bytes of one element.
    pub element_bytes: u64,
    shape: Shape,
    /// The layouts of collectives that run at once, one after the other; none for one alone.
    parts: Vec<Part>,
    /// Who has buffers, if not every rank by its own number.
    members: Option<Members>,
    /// The elements of blocks that are not equal.
    blocks: Option<Blocks>,
}

/// The layout of one of several collectives that run at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its own layout.
    pub(crate) chunks: Chunks,
    /// Its first chunk in the input, output and scratch buffers.
    pub(crate) first: [u32; 3],
    /// The groups of ranks that run it.
    pub(crate) groups: Vec<Group>,
}

impl Part {
    /// Bytes of its buffer `buf` on `rank`, none if it does not run there.
    fn buffer_bytes(&self, buf: Buf, rank: Rank) -> u64 {
        self.member(rank).map_or(0, |member| self.chunks.buffer_bytes(buf, member))
    }

    /// Which of its own ranks `rank` is.
    fn member(&self, rank: Rank) -> Option<Rank> {
        let group = self.groups.iter().find(|group| group.contains(rank))?;
        Some((rank - group.first) / group.stride)
    }
}

impl Chunks {
    /// The layout of `count` elements of `element_bytes` bytes under `shape`.
    pub fn new(shape: Shape, count: u64, element_bytes: u64) -> Self {
        let chunks = u64::from(shape.input_chunks.max(shape.output_chunks));
        let elements = if chunks == 0 { 0 } else { count.div_ceil(chunks) };
        let whole = chunks == 0 || shape.collective.has_equal_blocks();
        let count = if whole { elements.saturating_mul(chunks) } else { count };
        Self {
            elements,
            count,
            element_bytes,
            shape,
            parts: Vec::new(),
            members: None,
            blocks: None,
        }
    }

    /// The layouts of several collectives under the shape of all; all elements have one width.
    pub(crate) fn joined(shape: Shape, parts: Vec<Part>) -> Self {
        let all = || parts.iter().map(|part| &part.chunks);
        Self {
            elements: all().map(|chunks| chunks.elements).max().unwrap_or(0),
            count: all().map(|chunks| chunks.count).sum(),
            element_bytes: all().map(|chunks| chunks.element_bytes).max().unwrap_or(1),
            shape,
            parts,
            members: None,
            blocks: None,
        }
    }

    /// The layout of blocks that have counts of their own.
    pub(crate) fn uneven(shape: Shape, blocks: Blocks, element_bytes: u64) -> Self {
        let large = shape.input_chunks.max(shape.output_chunks);
        let elements = blocks.largest().div_ceil(u64::from(large / shape.ranks.max(1)).max(1));
        let count = blocks.most();
        let (parts, blocks) = (Vec::new(), Some(blocks));
        Self { elements, count, element_bytes, shape, parts, members: None, blocks }
    }

    /// The same layout among `members` of a machine.
    #[must_use]
    pub(crate) fn among(self, members: Members) -> Self {
        Self { members: Some(members), ..self }
    }

    /// Whether buffers of ranks differ by more than the collective asks for, so that all have to be looked
    /// at to know the largest.
    pub fn differ_by_rank(&self) -> bool {
        self.is_joined() || self.members.is_some() || self.blocks.is_some()
    }

    /// Ranks whose contributions make a sum, of `ranks` ranks in all.
    pub fn contributors(&self, ranks: u32) -> u32 {
        self.members.as_ref().map_or(ranks, Members::count)
    }

    /// Whether they are those of several collectives that run at once.
    pub fn is_joined(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Whether elements have `bytes` bytes in all of them.
    pub fn are_of_width(&self, bytes: u64) -> bool {
        let mut parts = self.parts.iter().map(|part| &part.chunks);
        self.element_bytes == bytes && parts.all(|chunks| chunks.are_of_width(bytes))
    }

    /// Chunks of the output buffer of each rank.
    pub fn output_chunks(&self) -> u32 {
        self.shape.output_chunks
    }

    /// Whether blocks have counts of their own.
    pub fn is_uneven(&self) -> bool {
        self.blocks.is_some()
    }

    /// Elements that some rank has to send or receive, whatever the algorithm, if blocks have counts of
    /// their own.
    pub fn least_moved(&self) -> Option<u64> {
        self.blocks.as_ref().map(|blocks| blocks.least_moved(self.shape.collective))
    }

    /// Bytes that a message of `span`, a part of a buffer of `rank`, is charged: the nominal ones, or where
    /// blocks have counts of their own the true ones.
    pub fn charged_bytes(&self, span: Span, rank: Rank) -> u64 {
        if self.blocks.is_none() {
            return self.nominal_bytes(span);
        }
        self.byte_ranges(span, rank).map(|(start, end)| end - start).sum()
    }

    /// Bytes that a message of `span` is charged where blocks are equal; no less elsewhere.
    pub fn nominal_bytes(&self, span: Span) -> u64 {
        let own = self.part_of(span).map_or(self, |part| &self.parts[part].chunks);
        u64::from(span.len) * own.elements * own.element_bytes
    }

    /// The collective that a chunk belongs to, if there are several.
    fn part_of(&self, span: Span) -> Option<usize> {
        if self.parts.is_empty() {
            return None;
        }
        let after = self.parts.partition_point(|part| part.first[span.buf as usize] <= span.first);
        after.checked_sub(1)
    }

    /// Bytes of buffer `buf` on `rank`.
    pub fn buffer_bytes(&self, buf: Buf, rank: Rank) -> u64 {
        if !self.parts.is_empty() {
            return self.parts.iter().map(|part| part.buffer_bytes(buf, rank)).sum();
        }
        let whole = Span { buf, ..Span::input(0, self.shape.chunks(buf)) };
        self.byte_range(whole, rank).1
    }

    /// Byte ranges `(start, end)` of the chunks of `span` within its buffer on `rank`, in order.
    pub fn byte_ranges(
        &self,
        span: Span,
        rank: Rank,
    ) -> impl Iterator<Item = (u64, u64)> + Clone + use<'_> {
        let one = move |chunk| Span { buf: span.buf, ..Span::input(chunk, 1) };
        self.numbers(span).map(move |chunk| self.byte_range(one(chunk), rank))
    }

    /// The chunks of `span`; those that lie apart go around the buffer of their own collective.
    pub fn numbers(&self, span: Span) -> impl Iterator<Item = u32> + Clone + use<> {
        let (first, room) = match self.part_of(span).map(|part| &self.parts[part]) {
            Some(part) => (part.first[span.buf as usize], part.chunks.shape.chunks(span.buf)),
            None => (0, self.shape.chunks(span.buf)),
        };
        Span { first: span.first - first, ..span }.chunks(room).map(move |chunk| first + chunk)
    }

    /// Byte range `(start, end)` of `span`, whose chunks are consecutive, within its buffer on `rank`.
    ///
    /// A buffer that holds one block of the large one (the output of a reduce-scatter, the input
    /// of an all-gather) is as long as block `rank` of the large buffer; ranks that contribute or get
    /// nothing have none.
    pub fn byte_range(&self, span: Span, rank: Rank) -> (u64, u64) {
        if let Some(part) = self.part_of(span) {
            return self.range_in(part, span, rank);
        }
        let member = self.members.as_ref().map_or(Some(rank), |members| members.index(rank));
        let Some(rank) = member else { return (0, 0) };
        let collective = self.shape.collective;
        if let Some(blocks) = &self.blocks {
            let absent = match span.buf {
                Buf::Input => !collective.has_input(rank),
                Buf::Output => !collective.has_output(rank),
                Buf::Scratch => false,
            };
            let at = |chunk| blocks.at(&self.shape, span.buf, rank, chunk) * self.element_bytes;
            return if absent { (0, 0) } else { (at(span.first), at(span.first + span.len)) };
        }
        let base = match (collective, span.buf) {
            (_, Buf::Scratch) => return self.scratch_range(span),
            (_, Buf::Input) if !collective.has_input(rank) => return (0, 0),
            (_, Buf::Output) if !collective.has_output(rank) => return (0, 0),
            (Collective::ReduceScatter, Buf::Output) => rank * self.shape.output_chunks,
            (Collective::AllGather, Buf::Input) => rank * self.shape.input_chunks,
            _ => 0,
        };
        let at = |chunk: u32| (u64::from(base + chunk) * self.elements).min(self.count);
        let origin = at(0);
        let bytes = |chunk: u32| (at(chunk) - origin) * self.element_bytes;
        (bytes(span.first), bytes(span.first + span.len))
    }

    /// Buffers of collectives that run at once lie one behind the other, on the ranks that have them.
    fn range_in(&self, part: usize, span: Span, rank: Rank) -> (u64, u64) {
        let own = &self.parts[part];
        let before = self.parts[..part].iter().map(|part| part.buffer_bytes(span.buf, rank)).sum();
        let Some(member) = own.member(rank) else { return (before, before) };
        let span = Span { first: span.first - own.first[span.buf as usize], ..span };
        let (start, end) = own.chunks.byte_range(span, member);
        (before + start, before + end)
    }

    /// Scratch chunk `i` is as long as chunk `i` of the large buffer (modulo its chunks), so that
    /// partial results fit their places exactly.
    fn scratch_range(&self, span: Span) -> (u64, u64) {
        let chunks = self.shape.input_chunks.max(self.shape.output_chunks).max(1);
        let at = |chunk: u32| {
            let copies = u64::from(chunk / chunks) * self.count;
            let within = (u64::from(chunk % chunks) * self.elements).min(self.count);
            (copies + within) * self.element_bytes
        };
        (at(span.first), at(span.first + span.len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(collective: Collective, input: u32, output: u32) -> Shape {
        Shape {
            collective,
            ranks: 4,
            lanes: 1,
            ports: Ports::Fixed,
            input_chunks: input,
            output_chunks: output,
            scratch_chunks: 0,
            bit_identical: true,
            in_rank_order: false,
        }
    }

    #[test]
    fn last_chunks_are_short_or_empty_but_charged_in_full() {
        let chunks = Chunks::new(shape(Collective::AllReduce, 4, 4), 5, 4);
        let range = |first| chunks.byte_range(Span::output(first, 1), 0);
        assert_eq!([range(0), range(1), range(2), range(3)], [(0, 8), (8, 16), (16, 20), (20, 20)]);
        assert_eq!(chunks.nominal_bytes(Span::output(3, 1)), 8);
    }

    #[test]
    fn one_block_buffers_are_as_long_as_their_block() {
        let chunks = Chunks::new(shape(Collective::ReduceScatter, 4, 1), 5, 4);
        let bytes = |rank| chunks.buffer_bytes(Buf::Output, rank);
        assert_eq!([bytes(0), bytes(1), bytes(2), bytes(3)], [8, 8, 4, 0]);
        assert_eq!(chunks.buffer_bytes(Buf::Input, 2), 20);
    }
}
