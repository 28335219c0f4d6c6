//! Counts wrong elements against a plain reference that shares no code with the emulated path.

use std::ops::Range;

use bytes::Bytes;
use supernode_collectives::{Collective, Rank, Span};
use supernode_kernels as kernels;
use supernode_units::{DType, ReduceOp};

use crate::fp8;
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

fn wrong(spec: &InputSpec, reference: &Reference, rank: Rank, output: &Output) -> u64 {
    let mut expected = reference.of(spec, rank);
    let mut wrong = 0;
    let mut pieces = output.pieces();
    let (mut got, mut want): (&[u8], &[u8]) = (&[], &[]);
    loop {
        if got.is_empty() {
            match pieces.next() {
                Some(piece) => got = piece,
                None => break,
            }
            continue;
        }
        if want.is_empty() {
            match expected.next() {
                Some(piece) => want = piece,
                None => break,
            }
            continue;
        }
        let both = got.len().min(want.len());
        wrong += kernels::count_unequal(spec.dtype, &got[..both], &want[..both]);
        (got, want) = (&got[both..], &want[both..]);
    }
    // Missing elements are wrong ones, and so are those that nobody asked for.
    let rest = |own: &[u8], others: usize| (own.len() + others) as u64 / spec.dtype.bytes();
    let missing = rest(want, expected.map(<[u8]>::len).sum());
    wrong + missing + rest(got, pieces.map(<[u8]>::len).sum())
}

/// What the ranks should end with.
enum Reference<'a> {
    /// The reduction of all inputs.
    Sum(Vec<u8>),
    /// Blocks of the inputs.
    Moved(&'a [Bytes]),
}

impl Reference<'_> {
    /// The pieces of the result of `rank`, in order.
    fn of(&self, spec: &InputSpec, rank: Rank) -> impl Iterator<Item = &[u8]> {
        let shape = spec.shape;
        // Block `rank` of a large buffer.
        let block = shape.output_chunks.max(shape.input_chunks) / shape.ranks;
        // Which inputs, and which part of each; a sum is taken as the only input.
        let (from, parts): (std::ops::Range<usize>, bool) = match shape.collective {
            Collective::AllReduce => (0..1, false),
            Collective::ReduceScatter => (0..1, true),
            Collective::Reduce { root } => (0..usize::from(root == rank), false),
            Collective::AllGather => (0..shape.ranks as usize, false),
            Collective::Gather { root } if root == rank => (0..shape.ranks as usize, false),
            Collective::Broadcast { root } => (root as usize..root as usize + 1, false),
            Collective::Scatter { root } => (root as usize..root as usize + 1, true),
            Collective::AllToAll => (0..shape.ranks as usize, true),
            Collective::SendRecv => {
                let from = ((rank + shape.ranks - 1) % shape.ranks) as usize;
                (from..from + 1, false)
            }
            Collective::Gather { .. } | Collective::Barrier => (0..0, false),
        };
        from.map(move |source| {
            let data: &[u8] = match self {
                Self::Sum(sum) => sum,
                Self::Moved(inputs) => &inputs[source],
            };
            if !parts {
                return data;
            }
            let own = Span::input(rank * block, block);
            let (start, end) = spec.chunks.byte_range(own, source as Rank);
            &data[start as usize..end as usize]
        })
    }
}

/// Elements whose wide sums are kept at the same time.
const BLOCK_ELEMENTS: usize = 16 << 10;

fn reference<'a>(spec: &InputSpec, inputs: &'a [Bytes], threads: usize) -> Reference<'a> {
    if !spec.shape.collective.reduces() {
        return Reference::Moved(inputs);
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
    Reference::Sum(expected)
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
                DType::E4m3 | DType::E5m2 => raw[0] = fp8::from_f64(spec.dtype, value),
                DType::Bf16 => raw.copy_from_slice(&half::bf16::from_f64(value).to_ne_bytes()),
                _ => raw.copy_from_slice(&(value as f32).to_ne_bytes()),
            }
        }
    } else {
        let mut sums: Vec<i128> = Vec::new();
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
            let ranks = inputs.len() as i128;
            let value = if spec.op == ReduceOp::Avg { sum / ranks } else { sum };
            match spec.dtype {
                DType::I64 | DType::U64 => raw.copy_from_slice(&(value as i64).to_ne_bytes()),
                DType::I32 | DType::U32 => raw.copy_from_slice(&(value as i32).to_ne_bytes()),
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
        DType::E4m3 | DType::E5m2 => fp8::to_f64(dtype, raw[0]),
        _ => f64::from(f32::from_ne_bytes(raw.try_into().unwrap_or_default())),
    }
}

fn integer(dtype: DType, raw: &[u8]) -> i128 {
    match dtype {
        DType::I64 => i64::from_ne_bytes(raw.try_into().unwrap_or_default()).into(),
        DType::U64 => u64::from_ne_bytes(raw.try_into().unwrap_or_default()).into(),
        DType::I32 => i32::from_ne_bytes(raw.try_into().unwrap_or_default()).into(),
        DType::U32 => u32::from_ne_bytes(raw.try_into().unwrap_or_default()).into(),
        DType::I8 => (raw[0] as i8).into(),
        _ => raw[0].into(),
    }
}

/// The value after wrap-around in the element type.
fn wrap(dtype: DType, value: i128) -> i128 {
    match dtype {
        DType::I64 => (value as i64).into(),
        DType::U64 => (value as u64).into(),
        DType::I32 => (value as i32).into(),
        DType::U32 => (value as u32).into(),
        DType::I8 => (value as i8).into(),
        _ => (value as u8).into(),
    }
}
