//! How many messages pass in a second under the LogGOPS preset, and what does reading GOAL cost?
//!
//! The reference is LogGOPSim itself (spcl/LogGOPSim at 76451de, -O2, on the same kind of two-core
//! machine, conversion by `txt2bin` not counted): 1.4 million messages a second for the ring of 1,024
//! ranks, 0.45 for recursive doubling of 65,536, 0.57 for the binomial tree of 65,536, each of 1 MiB
//! with its default parameters; `txt2bin` converts 0.5 to 0.7 million messages a second. Virtual
//! times are checked against its answers first.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use supernode_benches::goals;
use supernode_interop::goal::{Goal, parse};
use supernode_interop::loggops::{Parameters, simulate};

fn replay(c: &mut Criterion) {
    let mut group = c.benchmark_group("loggops, 1 thread");
    group.sample_size(10);
    let mebibyte = 1 << 20;
    let cases: [(&str, Goal, u64); 4] = [
        ("ring 1024", goals::ring(1024, mebibyte / 1024), 23_811_348),
        ("recursive doubling 4096", goals::recursive_doubling(12, mebibyte), 75_563_400),
        ("recursive doubling 65536", goals::recursive_doubling(16, mebibyte), 100_751_200),
        ("binomial reduce and broadcast 65536", goals::binomial(16, mebibyte), 201_502_400),
    ];
    for (name, goal, expected) in cases {
        let run = || simulate(&goal, &Parameters::default()).expect("it completes").max_ns();
        assert_eq!(run(), expected, "{name}");
        group.throughput(Throughput::Elements(goal.messages()));
        group.bench_function(name, |b| b.iter(run));
    }
    group.finish();
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("reading GOAL text");
    group.sample_size(10);
    let goal = goals::recursive_doubling(12, 1 << 20);
    let text = goal.to_string();
    group.throughput(Throughput::Elements(goal.messages()));
    group.bench_function("recursive doubling 4096", |b| b.iter(|| parse(&text)));
    group.finish();
}

criterion_group!(benches, replay, read);
criterion_main!(benches);
