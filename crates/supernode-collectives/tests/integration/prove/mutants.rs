//! Broken schedules: every mutant is rejected, or computes what the original computes.

use proptest::prelude::*;
use supernode_collectives::prove::{Options, prove};
use supernode_collectives::{Action, Algorithm, Collective, Inner, Rank, Span, Tuning, fit_levels};

use super::plain::run;
use super::program::Program;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    Drop,
    Duplicate,
    Swap,
    Retarget,
    Shift,
    DropDependency,
    DropOperand,
}

const ALL: [Mutation; 7] = [
    Mutation::Drop,
    Mutation::Duplicate,
    Mutation::Swap,
    Mutation::Retarget,
    Mutation::Shift,
    Mutation::DropDependency,
    Mutation::DropOperand,
];

/// The spans of a step, to be changed.
fn spans(action: &mut Action) -> Vec<&mut Span> {
    match action {
        Action::Send { src, .. } => vec![src],
        Action::Recv { dst, .. } => vec![dst],
        Action::Forward { with, keep, .. } => {
            with.as_mut().into_iter().chain(keep.as_mut()).collect()
        }
        Action::Exchange { src, dst, .. }
        | Action::Put { src, dst, .. }
        | Action::Get { src, dst, .. }
        | Action::Copy { src, dst }
        | Action::Reduce { src, dst }
        | Action::Multicast { src, dst, .. }
        | Action::SwitchReduce { src, dst, .. } => vec![src, dst],
        Action::Signal { .. } | Action::Wait { .. } => vec![],
    }
}

fn peers(action: &mut Action) -> Vec<&mut Rank> {
    match action {
        Action::Send { to, .. } | Action::Put { to, .. } | Action::Signal { to } => vec![to],
        Action::Recv { from, .. } | Action::Get { from, .. } => vec![from],
        Action::Forward { from, to, .. } | Action::Exchange { from, to, .. } => vec![from, to],
        _ => vec![],
    }
}

/// Breaks the step that `at` chooses; false if there is nothing to break.
fn mutate(program: &mut Program, mutation: Mutation, at: usize, pick: usize) -> bool {
    let total: usize = program.lanes.iter().map(Vec::len).sum();
    if total == 0 {
        return false;
    }
    let (mut lane, mut index) = (0, at % total);
    while index >= program.lanes[lane].len() {
        index -= program.lanes[lane].len();
        lane += 1;
    }
    let ranks = program.shape.ranks;
    let steps = &mut program.lanes[lane];
    let action = &mut steps[index].action;
    match mutation {
        Mutation::Drop => drop(steps.remove(index)),
        Mutation::Duplicate => steps.insert(index, steps[index]),
        Mutation::Swap => {
            if index + 1 == steps.len() {
                return false;
            }
            steps.swap(index, index + 1);
        }
        Mutation::Retarget => {
            let mut peers = peers(action);
            if peers.is_empty() {
                return false;
            }
            let count = peers.len();
            let peer = &mut *peers[pick % count];
            *peer = (*peer + 1 + pick as u32 % ranks.max(2)) % ranks;
        }
        Mutation::Shift => {
            let mut spans = spans(action);
            if spans.is_empty() {
                return false;
            }
            let count = spans.len();
            spans[pick % count].first ^= 1;
        }
        Mutation::DropDependency => return steps[index].after.take().is_some(),
        Mutation::DropOperand => match action {
            Action::Recv { with, .. } | Action::Exchange { with, .. } => {
                return with.take().is_some();
            }
            _ => return false,
        },
    }
    true
}

fn subject(algorithm: Algorithm, collective: Collective, ranks: u32) -> Option<Program> {
    let levels = fit_levels(ranks, &[(2, Inner::Direct), (3, Inner::Ring)]);
    let tuning = Tuning { slices: 2, levels, ..Tuning::default() };
    let schedule = algorithm.schedule(collective, ranks, &tuning).ok()?;
    Some(Program::of(&*schedule))
}

/// Whether the mutant passes; what passes is run on numbers by an interpreter that shares no code.
fn passes(mutant: &Program) -> Result<bool, String> {
    let proof = prove(mutant, &Options::default()).map_err(|error| error.to_string())?;
    if !proof.holds() {
        return Ok(false);
    }
    run(mutant, false).map(|()| true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn mutants_are_rejected_or_equivalent(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 2_u32..=9,
        mutation in prop::sample::select(ALL.to_vec()),
        at in any::<usize>(),
        pick in any::<usize>(),
    ) {
        let Some(original) = subject(algorithm, collective, ranks) else { return Ok(()) };
        let mut mutant = original.clone();
        if mutate(&mut mutant, mutation, at, pick % 1000) {
            let passed = passes(&mutant);
            prop_assert!(passed.is_ok(), "{:?}: {:?}", passed, mutant);
        }
    }
}

/// How many mutants of the small schedules of an algorithm are rejected, and how many are equivalent,
/// in the order of `ALL`.
type Counts = ([u32; ALL.len()], [u32; ALL.len()]);

fn count(algorithm: Algorithm) -> Counts {
    let (mut rejected, mut equivalent) = ([0; ALL.len()], [0; ALL.len()]);
    for (collective, ranks) in
        Collective::ALL.into_iter().flat_map(|c| [2, 3, 4, 6].map(|n| (c, n)))
    {
        let Some(original) = subject(algorithm, collective, ranks) else { continue };
        let total: usize = original.lanes.iter().map(Vec::len).sum();
        for (kind, mutation) in ALL.into_iter().enumerate() {
            for at in 0..total {
                let mut mutant = original.clone();
                if !mutate(&mut mutant, mutation, at, at) || mutant.lanes == original.lanes {
                    continue;
                }
                let counts = if passes(&mutant).expect("what holds is right") {
                    &mut equivalent
                } else {
                    &mut rejected
                };
                counts[kind] += 1;
            }
        }
    }
    (rejected, equivalent)
}

/// All mutants of small schedules: how many of each kind are rejected, and how many are equivalent. A
/// dropped step, another peer, a dropped dependency and a lost operand never are; what passes are steps
/// that say the same twice (a copy, a question to the switch), neighbours that may come in either order,
/// and offsets of the empty spans of a barrier.
#[test]
fn census_of_mutants() {
    let row = |algorithm: Algorithm| {
        let (rejected, equivalent) = count(algorithm);
        format!("{algorithm}: {rejected:?} {equivalent:?}\n")
    };
    let table: String = Algorithm::ALL.into_iter().map(row).collect();
    assert!(table == include_str!("../../data/mutants.txt"), "{table}");
}
