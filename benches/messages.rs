//! What does one tiny message cost, and how many pass in a second?
//!
//! A ring of 64 ranks with 1 KiB of f32 each: 16-byte chunks, so that nothing but the machinery is
//! measured. Throughput counts messages; the same ring without data shows what payloads add.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_benches::jobs::Prepared;
use supernode_collectives::Algorithm;
use supernode_emulator::Results;

fn tiny(c: &mut Criterion) {
    let mut group = c.benchmark_group("tiny messages, 2 threads");
    for ranks in [8, 64, 512] {
        for (name, results) in [("data", Results::Own), ("sizes only", Results::Sizes)] {
            let mut ring = Prepared::new(Algorithm::Ring, ranks, 1 << 10, results);
            group.throughput(Throughput::Elements(ring.messages));
            group.bench_function(BenchmarkId::new(name, ranks), |b| b.iter(|| ring.run()));
        }
    }
    group.finish();
}

criterion_group!(benches, tiny);
criterion_main!(benches);
