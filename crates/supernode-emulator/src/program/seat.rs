//! One rank of a live run: its buffers, its clock, and what has arrived.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use supernode_collectives::{Action, Buf, Chunks, Rank, Span};
use supernode_engine::InFlight;
use supernode_kernels as kernels;

use super::Live;
use crate::timing::Clock;

/// A message on its way.
pub(super) struct Message {
    pub(super) data: Vec<u8>,
    pub(super) chunks: u32,
    /// What it is charged.
    pub(super) nominal: u64,
    pub(super) flight: InFlight,
}

impl Message {
    /// Bytes that a message takes while it is on its way.
    pub(super) fn held(data: &[u8]) -> u64 {
        data.len() as u64 + size_of::<Self>() as u64
    }
}

/// One rank: its buffers, its clock, where it stands.
pub(super) struct Seat {
    pub(super) rank: Rank,
    pub(super) input: Bytes,
    pub(super) output: Vec<u8>,
    pub(super) scratch: Vec<u8>,
    pub(super) clock: Clock,
    pub(super) inbox: BTreeMap<Rank, VecDeque<Message>>,
    pub(super) steps: u32,
    pub(super) waits_for: Option<Action>,
    pub(super) queued: bool,
}

impl Seat {
    /// The bytes of `span`.
    pub(super) fn gather(&self, chunks: &Chunks, span: Span) -> Vec<u8> {
        let buffer: &[u8] = match span.buf {
            Buf::Input => &self.input,
            Buf::Output => &self.output,
            Buf::Scratch => &self.scratch,
        };
        let mut data = Vec::new();
        for (start, end) in chunks.byte_ranges(span, self.rank) {
            data.extend_from_slice(&buffer[start as usize..end as usize]);
        }
        data
    }

    /// Adds `with` to `data`; says why if they differ in length, as a short last chunk does from others.
    pub(super) fn add(
        &self,
        on: &Live,
        chunks: &Chunks,
        data: &mut [u8],
        with: Span,
    ) -> Option<String> {
        let own = self.gather(chunks, with);
        if own.len() == data.len() {
            kernels::reduce_into(on.dtype, on.op, data, &own);
            return None;
        }
        Some(format!("it combines {} bytes with {}: {with:?}", data.len(), own.len()))
    }

    /// Stores `data` in `span`; says why if it does not fit exactly.
    pub(super) fn scatter(
        &mut self,
        chunks: &Chunks,
        span: Span,
        mut data: &[u8],
    ) -> Option<String> {
        let ranges = chunks.byte_ranges(span, self.rank);
        let room: u64 = ranges.clone().map(|(start, end)| end - start).sum();
        if room != data.len() as u64 {
            return Some(format!("it stores {} bytes where {room} belong: {span:?}", data.len()));
        }
        let buffer = if span.buf == Buf::Output { &mut self.output } else { &mut self.scratch };
        for (start, end) in ranges {
            let (chunk, rest) = data.split_at((end - start) as usize);
            buffer[start as usize..end as usize].copy_from_slice(chunk);
            data = rest;
        }
        None
    }
}
