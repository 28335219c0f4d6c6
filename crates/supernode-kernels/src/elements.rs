//! What one element's reduction is, for each type and operator.

#![allow(
    clippy::inline_always,
    reason = "an element that is called instead of inlined keeps its loop from vectorising"
)]

use std::marker::PhantomData;

/// One element type and operator: how two raw elements become one.
pub(crate) trait Combine<const W: usize> {
    /// `a ⊕ b` on the bytes of one element.
    fn combine(a: [u8; W], b: [u8; W]) -> [u8; W];
}

/// Arithmetic of a type that is computed in itself.
pub(crate) trait Scalar<const W: usize>: Copy {
    fn load(raw: [u8; W]) -> Self;
    fn store(self) -> [u8; W];
    fn sum(self, other: Self) -> Self;
    fn prod(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
    fn max(self, other: Self) -> Self;
}

macro_rules! integer {
    ($type:ty, $width:literal) => {
        impl Scalar<$width> for $type {
            #[inline(always)]
            fn load(raw: [u8; $width]) -> Self {
                Self::from_ne_bytes(raw)
            }
            #[inline(always)]
            fn store(self) -> [u8; $width] {
                self.to_ne_bytes()
            }
            #[inline(always)]
            fn sum(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn prod(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                Ord::min(self, other)
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                Ord::max(self, other)
            }
        }
    };
}

integer!(i8, 1);
integer!(i32, 4);
integer!(i64, 8);
integer!(u8, 1);
integer!(u32, 4);
integer!(u64, 8);

/// The bits of a float as an integer with the same order.
macro_rules! order {
    ($value:expr, $signed:ty) => {{
        let bits = $value.to_bits() as $signed;
        bits ^ ((bits >> (<$signed>::BITS - 1)) & <$signed>::MAX)
    }};
}

macro_rules! float {
    ($type:ty, $bits:ty, $signed:ty, $width:literal) => {
        impl Scalar<$width> for $type {
            #[inline(always)]
            fn load(raw: [u8; $width]) -> Self {
                Self::from_ne_bytes(raw)
            }
            #[inline(always)]
            fn store(self) -> [u8; $width] {
                self.to_ne_bytes()
            }
            #[inline(always)]
            fn sum(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn prod(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                // A NaN loses; the integer order of the bits puts -0 below +0.
                let less = order!(self, $signed) < order!(other, $signed);
                if other.is_nan() || (less && !self.is_nan()) { self } else { other }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                let more = order!(self, $signed) > order!(other, $signed);
                if other.is_nan() || (more && !self.is_nan()) { self } else { other }
            }
        }
    };
}

float!(f32, u32, i32, 4);
float!(f64, u64, i64, 8);

/// bf16, computed in f32 and rounded to nearest even.
#[derive(Clone, Copy)]
pub(crate) struct Bf16(f32);

impl Scalar<2> for Bf16 {
    #[inline(always)]
    fn load(raw: [u8; 2]) -> Self {
        Self(f32::from_bits(u32::from(u16::from_ne_bytes(raw)) << 16))
    }
    #[inline(always)]
    fn store(self) -> [u8; 2] {
        let bits = self.0.to_bits();
        // Adding half of the dropped part, less one where the kept part is even, rounds to even.
        let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
        let quiet = (bits >> 16) | 0x40;
        let kept = if self.0.is_nan() { quiet } else { rounded };
        (kept as u16).to_ne_bytes()
    }
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
    #[inline(always)]
    fn prod(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(Scalar::min(self.0, other.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(Scalar::max(self.0, other.0))
    }
}

/// f16, computed in f32 and rounded to nearest even, by bit arithmetic that vectorises.
#[derive(Clone, Copy)]
pub(crate) struct F16(f32);

impl Scalar<2> for F16 {
    #[inline(always)]
    fn load(raw: [u8; 2]) -> Self {
        let half = u32::from(u16::from_ne_bytes(raw));
        let sign = (half & 0x8000) << 16;
        let magnitude = half & 0x7fff;
        // Moved to f32's place, the exponent is 112 too small; a multiplication by 2^112 corrects
        // it and normalises subnormals at once.
        let scaled = f32::from_bits(magnitude << 13) * f32::from_bits((112 + 127) << 23);
        let special = (magnitude << 13) | 0x7f80_0000;
        let bits = if magnitude >= 0x7c00 { special } else { scaled.to_bits() };
        Self(f32::from_bits(bits | sign))
    }
    #[inline(always)]
    fn store(self) -> [u8; 2] {
        let bits = self.0.to_bits();
        let sign = (bits >> 16) & 0x8000;
        let magnitude = bits & 0x7fff_ffff;
        // Subnormal results: adding 1/2 puts the f16 mantissa into the low bits, rounded to even.
        let small = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0.5_f32.to_bits());
        let even = (magnitude >> 13) & 1;
        let normal = magnitude.wrapping_sub(112 << 23).wrapping_add(0xfff + even) >> 13;
        let nan = 0x7e00 | ((magnitude >> 13) & 0x3ff);
        let half = if magnitude > 0x7f80_0000 {
            nan
        } else if magnitude >= 0x477f_f000 {
            0x7c00
        } else if magnitude < 0x3880_0000 {
            small
        } else {
            normal
        };
        ((half | sign) as u16).to_ne_bytes()
    }
    #[inline(always)]
    fn sum(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
    #[inline(always)]
    fn prod(self, other: Self) -> Self {
        Self(self.0 * other.0)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(Scalar::min(self.0, other.0))
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(Scalar::max(self.0, other.0))
    }
}

macro_rules! operator {
    ($name:ident, $method:ident) => {
        pub(crate) struct $name<T>(PhantomData<T>);
        impl<const W: usize, T: Scalar<W>> Combine<W> for $name<T> {
            #[inline(always)]
            fn combine(a: [u8; W], b: [u8; W]) -> [u8; W] {
                T::load(a).$method(T::load(b)).store()
            }
        }
    };
}

operator!(Sum, sum);
operator!(Prod, prod);
operator!(Min, min);
operator!(Max, max);
