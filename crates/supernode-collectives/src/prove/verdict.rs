//! Whether each output chunk is made of what the collective asks for, and how it was added.

use super::additions::Additions;
use super::expression::{UNDEFINED, Value, mix};
use super::memory::Memory;
use super::{Finding, Findings, Summation};
use crate::{Collective, Members, Rank, Shape};

/// What the collective asks for, by member of its communicator.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// As many ranks as there are members.
    pub(super) shape: Shape,
    /// Who they are, if not every rank by its own number.
    pub(super) members: Option<&'a Members>,
}

impl Asked<'_> {
    /// The rank that a member is.
    pub(super) fn rank(&self, member: u32) -> Rank {
        self.members.map_or(member, |members| members.rank(member))
    }

    /// The member that a rank is, if it is one.
    pub(super) fn member(&self, rank: Rank) -> Option<u32> {
        self.members.map_or(Some(rank), |members| members.index(rank))
    }

    /// Whose contributions an output chunk of a member asks for, and of which input chunk.
    fn wanted(&self, member: u32, chunk: u32) -> (std::ops::Range<u32>, u32) {
        let one = |source: u32| source..source + 1;
        let shape = &self.shape;
        match shape.collective {
            Collective::AllReduce | Collective::Reduce { .. } => (0..shape.ranks, chunk),
            Collective::ReduceScatter => (0..shape.ranks, member * shape.output_chunks + chunk),
            Collective::AllGather | Collective::Gather { .. } => {
                (one(chunk / shape.input_chunks), chunk % shape.input_chunks)
            }
            Collective::Broadcast { root } => (one(root), chunk),
            Collective::Scatter { root } => (one(root), member * shape.output_chunks + chunk),
            Collective::AllToAll => {
                let block = shape.output_chunks / shape.ranks;
                (one(chunk / block), member * block + chunk % block)
            }
            Collective::SendRecv => (one((member + shape.ranks - 1) % shape.ranks), chunk),
            // There are no chunks of which to ask.
            Collective::Barrier => (0..0, chunk),
        }
    }

    /// What is wrong with an output chunk of a member.
    fn fault(
        &self,
        memory: &Memory,
        member: u32,
        chunk: u32,
        times: &mut [u64],
    ) -> Option<Finding> {
        let rank = self.rank(member);
        let value: Value = memory.output(rank, chunk);
        let (sources, input) = self.wanted(member, chunk);
        if sources.len() == 1 && value == memory.all.leaf(self.rank(sources.start), input) {
            return None;
        }
        let mut foreign = Vec::new();
        times.fill(0);
        memory.all.leaves(value, |leaf, count| {
            let (source, of) = memory.all.contribution(leaf);
            match self.member(source).filter(|source| of == input && sources.contains(source)) {
                Some(source) => times[source as usize] = count,
                None => foreign.push((source, of)),
            }
        });
        let with = |wrong: fn(u64) -> bool| -> Vec<Rank> {
            let wrong = sources.clone().filter(|source| wrong(times[*source as usize]));
            wrong.map(|source| self.rank(source)).collect()
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
}

/// What is said of a run that did not end.
pub(super) const NOTHING: Summation =
    Summation { bit_identical: false, in_rank_order: false, order: None, depth: 0, digest: 0 };

/// Checks every output chunk of every member of a machine of `ranks` ranks.
pub(super) fn check(
    memory: &Memory,
    asked: &Asked,
    ranks: u32,
    findings: &mut Findings,
) -> Summation {
    let shape = &asked.shape;
    let mut summation =
        Summation { bit_identical: true, in_rank_order: true, order: Some(0), ..NOTHING };
    let before = findings.found;
    let mut times = vec![0_u64; shape.ranks as usize];
    for chunk in 0..shape.output_chunks {
        // All ranks share one sum where results are bit-identical: it is checked once.
        let mut good = None;
        for member in 0..shape.ranks {
            if !shape.collective.has_output(member) {
                continue;
            }
            let value = memory.output(asked.rank(member), chunk);
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
            match asked.fault(memory, member, chunk, &mut times) {
                Some(finding) => {
                    findings.push(|| finding);
                    summation.bit_identical = false;
                }
                None => good = good.or(Some(value)),
            }
        }
        if shape.collective == Collective::AllReduce {
            let output = |member| memory.output(asked.rank(member), chunk);
            let other = (1..shape.ranks).find(|member| output(*member) != output(0));
            if let Some(other) = other {
                summation.bit_identical = false;
                if shape.bit_identical && good.is_some() {
                    let ranks = (asked.rank(0), asked.rank(other));
                    findings.push(|| Finding::NotIdentical { chunk, ranks });
                }
            }
        }
    }
    if findings.found > before {
        (summation.in_rank_order, summation.order) = (false, None);
    } else if shape.collective.reduces() {
        Additions::of(&memory.all, asked, ranks).judge(memory, asked, findings, &mut summation);
    }
    summation
}
