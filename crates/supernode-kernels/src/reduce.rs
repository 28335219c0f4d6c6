//! The loops, compiled for several instruction sets and chosen at run time.

#![allow(clippy::inline_always, reason = "a loop has to be compiled anew for each instruction set")]

use supernode_units::{DType, ReduceOp};

use crate::elements::{Bf16, Combine, F16, Max, Min, Prod, Scalar, Sum};
use crate::fp8::{E4m3, E5m2};

/// Bytes of the accumulator that stay in the second-level cache while operands stream past.
const BLOCK_BYTES: usize = 128 << 10;

/// Calls `$run::<Operator<Type>, width, _>` for the given type and operator.
macro_rules! dispatch {
    ($dtype:expr, $op:expr, $run:ident ( $($arg:expr),* )) => {
        match $dtype {
            DType::F32 => dispatch!(@op $op, f32, 4, $run($($arg),*)),
            DType::F64 => dispatch!(@op $op, f64, 8, $run($($arg),*)),
            DType::F16 => dispatch!(@op $op, F16, 2, $run($($arg),*)),
            DType::Bf16 => dispatch!(@op $op, Bf16, 2, $run($($arg),*)),
            DType::E4m3 => dispatch!(@op $op, E4m3, 1, $run($($arg),*)),
            DType::E5m2 => dispatch!(@op $op, E5m2, 1, $run($($arg),*)),
            DType::I8 => dispatch!(@op $op, i8, 1, $run($($arg),*)),
            DType::I32 => dispatch!(@op $op, i32, 4, $run($($arg),*)),
            DType::I64 => dispatch!(@op $op, i64, 8, $run($($arg),*)),
            DType::U8 => dispatch!(@op $op, u8, 1, $run($($arg),*)),
            DType::U32 => dispatch!(@op $op, u32, 4, $run($($arg),*)),
            DType::U64 => dispatch!(@op $op, u64, 8, $run($($arg),*)),
        }
    };
    (@op $op:expr, $type:ty, $width:literal, $run:ident ( $($arg:expr),* )) => {
        match $op {
            ReduceOp::Sum | ReduceOp::Avg => $run::<Sum<$type>, $width, _>($($arg),*),
            ReduceOp::Prod => $run::<Prod<$type>, $width, _>($($arg),*),
            ReduceOp::Min => $run::<Min<$type>, $width, _>($($arg),*),
            ReduceOp::Max => $run::<Max<$type>, $width, _>($($arg),*),
        }
    };
}

/// `acc[i] = acc[i] ⊕ src[i]`. [`ReduceOp::Avg`] adds; divide afterwards.
///
/// # Panics
/// If the lengths differ or are no multiple of the element size: a bug of the caller.
pub fn reduce_into(dtype: DType, op: ReduceOp, acc: &mut [u8], src: &[u8]) {
    check(dtype, acc.len(), src.len());
    dispatch!(dtype, op, more(acc, [src]));
}

/// `dst[i] = a[i] ⊕ b[i]`. [`ReduceOp::Avg`] adds; divide afterwards.
///
/// # Panics
/// If the lengths differ or are no multiple of the element size: a bug of the caller.
pub fn reduce(dtype: DType, op: ReduceOp, dst: &mut [u8], a: &[u8], b: &[u8]) {
    check(dtype, dst.len(), a.len());
    check(dtype, dst.len(), b.len());
    dispatch!(dtype, op, first(dst, [a, b]));
}

/// `dst = ((srcs[0] ⊕ srcs[1]) ⊕ srcs[2]) ...`, block by block, so that a block of `dst` stays in
/// cache while the operands stream past, four at a time: one stream does not fill the memory bus.
///
/// # Panics
/// If there is no operand, or lengths differ or are no multiple of the element size: a bug of the
/// caller.
pub fn reduce_many(dtype: DType, op: ReduceOp, dst: &mut [u8], srcs: &[impl AsRef<[u8]>]) {
    reduce_all(dtype, op, dst, srcs.len(), |k| srcs[k].as_ref());
}

/// [`reduce_many`] of the `count` operands that `src` gives, for operands that are not in a list.
///
/// # Panics
/// As [`reduce_many`].
pub fn reduce_all<'a>(
    dtype: DType,
    op: ReduceOp,
    dst: &mut [u8],
    count: usize,
    src: impl Fn(usize) -> &'a [u8],
) {
    let length = dst.len();
    // The first pass takes two to five operands, so that the others come out in fours.
    let start = count - count.saturating_sub(2) / 4 * 4;
    for (index, block) in dst.chunks_mut(BLOCK_BYTES).enumerate() {
        let range = index * BLOCK_BYTES..index * BLOCK_BYTES + block.len();
        let part = |k| {
            let src = src(k);
            check(dtype, length, src.len());
            &src[range.clone()]
        };
        match start {
            0 => panic!("a reduction has at least one operand"),
            1 => block.copy_from_slice(part(0)),
            2 => dispatch!(dtype, op, first(block, parts::<2>(0, part))),
            3 => dispatch!(dtype, op, first(block, parts::<3>(0, part))),
            4 => dispatch!(dtype, op, first(block, parts::<4>(0, part))),
            _ => dispatch!(dtype, op, first(block, parts::<5>(0, part))),
        }
        let mut at = start;
        while at + 8 <= count {
            dispatch!(dtype, op, more(block, parts::<8>(at, part)));
            at += 8;
        }
        if at < count {
            dispatch!(dtype, op, more(block, parts::<4>(at, part)));
        }
    }
}

/// `K` operands from the one at `at` on.
#[inline]
fn parts<'a, const K: usize>(at: usize, part: impl Fn(usize) -> &'a [u8]) -> [&'a [u8]; K] {
    std::array::from_fn(|k| part(at + k))
}

/// `acc[i] = acc[i] / n`: floats rounded to nearest even once, integers towards zero.
///
/// # Panics
/// If `n` is zero or the length is no multiple of the element size: a bug of the caller.
pub fn divide(dtype: DType, acc: &mut [u8], n: u64) {
    assert!(n > 0, "an average over no ranks");
    check(dtype, acc.len(), acc.len());
    match dtype {
        DType::F32 => each::<4>(acc, |x| (f32::from_ne_bytes(x) / n as f32).to_ne_bytes()),
        DType::F64 => each::<8>(acc, |x| (f64::from_ne_bytes(x) / n as f64).to_ne_bytes()),
        DType::F16 => each::<2>(acc, |x| {
            half::f16::from_f32(half::f16::from_ne_bytes(x).to_f32() / n as f32).to_ne_bytes()
        }),
        DType::Bf16 => each::<2>(acc, |x| {
            half::bf16::from_f32(half::bf16::from_ne_bytes(x).to_f32() / n as f32).to_ne_bytes()
        }),
        DType::E4m3 => each::<1>(acc, |x| E4m3::of(E4m3::load(x).value() / n as f32).store()),
        DType::E5m2 => each::<1>(acc, |x| E5m2::of(E5m2::load(x).value() / n as f32).store()),
        DType::I8 => each::<1>(acc, |x| [(i64::from(x[0] as i8) / n as i64) as u8]),
        DType::I32 => {
            each::<4>(acc, |x| {
                ((i64::from(i32::from_ne_bytes(x)) / n as i64) as i32).to_ne_bytes()
            });
        }
        DType::I64 => each::<8>(acc, |x| {
            let wide = i128::from(i64::from_ne_bytes(x)) / i128::from(n);
            (wide as i64).to_ne_bytes()
        }),
        DType::U8 => each::<1>(acc, |x| [(u64::from(x[0]) / n) as u8]),
        DType::U32 => {
            each::<4>(acc, |x| ((u64::from(u32::from_ne_bytes(x)) / n) as u32).to_ne_bytes());
        }
        DType::U64 => each::<8>(acc, |x| (u64::from_ne_bytes(x) / n).to_ne_bytes()),
    }
}

fn each<const W: usize>(acc: &mut [u8], f: impl Fn([u8; W]) -> [u8; W]) {
    for x in acc.as_chunks_mut::<W>().0 {
        *x = f(*x);
    }
}

#[inline]
fn check(dtype: DType, dst: usize, src: usize) {
    assert_eq!(dst, src, "operands of a reduction have equal lengths");
    assert_eq!(dst as u64 % dtype.bytes(), 0, "{dst} bytes hold no whole number of {dtype}");
}

/// Below this the choice of instruction set costs more than it gains.
const SMALL_BYTES: usize = 64;

/// `dst = (srcs[0] ⊕ srcs[1]) ⊕ ...`, rounded at each.
#[inline]
fn first<C: Combine<W>, const W: usize, const K: usize>(dst: &mut [u8], srcs: [&[u8]; K]) {
    if dst.len() <= SMALL_BYTES {
        first_loop::<C, W, K>(dst, srcs);
    } else {
        first_wide::<C, W, K>(dst, srcs);
    }
}

/// `acc = ((acc ⊕ srcs[0]) ⊕ srcs[1]) ⊕ ...`, rounded at each.
#[inline]
fn more<C: Combine<W>, const W: usize, const K: usize>(acc: &mut [u8], srcs: [&[u8]; K]) {
    if acc.len() <= SMALL_BYTES {
        more_loop::<C, W, K>(acc, srcs);
    } else {
        more_wide::<C, W, K>(acc, srcs);
    }
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn first_wide<C: Combine<W>, const W: usize, const K: usize>(dst: &mut [u8], srcs: [&[u8]; K]) {
    first_loop::<C, W, K>(dst, srcs);
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn more_wide<C: Combine<W>, const W: usize, const K: usize>(acc: &mut [u8], srcs: [&[u8]; K]) {
    more_loop::<C, W, K>(acc, srcs);
}

#[inline(always)]
fn first_loop<C: Combine<W>, const W: usize, const K: usize>(dst: &mut [u8], srcs: [&[u8]; K]) {
    let dst = dst.as_chunks_mut::<W>().0;
    let srcs = srcs.map(|src| &src.as_chunks::<W>().0[..dst.len()]);
    for (i, dst) in dst.iter_mut().enumerate() {
        let mut value = srcs[0][i];
        for src in &srcs[1..] {
            value = C::combine(value, src[i]);
        }
        *dst = value;
    }
}

#[inline(always)]
fn more_loop<C: Combine<W>, const W: usize, const K: usize>(acc: &mut [u8], srcs: [&[u8]; K]) {
    let acc = acc.as_chunks_mut::<W>().0;
    let srcs = srcs.map(|src| &src.as_chunks::<W>().0[..acc.len()]);
    for (i, acc) in acc.iter_mut().enumerate() {
        // In a register: nothing tells the compiler that `acc` is no operand.
        let mut value = *acc;
        for src in &srcs {
            value = C::combine(value, src[i]);
        }
        *acc = value;
    }
}
