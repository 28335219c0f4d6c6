//! What must hold of any right schedule, whatever it is: other names for the ranks, backwards, one after
//! the other.

use proptest::prelude::*;
use supernode_collectives::prove::{Options, Proof, prove};
use supernode_collectives::{
    Action, Algorithm, Buf, Collective, Inner, Rank, Shape, Span, Step, Tuning, fit_levels,
};

use super::program::Program;

/// The schedule written out, if it has one lane and is two-sided.
fn two_sided(algorithm: Algorithm, collective: Collective, ranks: u32) -> Option<Program> {
    let levels = fit_levels(ranks, &[(4, Inner::Ring), (3, Inner::Direct)]);
    let tuning = Tuning { slices: 2, levels, ..Tuning::default() };
    let program = Program::of(&*algorithm.schedule(collective, ranks, &tuning).ok()?);
    let plain = |step: &Step| {
        !matches!(
            step.action,
            Action::Put { .. }
                | Action::Get { .. }
                | Action::Signal { .. }
                | Action::Wait { .. }
                | Action::Multicast { .. }
                | Action::SwitchReduce { .. }
        )
    };
    (program.shape.lanes == 1 && program.lanes.iter().flatten().all(plain)).then_some(program)
}

fn proved(program: &Program) -> Proof {
    let proof = prove(program, &Options::default()).expect("it is small");
    assert!(proof.holds(), "{:?}: {:?}", proof.findings, program);
    proof
}

/// The step with other ranks and other chunks.
fn renamed(step: &Step, rank: impl Fn(Rank) -> Rank, span: impl Fn(Span) -> Span) -> Step {
    let action = match step.action {
        Action::Send { to, src } => Action::Send { to: rank(to), src: span(src) },
        Action::Recv { from, dst, with, more } => {
            Action::Recv { from: rank(from), dst: span(dst), with: with.map(span), more }
        }
        Action::Forward { from, to, with, keep } => Action::Forward {
            from: rank(from),
            to: rank(to),
            with: with.map(&span),
            keep: keep.map(&span),
        },
        Action::Exchange { to, src, from, dst, with } => Action::Exchange {
            to: rank(to),
            src: span(src),
            from: rank(from),
            dst: span(dst),
            with: with.map(&span),
        },
        Action::Copy { src, dst } => Action::Copy { src: span(src), dst: span(dst) },
        Action::Reduce { src, dst } => Action::Reduce { src: span(src), dst: span(dst) },
        other => other,
    };
    Step { action, ..*step }
}

/// `ranks` in an order that the seed chooses.
fn permutation(ranks: u32, seed: u64) -> Vec<Rank> {
    let mut order: Vec<Rank> = (0..ranks).collect();
    let mut state = seed | 1;
    for last in (1..order.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (state >> 33) as usize % (last + 1));
    }
    order
}

/// Block `rank` of a large buffer, where a buffer holds that block only.
fn of_block(span: Span, rank: Rank, chunks: u32) -> Span {
    Span { first: rank * chunks + span.first, ..span }
}

/// An all-gather backwards: who sent adds what it is sent, who copied its block out gives it last. None
/// where a chunk comes twice, or a step says nothing of what it passes on.
fn backwards(gather: &Program) -> Option<Program> {
    let Shape { ranks, input_chunks: block, output_chunks: all, .. } = gather.shape;
    let taken = |step: &Step| match step.action {
        Action::Recv { dst, .. } | Action::Exchange { dst, .. } => dst.len,
        Action::Forward { keep, .. } => keep.map_or(0, |keep| keep.len),
        _ => 0,
    };
    // What is sent twice would be added twice.
    let once = |steps: &Vec<Step>| steps.iter().map(taken).sum::<u32>() == all - block;
    if gather.shape.scratch_chunks > 0 || !gather.lanes.iter().all(once) {
        return None;
    }
    let shape = Shape {
        collective: Collective::ReduceScatter,
        input_chunks: all,
        output_chunks: block,
        scratch_chunks: all,
        bit_identical: false,
        in_rank_order: false,
        ..gather.shape
    };
    let lane = |(rank, steps): (Rank, &Vec<Step>)| {
        // The sum of each chunk is in scratch.
        let sum = |span: Span| match span.buf {
            Buf::Input => Span { buf: Buf::Scratch, ..of_block(span, rank, block) },
            _ => Span { buf: Buf::Scratch, ..span },
        };
        let mut own: Vec<Step> =
            vec![Action::Copy { src: Span::input(0, all), dst: Span::scratch(0, all) }.into()];
        for step in steps.iter().rev() {
            let action = match step.action {
                Action::Send { to, src } => {
                    let dst = sum(src);
                    Action::Recv { from: to, dst, with: Some(dst), more: false }
                }
                Action::Recv { from, dst, with: None, .. } => {
                    Action::Send { to: from, src: sum(dst) }
                }
                Action::Forward { from, to, with: None, keep: Some(keep) } => {
                    let with = Some(sum(keep));
                    Action::Forward { from: to, to: from, with, keep: with }
                }
                Action::Exchange { to, src, from, dst, with: None } => {
                    let with = sum(src);
                    Action::Exchange {
                        to: from,
                        src: sum(dst),
                        from: to,
                        dst: with,
                        with: Some(with),
                    }
                }
                // The own block is given out where it was taken in.
                Action::Copy { src: Span { buf: Buf::Input, .. }, .. } => continue,
                _ => return None,
            };
            own.push(action.into());
        }
        own.push(
            Action::Copy { src: Span::scratch(rank * block, block), dst: Span::output(0, block) }
                .into(),
        );
        Some(own)
    };
    let lanes: Option<Vec<Vec<Step>>> = (0..ranks).zip(&gather.lanes).map(lane).collect();
    Some(Program { shape, lanes: lanes? })
}

/// A reduce-scatter, then an all-gather of what it gave.
fn one_after_the_other(scatter: &Program, gather: &Program) -> Program {
    let (first, then) = (scatter.shape, gather.shape);
    let shape = Shape {
        collective: Collective::AllReduce,
        output_chunks: then.output_chunks,
        scratch_chunks: first.scratch_chunks + then.scratch_chunks,
        bit_identical: true,
        ..first
    };
    let lane = |(rank, (first_steps, then_steps)): (Rank, (&Vec<Step>, &Vec<Step>))| {
        let of_first = |span: Span| match span.buf {
            Buf::Output => of_block(span, rank, first.output_chunks),
            _ => span,
        };
        let of_then = |span: Span| match span.buf {
            Buf::Input => Span { buf: Buf::Output, ..of_block(span, rank, then.input_chunks) },
            Buf::Scratch => Span { first: first.scratch_chunks + span.first, ..span },
            Buf::Output => span,
        };
        let firsts = first_steps.iter().map(|step| renamed(step, |rank| rank, of_first));
        let thens = then_steps.iter().map(|step| renamed(step, |rank| rank, of_then));
        firsts.chain(thens).collect()
    };
    let lanes = (0..first.ranks).zip(scatter.lanes.iter().zip(&gather.lanes)).map(lane).collect();
    Program { shape, lanes }
}

fn around(program: &Program) -> bool {
    let spans = |step: &Step| match step.action {
        Action::Send { src, .. } => vec![src],
        Action::Recv { dst, .. } => vec![dst],
        Action::Exchange { src, dst, .. } => vec![src, dst],
        _ => vec![],
    };
    program.lanes.iter().flatten().flat_map(spans).any(|span| span.around.is_some())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// With other names for the ranks an all-reduce adds the same, and costs the same.
    #[test]
    fn ranks_may_be_renamed(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        ranks in 1_u32..=24,
        seed in any::<u64>(),
    ) {
        let Some(program) = two_sided(algorithm, Collective::AllReduce, ranks) else { return Ok(()) };
        let names = permutation(ranks, seed);
        let mut other = program.clone();
        // By other names they are in another order.
        other.shape.in_rank_order = false;
        for (rank, steps) in program.lanes.iter().enumerate() {
            let step = |step: &Step| renamed(step, |rank| names[rank as usize], |span| span);
            other.lanes[names[rank] as usize] = steps.iter().map(step).collect();
        }
        let (own, other) = (proved(&program), proved(&other));
        prop_assert_eq!(own.cost, other.cost);
        prop_assert_eq!(own.least_depth, other.least_depth);
        prop_assert_eq!(own.summation.depth, other.summation.depth);
        prop_assert_eq!(own.summation.bit_identical, other.summation.bit_identical);
    }

    /// An all-gather backwards is a reduce-scatter with as many messages, in as many rounds.
    #[test]
    fn backwards_an_all_gather_is_a_reduce_scatter(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        ranks in 1_u32..=24,
    ) {
        let Some(gather) = two_sided(algorithm, Collective::AllGather, ranks) else { return Ok(()) };
        let Some(scatter) = backwards(&gather) else { return Ok(()) };
        let (gather, scatter) = (proved(&gather).cost, proved(&scatter).cost);
        prop_assert_eq!(gather.messages, scatter.messages);
        prop_assert_eq!(gather.rounds, scatter.rounds);
        prop_assert_eq!((gather.sent, gather.received), (scatter.received, scatter.sent));
    }

    /// A reduce-scatter and an all-gather, each by its own algorithm, are an all-reduce.
    #[test]
    fn a_reduce_scatter_and_an_all_gather_are_an_all_reduce(
        first in prop::sample::select(Algorithm::ALL.to_vec()),
        then in prop::sample::select(Algorithm::ALL.to_vec()),
        ranks in 1_u32..=24,
    ) {
        let scatter = two_sided(first, Collective::ReduceScatter, ranks);
        let gather = two_sided(then, Collective::AllGather, ranks);
        let (Some(scatter), Some(gather)) = (scatter, gather) else { return Ok(()) };
        // Blocks of one size, and spans that do not go around a buffer of another length.
        let alike = scatter.shape.output_chunks == gather.shape.input_chunks;
        if !alike || around(&scatter) || around(&gather) {
            return Ok(());
        }
        let both = proved(&one_after_the_other(&scatter, &gather)).cost;
        let (scatter, gather) = (proved(&scatter).cost, proved(&gather).cost);
        prop_assert_eq!(both.messages, scatter.messages + gather.messages);
        prop_assert!(both.rounds <= scatter.rounds + gather.rounds);
        prop_assert_eq!(both.reductions, scatter.reductions);
        prop_assert!(both.sent <= scatter.sent + gather.sent);
    }
}

/// The laws are about something: most algorithms that have the halves are turned round and joined.
#[test]
fn the_laws_meet_many_algorithms() {
    let turned: Vec<Algorithm> = Algorithm::ALL
        .into_iter()
        .filter(|a| {
            two_sided(*a, Collective::AllGather, 8).is_some_and(|g| backwards(&g).is_some())
        })
        .collect();
    assert!(turned.len() >= 3, "{turned:?}");
    let named: Vec<Algorithm> = Algorithm::ALL
        .into_iter()
        .filter(|a| two_sided(*a, Collective::AllReduce, 8).is_some())
        .collect();
    assert!(named.len() >= 6, "{named:?}");
}
