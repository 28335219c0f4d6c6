//! One element at a time, written the obvious way.

use half::{bf16, f16};
use supernode_units::{DType, ReduceOp};

use crate::eight_bits::Format;

fn float(op: ReduceOp, a: f64, b: f64, sum: f64, product: f64) -> f64 {
    match op {
        ReduceOp::Sum | ReduceOp::Avg => sum,
        ReduceOp::Prod => product,
        ReduceOp::Min | ReduceOp::Max if a.is_nan() => b,
        ReduceOp::Min | ReduceOp::Max if b.is_nan() => a,
        // IEEE totalOrder puts -0 below +0.
        ReduceOp::Min if a.total_cmp(&b).is_lt() => a,
        ReduceOp::Max if a.total_cmp(&b).is_gt() => a,
        ReduceOp::Min | ReduceOp::Max => b,
    }
}

fn integer(op: ReduceOp, a: i128, b: i128) -> i128 {
    match op {
        ReduceOp::Sum | ReduceOp::Avg => a.wrapping_add(b),
        ReduceOp::Prod => a.wrapping_mul(b),
        ReduceOp::Min => a.min(b),
        ReduceOp::Max => a.max(b),
    }
}

/// Adds and multiplies in f32, rounds once to nearest even, and saturates; takes the smaller and the
/// larger as they are.
fn eight_bits(format: Format, op: ReduceOp, a: u8, b: u8) -> u8 {
    let (x, y) = (format.value(a), format.value(b));
    let (sum, product) = (x as f32 + y as f32, x as f32 * y as f32);
    match op {
        ReduceOp::Sum | ReduceOp::Avg => format.nearest(sum.into()),
        ReduceOp::Prod => format.nearest(product.into()),
        ReduceOp::Min | ReduceOp::Max => {
            let taken = float(op, x, y, 0.0, 0.0);
            if taken.to_bits() == x.to_bits() { a } else { b }
        }
    }
}

/// `a ⊕ b` on the bytes of one element.
pub(crate) fn combine(dtype: DType, op: ReduceOp, a: &[u8], b: &[u8]) -> Vec<u8> {
    let four = |raw: &[u8]| <[u8; 4]>::try_from(raw).expect("four bytes");
    let eight = |raw: &[u8]| <[u8; 8]>::try_from(raw).expect("eight bytes");
    let two = |raw: &[u8]| <[u8; 2]>::try_from(raw).expect("two bytes");
    match dtype {
        DType::F32 => {
            let (a, b) = (f32::from_ne_bytes(four(a)), f32::from_ne_bytes(four(b)));
            let (wide_a, wide_b) = (f64::from(a), f64::from(b));
            let wide = float(op, wide_a, wide_b, f64::from(a + b), f64::from(a * b));
            (wide as f32).to_ne_bytes().to_vec()
        }
        DType::F64 => {
            let (a, b) = (f64::from_ne_bytes(eight(a)), f64::from_ne_bytes(eight(b)));
            float(op, a, b, a + b, a * b).to_ne_bytes().to_vec()
        }
        // Half precision adds and multiplies in f32 and rounds once to nearest even.
        DType::F16 => {
            let (a, b) = (f16::from_ne_bytes(two(a)).to_f32(), f16::from_ne_bytes(two(b)).to_f32());
            let wide = float(op, a.into(), b.into(), (a + b).into(), (a * b).into());
            f16::from_f32(wide as f32).to_ne_bytes().to_vec()
        }
        DType::Bf16 => {
            let (a, b) =
                (bf16::from_ne_bytes(two(a)).to_f32(), bf16::from_ne_bytes(two(b)).to_f32());
            let wide = float(op, a.into(), b.into(), (a + b).into(), (a * b).into());
            bf16::from_f32(wide as f32).to_ne_bytes().to_vec()
        }
        DType::E4m3 => vec![eight_bits(Format::E4M3, op, a[0], b[0])],
        DType::E5m2 => vec![eight_bits(Format::E5M2, op, a[0], b[0])],
        DType::I8 => vec![integer(op, (a[0] as i8).into(), (b[0] as i8).into()) as u8],
        DType::I32 => {
            let (a, b) = (i32::from_ne_bytes(four(a)), i32::from_ne_bytes(four(b)));
            (integer(op, a.into(), b.into()) as i32).to_ne_bytes().to_vec()
        }
        DType::I64 => {
            let (a, b) = (i64::from_ne_bytes(eight(a)), i64::from_ne_bytes(eight(b)));
            (integer(op, a.into(), b.into()) as i64).to_ne_bytes().to_vec()
        }
        DType::U8 => vec![integer(op, a[0].into(), b[0].into()) as u8],
        DType::U32 => {
            let (a, b) = (u32::from_ne_bytes(four(a)), u32::from_ne_bytes(four(b)));
            (integer(op, a.into(), b.into()) as u32).to_ne_bytes().to_vec()
        }
        DType::U64 => {
            let (a, b) = (u64::from_ne_bytes(eight(a)), u64::from_ne_bytes(eight(b)));
            (integer(op, a.into(), b.into()) as u64).to_ne_bytes().to_vec()
        }
    }
}
