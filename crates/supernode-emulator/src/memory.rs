//! The buffers of one rank, and how results are kept.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use supernode_collectives::{Buf, Chunks, Rank, Span};
use supernode_kernels as kernels;
use supernode_units::ReduceOp;

use crate::payload::{Arithmetic, Payload, Pool, reduce_operands};

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

/// Chunks of at least this many bytes that several ranks hold are copied into own outputs at the
/// end, for all ranks at once (see [`crate::settle`]): a rank that copies its chunk while others
/// still compute finds it far from its cache.
const HOLD_MIN_BYTES: u64 = kernels::STREAMING_MIN_BYTES as u64;

/// Input, output and scratch of one rank.
#[derive(Debug)]
pub(crate) struct Memory {
    rank: Rank,
    chunks: Chunks,
    math: Arithmetic,
    pool: Arc<Pool>,
    results: Results,
    input: Bytes,
    /// The output of a rank with its own copy.
    own: Vec<u8>,
    /// Output chunks that other ranks hold, too. With shared results that is the output; with own
    /// results an empty slot says that the bytes are in `own`.
    slots: Vec<Bytes>,
    scratch: Vec<u8>,
    /// The last range read from a mutable buffer: a fan-out sends it many times.
    last_read: Option<(Span, Bytes)>,
}

impl Memory {
    /// The buffers of `rank`; `used` is the output of an earlier run, taken if it fits.
    pub(crate) fn new(
        rank: Rank,
        chunks: Chunks,
        math: Arithmetic,
        pool: Arc<Pool>,
        (results, used): (Results, Option<Output>),
        input: Bytes,
    ) -> Self {
        let bytes = |buf| chunks.buffer_bytes(buf, rank) as usize;
        let own = match (results, used) {
            (Results::Own, Some(Output::Own(used))) if used.len() == bytes(Buf::Output) => used,
            (Results::Own, _) => vec![0; bytes(Buf::Output)],
            _ => Vec::new(),
        };
        let slots = match results {
            Results::Sizes => 0,
            Results::Own if chunks.nominal_bytes(Span::output(0, 1)) < HOLD_MIN_BYTES => 0,
            Results::Own | Results::Shared => chunks.output_chunks() as usize,
        };
        let scratch = if results == Results::Sizes { 0 } else { bytes(Buf::Scratch) };
        Self {
            rank,
            chunks,
            math,
            pool,
            results,
            input,
            own,
            slots: vec![Bytes::new(); slots],
            scratch: vec![0; scratch],
            last_read: None,
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = self.chunks.byte_range(span, self.rank);
        start as usize..end as usize
    }

    /// The slots of `span`; none where it lies in another buffer or nothing is held.
    fn slots(&mut self, span: Span) -> &mut [Bytes] {
        if span.buf == Buf::Output && !self.slots.is_empty() {
            &mut self.slots[span.first as usize..(span.first + span.len) as usize]
        } else {
            &mut []
        }
    }

    /// Moves held chunks of `span` into the rank's own output.
    fn settle(&mut self, span: Span) {
        if self.results != Results::Own {
            return;
        }
        for offset in 0..self.slots(span).len() {
            let held = std::mem::take(&mut self.slots(span)[offset]);
            if !held.is_empty() {
                let range = self.range(Span::output(span.first + offset as u32, 1));
                kernels::copy(&mut self.own[range], &held);
            }
        }
    }

    /// The bytes of `span`, shared where the buffer allows it and copied where it may change.
    pub(crate) fn read(&mut self, span: Span) -> Payload {
        if self.results == Results::Sizes {
            return Payload::Nothing;
        }
        let range = self.range(span);
        if span.buf == Buf::Input {
            return Payload::Whole(self.input.slice(range));
        }
        if let [slot] = self.slots(span)
            && !slot.is_empty()
        {
            return Payload::Whole(slot.clone());
        }
        if let Some((cached, bytes)) = &self.last_read
            && *cached == span
        {
            return Payload::Whole(bytes.clone());
        }
        self.settle(span);
        let mut copy = self.pool.take(range.len());
        match (self.results, span.buf) {
            (Results::Shared, Buf::Output) => {
                let mut at = 0;
                for slot in self.slots(span) {
                    kernels::copy(&mut copy.as_mut()[at..at + slot.len()], slot);
                    at += slot.len();
                }
            }
            (_, Buf::Output) => kernels::copy(copy.as_mut(), &self.own[range]),
            _ => kernels::copy(copy.as_mut(), &self.scratch[range]),
        }
        let bytes = copy.freeze();
        self.last_read = Some((span, bytes.clone()));
        Payload::Whole(bytes)
    }

    /// The bytes of `span` as an operand.
    pub(crate) fn operand(&mut self, span: Span) -> Bytes {
        match self.read(span) {
            Payload::Whole(bytes) => bytes,
            _ => Bytes::new(),
        }
    }

    /// Stores `value` in `span`; gives it back shareable if `forward` says it travels on.
    pub(crate) fn store(&mut self, span: Span, value: Payload, forward: bool) -> Payload {
        if matches!(value, Payload::Nothing) {
            return value;
        }
        self.last_read = None;
        let math = self.math;
        let others_hold_it = forward || matches!(value, Payload::Whole(_));
        if !self.slots(span).is_empty() && (self.results == Results::Shared || others_hold_it) {
            let whole = value.into_whole(math, &self.pool);
            let origin = self.range(span).start;
            for chunk in span.first..span.first + span.len {
                let range = self.range(Span::output(chunk, 1));
                self.slots[chunk as usize] = whole.slice(range.start - origin..range.end - origin);
            }
            return Payload::Whole(whole);
        }
        self.slots(span).fill(Bytes::new());
        let whole = match value {
            Payload::Lazy(parts) if !forward => {
                reduce_operands(math.dtype, math.op, self.bytes_mut(span), &parts);
                return Payload::Nothing;
            }
            other => other.into_whole(math, &self.pool),
        };
        kernels::copy(self.bytes_mut(span), &whole);
        Payload::Whole(whole)
    }

    /// Stores the reduction of `operands`, left to right, in `span`.
    ///
    /// The range itself may be the first operand: then the rest is added to it.
    pub(crate) fn store_reduction(
        &mut self,
        span: Span,
        include_current: bool,
        operands: &[Bytes],
    ) {
        if self.results == Results::Sizes || operands.is_empty() {
            return;
        }
        let math = self.math;
        if !include_current {
            self.store(span, Payload::Lazy(operands.to_vec()), false);
        } else if self.results == Results::Shared && span.buf == Buf::Output {
            let mut all = vec![self.operand(span)];
            all.extend_from_slice(operands);
            self.store(span, Payload::Lazy(all), false);
        } else {
            self.last_read = None;
            self.settle(span);
            let target = self.bytes_mut(span);
            for operand in operands {
                kernels::reduce_into(math.dtype, math.op, target, operand);
            }
        }
    }

    fn bytes_mut(&mut self, span: Span) -> &mut [u8] {
        let range = self.range(span);
        if span.buf == Buf::Output { &mut self.own[range] } else { &mut self.scratch[range] }
    }

    /// The result, after the division of an average over `ranks`, and the chunks of an own result
    /// that are yet to be copied into it.
    pub(crate) fn into_output(mut self, ranks: u32) -> (Output, Vec<Bytes>) {
        let Arithmetic { dtype, op } = self.math;
        if op == ReduceOp::Avg {
            self.settle(Span::output(0, self.chunks.output_chunks()));
            kernels::divide(dtype, &mut self.own, u64::from(ranks));
            for slot in self.slots.iter_mut().filter(|slot| !slot.is_empty()) {
                let mut copy = self.pool.take(slot.len());
                kernels::copy(copy.as_mut(), slot);
                kernels::divide(dtype, copy.as_mut(), u64::from(ranks));
                *slot = copy.freeze();
            }
        }
        match self.results {
            Results::Sizes => (Output::Sizes, Vec::new()),
            Results::Own => (Output::Own(self.own), self.slots),
            Results::Shared => (Output::Shared(self.slots), Vec::new()),
        }
    }
}
