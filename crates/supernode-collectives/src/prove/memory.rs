//! What every chunk of every rank holds.

use super::expression::{Expressions, UNDEFINED, Value};
use super::{Finding, Findings, Overlap, Place};
use crate::{Buf, Chunks, Rank, Shape, Span};

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
    /// Where inputs and outputs lie if they overlap.
    overlap: Option<Overlap>,
    /// The lengths of chunks, where they differ by rank.
    lengths: Option<Chunks>,
    /// The first chunk that was not as long as its place.
    pub(super) misfit: Option<Finding>,
    /// Chunks of the output of a rank, or of the buffer that holds its input, too.
    outputs: u32,
}

const NOBODY: Place = Place { rank: u32::MAX, lane: 0, step: 0 };

impl Memory {
    /// Bytes of a chunk of output.
    pub(super) const OUTPUT_BYTES: u64 = (size_of::<Value>() + size_of::<Place>()) as u64;
    /// Bytes of a chunk of scratch.
    pub(super) const SCRATCH_BYTES: u64 = size_of::<Value>() as u64;

    pub(super) fn new(shape: Shape, overlap: Option<Overlap>) -> Self {
        let outputs = overlap.as_ref().map_or(shape.output_chunks, Overlap::room);
        let ranks = shape.ranks as usize;
        let mut memory = Self {
            shape,
            all: Expressions::new(&shape),
            cells: vec![UNDEFINED; ranks * (outputs + shape.scratch_chunks) as usize],
            writers: vec![NOBODY; ranks * outputs as usize],
            overlap,
            outputs,
            lengths: None,
            misfit: None,
        };
        let has_input = |owner: &Rank| memory.overlap.as_ref().is_some_and(|o| o.has_input(*owner));
        let owners: Vec<Rank> = (0..shape.ranks).filter(has_input).collect();
        for (owner, chunk) in
            owners.into_iter().flat_map(|owner| (0..shape.input_chunks).map(move |c| (owner, c)))
        {
            let cell = memory.cell(owner, Buf::Input, chunk);
            memory.cells[cell] = memory.all.leaf(owner, chunk);
        }
        memory
    }

    /// From now on chunks have to be as long as their places, in `lengths`.
    pub(super) fn measure(&mut self, lengths: Chunks) {
        self.all.note_leaves();
        self.lengths = Some(lengths);
    }

    /// Elements of a value, where they are counted.
    fn length(&self, value: Value) -> Option<u64> {
        let lengths = self.lengths.as_ref()?;
        let leaf = self.all.some_leaf(value).filter(|_| value != UNDEFINED)?;
        let (rank, chunk) = self.all.contribution(leaf);
        Some(lengths.charged_bytes(Span::input(chunk, 1), rank))
    }

    /// How much values are to count: by chunks, or by elements where those differ.
    pub(super) fn weight(&self, values: &Values) -> u64 {
        let values = values.as_slice();
        match &self.lengths {
            None => values.len() as u64,
            Some(_) => values.iter().filter_map(|value| self.length(*value)).sum(),
        }
    }

    /// As [`Memory::weight`], of a part of a buffer.
    pub(super) fn weight_of(&self, owner: Rank, span: Span) -> u64 {
        let own = self.lengths.as_ref().map(|lengths| lengths.charged_bytes(span, owner));
        own.unwrap_or(span.len.into())
    }

    /// Elements of the large buffer, where they are counted.
    pub(super) fn elements(&self) -> Option<u64> {
        self.lengths.as_ref().map(|lengths| lengths.count)
    }

    /// What some rank has to send or receive, where elements are counted.
    pub(super) fn least_moved(&self) -> Option<u64> {
        self.lengths.as_ref()?.least_moved()
    }

    fn fit(&mut self, at: Place, value: Value, wanted: Option<u64>) {
        if let (Some(got), Some(wanted)) = (self.length(value), wanted)
            && got != wanted
            && self.misfit.is_none()
        {
            self.misfit = Some(Finding::Length { at, got, wanted });
        }
    }

    /// Where a chunk lies within the output, or the buffer that holds the input, too.
    fn within(&self, owner: Rank, buf: Buf, chunk: u32) -> u32 {
        self.overlap.as_ref().map_or(chunk, |overlap| overlap.at(owner, buf, chunk))
    }

    fn cell(&self, owner: Rank, buf: Buf, chunk: u32) -> usize {
        let room = self.outputs + self.shape.scratch_chunks;
        let within = match buf {
            Buf::Scratch => self.outputs + chunk,
            Buf::Input | Buf::Output => self.within(owner, buf, chunk),
        };
        owner as usize * room as usize + within as usize
    }

    fn writer_of(&self, owner: Rank, chunk: u32) -> usize {
        let within = self.within(owner, Buf::Output, chunk);
        owner as usize * self.outputs as usize + within as usize
    }

    /// Most scratch chunks that a rank has written.
    pub(super) fn most_scratch(&self) -> u64 {
        let room = (self.outputs + self.shape.scratch_chunks).max(1) as usize;
        let written = |cells: &[Value]| {
            let scratch = &cells[self.outputs as usize..];
            let written = scratch.iter().filter(|value| **value != UNDEFINED);
            written.map(|value| self.length(*value).unwrap_or(1)).sum::<u64>()
        };
        self.cells.chunks(room).map(written).max().unwrap_or(0)
    }

    /// What a rank has in an output chunk.
    pub(super) fn output(&self, rank: Rank, chunk: u32) -> Value {
        self.cells[self.cell(rank, Buf::Output, chunk)]
    }

    /// The step that wrote it.
    pub(super) fn writer(&self, rank: Rank, chunk: u32) -> Option<Place> {
        Some(self.writers[self.writer_of(rank, chunk)]).filter(|place| *place != NOBODY)
    }

    pub(super) fn read(
        &self,
        findings: &mut Findings,
        at: Place,
        owner: Rank,
        span: Span,
    ) -> Values {
        let mut chunk = |chunk: u32| {
            if span.buf == Buf::Input && self.overlap.is_none() {
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
            let place = Span { buf: span.buf, ..Span::input(chunk, 1) };
            let wanted = self.lengths.as_ref().map(|own| own.charged_bytes(place, owner));
            self.fit(by, *value, wanted);
            let cell = self.cell(owner, span.buf, chunk);
            self.cells[cell] = *value;
            if span.buf == Buf::Output {
                let output = self.writer_of(owner, chunk);
                self.writers[output] = by;
            }
        }
    }

    /// The sums of two runs of chunks, added by step `at`.
    pub(super) fn add(&mut self, at: Place, a: &Values, b: &Values) -> Values {
        if self.lengths.is_some() {
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                self.fit(at, *a, self.length(*b));
            }
        }
        if let (Values::One(a), Values::One(b)) = (a, b) {
            return Values::One(self.all.add(*a, *b, at));
        }
        let pairs = a.as_slice().iter().zip(b.as_slice());
        Values::Many(pairs.map(|(a, b)| self.all.add(*a, *b, at)).collect())
    }
}
