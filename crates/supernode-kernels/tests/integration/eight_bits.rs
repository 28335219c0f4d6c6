//! Eight-bit floats by their definition, and rounding by a search among all of them.

/// What distinguishes the two kinds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// Stored bits of the mantissa.
    mantissa: u32,
    /// Of the exponent.
    bias: i32,
    /// Bits of the largest finite number.
    pub(crate) largest: u8,
    /// Whether the number above it is infinity.
    infinity: bool,
}

impl Format {
    pub(crate) const E4M3: Self = Self { mantissa: 3, bias: 7, largest: 0x7e, infinity: false };
    pub(crate) const E5M2: Self = Self { mantissa: 2, bias: 15, largest: 0x7b, infinity: true };

    /// What the bits mean.
    pub(crate) fn value(self, bits: u8) -> f64 {
        let sign = if bits >> 7 == 1 { -1.0 } else { 1.0 };
        let magnitude = bits & 0x7f;
        if magnitude > self.largest {
            let infinite = self.infinity && magnitude == self.largest + 1;
            return if infinite { sign * f64::INFINITY } else { f64::NAN };
        }
        let exponent = i32::from(magnitude >> self.mantissa);
        let fraction =
            f64::from(magnitude % (1 << self.mantissa)) / f64::from(1_u32 << self.mantissa);
        sign * match exponent {
            0 => fraction * 2_f64.powi(1 - self.bias),
            _ => (1.0 + fraction) * 2_f64.powi(exponent - self.bias),
        }
    }

    /// The finite number next to `value`, the even one of two.
    pub(crate) fn nearest(self, value: f64) -> u8 {
        if value.is_nan() {
            return 0x7f;
        }
        let size = value.abs().min(self.value(self.largest));
        let distance = |bits: &u8| (self.value(*bits) - size).abs();
        let nearer =
            |a: &u8, b: &u8| distance(a).total_cmp(&distance(b)).then((a & 1).cmp(&(b & 1)));
        let magnitude = (0..=self.largest).min_by(nearer).unwrap_or_default();
        magnitude | u8::from(value.is_sign_negative()) << 7
    }
}
