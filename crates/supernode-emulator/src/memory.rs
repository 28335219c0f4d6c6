//! The buffers of one rank.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use supernode_collectives::{Buf, Chunks, Rank, Span};
use supernode_kernels as kernels;
use supernode_units::ReduceOp;

use crate::payload::{Arithmetic, Payload, Pool, reduce_operands};

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

/// Input, output and scratch of one rank.
#[derive(Debug)]
pub(crate) struct Memory {
    rank: Rank,
    chunks: Chunks,
    math: Arithmetic,
    pool: Arc<Pool>,
    input: Bytes,
    output: Output,
    scratch: Vec<u8>,
    /// The last range read from a mutable buffer: a fan-out sends it many times.
    last_read: Option<(Span, Bytes)>,
}

impl Memory {
    pub(crate) fn new(
        rank: Rank,
        chunks: Chunks,
        math: Arithmetic,
        pool: Arc<Pool>,
        input: Bytes,
        output: Output,
    ) -> Self {
        let scratch = match output {
            Output::Sizes => Vec::new(),
            _ => vec![0; chunks.buffer_bytes(Buf::Scratch, rank) as usize],
        };
        Self { rank, chunks, math, pool, input, output, scratch, last_read: None }
    }

    fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = self.chunks.byte_range(span, self.rank);
        start as usize..end as usize
    }

    /// The bytes of `span`, shared where the buffer allows it and copied where it may change.
    pub(crate) fn read(&mut self, span: Span) -> Payload {
        if matches!(self.output, Output::Sizes) {
            return Payload::Nothing;
        }
        let range = self.range(span);
        if span.buf == Buf::Input {
            return Payload::Whole(self.input.slice(range));
        }
        if let (Buf::Output, Output::Shared(slots), 1) = (span.buf, &self.output, span.len) {
            return Payload::Whole(slots[span.first as usize].clone());
        }
        if let Some((cached, bytes)) = &self.last_read
            && *cached == span
        {
            return Payload::Whole(bytes.clone());
        }
        let mut copy = self.pool.take(range.len());
        match (&self.output, span.buf) {
            (Output::Own(output), Buf::Output) => kernels::copy(copy.as_mut(), &output[range]),
            (Output::Shared(slots), Buf::Output) => {
                let mut at = 0;
                for slot in &slots[span.first as usize..(span.first + span.len) as usize] {
                    kernels::copy(&mut copy.as_mut()[at..at + slot.len()], slot);
                    at += slot.len();
                }
            }
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
        let range = self.range(span);
        if let (Buf::Output, Output::Shared(slots)) = (span.buf, &mut self.output) {
            let whole = value.into_whole(self.math, &self.pool);
            for chunk in span.first..span.first + span.len {
                let piece = Span { buf: span.buf, first: chunk, len: 1 };
                let (start, end) = self.chunks.byte_range(piece, self.rank);
                slots[chunk as usize] =
                    whole.slice(start as usize - range.start..end as usize - range.start);
            }
            return Payload::Whole(whole);
        }
        let math = self.math;
        let whole = match value {
            Payload::Lazy(parts) if !forward => {
                reduce_operands(math.dtype, math.op, self.bytes_mut(span.buf, range), &parts);
                return Payload::Nothing;
            }
            other => other.into_whole(math, &self.pool),
        };
        kernels::copy(self.bytes_mut(span.buf, range), &whole);
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
        if matches!(self.output, Output::Sizes) || operands.is_empty() {
            return;
        }
        let math = self.math;
        if include_current {
            if matches!((&self.output, span.buf), (Output::Shared(_), Buf::Output)) {
                let mut all = vec![self.operand(span)];
                all.extend_from_slice(operands);
                self.store(span, Payload::Lazy(all), false);
                return;
            }
            self.last_read = None;
            let range = self.range(span);
            let target = self.bytes_mut(span.buf, range);
            for operand in operands {
                kernels::reduce_into(math.dtype, math.op, target, operand);
            }
        } else {
            self.store(span, Payload::Lazy(operands.to_vec()), false);
        }
    }

    fn bytes_mut(&mut self, buf: Buf, range: Range<usize>) -> &mut [u8] {
        match (&mut self.output, buf) {
            (Output::Own(output), Buf::Output) => &mut output[range],
            _ => &mut self.scratch[range],
        }
    }

    /// The result, after the division of an average over `ranks`.
    pub(crate) fn into_output(mut self, ranks: u32) -> Output {
        let Arithmetic { dtype, op } = self.math;
        if op == ReduceOp::Avg {
            match &mut self.output {
                Output::Sizes => {}
                Output::Own(output) => kernels::divide(dtype, output, u64::from(ranks)),
                Output::Shared(slots) => {
                    for slot in slots {
                        let mut copy = self.pool.take(slot.len());
                        kernels::copy(copy.as_mut(), slot);
                        kernels::divide(dtype, copy.as_mut(), u64::from(ranks));
                        *slot = copy.freeze();
                    }
                }
            }
        }
        self.output
    }
}
