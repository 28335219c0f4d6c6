//! Programs as an `async fn`: what is recorded, and what runs live.

use std::future::pending;
use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::prove::{Options, Order, prove};
use supernode_collectives::{Action, Collective, Ports, Schedule, Shape, Span, Table, Tuning};
use supernode_emulator::{
    Emulator, EmulatorError, Job, Live, RankHandle, Results, count_wrong, record,
};
use supernode_engine::ports;
use supernode_units::{DType, ReduceOp, Time};

use crate::jobs::{MEMORY, fitting, job, pairs, spec};

/// A program that takes the steps of a schedule, receives one by one; none for what a program does not have.
pub(crate) async fn follow(rank: RankHandle, schedule: &dyn Schedule) {
    for index in 0..schedule.steps(rank.rank(), 0) {
        match schedule.step(rank.rank(), 0, index).action {
            Action::Send { to, src } => rank.send(to, src).await,
            Action::Recv { from, dst, with: None, .. } => rank.recv(from, dst).await,
            Action::Recv { from, dst, with: Some(with), .. } => {
                rank.recv_reduce(from, with, dst).await;
            }
            Action::Exchange { to, src, from, dst, with: None } => {
                rank.exchange(to, src, from, dst).await;
            }
            Action::Exchange { to, src, from, dst, with: Some(with) } => {
                rank.exchange_reduce(to, src, from, with, dst).await;
            }
            Action::Forward { from, to, with, keep } => rank.forward(from, to, with, keep).await,
            Action::Copy { src, dst } => rank.copy(src, dst).await,
            Action::Reduce { src, dst } => rank.reduce(src, dst).await,
            other => panic!("{other:?}"),
        }
    }
}

/// Whether a program can do all that a schedule does.
pub(crate) fn is_two_sided(schedule: &dyn Schedule) -> bool {
    let shape = schedule.shape();
    let two_sided = |action| {
        !matches!(
            action,
            Action::Put { .. }
                | Action::Get { .. }
                | Action::Signal { .. }
                | Action::Wait { .. }
                | Action::Multicast { .. }
                | Action::SwitchReduce { .. }
        )
    };
    shape.lanes == 1
        && (0..shape.ranks).all(|rank| {
            (0..schedule.steps(rank, 0)).all(|i| two_sided(schedule.step(rank, 0, i).action))
        })
}

pub(crate) fn live(job: &Job, order: Order) -> Live {
    let (shape, cost) = (job.schedule.shape(), Arc::clone(&job.cost));
    let Job { count, dtype, op, .. } = *job;
    Live { shape, count, dtype, op, cost, order, memory_limit: MEMORY }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A program live, in any order; its record, emulated on one and two threads; the prover; and the
    /// time-ordered engine: one result.
    #[test]
    fn live_recorded_and_emulated_agree(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=20,
        count in 0_u64..300,
        dtype in prop::sample::select(DType::ALL.to_vec()),
        op in prop::sample::select(ReduceOp::ALL.to_vec()),
        seed in any::<u64>(),
    ) {
        let ranks = fitting(pair, ranks);
        let mut job = job(pair.0, pair.1, ranks, count, dtype, op, Results::Own);
        if !is_two_sided(&*job.schedule) {
            return Ok(());
        }
        let spec = spec(&job, seed);
        let inputs = spec.generate_all(1);
        let program = |rank| follow(rank, &*job.schedule);
        let fair = live(&job, Order::Fair).run(inputs.clone(), program).unwrap();
        let random = live(&job, Order::Random(seed)).run(inputs.clone(), program).unwrap();
        prop_assert_eq!(&fair, &random);
        prop_assert_eq!(count_wrong(&spec, &inputs, &fair.outputs, 1), 0);

        let recorded = record(job.schedule.shape(), program).unwrap();
        let options = Options::default();
        let (own, ours) =
            (prove(&recorded, &options).unwrap(), prove(&*job.schedule, &options).unwrap());
        prop_assert_eq!(own.summation, ours.summation);
        prop_assert_eq!((own.findings, own.least_depth), (ours.findings, ours.least_depth));
        let (fixed, chunks) = (recorded.shape().ports == Ports::Fixed, spec.chunks.clone());
        job.schedule = Arc::new(recorded);
        for threads in [1, 2] {
            let emulated = Emulator::new(threads, MEMORY).unwrap().run(&job, inputs.clone()).unwrap();
            prop_assert_eq!(&emulated.outputs, &fair.outputs);
            prop_assert_eq!(emulated.messages, fair.messages);
            let timed = ports::run(&*job.schedule, &chunks, &job.cost).unwrap();
            prop_assert_eq!(&emulated.finish, &timed.finish);
            if fixed {
                prop_assert_eq!(&emulated.finish, &fair.finish);
            }
        }
    }
}

const PAIR: Shape =
    Shape { input_chunks: 2, output_chunks: 2, ..Shape::new(Collective::AllReduce, 2) };

/// A live run on two ranks, whatever they compute.
fn on_two(memory_limit: u64) -> (Live, Vec<bytes::Bytes>) {
    let like = supernode_collectives::Algorithm::RecursiveDoubling;
    let mut job = job(like, Collective::AllReduce, 2, 10, DType::F32, ReduceOp::Sum, Results::Own);
    job.schedule = Arc::new(Table::new(PAIR, vec![Vec::new(); 2]).unwrap());
    let inputs = spec(&job, 7).generate_all(1);
    (Live { memory_limit, ..live(&job, Order::Fair) }, inputs)
}

/// Sends its input only if there is more than zeros in it, after a word that says so.
async fn sparse(rank: RankHandle) {
    let peer = 1 - rank.rank();
    let zeros = rank.read(Span::input(1, 1)).await.iter().all(|byte| *byte == 0);
    let word = vec![u8::from(!zeros); rank.read(Span::output(0, 1)).await.len()];
    rank.write(Span::output(0, 1), &word).await;
    rank.exchange(peer, Span::output(0, 1), peer, Span::output(0, 1)).await;
    if !zeros {
        rank.send(peer, Span::input(1, 1)).await;
    }
    rank.copy(Span::input(1, 1), Span::output(1, 1)).await;
    if rank.read(Span::output(0, 1)).await[0] == 1 {
        rank.recv_reduce(peer, Span::input(1, 1), Span::output(1, 1)).await;
    }
    assert!(rank.now().await > Time::ZERO);
}

#[test]
fn what_depends_on_data_runs_live_only() {
    let error = record(PAIR, sparse).unwrap_err().to_string();
    assert_eq!(
        error,
        "rank 0 reads data after 0 steps: that is not the same for all data and machines, and cannot be \
         recorded; run it live"
    );
    let clock = async |rank: RankHandle| assert!(rank.now().await > Time::ZERO);
    assert!(record(PAIR, clock).unwrap_err().to_string().contains("asks for the time"));
    let (on, mut inputs) = on_two(MEMORY);
    inputs[1] = vec![0; 40].into();
    let report = on.run(inputs.clone(), sparse).unwrap();
    // Words both ways, and the data of rank 0.
    assert_eq!(report.messages, 3);
    for output in &report.outputs {
        let output: Vec<u8> = output.pieces().flatten().copied().collect();
        assert_eq!(output[20..], inputs[0][20..]);
    }
}

#[test]
fn mistakes_of_a_program_are_errors() {
    let run = |program: fn(RankHandle) -> std::pin::Pin<Box<dyn Future<Output = ()>>>| {
        let (on, inputs) = on_two(1 << 20);
        let live = on.run(inputs, program).unwrap_err();
        (live.to_string(), record(PAIR, program))
    };
    let (live, recorded) =
        run(|rank| Box::pin(async move { rank.recv(1 - rank.rank(), Span::output(0, 2)).await }));
    assert!(live.starts_with("deadlock: 2 ranks wait for ever; rank 0 at lane 0 step 0"), "{live}");
    // What deadlocks can be recorded: the prover says that it does.
    let proof = prove(&recorded.unwrap(), &Options::default()).unwrap();
    assert!(proof.findings.iter().any(|finding| finding.to_string().contains("never ends")));

    let (live, recorded) = run(|_| Box::pin(pending()));
    assert!(live.contains("waits for something else than its handle"), "{live}");
    assert!(matches!(recorded, Err(EmulatorError::NotRecordable { rank: 0, step: 0, .. })));

    let (live, recorded) =
        run(|rank| Box::pin(async move { rank.send(2, Span::input(0, 1)).await }));
    assert_eq!(live, "rank 0, after 0 steps: rank 2 does not exist among 2");
    assert!(recorded.unwrap_err().to_string().contains("rank 2 does not exist among 2"));

    let (live, recorded) = run(|rank| {
        Box::pin(async move {
            loop {
                rank.send(1 - rank.rank(), Span::input(0, 1)).await;
            }
        })
    });
    assert!(live.contains("it sends more than 1MiB of memory hold"), "{live}");
    assert!(recorded.unwrap_err().to_string().contains("more steps than are recorded"));

    // 10 elements in 2 chunks of 5; the scratch of the collective has none.
    let (live, _) =
        run(|rank| Box::pin(async move { rank.write(Span::output(0, 1), &[1, 2, 3]).await }));
    assert!(live.contains("it stores 3 bytes where 20 belong"), "{live}");
    let (live, _) = run(|rank| Box::pin(async move { drop(rank.read(Span::scratch(0, 1)).await) }));
    assert!(live.contains("scratch chunks 0 + 1 do not exist"), "{live}");
}

#[test]
fn tables_of_a_recorded_program_are_those_of_its_schedule() {
    let ring = supernode_collectives::Algorithm::Ring;
    let ring = ring.schedule(Collective::AllReduce, 7, &Tuning::default()).unwrap();
    assert_eq!(
        record(ring.shape(), |rank| follow(rank, &*ring)).unwrap(),
        Table::of(&*ring).unwrap()
    );
}
