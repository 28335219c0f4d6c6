//! Eight-bit floats by arithmetic on f64, for inputs and for the check: the kernels, which they are
//! held against, convert by bits.

use supernode_units::DType;

/// Stored bits of the mantissa, bias of the exponent, and the largest finite number of E4M3 or, for
/// any other type, of E5M2.
fn format(dtype: DType) -> (u32, i32, f64) {
    match dtype {
        DType::E4m3 => (3, 7, 448.0),
        _ => (2, 15, 57_344.0),
    }
}

/// The value of a number that is finite.
pub(crate) fn to_f64(dtype: DType, bits: u8) -> f64 {
    let (mantissa, bias, _) = format(dtype);
    let exponent = i32::from((bits & 0x7f) >> mantissa);
    let fraction = f64::from(bits % (1 << mantissa)) / f64::from(1 << mantissa);
    let hidden = f64::from(exponent.min(1));
    let size = (hidden + fraction) * 2_f64.powi(exponent.max(1) - bias);
    if bits & 0x80 == 0 { size } else { -size }
}

/// The number nearest to a finite `value`, the even one of two; the largest finite one where there
/// is no larger.
pub(crate) fn from_f64(dtype: DType, value: f64) -> u8 {
    let (mantissa, bias, largest) = format(dtype);
    let size = value.abs().min(largest);
    let mut exponent = 1 - bias;
    while size >= 2_f64.powi(exponent + 1) {
        exponent += 1;
    }
    // In units of the last place. One more than the mantissa holds carries into the exponent.
    let places = (size / 2_f64.powi(exponent - mantissa as i32)).round_ties_even() as i32;
    let magnitude = ((exponent + bias - 1) << mantissa) + places;
    magnitude as u8 | u8::from(value.is_sign_negative()) << 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_number_comes_back_and_ties_go_to_even() {
        for (dtype, largest) in [(DType::E4m3, 0x7e), (DType::E5m2, 0x7b)] {
            for bits in 0..=largest {
                let value = to_f64(dtype, bits);
                assert_eq!([from_f64(dtype, value), from_f64(dtype, -value)], [bits, bits | 0x80]);
                if bits < largest {
                    let tie = f64::midpoint(value, to_f64(dtype, bits + 1));
                    assert_eq!(from_f64(dtype, tie), bits + bits % 2, "{dtype} {tie}");
                    assert_eq!(from_f64(dtype, tie.next_up()), bits + 1, "{dtype} {tie}");
                    assert_eq!(from_f64(dtype, tie.next_down()), bits, "{dtype} {tie}");
                }
            }
            assert_eq!([1e9, -1e9].map(|x| from_f64(dtype, x)), [largest, largest | 0x80]);
        }
        assert_eq!([0x38, 0x7e].map(|bits| to_f64(DType::E4m3, bits) as u32), [1, 448]);
        assert_eq!([0x3c, 0x7b].map(|bits| to_f64(DType::E5m2, bits) as u32), [1, 57_344]);
    }
}
