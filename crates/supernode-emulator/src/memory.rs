//! The buffers of one rank, and how results are kept.

use std::ops::Range;

use bytes::Bytes;
use supernode_collectives::{Buf, Chunks, Rank, Span};
use supernode_kernels as kernels;
use supernode_units::ReduceOp;

use crate::payload::{Payload, Value};
use crate::rank::World;

/// How results are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Results {
    /// Every rank gets its own contiguous copy, as on a real machine.
    #[default]
    Own,
    /// Ranks share finished chunks by reference count: half the memory traffic, for programs that
    /// only look at the result.
    Shared,
    /// No data at all: messages carry their size.
    Sizes,
}

/// The result of one rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Only sizes were emulated.
    Sizes,
    /// The rank's own contiguous copy.
    Own(Vec<u8>),
    /// Chunks that ranks share by reference count, in order.
    Shared(Vec<Bytes>),
}

impl Output {
    /// The pieces of the result in order; empty where only sizes were emulated.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let (own, shared): (&[u8], &[Bytes]) = match self {
            Self::Sizes => (&[], &[]),
            Self::Own(bytes) => (bytes, &[]),
            Self::Shared(chunks) => (&[], chunks),
        };
        std::iter::once(own).chain(shared.iter().map(|chunk| &chunk[..]))
    }
}

/// Chunks of at least this many bytes are never copied from rank to rank, not even into own
/// results while the run goes on: a rank that does so while others compute finds its chunk far
/// from the cache. [`crate::settle`] copies them at the end, for all ranks at once.
const SLOT_MIN_BYTES: u64 = kernels::STREAMING_MIN_BYTES as u64;

/// Output and scratch of one rank; its input is in the world.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    rank: Rank,
    /// The output of a rank with its own copy. While there are slots, it is only filled at the end.
    own: Vec<u8>,
    /// The chunks of the output that were stored so far, possibly shared with other ranks; none
    /// where chunks are small and results own, or where only sizes are emulated.
    slots: Vec<Bytes>,
    scratch: Vec<u8>,
    /// The last range read from a mutable buffer: a fan-out sends it many times.
    last_read: Option<(Span, Bytes)>,
}

impl Memory {
    /// The buffers of `rank`; `used` is the output of an earlier run, taken if it fits.
    pub(crate) fn new(world: &World, rank: Rank, used: Option<Output>) -> Self {
        let World { chunks, results, .. } = world;
        let results = *results;
        let bytes = |buf| chunks.buffer_bytes(buf, rank) as usize;
        let own = match (results, used) {
            (Results::Own, Some(Output::Own(used))) if used.len() == bytes(Buf::Output) => used,
            (Results::Own, _) => vec![0; bytes(Buf::Output)],
            _ => Vec::new(),
        };
        let slots = match results {
            Results::Sizes => 0,
            Results::Own if !Self::has_slots(chunks) => 0,
            Results::Own | Results::Shared => chunks.output_chunks() as usize,
        };
        let scratch = if results == Results::Sizes { 0 } else { bytes(Buf::Scratch) };
        let (slots, scratch) = (vec![Bytes::new(); slots], vec![0; scratch]);
        Self { rank, own, slots, scratch, last_read: None }
    }

    /// Whether own results are kept in slots until the end.
    pub(crate) fn has_slots(chunks: &Chunks) -> bool {
        chunks.nominal_bytes(Span::output(0, 1)) >= SLOT_MIN_BYTES
    }

    fn range(&self, world: &World, span: Span) -> Range<usize> {
        let (start, end) = world.chunks.byte_range(span, self.rank);
        start as usize..end as usize
    }

    /// Whether `span` lies in slots.
    fn in_slots(&self, span: Span) -> bool {
        span.buf == Buf::Output && !self.slots.is_empty()
    }

    /// The bytes of `span`, shared where the buffer allows it and copied where it may change; none
    /// where only sizes are emulated.
    #[inline(always)]
    pub(crate) fn read(&mut self, world: &World, span: Span) -> Payload {
        if world.results == Results::Sizes {
            return Payload::Nothing;
        }
        if span.buf == Buf::Input {
            return Payload::Whole(Self::input(world, self.rank, span));
        }
        Payload::Whole(Value::Shared(self.share(world, span)))
    }

    /// The bytes of `span` of the input of `rank`: a part of it, or a copy if its chunks are apart.
    #[inline(always)]
    pub(crate) fn input(world: &World, rank: Rank, span: Span) -> Value {
        if span.around.is_some() {
            let input = &world.data.inputs[rank as usize];
            return Value::Shared(gather(world, rank, span, |range| &input[range]));
        }
        let (start, end) = world.chunks.byte_range(span, rank);
        Value::Input(rank, start as usize, end as usize)
    }

    /// The bytes of `span`, which is no input.
    fn share(&mut self, world: &World, span: Span) -> Bytes {
        if self.in_slots(span) && span.len == 1 {
            return self.slots[span.first as usize].clone();
        }
        if let Some((cached, bytes)) = &self.last_read
            && *cached == span
        {
            return bytes.clone();
        }
        let bytes = if self.in_slots(span) {
            let slots = world.chunks.numbers(span);
            join(world, slots.map(|chunk| &self.slots[chunk as usize][..]))
        } else {
            let buffer = if span.buf == Buf::Output { &self.own } else { &self.scratch };
            gather(world, self.rank, span, |range| &buffer[range])
        };
        self.last_read = Some((span, bytes.clone()));
        bytes
    }

    /// Stores `value` in `span`. It travels on where `forward` says so, and is shareable then if
    /// the slot shares it; otherwise it may be gone.
    pub(crate) fn store(&mut self, world: &World, span: Span, value: &mut Payload, forward: bool) {
        let data = &world.data;
        if world.results == Results::Sizes {
            return;
        }
        self.last_read = None;
        if self.in_slots(span) {
            let taken = std::mem::replace(value, Payload::Nothing).into_value(data);
            let Some(taken) = taken else { return };
            let whole = taken.into_shared(data);
            let mut at = 0;
            for chunk in world.chunks.numbers(span) {
                let length = self.range(world, Span::output(chunk, 1)).len();
                self.slots[chunk as usize] = whole.slice(at..at + length);
                at += length;
            }
            *value = Payload::Whole(Value::Shared(whole));
            return;
        }
        if span.around.is_some() {
            let taken = std::mem::replace(value, Payload::Nothing).into_value(data);
            let Some(taken) = taken else { return };
            self.scatter(world, span, taken.bytes(data));
            *value = Payload::Whole(taken);
            return;
        }
        if let Payload::Lazy(parts) = value {
            if !forward {
                data.reduce(self.bytes_mut(world, span), parts);
                return;
            }
            *value = Payload::Accumulator(data.compute(parts));
        }
        match value {
            Payload::Whole(value) => kernels::copy(self.bytes_mut(world, span), value.bytes(data)),
            Payload::Accumulator(buffer) => {
                kernels::copy(self.bytes_mut(world, span), buffer.as_ref());
            }
            Payload::Nothing | Payload::Lazy(_) => {}
        }
    }

    /// Stores the reduction of `operands`, left to right, in `span`.
    pub(crate) fn store_reduction(&mut self, world: &World, span: Span, operands: &[Value]) {
        if world.results == Results::Sizes {
            return;
        }
        if self.in_slots(span) || span.around.is_some() {
            let whole = match operands {
                [value] => value.clone(),
                _ => world.data.compute(operands).into(),
            };
            self.store(world, span, &mut Payload::Whole(whole), false);
        } else {
            self.last_read = None;
            world.data.reduce(self.bytes_mut(world, span), operands);
        }
    }

    /// Adds each of `operands` to what `span` holds.
    pub(crate) fn accumulate(&mut self, world: &World, span: Span, operands: &[Value]) {
        let data = &world.data;
        if world.results == Results::Sizes {
            return;
        }
        if self.in_slots(span) || span.around.is_some() {
            let mut sum = Value::Shared(self.share(world, span));
            for operand in operands {
                sum = data.compute(&[sum, operand.clone()]).into();
            }
            self.store(world, span, &mut Payload::Whole(sum), false);
        } else {
            self.last_read = None;
            let target = self.bytes_mut(world, span);
            for operand in operands {
                kernels::reduce_into(data.dtype, data.op, target, operand.bytes(data));
            }
        }
    }

    /// Stores `bytes` in the chunks of `span`, which are apart.
    fn scatter(&mut self, world: &World, span: Span, bytes: &[u8]) {
        let buffer = if span.buf == Buf::Output { &mut self.own } else { &mut self.scratch };
        let mut at = 0;
        for (start, end) in world.chunks.byte_ranges(span, self.rank) {
            let to = &mut buffer[start as usize..end as usize];
            to.copy_from_slice(&bytes[at..at + to.len()]);
            at += to.len();
        }
    }

    fn bytes_mut(&mut self, world: &World, span: Span) -> &mut [u8] {
        let range = self.range(world, span);
        if span.buf == Buf::Output { &mut self.own[range] } else { &mut self.scratch[range] }
    }

    /// The result, after the division of an average, and the chunks of an own result that are yet
    /// to be copied into it.
    pub(crate) fn take_output(&mut self, world: &World) -> (Output, Vec<Bytes>) {
        let Self { mut own, mut slots, .. } = std::mem::take(self);
        if world.data.op == ReduceOp::Avg {
            let (dtype, ranks) = (world.data.dtype, world.chunks.contributors(world.shape.ranks));
            let ranks = u64::from(ranks);
            kernels::divide(dtype, &mut own, ranks);
            for slot in &mut slots {
                let mut copy = world.data.pool.take(slot.len());
                copy.as_mut().copy_from_slice(slot);
                kernels::divide(dtype, copy.as_mut(), ranks);
                *slot = copy.freeze();
            }
        }
        match world.results {
            Results::Sizes => (Output::Sizes, Vec::new()),
            Results::Own => (Output::Own(own), slots),
            Results::Shared => (Output::Shared(slots), Vec::new()),
        }
    }
}

/// A copy of the bytes of `span` of `rank`, of which `buffer` gives any range.
fn gather<'a>(
    world: &World,
    rank: Rank,
    span: Span,
    buffer: impl Fn(Range<usize>) -> &'a [u8],
) -> Bytes {
    let range = |(start, end): (u64, u64)| start as usize..end as usize;
    if span.around.is_none() {
        return join(world, std::iter::once(buffer(range(world.chunks.byte_range(span, rank)))));
    }
    join(world, world.chunks.byte_ranges(span, rank).map(|bytes| buffer(range(bytes))))
}

/// A copy of `pieces`, one after the other.
fn join<'a>(world: &World, pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Bytes {
    let mut copy = world.data.pool.take(pieces.clone().map(<[u8]>::len).sum());
    let mut to = copy.as_mut();
    for piece in pieces {
        let (head, tail) = to.split_at_mut(piece.len());
        head.copy_from_slice(piece);
        to = tail;
    }
    copy.freeze()
}
