//! Nothing is allocated per message once queues and buffers have grown, and a run stays within the
//! memory that was estimated for it.
//!
//! A binary of its own, because it counts the allocations of the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts is an unsafe trait; it only forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning, fit_levels};
use supernode_emulator::{Emulator, InputSpec, Job, Results};
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile, SwitchRate,
};
use supernode_units::{Bandwidth, DType, ReduceOp, Time};

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);
static PEAK: AtomicU64 = AtomicU64::new(0);

/// The count is of the whole process: tests take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Counting;

// SAFETY: forwards to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let size = layout.size() as u64;
        let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn switch(ranks: u32) -> CostModel {
    let level = Level {
        name: "node".into(),
        kind: LevelKind::Switch,
        size: ranks,
        bandwidth: Bandwidth::from_gb_per_s(450),
        port_group: "node".into(),
        latency: Time::from_us(1),
        hop: Hop::default(),
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: Some(SwitchRate { rate: Bandwidth::from_gb_per_s(274) }),
    };
    let fabric = Fabric::new(FabricConfig { levels: vec![level], device_bandwidth: None }).unwrap();
    let rate = Bandwidth::from_gb_per_s(1_000);
    CostModel::new(fabric, Profile::wire(), DeviceRates { reduce: rate, copy: rate }).unwrap()
}

fn job(algorithm: Algorithm, ranks: u32, count: u64, results: Results) -> Job {
    let levels = fit_levels(ranks, &[(8, Inner::Direct), (8, Inner::Ring)]);
    let tuning = Tuning { slices: 4, levels };
    let schedule = algorithm.schedule(Collective::AllReduce, ranks, &tuning).unwrap();
    Job {
        schedule: Arc::from(schedule),
        count,
        dtype: DType::F32,
        op: ReduceOp::Sum,
        cost: Arc::new(switch(ranks)),
        results,
        progress: None,
    }
}

fn inputs(job: &Job) -> Vec<Bytes> {
    let shape = job.schedule.shape();
    let chunks = Chunks::new(shape, job.count, 4);
    InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed: 1 }.generate_all(1)
}

/// Allocations and messages of the fourth run.
fn steady(algorithm: Algorithm, ranks: u32, count: u64) -> (u64, u64) {
    let job = job(algorithm, ranks, count, Results::Own);
    let inputs = inputs(&job);
    let emulator = Emulator::new(2, 1 << 32).unwrap();
    let mut outputs = Vec::new();
    let mut used = (0, 0);
    for _ in 0..4 {
        let inputs = inputs.clone();
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let report = emulator.run_into(&job, inputs, outputs).unwrap();
        used = (ALLOCATIONS.load(Ordering::Relaxed) - before, report.messages);
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
    for algorithm in Algorithm::ALL {
        for (ranks, count) in [(64, 256), (16, 1 << 18), (256, 64)] {
            for results in [Results::Own, Results::Shared, Results::Sizes] {
                let before = LIVE.load(Ordering::Relaxed);
                PEAK.store(before, Ordering::Relaxed);
                let job = job(algorithm, ranks, count, results);
                let inputs = if results == Results::Sizes { Vec::new() } else { inputs(&job) };
                let needed = Emulator::memory_needed(&job);
                Emulator::new(2, 1 << 32).unwrap().run(&job, inputs).unwrap();
                let peak = PEAK.load(Ordering::Relaxed) - before;
                let what = format!("{algorithm} {ranks} x {count} {results:?}");
                assert!(peak <= needed, "{what}: {needed} for {peak}");
                assert!(needed < 12 * peak, "{what}: {needed} for {peak}");
            }
        }
    }
}
