//! The loops, compiled for several instruction sets and chosen at run time.

use supernode_units::{DType, ReduceOp};

use crate::elements::{Bf16, Combine, F16, Max, Min, Prod, Sum};

/// Bytes of the accumulator that stay in the first-level cache while operands stream past.
const BLOCK_BYTES: usize = 64 << 10;

/// Calls `$run::<Operator<Type>, width>` for the given type and operator.
macro_rules! dispatch {
    ($dtype:expr, $op:expr, $run:ident ( $($arg:expr),* )) => {
        match $dtype {
            DType::F32 => dispatch!(@op $op, f32, 4, $run($($arg),*)),
            DType::F64 => dispatch!(@op $op, f64, 8, $run($($arg),*)),
            DType::F16 => dispatch!(@op $op, F16, 2, $run($($arg),*)),
            DType::Bf16 => dispatch!(@op $op, Bf16, 2, $run($($arg),*)),
            DType::I32 => dispatch!(@op $op, i32, 4, $run($($arg),*)),
            DType::I64 => dispatch!(@op $op, i64, 8, $run($($arg),*)),
            DType::U8 => dispatch!(@op $op, u8, 1, $run($($arg),*)),
        }
    };
    (@op $op:expr, $type:ty, $width:literal, $run:ident ( $($arg:expr),* )) => {
        match $op {
            ReduceOp::Sum | ReduceOp::Avg => $run::<Sum<$type>, $width>($($arg),*),
            ReduceOp::Prod => $run::<Prod<$type>, $width>($($arg),*),
            ReduceOp::Min => $run::<Min<$type>, $width>($($arg),*),
            ReduceOp::Max => $run::<Max<$type>, $width>($($arg),*),
        }
    };
}

/// `acc[i] = acc[i] ⊕ src[i]`. [`ReduceOp::Avg`] adds; divide afterwards.
///
/// # Panics
/// If the lengths differ or are no multiple of the element size: a bug of the caller.
pub fn reduce_into(dtype: DType, op: ReduceOp, acc: &mut [u8], src: &[u8]) {
    check(dtype, acc.len(), src.len());
    dispatch!(dtype, op, into(acc, src));
}

/// `dst[i] = a[i] ⊕ b[i]`. [`ReduceOp::Avg`] adds; divide afterwards.
///
/// # Panics
/// If the lengths differ or are no multiple of the element size: a bug of the caller.
pub fn reduce(dtype: DType, op: ReduceOp, dst: &mut [u8], a: &[u8], b: &[u8]) {
    check(dtype, dst.len(), a.len());
    check(dtype, dst.len(), b.len());
    dispatch!(dtype, op, pair(dst, a, b));
}

/// `dst = ((srcs[0] ⊕ srcs[1]) ⊕ srcs[2]) ...`, block by block, so that a block of `dst` stays in
/// cache while the operands stream past.
///
/// # Panics
/// If there is no operand, or lengths differ or are no multiple of the element size: a bug of the
/// caller.
pub fn reduce_many(dtype: DType, op: ReduceOp, dst: &mut [u8], srcs: &[&[u8]]) {
    let (first, rest) = srcs.split_first().expect("a reduction has at least one operand");
    let Some((second, rest)) = rest.split_first() else {
        return crate::copy(dst, first);
    };
    for src in srcs {
        check(dtype, dst.len(), src.len());
    }
    for (index, block) in dst.chunks_mut(BLOCK_BYTES).enumerate() {
        let range = index * BLOCK_BYTES..index * BLOCK_BYTES + block.len();
        dispatch!(dtype, op, pair(block, &first[range.clone()], &second[range.clone()]));
        for src in rest {
            dispatch!(dtype, op, into(block, &src[range.clone()]));
        }
    }
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

#[inline]
fn into<C: Combine<W>, const W: usize>(acc: &mut [u8], src: &[u8]) {
    /// Below this the choice of instruction set costs more than it gains.
    const SMALL: usize = 64;
    if acc.len() <= SMALL {
        for (a, b) in acc.as_chunks_mut::<W>().0.iter_mut().zip(src.as_chunks::<W>().0) {
            *a = C::combine(*a, *b);
        }
    } else {
        into_wide::<C, W>(acc, src);
    }
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn into_wide<C: Combine<W>, const W: usize>(acc: &mut [u8], src: &[u8]) {
    for (a, b) in acc.as_chunks_mut::<W>().0.iter_mut().zip(src.as_chunks::<W>().0) {
        *a = C::combine(*a, *b);
    }
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn pair<C: Combine<W>, const W: usize>(dst: &mut [u8], a: &[u8], b: &[u8]) {
    let operands = a.as_chunks::<W>().0.iter().zip(b.as_chunks::<W>().0);
    for (d, (a, b)) in dst.as_chunks_mut::<W>().0.iter_mut().zip(operands) {
        *d = C::combine(*a, *b);
    }
}
