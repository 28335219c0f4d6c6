//! How long does an emulated all-reduce take, by ranks and bytes, beside the same arithmetic in a
//! bare loop?
//!
//! Throughput counts ranks x bytes of input. `limits` measures the ratios in one run.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_benches::bare;
use supernode_benches::jobs::Prepared;
use supernode_collectives::Algorithm;
use supernode_emulator::Results;

const CASES: [(u32, u64); 6] =
    [(8, 1 << 10), (8, 1 << 20), (8, 16 << 20), (64, 64 << 10), (64, 1 << 20), (64, 16 << 20)];

fn by_ranks_and_bytes(c: &mut Criterion) {
    for (ranks, bytes) in CASES {
        let mut group = c.benchmark_group(format!("all-reduce, {ranks} ranks x {bytes} B"));
        group.throughput(Throughput::Bytes(u64::from(ranks) * bytes)).sample_size(10);
        for algorithm in [Algorithm::Ring, Algorithm::DoubleBinaryTree, Algorithm::TwoShot] {
            let mut own = Prepared::new(algorithm, ranks, bytes, Results::Own);
            group.bench_function(BenchmarkId::new("own results", algorithm), |b| {
                b.iter(|| own.run());
            });
        }
        let mut shared = Prepared::new(Algorithm::Ring, ranks, bytes, Results::Shared);
        group.bench_function("shared results/ring", |b| b.iter(|| shared.run()));
        let inputs = shared.inputs.clone();
        let mut result = vec![0; bytes as usize];
        let mut outputs = vec![vec![0; bytes as usize]; ranks as usize];
        group.bench_function("reference: bare loop, own results", |b| {
            b.iter(|| bare::all_reduce(&inputs, &mut result, &mut outputs));
        });
        group.bench_function("reference: bare loop, shared result", |b| {
            b.iter(|| bare::all_reduce(&inputs, &mut result, &mut []));
        });
        group.finish();
    }
}

criterion_group!(benches, by_ranks_and_bytes);
criterion_main!(benches);
