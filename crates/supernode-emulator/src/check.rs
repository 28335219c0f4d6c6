//! Counts wrong elements against a plain reference that shares no code with the emulated path.

use std::ops::Range;

use bytes::Bytes;
use supernode_collectives::{Buf, Collective};
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

use crate::inputs::InputSpec;
use crate::memory::Output;

/// Elements of all `outputs` that differ from the reference, on `threads` threads.
pub fn count_wrong(spec: &InputSpec, inputs: &[Bytes], outputs: &[Output], threads: usize) -> u64 {
    let reference = reference(spec, inputs, threads);
    let share = outputs.len().div_ceil(threads.max(1)).max(1);
    let count = |first_rank: usize, outputs: &[Output]| -> u64 {
        (first_rank as u32..)
            .zip(outputs)
            .map(|(rank, output)| wrong(spec, &reference, rank, output))
            .sum()
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = outputs
            .chunks(share)
            .enumerate()
            .map(|(part, outputs)| scope.spawn(move || count(part * share, outputs)))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    })
}

fn wrong(spec: &InputSpec, reference: &[u8], rank: u32, output: &Output) -> u64 {
    let size = spec.chunks.buffer_bytes(Buf::Output, rank) as usize;
    let start = match spec.shape.collective {
        Collective::ReduceScatter => {
            let block = u64::from(rank * spec.shape.output_chunks) * spec.chunks.elements;
            (block.min(spec.chunks.count) * spec.dtype.bytes()) as usize
        }
        Collective::AllReduce | Collective::AllGather => 0,
    };
    let mut at = start;
    let mut wrong = 0;
    for piece in output.pieces() {
        let end = (at + piece.len()).min(reference.len());
        wrong += kernels::count_unequal(spec.dtype, piece, &reference[at..end]);
        at = end;
    }
    // Missing elements are wrong ones.
    wrong + ((start + size - at) as u64) / spec.dtype.bytes()
}

/// Elements whose wide sums are kept at the same time.
const BLOCK_ELEMENTS: usize = 16 << 10;

/// The large buffer every rank (or all ranks together) should end with.
fn reference(spec: &InputSpec, inputs: &[Bytes], threads: usize) -> Vec<u8> {
    if spec.shape.collective == Collective::AllGather {
        return inputs.concat();
    }
    let elements = spec.chunks.count as usize;
    let mut expected = vec![0; elements * spec.dtype.bytes() as usize];
    let share = elements.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for (part, out) in expected.chunks_mut(share * spec.dtype.bytes() as usize).enumerate() {
            scope.spawn(move || {
                let width = spec.dtype.bytes() as usize;
                for (block, out) in out.chunks_mut(BLOCK_ELEMENTS * width).enumerate() {
                    let start = part * share + block * BLOCK_ELEMENTS;
                    reduce_range(spec, inputs, start..start + out.len() / width, out);
                }
            });
        }
    });
    expected
}

/// Reduces elements `range` over all ranks in rank order, in a type wide enough to be exact.
fn reduce_range(spec: &InputSpec, inputs: &[Bytes], range: Range<usize>, out: &mut [u8]) {
    let width = spec.dtype.bytes() as usize;
    let bytes = range.start * width..range.end * width;
    if spec.dtype.is_float() {
        let mut sums: Vec<f64> = Vec::new();
        for input in inputs {
            let values = input[bytes.clone()].chunks_exact(width).map(|raw| float(spec.dtype, raw));
            combine(&mut sums, values, |a, b| match spec.op {
                ReduceOp::Sum | ReduceOp::Avg => a + b,
                ReduceOp::Prod => a * b,
                ReduceOp::Min => a.min(b),
                ReduceOp::Max => a.max(b),
            });
        }
        for (raw, sum) in out.chunks_exact_mut(width).zip(sums) {
            let ranks = inputs.len() as f64;
            let value = if spec.op == ReduceOp::Avg { sum / ranks } else { sum };
            match spec.dtype {
                DType::F64 => raw.copy_from_slice(&value.to_ne_bytes()),
                DType::F16 => raw.copy_from_slice(&half::f16::from_f64(value).to_ne_bytes()),
                DType::Bf16 => raw.copy_from_slice(&half::bf16::from_f64(value).to_ne_bytes()),
                _ => raw.copy_from_slice(&(value as f32).to_ne_bytes()),
            }
        }
    } else {
        let mut sums: Vec<i64> = Vec::new();
        for input in inputs {
            let values =
                input[bytes.clone()].chunks_exact(width).map(|raw| integer(spec.dtype, raw));
            combine(&mut sums, values, |a, b| match spec.op {
                ReduceOp::Sum | ReduceOp::Avg => wrap(spec.dtype, a.wrapping_add(b)),
                ReduceOp::Prod => wrap(spec.dtype, a.wrapping_mul(b)),
                ReduceOp::Min => a.min(b),
                ReduceOp::Max => a.max(b),
            });
        }
        for (raw, sum) in out.chunks_exact_mut(width).zip(sums) {
            let ranks = inputs.len() as i64;
            let value = if spec.op == ReduceOp::Avg { sum / ranks } else { sum };
            match spec.dtype {
                DType::I64 => raw.copy_from_slice(&value.to_ne_bytes()),
                DType::I32 => raw.copy_from_slice(&(value as i32).to_ne_bytes()),
                _ => raw[0] = value as u8,
            }
        }
    }
}

fn combine<T: Copy>(sums: &mut Vec<T>, values: impl Iterator<Item = T>, op: impl Fn(T, T) -> T) {
    if sums.is_empty() {
        sums.extend(values);
    } else {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = op(*sum, value);
        }
    }
}

fn float(dtype: DType, raw: &[u8]) -> f64 {
    match dtype {
        DType::F64 => f64::from_ne_bytes(raw.try_into().unwrap_or_default()),
        DType::F16 => half::f16::from_ne_bytes([raw[0], raw[1]]).to_f64(),
        DType::Bf16 => half::bf16::from_ne_bytes([raw[0], raw[1]]).to_f64(),
        _ => f64::from(f32::from_ne_bytes(raw.try_into().unwrap_or_default())),
    }
}

fn integer(dtype: DType, raw: &[u8]) -> i64 {
    match dtype {
        DType::I64 => i64::from_ne_bytes(raw.try_into().unwrap_or_default()),
        DType::I32 => i64::from(i32::from_ne_bytes(raw.try_into().unwrap_or_default())),
        _ => i64::from(raw[0]),
    }
}

/// The value after wrap-around in the element type.
fn wrap(dtype: DType, value: i64) -> i64 {
    match dtype {
        DType::I32 => i64::from(value as i32),
        DType::U8 => i64::from(value as u8),
        _ => value,
    }
}
