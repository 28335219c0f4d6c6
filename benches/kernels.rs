//! How fast is a reduction, per element type, in cache and in memory, beside a plain copy?
//!
//! A sum reads two operands and writes one; a copy reads one and writes one. In memory both are
//! bound by bandwidth, so half precision should reach the bytes per second of f32.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

fn reductions(c: &mut Criterion) {
    for (name, bytes) in [("64 KiB", 64 << 10), ("64 MiB", 64 << 20)] {
        let mut group = c.benchmark_group(format!("kernels, {name}"));
        group.throughput(Throughput::Bytes(bytes as u64));
        let mut acc = vec![0_u8; bytes];
        let src = vec![0_u8; bytes];
        for dtype in DType::ALL {
            group.bench_function(BenchmarkId::new("sum", dtype), |b| {
                b.iter(|| kernels::reduce_into(dtype, ReduceOp::Sum, &mut acc, black_box(&src)));
            });
        }
        for op in [ReduceOp::Prod, ReduceOp::Min, ReduceOp::Max] {
            group.bench_function(BenchmarkId::new("bf16", op), |b| {
                b.iter(|| kernels::reduce_into(DType::Bf16, op, &mut acc, black_box(&src)));
            });
        }
        group.bench_function("reference: copy_from_slice", |b| {
            b.iter(|| acc.copy_from_slice(black_box(&src)));
        });
        group.bench_function("copy past the cache", |b| {
            b.iter(|| kernels::copy_streaming(&mut acc, black_box(&src)));
        });
        group.finish();
    }
}

criterion_group!(benches, reductions);
criterion_main!(benches);
