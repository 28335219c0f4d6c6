//! Phases say the same as steps.

use proptest::prelude::*;
use supernode_collectives::{
    Action, Algorithm, Collective, Inner, Pattern, Phase, Rank, Schedule, Tuning, fit_levels,
};

/// What costs time in a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Op {
    Send {
        to: Rank,
        chunks: u32,
        fan: u32,
    },
    /// Sender, chunks, whether it is combined; then chunks of reductions in between.
    Take(Vec<(Rank, u32, bool)>, u32),
    Copy(u32),
    Reduce(u32),
}

/// Receives that are awaited together, and chunks of reductions in between.
type Batch = (Vec<(Rank, u32, bool)>, u32);

fn of_steps(schedule: &dyn Schedule, rank: Rank) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut batch: Option<Batch> = None;
    for index in 0..schedule.steps(rank, 0) {
        let step = schedule.step(rank, 0, index);
        match step.action {
            Action::Send { to, src } => ops.push(Op::Send { to, chunks: src.len, fan: step.fan }),
            Action::Recv { from, dst, with, more } => {
                let mut taken = batch.take().unwrap_or_default();
                taken.0.push((from, dst.len, with.is_some()));
                if more {
                    batch = Some(taken);
                } else {
                    ops.push(Op::Take(taken.0, taken.1));
                }
            }
            Action::Forward { from, to, with, keep } => {
                let chunks = with.or(keep).expect("one of them is given").len;
                ops.push(Op::Take(vec![(from, chunks, with.is_some())], 0));
                ops.push(Op::Send { to, chunks, fan: step.fan });
            }
            Action::Exchange { to, src, from, dst, with } => {
                ops.push(Op::Send { to, chunks: src.len, fan: step.fan });
                ops.push(Op::Take(vec![(from, dst.len, with.is_some())], 0));
            }
            Action::Copy { src, .. } => ops.push(Op::Copy(src.len)),
            Action::Reduce { src, .. } => match &mut batch {
                Some(batch) => batch.1 += src.len,
                None => ops.push(Op::Reduce(src.len)),
            },
            other => panic!("{other:?} is not two-sided"),
        }
    }
    ops
}

fn of_phase(phase: &Phase, rank: Rank, ops: &mut Vec<Op>) {
    let Phase { stride, size, pattern, chunks, copies } = *phase;
    let digit = rank / stride % size;
    let member = |digit: u32| rank - rank / stride % size * stride + digit % size * stride;
    let copy = |ops: &mut Vec<Op>| {
        if copies > 0 {
            ops.push(Op::Copy(copies));
        }
    };
    let send = |to, fan| Op::Send { to, chunks, fan };
    let others = || (0..size).filter(move |other| *other != digit).map(member);
    match pattern {
        Pattern::Copy => copy(ops),
        Pattern::Reduce => ops.push(Op::Reduce(copies)),
        Pattern::Ring { reduces } => {
            for step in 1..size {
                ops.push(send(member(digit + 1), 1));
                if step == 1 {
                    copy(ops);
                }
                ops.push(Op::Take(vec![(member(digit + size - 1), chunks, reduces)], 0));
            }
        }
        Pattern::Direct { reduces } => {
            ops.extend((1..size).map(|offset| send(member(digit + offset), size - 1)));
            copy(ops);
            ops.push(Op::Take(others().map(|from| (from, chunks, reduces)).collect(), 0));
        }
        Pattern::Shift { by, mirrored, reduces } => {
            let back = mirrored && digit % 2 == 1;
            let to = if back { digit + size - by } else { digit + by };
            let from = if mirrored { to } else { digit + size - by };
            ops.push(send(member(to), 1));
            copy(ops);
            ops.push(Op::Take(vec![(member(from), chunks, reduces)], 0));
        }
        Pattern::OneShot => {
            ops.extend((1..size).map(|offset| send(member(digit + offset), size - 1)));
            let first = |from: Rank| digit == 0 || from != member(0);
            let batch = others().map(|from| (from, chunks, first(from))).collect();
            let last = digit + 1 == size;
            ops.push(Op::Take(batch, if digit > 0 && !last { chunks } else { 0 }));
            if last {
                ops.push(Op::Reduce(chunks));
            }
        }
    }
}

proptest! {
    #[test]
    fn phases_say_the_same_as_steps(
        ranks in 1_u32..70,
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct]),
    ) {
        let levels = fit_levels(ranks, &[(4, inner), (3, Inner::Ring), (5, inner)]);
        let tuning = Tuning { slices: 2, levels, ..Tuning::default() };
        let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) else {
            return Ok(());
        };
        let Some(phases) = schedule.phases() else {
            let known = matches!(
                algorithm,
                Algorithm::DoubleBinaryTree
                    | Algorithm::InSwitch
                    | Algorithm::RecursiveDoubling
                    | Algorithm::Rabenseifner
                    | Algorithm::SegmentedRing
                    | Algorithm::BidirectionalRing
                    | Algorithm::MeshRings
                    | Algorithm::TorusRings
                    | Algorithm::FullMeshRings
                    | Algorithm::Binomial
                    | Algorithm::Chain
                    | Algorithm::Linear
                    | Algorithm::OneSided
                    | Algorithm::Swing
                    | Algorithm::RecursiveMultiplying
                    | Algorithm::RecursiveExchange
                    | Algorithm::ScatterAllGather
                    | Algorithm::DualRoot
                    | Algorithm::StragglerAware
                    | Algorithm::CirculantBroadcast
                    | Algorithm::HcclPipeline
                    | Algorithm::MultiPortBucket
                    | Algorithm::UnequalGroups
            );
            prop_assert!(known && (ranks > 1 || algorithm != Algorithm::RecursiveDoubling));
            return Ok(());
        };
        for rank in 0..ranks {
            let mut ops = Vec::new();
            for phase in &phases {
                of_phase(phase, rank, &mut ops);
            }
            prop_assert_eq!(ops, of_steps(&*schedule, rank), "rank {}", rank);
        }
    }
}
