//! Whether each output chunk is made of what the collective asks for, and how it was added.

use super::expression::{UNDEFINED, Value, mix};
use super::memory::Memory;
use super::{Finding, Findings, Summation};
use crate::{Collective, Rank, Shape};

/// Checks every output chunk of every rank.
pub(super) fn check(memory: &Memory, shape: &Shape, findings: &mut Findings) -> Summation {
    let mut summation = Summation { bit_identical: true, depth: 0, digest: 0 };
    let mut times = vec![0_u64; shape.ranks as usize];
    for chunk in 0..shape.output_chunks {
        // All ranks share one sum where results are bit-identical: it is checked once.
        let mut good = None;
        for rank in 0..shape.ranks {
            if !shape.collective.has_output(rank) {
                continue;
            }
            let value = memory.output(rank, chunk);
            summation.depth = summation.depth.max(memory.all.height(value));
            let digest = if value == UNDEFINED { 1 } else { memory.all.digest(value) };
            summation.digest = mix(summation.digest ^ digest);
            let shared = matches!(
                shape.collective,
                Collective::AllReduce | Collective::AllGather | Collective::Broadcast { .. }
            );
            if shared && good == Some(value) {
                continue;
            }
            match fault(memory, shape, rank, chunk, &mut times) {
                Some(finding) => {
                    findings.push(|| finding);
                    summation.bit_identical = false;
                }
                None => good = good.or(Some(value)),
            }
        }
        if shape.collective == Collective::AllReduce {
            let first = memory.output(0, chunk);
            let other = (1..shape.ranks).find(|rank| memory.output(*rank, chunk) != first);
            if let Some(other) = other {
                summation.bit_identical = false;
                if shape.bit_identical && good.is_some() {
                    findings.push(|| Finding::NotIdentical { chunk, ranks: (0, other) });
                }
            }
        }
    }
    summation
}

/// Whose contributions an output chunk asks for, and of which input chunk.
fn wanted(shape: &Shape, rank: Rank, chunk: u32) -> (std::ops::Range<Rank>, u32) {
    let one = |source: Rank| source..source + 1;
    match shape.collective {
        Collective::AllReduce | Collective::Reduce { .. } => (0..shape.ranks, chunk),
        Collective::ReduceScatter => (0..shape.ranks, rank * shape.output_chunks + chunk),
        Collective::AllGather | Collective::Gather { .. } => {
            (one(chunk / shape.input_chunks), chunk % shape.input_chunks)
        }
        Collective::Broadcast { root } => (one(root), chunk),
        Collective::Scatter { root } => (one(root), rank * shape.output_chunks + chunk),
        Collective::AllToAll => {
            let block = shape.output_chunks / shape.ranks;
            (one(chunk / block), rank * block + chunk % block)
        }
        Collective::SendRecv => (one((rank + shape.ranks - 1) % shape.ranks), chunk),
        // There are no chunks of which to ask.
        Collective::Barrier => (0..0, chunk),
    }
}

fn fault(
    memory: &Memory,
    shape: &Shape,
    rank: Rank,
    chunk: u32,
    times: &mut [u64],
) -> Option<Finding> {
    let value: Value = memory.output(rank, chunk);
    let (ranks, input) = wanted(shape, rank, chunk);
    if ranks.len() == 1 && value == memory.all.leaf(ranks.start, input) {
        return None;
    }
    let mut foreign = Vec::new();
    times.fill(0);
    memory.all.leaves(value, |leaf, count| {
        let (source, of) = memory.all.contribution(leaf);
        if of == input && ranks.contains(&source) {
            times[source as usize] = count;
        } else {
            foreign.push((source, of));
        }
    });
    let with = |wrong: fn(u64) -> bool| -> Vec<Rank> {
        ranks.clone().filter(|rank| wrong(times[*rank as usize])).collect()
    };
    let (missing, twice) = (with(|count| count == 0), with(|count| count > 1));
    if missing.is_empty() && twice.is_empty() && foreign.is_empty() {
        return None;
    }
    let doubled = twice.first().map(|rank| memory.all.leaf(*rank, input));
    let doubled_at = doubled.and_then(|leaf| memory.all.doubled_at(value, leaf));
    let writer = memory.writer(rank, chunk);
    foreign.sort_unstable();
    Some(Finding::Contributions { rank, chunk, writer, missing, twice, doubled_at, foreign })
}
