//! Floats of eight bits, OCP 8-bit Floating Point Specification 1.0.

#![allow(
    clippy::inline_always,
    reason = "an element that is called instead of inlined keeps its loop from vectorising"
)]

use crate::elements::Scalar;

/// An eight-bit float with `MANTISSA` stored bits of mantissa and the largest finite `LARGEST`.
///
/// Sums and products are computed in f32, rounded to nearest even, and saturate, an infinite
/// operand included, as the conversions of GPUs do (`satfinite` of PTX). Minima and maxima take one
/// of the operands as it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fp8<const MANTISSA: u32, const LARGEST: u8>(u8);

/// No infinities: the largest exponent is that of finite numbers but for one NaN.
pub(crate) type E4m3 = Fp8<3, 0x7e>;

/// The upper half of an f16.
pub(crate) type E5m2 = Fp8<2, 0x7b>;

impl<const MANTISSA: u32, const LARGEST: u8> Fp8<MANTISSA, LARGEST> {
    /// Exponents of f32 lie this much higher.
    const BIAS: u32 = 127 - ((1 << (6 - MANTISSA)) - 1);

    /// From the place of the mantissa in f32 to that in eight bits.
    const SHIFT: u32 = 23 - MANTISSA;

    /// The smallest normal number, in f32.
    const NORMAL: f32 = f32::from_bits((Self::BIAS + 1) << 23);

    /// E4M3 has a NaN where E5M2 has infinity.
    const FIRST_NAN: u8 = if MANTISSA == 3 { LARGEST + 1 } else { LARGEST + 2 };

    #[inline(always)]
    pub(crate) fn is_nan(self) -> bool {
        self.0 & 0x7f >= Self::FIRST_NAN
    }

    /// The value, exactly.
    #[inline(always)]
    pub(crate) fn value(self) -> f32 {
        let magnitude = u32::from(self.0 & 0x7f);
        let sign = u32::from(self.0 & 0x80) << 24;
        let moved = (magnitude << Self::SHIFT) + (Self::BIAS << 23);
        // Subnormals: with the exponent of the smallest normal, the hidden bit is too much. (No
        // multiplication of f32's subnormals, which is slow.)
        let small = f32::from_bits(moved + (1 << 23)) - Self::NORMAL;
        let bits = if magnitude >= u32::from(Self::FIRST_NAN) {
            0x7fc0_0000
        } else if magnitude > u32::from(LARGEST) {
            0x7f80_0000
        } else if magnitude < 1 << MANTISSA {
            small.to_bits()
        } else {
            moved
        };
        f32::from_bits(bits | sign)
    }

    /// The nearest, the even one of two; the largest finite one where there is no larger.
    #[inline(always)]
    pub(crate) fn of(value: f32) -> Self {
        let bits = value.to_bits();
        let sign = (bits >> 24) & 0x80;
        let magnitude = bits & 0x7fff_ffff;
        // Subnormal results: added to the number whose last place is that of the subnormals, the
        // mantissa comes into the low bits, rounded to even.
        let last_place = f32::from_bits((Self::BIAS + 1 + Self::SHIFT) << 23);
        let small = (f32::from_bits(magnitude) + last_place).to_bits() - last_place.to_bits();
        // Half of the dropped part, less one where the kept part is even, rounds to even.
        let even = (magnitude >> Self::SHIFT) & 1;
        let half = (1 << (Self::SHIFT - 1)) - 1;
        let normal = magnitude.wrapping_sub(Self::BIAS << 23).wrapping_add(half + even);
        let kept = if magnitude > 0x7f80_0000 {
            0x7f
        } else if magnitude < Self::NORMAL.to_bits() {
            small
        } else {
            Ord::min(normal >> Self::SHIFT, u32::from(LARGEST))
        };
        Self((kept | sign) as u8)
    }

    /// The bits as an integer with the same order, -0 below +0.
    #[inline(always)]
    fn order(self) -> i8 {
        let bits = self.0 as i8;
        bits ^ ((bits >> 7) & i8::MAX)
    }
}

impl<const MANTISSA: u32, const LARGEST: u8> Scalar<1> for Fp8<MANTISSA, LARGEST> {
    #[inline(always)]
    fn load(raw: [u8; 1]) -> Self {
        Self(raw[0])
    }
    #[inline(always)]
    fn store(self) -> [u8; 1] {
        [self.0]
    }
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        Self::of(self.value() + other.value())
    }
    #[inline(always)]
    fn prod(self, other: Self) -> Self {
        Self::of(self.value() * other.value())
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // A NaN loses.
        let less = self.order() < other.order();
        if other.is_nan() || (less && !self.is_nan()) { self } else { other }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let more = self.order() > other.order();
        if other.is_nan() || (more && !self.is_nan()) { self } else { other }
    }
}

#[cfg(test)]
#[path = "../tests/integration/eight_bits.rs"]
mod eight_bits;

#[cfg(test)]
mod tests {
    use super::eight_bits::Format;
    use super::*;

    /// Both signs of numbers that are hard to round: every value and every tie, and what lies next
    /// to them; then zeros, infinities, NaN, f32's subnormals, and a stride through all of f32.
    fn hard(format: Format) -> impl Iterator<Item = f32> {
        let values: Vec<f64> = (0..=format.largest).map(|bits| format.value(bits)).collect();
        let beyond = 2.0 * values[values.len() - 1] - values[values.len() - 2];
        let next = values[1..].iter().copied().chain([beyond]);
        let ties = values.iter().zip(next).map(|(low, high)| f64::midpoint(*low, high));
        let exact: Vec<f32> =
            values.iter().copied().chain(ties).chain([beyond]).map(|value| value as f32).collect();
        let near = exact.into_iter().flat_map(|x| [x, x.next_up(), x.next_down()]);
        let special =
            [0.0, f32::INFINITY, f32::NAN, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1)];
        let stride = (0..=u32::MAX).step_by(50_021).map(f32::from_bits);
        near.chain(special).chain(stride).flat_map(|x| [x, -x])
    }

    fn check<const MANTISSA: u32, const LARGEST: u8>(format: Format) {
        for bits in 0..=u8::MAX {
            let (got, want) = (Fp8::<MANTISSA, LARGEST>(bits).value(), format.value(bits));
            let got = f64::from(got);
            let equal = got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan();
            assert!(equal, "{bits:#04x}: {got}, not {want}");
        }
        for value in hard(format) {
            let (got, want) = (Fp8::<MANTISSA, LARGEST>::of(value), format.nearest(value.into()));
            let equal = got.0 == want || got.is_nan() && format.value(want).is_nan();
            assert!(equal, "{value:e}: {:#04x}, not {want:#04x}", got.0);
        }
    }

    #[test]
    fn conversions_agree_with_a_search_among_all_values() {
        check::<3, 0x7e>(Format::E4M3);
        check::<2, 0x7b>(Format::E5M2);
    }

    #[test]
    fn the_numbers_of_the_specification() {
        let e4m3 = [0x00, 0x01, 0x07, 0x08, 0x38, 0x7e, 0xfe].map(|bits| E4m3::load([bits]));
        let values = [0.0, 0.001_953_125, 0.013_671_875, 0.015_625, 1.0, 448.0, -448.0];
        assert_eq!(e4m3.map(|x| x.value().to_bits()), values.map(f32::to_bits));
        let e5m2 = [0x01, 0x03, 0x04, 0x3c, 0x7b, 0x7c, 0xfc].map(|bits| E5m2::load([bits]));
        let (low, up) = (f32::NEG_INFINITY, f32::INFINITY);
        let values =
            [2_f32.powi(-16), 0.75 * 2_f32.powi(-14), 2_f32.powi(-14), 1.0, 57_344.0, up, low];
        assert_eq!(e5m2.map(|x| x.value().to_bits()), values.map(f32::to_bits));
        assert!([0x7f, 0xff].iter().all(|bits| E4m3::load([*bits]).is_nan()));
        assert!([0x7d, 0x7e, 0x7f, 0xfd].iter().all(|bits| E5m2::load([*bits]).is_nan()));
    }
}
