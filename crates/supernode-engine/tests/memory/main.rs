//! Estimates of memory against the live heap of real runs, in a binary of its own because the
//! allocator that counts serves all of it.

use supernode_collectives::{Algorithm, Chunks, Collective, Inner, LevelPlan, Tuning};
use supernode_engine::links::{self, Sharing};
use supernode_engine::ports;
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile, SwitchRate,
};
use supernode_kernels::CountingAllocator;
use supernode_units::{Bandwidth, Time};

#[global_allocator]
static HEAP: CountingAllocator = CountingAllocator::new();

/// One level of `ranks` devices; a switch that reduces unless it is a mesh.
fn machine(ranks: u32, mesh: bool) -> CostModel {
    machine_of(
        if mesh { LevelKind::FullMesh { dims: vec![ranks] } } else { LevelKind::Switch },
        ranks,
    )
}

fn machine_of(kind: LevelKind, ranks: u32) -> CostModel {
    let rate = Bandwidth::from_gb_per_s(400);
    let in_switch = (kind == LevelKind::Switch).then_some(SwitchRate { rate });
    let node = Level {
        name: "node".into(),
        kind,
        size: ranks,
        bandwidth: rate,
        port_group: "node".into(),
        latency: Time::from_us(1),
        hop: Hop::default(),
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch,
    };
    let config = FabricConfig { levels: vec![node], device_bandwidth: None };
    let rates = DeviceRates { reduce: rate, copy: rate };
    CostModel::new(Fabric::new(config).expect("possible"), Profile::wire(), rates).expect("fast")
}

/// Estimate over peak must be at least 1. It is larger where messages could pile up but do not, as
/// the slices of a switch; one that was far too large would refuse what fits.
fn check(algorithm: Algorithm, ranks: u32, mesh: bool, tuning: &Tuning) {
    let cost = machine(ranks, mesh);
    let schedule = algorithm.schedule(Collective::AllReduce, ranks, tuning).expect("it is defined");
    let chunks = Chunks::new(schedule.shape(), 1 << 20, 4);
    let needed = ports::memory_needed(&*schedule, &cost);
    let before = HEAP.restart();
    ports::run(&*schedule, &chunks, &cost).expect("it ends");
    let peak = HEAP.peak() - before;
    let ratio = needed as f64 / peak as f64;
    assert!((1.0..8.0).contains(&ratio), "{algorithm} {ranks}: {needed} for {peak}");
}

/// The same for links that messages share, where all of them are under way at once or few are.
fn check_links(algorithm: Algorithm, kind: LevelKind, size: u32) {
    let cost = machine_of(kind, size);
    let schedule =
        algorithm.schedule(Collective::AllReduce, size, &Tuning::default()).expect("defined");
    let chunks = Chunks::new(schedule.shape(), 1 << 20, 4);
    for sharing in [Sharing::Fifo, Sharing::Fair] {
        let needed = links::memory_needed(&*schedule, &cost, sharing);
        let before = HEAP.restart();
        links::run(&*schedule, &chunks, &cost, sharing).expect("it ends");
        let peak = HEAP.peak() - before;
        let ratio = needed as f64 / peak as f64;
        let case = format!("{algorithm} {size} {sharing:?}: {needed} for {peak}");
        assert!((1.0..8.0).contains(&ratio), "{case}");
    }
}

#[test]
fn estimates_hold_the_peak() {
    let slices = |slices| Tuning { slices, ..Tuning::default() };
    let level = |size, inner| LevelPlan { size, inner };
    let levels = |levels| Tuning { levels, ..Tuning::default() };
    check(Algorithm::Ring, 512, false, &slices(1));
    // A port for every peer.
    check(Algorithm::Ring, 512, true, &slices(1));
    check(Algorithm::OneShot, 256, false, &slices(1));
    check(Algorithm::TwoShot, 256, true, &slices(1));
    check(Algorithm::RecursiveDoubling, 1000, false, &slices(1));
    check(Algorithm::RecursiveDoubling, 1024, false, &slices(1));
    // Leaves send all slices at once.
    check(Algorithm::DoubleBinaryTree, 512, false, &slices(64));
    check(Algorithm::DoubleBinaryTree, 512, false, &slices(1));
    // Everyone signals everyone.
    check(Algorithm::InSwitch, 128, false, &slices(1));
    check(Algorithm::InSwitch, 64, false, &slices(16));
    let outer = levels(vec![level(2, Inner::Direct), level(256, Inner::Direct)]);
    check(Algorithm::Hierarchical, 512, false, &outer);
    let switched = levels(vec![level(64, Inner::InSwitch), level(4, Inner::Ring)]);
    check(Algorithm::Hierarchical, 256, false, &switched);
    check_links(Algorithm::TwoShot, LevelKind::Torus { dims: vec![8, 16] }, 128);
    check_links(Algorithm::TwoShot, LevelKind::FullMesh { dims: vec![8, 16] }, 128);
    check_links(Algorithm::RecursiveDoubling, LevelKind::Ring, 512);
    check_links(Algorithm::Ring, LevelKind::Torus { dims: vec![8, 8, 16] }, 1024);
}
