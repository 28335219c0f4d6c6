use supernode_units::DType;

use crate::elements::Scalar;
use crate::fp8::{E4m3, E5m2};

/// Number of elements that differ bit for bit; a NaN equals a NaN whatever its payload. Elements
/// that only one side has count as different.
pub fn count_unequal(dtype: DType, got: &[u8], want: &[u8]) -> u64 {
    let width = dtype.bytes() as usize;
    let missing = (got.len().abs_diff(want.len()) / width) as u64;
    let common = got.len().min(want.len());
    let (got, want) = (&got[..common], &want[..common]);
    if got == want {
        return missing;
    }
    let pairs = got.chunks_exact(width).zip(want.chunks_exact(width));
    missing
        + pairs.filter(|(a, b)| a != b && !(is_nan(dtype, a) && is_nan(dtype, b))).count() as u64
}

fn is_nan(dtype: DType, raw: &[u8]) -> bool {
    match (dtype, raw) {
        (DType::F32, &[a, b, c, d]) => f32::from_ne_bytes([a, b, c, d]).is_nan(),
        (DType::F64, &[a, b, c, d, e, f, g, h]) => {
            f64::from_ne_bytes([a, b, c, d, e, f, g, h]).is_nan()
        }
        (DType::F16, &[a, b]) => half::f16::from_ne_bytes([a, b]).is_nan(),
        (DType::Bf16, &[a, b]) => half::bf16::from_ne_bytes([a, b]).is_nan(),
        (DType::E4m3, &[a]) => E4m3::load([a]).is_nan(),
        (DType::E5m2, &[a]) => E5m2::load([a]).is_nan(),
        _ => false,
    }
}
