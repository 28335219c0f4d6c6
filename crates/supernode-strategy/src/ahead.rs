//! Where a machine trains faster by its library than on the wire, and which collective makes it so.
//!
//! A library's costs are fitted to measured curves, bounded by those of other chips or modelled, and its
//! groups are spread evenly: nothing keeps them above the hardware of this machine. A verdict of
//! libraries that rests on such a row says so.

use supernode_catalog::End;
use supernode_collectives::Collective;

use crate::contest::Contest;
use crate::question::Question;
use crate::row::Pairing;
use crate::side::{ENDS, Side};
use crate::step::{Collectives, TENSOR};
use crate::{Basis, CORNERS, Machine, Plan, StrategyError};

/// A machine whose library is ahead of the wire, where it is furthest ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct Ahead {
    /// The first basis on which it is.
    pub basis: Basis,
    /// Index of the machine.
    pub index: usize,
    /// The machine, replication included.
    pub name: String,
    /// End of its ranges.
    pub end: End,
    /// Tokens per second by the library over those on the wire, each by its own best plan.
    pub by: f64,
    /// The library's plan.
    pub plan: Plan,
    /// The collective of that plan which the library gains most by in a step.
    pub gains: Collective,
    /// Ranks of its group.
    pub ranks: u32,
    /// Bytes of its large buffer.
    pub bytes: u64,
    /// Whether the group is of several scale-up domains of which one is partly filled: a library's
    /// model spreads it evenly.
    pub uneven: bool,
    /// Seconds that it takes by the library, and on the wire by the fastest algorithm.
    pub seconds: [f64; 2],
}

/// Every machine of `library` that is ahead of itself in `wire`, once.
///
/// # Errors
/// When a value that a collective needs is unknown.
pub(crate) fn ahead(
    wire: &Contest,
    library: &Contest,
    question: Question<'_>,
) -> Result<Vec<Ahead>, StrategyError> {
    let mut found: Vec<Ahead> = Vec::new();
    for (row, other) in library.rows.iter().zip(&wire.rows) {
        for (pairing, other) in row.pairings().iter().zip(other.pairings()) {
            for index in [0, 1] {
                let Some(new) = of_side(row.basis, index, [pairing, other], question)? else {
                    continue;
                };
                let same = |old: &Ahead| Ahead { basis: row.basis, ..old.clone() } == new;
                if !found.iter().any(same) {
                    found.push(new);
                }
            }
        }
    }
    Ok(found)
}

/// The machine of that index, by its library in the first pairing and on the wire in the second.
fn of_side(
    basis: Basis,
    index: usize,
    [library, wire]: [&Pairing; 2],
    question: Question<'_>,
) -> Result<Option<Ahead>, StrategyError> {
    let (Ok(by_library), Ok(on_wire)) = (&library.sides[index], &wire.sides[index]) else {
        return Ok(None);
    };
    let Some((end, corner, by)) = furthest(by_library, on_wire) else { return Ok(None) };
    let plan = by_library.outcomes[end][corner].step.plan;
    let end = ENDS[end];
    let collectives = |machine: &Machine| -> Result<_, StrategyError> {
        let machines = machine.at_ends_of_shared_chip(by_library.precision);
        let timing = question.timings.of(&machines[corner / CORNERS], end)?;
        Collectives::of(question.workload, &timing, plan)
    };
    let fast = collectives(&by_library.machine)?;
    let slow = collectives(&on_wire.machine)?;
    let gain = |at: &usize| fast.0[*at].times * (slow.0[*at].seconds - fast.0[*at].seconds);
    let most = (0..fast.0.len()).max_by(|a, b| gain(a).total_cmp(&gain(b)));
    Ok(most.map(|at| {
        let (data, fast, slow) = (at >= TENSOR, fast.0[at], slow.0[at]);
        let room = by_library.machine.domain() / plan.tensor;
        let uneven = data && fast.ranks > room && !fast.ranks.is_multiple_of(room);
        Ahead {
            basis,
            index,
            name: library.names[index].clone(),
            end,
            by,
            plan,
            gains: fast.collective,
            ranks: fast.ranks,
            bytes: fast.bytes,
            uneven,
            seconds: [fast.seconds, slow.seconds],
        }
    }))
}

/// End and corner at which the library has the most tokens per second over the wire, and how many
/// times as many; none if it nowhere has more.
fn furthest(by_library: &Side, on_wire: &Side) -> Option<(usize, usize, f64)> {
    let ends = by_library.outcomes.iter().zip(&on_wire.outcomes).enumerate();
    let ratios = ends.flat_map(|(end, (fast, slow))| {
        let corners = fast.iter().zip(slow).enumerate();
        corners.map(move |(corner, (a, b))| (end, corner, a.tokens_per_s / b.tokens_per_s))
    });
    ratios.filter(|(.., by)| *by > 1.0).max_by(|a, b| a.2.total_cmp(&b.2))
}
