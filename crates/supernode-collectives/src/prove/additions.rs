//! In which order contributions were added: in that of the ranks, and the same for every element?
//!
//! Both follow from the structure of the sums, once a run is over. A *run* is a sum of consecutive
//! members' contributions in which each addition joins two neighbouring runs: written down with the lower
//! one first, it is right for an operator that does not commute, because nothing but brackets is left to
//! choose. What arrives may be either operand; which of them is the left one follows from the schedule.

use super::expression::{Expressions, Value, mix};
use super::memory::Memory;
use super::verdict::Asked;
use super::{Finding, Findings, Place, Summation};
use crate::Rank;

/// The first and last member of a run; [`BROKEN`] for a sum that is none.
type Run = (u32, u32);

const BROKEN: Run = (1, 0);

/// What is known of each sum.
#[derive(Debug)]
pub(super) struct Additions<'a> {
    all: &'a Expressions,
    runs: Vec<Run>,
    /// Numbers that follow from the order of additions, whatever the chunk.
    orders: Vec<u64>,
    /// The member that each rank is.
    members: Vec<u32>,
}

impl<'a> Additions<'a> {
    /// Bytes for each sum.
    pub(super) const BYTES: u64 = (size_of::<Run>() + size_of::<u64>()) as u64;

    pub(super) fn of(all: &'a Expressions, asked: &Asked, ranks: u32) -> Self {
        let members = (0..ranks).map(|rank| asked.member(rank).unwrap_or(u32::MAX)).collect();
        let mut known = Self { all, runs: Vec::new(), orders: Vec::new(), members };
        // Operands come before their sum.
        for (left, right) in all.operands() {
            let run = match known.in_order(left, right) {
                Some((low, high)) => (known.run(low).0, known.run(high).1),
                None => BROKEN,
            };
            let (x, y) = (known.order(left), known.order(right));
            known.runs.push(run);
            known.orders.push(mix(x.wrapping_add(y)) ^ mix(x ^ y));
        }
        known
    }

    fn run(&self, value: Value) -> Run {
        let Some(sum) = value.checked_sub(self.all.leaf_count()) else {
            let member = self.member(self.all.contribution(value).0);
            return (member, member);
        };
        self.runs[sum as usize]
    }

    fn member(&self, rank: Rank) -> u32 {
        self.members[rank as usize]
    }

    fn order(&self, value: Value) -> u64 {
        match value.checked_sub(self.all.leaf_count()) {
            Some(sum) => self.orders[sum as usize],
            None => mix(u64::from(self.member(self.all.contribution(value).0))),
        }
    }

    /// Two operands with the lower run first, if they are neighbouring runs.
    pub(super) fn in_order(&self, a: Value, b: Value) -> Option<(Value, Value)> {
        let (x, y) = (self.run(a), self.run(b));
        if x == BROKEN || y == BROKEN {
            None
        } else if x.1.checked_add(1) == Some(y.0) {
            Some((a, b))
        } else {
            (y.1.checked_add(1) == Some(x.0)).then_some((b, a))
        }
    }

    /// The addition that joins runs which are no neighbours, and their first and last members.
    fn broken_at(&self, value: Value) -> Option<(Place, [Run; 2])> {
        let mut at = value;
        loop {
            let (left, right, origin) = self.all.sum_of(at)?;
            match (self.run(left), self.run(right)) {
                (BROKEN, _) => at = left,
                (_, BROKEN) => at = right,
                (x, y) => return Some((origin, [x.min(y), x.max(y)])),
            }
        }
    }

    /// Judges the sums of all outputs, none of which lacks a contribution.
    pub(super) fn judge(
        &self,
        memory: &Memory,
        asked: &Asked,
        findings: &mut Findings,
        summation: &mut Summation,
    ) {
        let shape = &asked.shape;
        let outputs = (0..shape.ranks).filter(|member| shape.collective.has_output(*member));
        let sums = outputs.flat_map(|m| (0..shape.output_chunks).map(move |chunk| (m, chunk)));
        let mut first = None;
        for (member, chunk) in sums {
            let rank = asked.rank(member);
            let value = memory.output(rank, chunk);
            let order = *first.get_or_insert(self.order(value));
            if self.order(value) != order {
                summation.order = None;
            } else if summation.order.is_some() {
                summation.order = Some(order);
            }
            if self.run(value) == (0, shape.ranks - 1) {
                continue;
            }
            if shape.in_rank_order
                && summation.in_rank_order
                && let Some((at, [low, high])) = self.broken_at(value)
            {
                findings.push(|| Finding::OutOfOrder { rank, chunk, at, low, high });
            }
            summation.in_rank_order = false;
        }
    }
}
