//! What every chunk of every rank holds.

use super::expression::{Expressions, UNDEFINED, Value};
use super::{Finding, Findings, Place};
use crate::{Buf, Rank, Shape, Span};

/// The values of some chunks; most messages have one.
#[derive(Debug, Clone)]
pub(super) enum Values {
    One(Value),
    Many(Box<[Value]>),
}

impl Values {
    pub(super) fn as_slice(&self) -> &[Value] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// Output and scratch buffers of all ranks; inputs are leaves and need no room.
#[derive(Debug)]
pub(super) struct Memory {
    shape: Shape,
    pub(super) all: Expressions,
    cells: Vec<Value>,
    /// The step that wrote each output chunk last.
    writers: Vec<Place>,
}

const NOBODY: Place = Place { rank: u32::MAX, lane: 0, step: 0 };

impl Memory {
    /// Bytes of a chunk of output.
    pub(super) const OUTPUT_BYTES: u64 = (size_of::<Value>() + size_of::<Place>()) as u64;
    /// Bytes of a chunk of scratch.
    pub(super) const SCRATCH_BYTES: u64 = size_of::<Value>() as u64;

    pub(super) fn new(shape: Shape) -> Self {
        let (ranks, outputs) = (shape.ranks as usize, shape.output_chunks as usize);
        Self {
            shape,
            all: Expressions::new(&shape),
            cells: vec![UNDEFINED; ranks * (outputs + shape.scratch_chunks as usize)],
            writers: vec![NOBODY; ranks * outputs],
        }
    }

    fn cell(&self, owner: Rank, buf: Buf, chunk: u32) -> usize {
        let outputs = self.shape.output_chunks as usize;
        let room = outputs + self.shape.scratch_chunks as usize;
        let within = if buf == Buf::Output { 0 } else { outputs } + chunk as usize;
        owner as usize * room + within
    }

    /// What a rank has in an output chunk.
    pub(super) fn output(&self, rank: Rank, chunk: u32) -> Value {
        self.cells[self.cell(rank, Buf::Output, chunk)]
    }

    /// The step that wrote it.
    pub(super) fn writer(&self, rank: Rank, chunk: u32) -> Option<Place> {
        let output = rank as usize * self.shape.output_chunks as usize + chunk as usize;
        Some(self.writers[output]).filter(|place| *place != NOBODY)
    }

    pub(super) fn read(
        &self,
        findings: &mut Findings,
        at: Place,
        owner: Rank,
        span: Span,
    ) -> Values {
        let mut chunk = |chunk: u32| {
            if span.buf == Buf::Input {
                return self.all.leaf(owner, chunk);
            }
            let value = self.cells[self.cell(owner, span.buf, chunk)];
            if value == UNDEFINED {
                findings.push(|| Finding::Undefined { at, owner, buf: span.buf, chunk });
            }
            value
        };
        if span.len == 1 {
            return Values::One(chunk(span.first));
        }
        Values::Many(span.chunks(self.shape.chunks(span.buf)).map(chunk).collect())
    }

    /// `by` writes `values` to `span` of `owner`.
    pub(super) fn write(&mut self, by: Place, owner: Rank, span: Span, values: &Values) {
        let room = self.shape.chunks(span.buf);
        for (chunk, value) in span.chunks(room).zip(values.as_slice()) {
            let cell = self.cell(owner, span.buf, chunk);
            self.cells[cell] = *value;
            if span.buf == Buf::Output {
                let output = owner as usize * self.shape.output_chunks as usize + chunk as usize;
                self.writers[output] = by;
            }
        }
    }

    /// The sums of two runs of chunks, added by step `at`.
    pub(super) fn add(&mut self, at: Place, a: &Values, b: &Values) -> Values {
        if let (Values::One(a), Values::One(b)) = (a, b) {
            return Values::One(self.all.add(*a, *b, at));
        }
        let pairs = a.as_slice().iter().zip(b.as_slice());
        Values::Many(pairs.map(|(a, b)| self.all.add(*a, *b, at)).collect())
    }
}
