//! How many messages a second does the sweep take, beside what the memory allows?
//!
//! Whole collectives of 32 MiB of f32 on one machine with levels: rings, whose messages grow with the
//! square of the ranks, and recursive doubling and halving, which have few messages and much to set up.
//! For a million ranks a ring is taken through 256 steps only, beside a copy of as many bytes as the
//! clocks and links that have to be read and written once for those steps.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_benches::timed::Work;
use supernode_collectives::Algorithm;
use supernode_engine::sweep;
use supernode_kernels::{Relay, copy_streaming, relay_ahead, relay_rest};

const SYSTEM: &str = "atlas-960-supercluster";
const MILLION: usize = 1 << 20;

fn whole(c: &mut Criterion) {
    let mut group = c.benchmark_group("sweep, 1 thread");
    group.sample_size(10);
    for (algorithm, ranks) in [
        (Algorithm::Ring, 1024),
        (Algorithm::Ring, 4096),
        (Algorithm::Ring, 16_384),
        (Algorithm::RecursiveDoubling, 1024),
        (Algorithm::RecursiveDoubling, 16_384),
        (Algorithm::RecursiveDoubling, MILLION as u32),
        (Algorithm::Rabenseifner, 16_384),
    ] {
        let Work { schedule, chunks, cost } = Work::new(SYSTEM, algorithm, ranks);
        let swept = sweep::run(&*schedule, &chunks, &cost, 1).expect("it goes in step");
        group.throughput(Throughput::Elements(swept.messages));
        group.bench_function(BenchmarkId::new(algorithm.name(), ranks), |b| {
            b.iter(|| sweep::run(&*schedule, &chunks, &cost, 1));
        });
    }
    group.finish();
}

fn threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("sweep of a ring of 32,768");
    group.sample_size(10);
    let Work { schedule, chunks, cost } = Work::new(SYSTEM, Algorithm::Ring, 32_768);
    group.throughput(Throughput::Elements(32_768 * 2 * 32_767));
    for threads in [1, 2] {
        group.bench_function(BenchmarkId::new("threads", threads), |b| {
            b.iter(|| sweep::run(&*schedule, &chunks, &cost, threads));
        });
    }
    group.finish();
}

fn million(c: &mut Criterion) {
    const PARTS: usize = 8;
    const STEPS: usize = 256;
    let mut group = c.benchmark_group("256 steps of a ring of a million");
    group.sample_size(10);
    let times = [1_000; PARTS];
    let rank = Relay {
        ready: times,
        tx: times,
        rx: times,
        latency: times,
        busy: times,
        busy_in: times,
        through: times,
    };
    let mut ranks = vec![rank; MILLION / PARTS];
    let mut heads = vec![[0; PARTS]; STEPS];
    group.throughput(Throughput::Elements((MILLION * STEPS) as u64));
    group.bench_function("sweep", |b| {
        b.iter(|| {
            relay_ahead(&mut ranks, 500, &mut heads);
            relay_rest(&mut ranks, 500, &mut heads);
        });
    });
    // Seven numbers are read, three of them written.
    let mut to = vec![1_u8; MILLION * 5 * 8];
    let from = vec![2_u8; MILLION * 5 * 8];
    group.bench_function("copy of as many bytes", |b| b.iter(|| copy_streaming(&mut to, &from)));
    group.finish();
}

criterion_group!(benches, whole, threads, million);
criterion_main!(benches);
