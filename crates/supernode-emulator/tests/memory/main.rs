//! Nothing is allocated per message once queues and buffers have grown, and a run stays within the
//! memory that was estimated for it.
//!
//! A binary of its own, because it counts the allocations of the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use supernode_collectives::{Algorithm, Collective, Inner, Tuning, fit_levels};
use supernode_emulator::{Emulator, Job, Results};
use supernode_kernels::CountingAllocator;
use supernode_units::{DType, ReduceOp};

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

/// The count is of the whole process: tests take turns.
static TURN: Mutex<()> = Mutex::new(());

#[path = "../integration/jobs.rs"]
#[allow(dead_code, reason = "the other binary uses the rest")]
mod jobs;

/// `count` f32 on a switch; a hierarchy has no level that the switch reduces.
fn job(
    (algorithm, collective): (Algorithm, Collective),
    ranks: u32,
    count: u64,
    results: Results,
) -> Job {
    let (dtype, op) = (DType::F32, ReduceOp::Sum);
    let base = jobs::job(algorithm, collective, ranks, count, dtype, op, results);
    let levels_of_its_own = matches!(
        algorithm,
        Algorithm::MeshRings
            | Algorithm::TorusRings
            | Algorithm::UnequalGroups
            | Algorithm::HcclPipeline
    );
    if levels_of_its_own {
        return base;
    }
    let levels = fit_levels(ranks, &[(8, Inner::Direct), (8, Inner::Ring)]);
    let tuning = Tuning { slices: 4, levels, ..Tuning::default() };
    let schedule = algorithm.schedule(collective, ranks, &tuning).unwrap();
    Job { schedule: Arc::from(schedule), ..base }
}

fn inputs(job: &Job) -> Vec<Bytes> {
    jobs::spec(job, 1).generate_all(1)
}

/// Allocations and messages of the fourth run.
fn steady(algorithm: Algorithm, ranks: u32, count: u64) -> (u64, u64) {
    let job = job((algorithm, Collective::AllReduce), ranks, count, Results::Own);
    let inputs = inputs(&job);
    let emulator = Emulator::new(2, 1 << 32).unwrap();
    let mut outputs = Vec::new();
    let mut used = (0, 0);
    for _ in 0..4 {
        let inputs = inputs.clone();
        let before = HEAP.allocations();
        let report = emulator.run_into(&job, inputs, outputs).unwrap();
        used = (HEAP.allocations() - before, report.messages);
        outputs = report.outputs;
    }
    used
}

/// A run allocates its tasks; beyond them a ring allocates nothing.
#[test]
fn a_ring_allocates_nothing_per_message() {
    let _turn = TURN.lock().unwrap();
    for count in [256, 1 << 18] {
        let (allocations, messages) = steady(Algorithm::Ring, 64, count);
        assert!(allocations < 10 * 64, "{allocations} for {messages} messages of 64 ranks");
    }
}

/// A value that several ranks hold has a header of its own (`Bytes::from_owner`), so other
/// algorithms allocate once for each value that becomes shareable. Those with contended ports are
/// timed by the plain engine, which is not written for speed.
#[test]
fn other_algorithms_allocate_once_per_value() {
    let _turn = TURN.lock().unwrap();
    let algorithms = [
        Algorithm::RecursiveDoubling,
        Algorithm::OneShot,
        Algorithm::TwoShot,
        Algorithm::Hierarchical,
    ];
    for algorithm in algorithms {
        for count in [256, 1 << 18] {
            let (allocations, messages) = steady(algorithm, 64, count);
            assert!(
                allocations < 10 * 64 + messages,
                "{algorithm}: {allocations} for {messages} messages of 64 ranks"
            );
        }
    }
}

/// At least what is used, so that nothing is started that does not fit, and not so much more that
/// what fits is refused.
#[test]
fn estimates_hold_the_peak() {
    let _turn = TURN.lock().unwrap();
    for (algorithm, collective) in jobs::pairs() {
        for (ranks, count) in [(64, 256), (16, 1 << 18), (256, 64)] {
            let ranks = jobs::fitting((algorithm, collective), ranks);
            for results in [Results::Own, Results::Shared, Results::Sizes] {
                let before = HEAP.restart();
                let job = job((algorithm, collective), ranks, count, results);
                let inputs = if results == Results::Sizes { Vec::new() } else { inputs(&job) };
                let needed = Emulator::memory_needed(&job);
                Emulator::new(2, 1 << 32).unwrap().run(&job, inputs).unwrap();
                let peak = HEAP.peak() - before;
                let what = format!("{algorithm} {collective} {ranks} x {count} {results:?}");
                assert!(peak <= needed, "{what}: {needed} for {peak}");
                // Blocks of others, where results are shared, are estimated as if they were own.
                let close = collective == Collective::AllReduce;
                assert!(!close || needed < 12 * peak, "{what}: {needed} for {peak}");
            }
        }
    }
}
