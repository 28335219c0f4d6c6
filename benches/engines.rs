//! How long do the exact engines take for the same work, and how large may it be?
//!
//! First side by side on rings that `ports` can still follow; then `sweep` and `folded` alone, up to
//! a million ranks of a machine with levels and a partly filled last pod.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_benches::timed::Work;
use supernode_collectives::{Algorithm, Collective};
use supernode_engine::{folded, ports, sweep};

const THREADS: usize = 2;

fn side_by_side(c: &mut Criterion) {
    let mut group = c.benchmark_group("ring side by side");
    group.sample_size(10);
    for ranks in [64, 512, 4096] {
        let Work { schedule, chunks, cost } =
            Work::new("atlas-950-superpod", Algorithm::Ring, ranks);
        let messages = u64::from(ranks) * 2 * u64::from(ranks - 1);
        group.throughput(Throughput::Elements(messages));
        if ranks < 1024 {
            group.bench_function(BenchmarkId::new("ports", ranks), |b| {
                b.iter(|| ports::run(&*schedule, &chunks, &cost));
            });
            group.bench_function(BenchmarkId::new("plain", ranks), |b| {
                b.iter(|| ports::plain(&*schedule, &chunks, &cost));
            });
        }
        for threads in [1, THREADS] {
            let name = format!("sweep, {threads} threads");
            group.bench_function(BenchmarkId::new(name, ranks), |b| {
                b.iter(|| sweep::run(&*schedule, &chunks, &cost, threads));
            });
        }
        group.bench_function(BenchmarkId::new("folded", ranks), |b| {
            b.iter(|| folded::run(&*schedule, &chunks, &cost, THREADS));
        });
    }
    group.finish();
}

/// Lanes that meet at ports: pipelined trees.
fn trees(c: &mut Criterion) {
    let mut group = c.benchmark_group("trees side by side");
    group.sample_size(10);
    for ranks in [1024, 16_384] {
        let Work { schedule, chunks, cost } =
            Work::new("atlas-960-supercluster", Algorithm::DoubleBinaryTree, ranks);
        let messages = ports::run(&*schedule, &chunks, &cost).expect("it ends").messages;
        group.throughput(Throughput::Elements(messages));
        group.bench_function(BenchmarkId::new("ports", ranks), |b| {
            b.iter(|| ports::run(&*schedule, &chunks, &cost));
        });
        group.bench_function(BenchmarkId::new("plain", ranks), |b| {
            b.iter(|| ports::plain(&*schedule, &chunks, &cost));
        });
    }
    group.finish();
}

/// Lanes of one sender each: chains and trees whose ports are fixed.
fn fixed(c: &mut Criterion) {
    let mut group = c.benchmark_group("fixed ports");
    group.sample_size(10);
    let root = Collective::Broadcast { root: 0 };
    for (algorithm, collective, ranks) in [
        (Algorithm::Chain, root, 1024),
        (Algorithm::Chain, root, 16_384),
        (Algorithm::Binomial, root, 16_384),
        (Algorithm::Binomial, Collective::Reduce { root: 0 }, 16_384),
        (Algorithm::Ring, Collective::AllReduce, 1024),
    ] {
        let Work { schedule, chunks, cost } =
            Work::of("atlas-960-supercluster", algorithm, collective, ranks);
        let messages = ports::run(&*schedule, &chunks, &cost).expect("it ends").messages;
        group.throughput(Throughput::Elements(messages));
        let name = format!("{algorithm} {collective}");
        group.bench_function(BenchmarkId::new(name, ranks), |b| {
            b.iter(|| ports::run(&*schedule, &chunks, &cost));
        });
    }
    group.finish();
}

fn a_million(c: &mut Criterion) {
    let mut group = c.benchmark_group("folded, a million ranks");
    group.sample_size(10);
    for (system, algorithm, ranks) in [
        ("atlas-960-supercluster", Algorithm::Ring, 1_048_576),
        ("atlas-960-supercluster", Algorithm::Ring, 1_053_184),
        ("atlas-960-supercluster", Algorithm::RecursiveDoubling, 1_048_576),
        ("atlas-960-supercluster", Algorithm::Rabenseifner, 1_048_576),
        ("atlas-960-supercluster", Algorithm::Circulant, 1_048_576),
        ("atlas-960-supercluster", Algorithm::Hierarchical, 1_048_576),
        ("atlas-950-supercluster", Algorithm::RecursiveDoubling, 524_288),
        ("atlas-950-supercluster", Algorithm::Hierarchical, 524_288),
        ("atlas-960-supercluster", Algorithm::Hierarchical, 1_053_184),
    ] {
        let Work { schedule, chunks, cost } = Work::new(system, algorithm, ranks);
        group.bench_function(BenchmarkId::new(algorithm.name(), ranks), |b| {
            b.iter(|| folded::run(&*schedule, &chunks, &cost, THREADS));
        });
    }
    group.finish();
}

criterion_group!(benches, side_by_side, trees, fixed, a_million);
criterion_main!(benches);
