//! How many links a second do messages pass that share them, and what does it cost to follow them
//! inside the fabric rather than from port to port?
//!
//! Throughput counts links taken by messages. The target for `links` is 10 million a second on one core.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_collectives::{Algorithm, Chunks, Collective, Tuning};
use supernode_engine::links::{self, Sharing};
use supernode_engine::ports;
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Oversubscription, Profile,
    Spread,
};
use supernode_units::{Bandwidth, Time};

fn machine(kind: LevelKind, size: u32) -> CostModel {
    let rate = Bandwidth::from_gb_per_s(100);
    let level = Level {
        name: "pod".into(),
        kind,
        size,
        bandwidth: rate,
        port_group: "pod".into(),
        latency: Time::from_ns(500),
        hop: Hop { switch: Time::from_ns(150), ..Hop::default() },
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: None,
    };
    let fabric = Fabric::new(FabricConfig { levels: vec![level], device_bandwidth: None });
    let rates = DeviceRates { reduce: rate, copy: rate };
    CostModel::new(fabric.expect("possible"), Profile::wire(), rates).expect("fast enough")
}

fn clos(leaf: u32, down: u32, spread: Spread) -> LevelKind {
    let oversubscription = Oversubscription { down, up: 1 };
    LevelKind::Clos { tiers: 2, planes: 1, leaf, oversubscription, spread }
}

fn hops(c: &mut Criterion) {
    let torus = |dims: &[u32]| LevelKind::Torus { dims: dims.to_vec() };
    for (name, kind, size, algorithm) in [
        ("ring", LevelKind::Ring, 4_096, Algorithm::RecursiveDoubling),
        ("torus 16x16x16", torus(&[16, 16, 16]), 4_096, Algorithm::RecursiveDoubling),
        ("ring", LevelKind::Ring, 128, Algorithm::TwoShot),
        ("torus 8x8x8", torus(&[8, 8, 8]), 512, Algorithm::TwoShot),
        ("clos 4:1", clos(32, 4, Spread::Spray), 1_024, Algorithm::RecursiveDoubling),
        ("clos ecmp", clos(32, 1, Spread::Ecmp { seed: 1 }), 512, Algorithm::TwoShot),
    ] {
        let cost = machine(kind, size);
        let schedule = algorithm
            .schedule(Collective::AllReduce, size, &Tuning::default())
            .expect("all algorithms do an all-reduce");
        let chunks = Chunks::new(schedule.shape(), 8 << 20, 4);
        let run = |sharing| links::run(&*schedule, &chunks, &cost, sharing).expect("it ends");
        let mut group = c.benchmark_group(format!("{algorithm} on {name}"));
        group.sample_size(10);
        let fifo = run(Sharing::Fifo);
        group.throughput(Throughput::Elements(fifo.hops()));
        let per_message = fifo.hops() as f64 / fifo.messages as f64;
        let id = |name: &str| BenchmarkId::new(name, format!("{per_message:.1} links a message"));
        group.bench_function(id("links"), |b| b.iter(|| run(Sharing::Fifo)));
        // A filling for every change makes work that grows with the square of what is under way.
        if fifo.messages <= 50_000 {
            group.bench_function(id("links-fair"), |b| b.iter(|| run(Sharing::Fair)));
        }
        group.bench_function(id("ports"), |b| b.iter(|| ports::run(&*schedule, &chunks, &cost)));
        group.finish();
    }
}

criterion_group!(benches, hops);
criterion_main!(benches);
