//! Bit for bit what a plain interpreter computes, one hop after the other.
//!
//! The emulator shares chunks, postpones reductions and fuses them; none of that may show. Chunks
//! are drawn around the sizes at which it changes its ways (8, 16 and 32 KiB), and the numbers are
//! real, so that another order of additions gives other bits.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use proptest::prelude::*;
use supernode_collectives::{Action, Algorithm, Buf, Chunks, Collective, Rank, Schedule, Span};
use supernode_emulator::{Emulator, Job, Results};
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

use crate::jobs::{MEMORY, fitting, job, pairs, spec};
use crate::numerics::{encode, reals};

/// What a message carries, and where a one-sided write goes.
type Message = (Vec<u8>, Option<Span>);

/// Buffers of all ranks, and messages under way by (sender, receiver, lane).
struct Plain<'a> {
    schedule: &'a dyn Schedule,
    chunks: Chunks,
    dtype: DType,
    op: ReduceOp,
    buffers: Vec<[Vec<u8>; 3]>,
    messages: BTreeMap<(Rank, Rank, u32), VecDeque<Message>>,
}

impl Plain<'_> {
    fn run(mut self) -> Vec<Vec<u8>> {
        let shape = self.schedule.shape();
        let mut next = vec![vec![0; shape.lanes as usize]; shape.ranks as usize];
        loop {
            let mut moved = false;
            for rank in 0..shape.ranks {
                for lane in 0..shape.lanes {
                    let at = next[rank as usize][lane as usize];
                    if at == self.schedule.steps(rank, lane) {
                        continue;
                    }
                    let step = self.schedule.step(rank, lane, at);
                    let ready = step
                        .after
                        .is_none_or(|dep| next[rank as usize][dep.lane as usize] > dep.step);
                    if ready && self.step(rank, lane, step.action) {
                        next[rank as usize][lane as usize] += 1;
                        moved = true;
                    }
                }
            }
            if !moved {
                break;
            }
        }
        let divides = self.op == ReduceOp::Avg && shape.collective.reduces();
        let outputs = self.buffers.into_iter().map(|[_, mut output, _]| {
            if divides {
                kernels::divide(self.dtype, &mut output, u64::from(shape.ranks));
            }
            output
        });
        outputs.collect()
    }

    fn read(&self, rank: Rank, span: Span) -> Vec<u8> {
        let buffer = &self.buffers[rank as usize][span.buf as usize];
        let ranges = self.chunks.byte_ranges(span, rank);
        ranges.flat_map(|(start, end)| &buffer[start as usize..end as usize]).copied().collect()
    }

    fn write(&mut self, rank: Rank, span: Span, value: &[u8]) {
        let buffer = &mut self.buffers[rank as usize][span.buf as usize];
        let mut rest = value;
        for (start, end) in self.chunks.byte_ranges(span, rank) {
            let (head, tail) = rest.split_at((end - start) as usize);
            buffer[start as usize..end as usize].copy_from_slice(head);
            rest = tail;
        }
        assert!(rest.is_empty(), "a message is as long as its place");
    }

    fn combined(&self, rank: Rank, mut value: Vec<u8>, with: Option<Span>) -> Vec<u8> {
        if let Some(with) = with {
            kernels::reduce_into(self.dtype, self.op, &mut value, &self.read(rank, with));
        }
        value
    }

    fn send(&mut self, from: Rank, to: Rank, lane: u32, value: Vec<u8>, put: Option<Span>) {
        self.messages.entry((from, to, lane)).or_default().push_back((value, put));
    }

    fn take(&mut self, from: Rank, to: Rank, lane: u32) -> Option<Vec<u8>> {
        self.messages.get_mut(&(from, to, lane))?.pop_front().map(|(value, _)| value)
    }

    /// Takes a step if it can be taken.
    fn step(&mut self, rank: Rank, lane: u32, action: Action) -> bool {
        match action {
            Action::Send { to, src } => self.send(rank, to, lane, self.read(rank, src), None),
            Action::Recv { from, dst, with, .. } => {
                let Some(value) = self.take(from, rank, lane) else { return false };
                let value = self.combined(rank, value, with);
                self.write(rank, dst, &value);
            }
            Action::Forward { from, to, with, keep } => {
                let Some(value) = self.take(from, rank, lane) else { return false };
                let value = self.combined(rank, value, with);
                if let Some(keep) = keep {
                    self.write(rank, keep, &value);
                }
                self.send(rank, to, lane, value, None);
            }
            Action::Exchange { to, src, from, dst, with } => {
                if !self.exchanged(rank, lane) {
                    self.send(rank, to, lane, self.read(rank, src), None);
                    self.mark(rank, lane, true);
                }
                let Some(value) = self.take(from, rank, lane) else { return false };
                self.mark(rank, lane, false);
                let value = self.combined(rank, value, with);
                self.write(rank, dst, &value);
            }
            Action::Multicast { group, src, dst } => {
                let value = if src.len == 0 { Vec::new() } else { self.read(rank, src) };
                for to in group.members().filter(|to| *to != rank) {
                    self.send(rank, to, lane, value.clone(), Some(dst));
                }
                if src.len > 0 {
                    self.write(rank, dst, &value);
                }
            }
            Action::Wait { from } => {
                let others: Vec<Rank> = from.members().filter(|member| *member != rank).collect();
                let here = |from: &Rank| {
                    self.messages.get(&(*from, rank, lane)).is_some_and(|queue| !queue.is_empty())
                };
                if !others.iter().all(here) {
                    return false;
                }
                for from in others {
                    let queue = self.messages.get_mut(&(from, rank, lane)).unwrap();
                    if let Some((value, Some(dst))) = queue.pop_front()
                        && dst.len > 0
                    {
                        self.write(rank, dst, &value);
                    }
                }
            }
            Action::SwitchReduce { group, src, dst } => {
                let mut value = self.read(group.first, src);
                for member in group.members().skip(1) {
                    kernels::reduce_into(self.dtype, self.op, &mut value, &self.read(member, src));
                }
                self.write(rank, dst, &value);
            }
            Action::Copy { src, dst } => {
                let value = self.read(rank, src);
                self.write(rank, dst, &value);
            }
            Action::Reduce { src, dst } => {
                let value = self.combined(rank, self.read(rank, dst), Some(src));
                self.write(rank, dst, &value);
            }
            Action::Put { to, src, dst } => {
                self.send(rank, to, lane, self.read(rank, src), Some(dst));
            }
            other => unreachable!("no built-in algorithm takes the step {other:?}"),
        }
        true
    }

    /// Whether the send half of the rank's current exchange is out: kept as a message to itself.
    fn exchanged(&self, rank: Rank, lane: u32) -> bool {
        self.messages.get(&(rank, rank, lane)).is_some_and(|queue| !queue.is_empty())
    }

    fn mark(&mut self, rank: Rank, lane: u32, sent: bool) {
        let queue = self.messages.entry((rank, rank, lane)).or_default();
        queue.clear();
        if sent {
            queue.push_back((Vec::new(), None));
        }
    }
}

fn check(job: &Job, seed: u64) -> Result<(), TestCaseError> {
    let chunks = spec(job, seed).chunks;
    let shape = job.schedule.shape();
    let size = |buf, rank| chunks.buffer_bytes(buf, rank) as usize;
    let inputs: Vec<Bytes> = (0..shape.ranks)
        .map(|rank| {
            let count = size(Buf::Input, rank) / job.dtype.bytes() as usize;
            encode(job.dtype, reals(count, seed ^ u64::from(rank) << 32))
        })
        .collect();
    let buffers = (0..shape.ranks)
        .zip(&inputs)
        .map(|(rank, input)| {
            let zeros = |buf| vec![0; size(buf, rank)];
            [input.to_vec(), zeros(Buf::Output), zeros(Buf::Scratch)]
        })
        .collect();
    let plain = Plain {
        schedule: &*job.schedule,
        chunks,
        dtype: job.dtype,
        op: job.op,
        buffers,
        messages: BTreeMap::new(),
    };
    let expected = plain.run();
    let report = Emulator::new(2, MEMORY).unwrap().run(job, inputs).unwrap();
    for (rank, (output, expected)) in report.outputs.iter().zip(&expected).enumerate() {
        let got: Vec<u8> = output.pieces().flat_map(<[u8]>::to_vec).collect();
        prop_assert!(got == *expected, "rank {} of {:?}", rank, job.schedule);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn every_hop_rounds_as_if_it_were_alone(
        pair in prop::sample::select(pairs()),
        ranks in 2_u32..=9,
        chunk_bytes in 2_u64..80_000,
        dtype in prop::sample::select(vec![DType::F32, DType::F64, DType::F16, DType::Bf16]),
        op in prop::sample::select(vec![ReduceOp::Sum, ReduceOp::Prod, ReduceOp::Avg]),
        shared in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let results = if shared { Results::Shared } else { Results::Own };
        let ranks = fitting(pair, ranks);
        let mut job = job(pair.0, pair.1, ranks, 0, dtype, op, results);
        let shape = job.schedule.shape();
        let chunks = u64::from(shape.input_chunks.max(shape.output_chunks));
        job.count = chunks * (chunk_bytes / dtype.bytes()) + seed % 3;
        check(&job, seed)?;
    }
}

/// More hops than a postponed reduction may collect.
#[test]
fn long_rings_round_at_every_hop() {
    for collective in [Collective::AllReduce, Collective::ReduceScatter] {
        let ring = job(
            Algorithm::Ring,
            collective,
            140,
            140 * 2_100,
            DType::F32,
            ReduceOp::Sum,
            Results::Own,
        );
        check(&ring, 7).unwrap();
    }
}
