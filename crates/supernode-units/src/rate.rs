use std::fmt;
use std::str::FromStr;

use crate::parse::{Quantity, scaled};
use crate::{Time, UnitError};

/// Bytes per second in one direction; `GB/s` is 10^9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bandwidth(u64);

const BANDWIDTH: Quantity = Quantity {
    what: "a bandwidth",
    example: "450GB/s",
    units: &[
        ("B/s", 1.0),
        ("KB/s", 1e3),
        ("MB/s", 1e6),
        ("GB/s", 1e9),
        ("TB/s", 1e12),
        ("PB/s", 1e15),
        ("EB/s", 1e18),
        ("Mb/s", 1e6 / 8.0),
        ("Gb/s", 1e9 / 8.0),
        ("Tb/s", 1e12 / 8.0),
    ],
};

impl Bandwidth {
    /// A rate of `bytes_per_second`.
    pub const fn new(bytes_per_second: u64) -> Self {
        Self(bytes_per_second)
    }

    /// A rate of `gb` 10^9 bytes per second.
    pub const fn from_gb_per_s(gb: u64) -> Self {
        Self(gb * 1_000_000_000)
    }

    /// The rate in bytes per second.
    pub const fn bytes_per_s(self) -> u64 {
        self.0
    }

    /// The rate in 10^9 bytes per second, for printing.
    pub fn gb_per_s(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time `bytes` take at this rate, rounded up to the picosecond.
    ///
    /// # Errors
    /// When the rate is zero and there is something to carry, or the time passes 2^64 ps.
    pub fn time_for(self, bytes: u64) -> Result<Time, UnitError> {
        if bytes == 0 {
            return Ok(Time::ZERO);
        }
        if self.0 == 0 {
            return Err(UnitError::ZeroRate { bytes });
        }
        let ps = (u128::from(bytes) * 1_000_000_000_000).div_ceil(u128::from(self.0));
        u64::try_from(ps).map(Time::from_ps).map_err(|_| UnitError::TooLarge {
            text: format!("{bytes} bytes at {self}"),
            what: "a time in picoseconds",
        })
    }

    /// This rate times `ppm` millionths, rounded down, at least 1 byte per second if it was not zero.
    #[must_use]
    pub fn scale_ppm(self, ppm: u32) -> Self {
        let scaled = u128::from(self.0) * u128::from(ppm) / 1_000_000;
        Self(u64::try_from(scaled).unwrap_or(u64::MAX).max(u64::from(self.0 > 0)))
    }
}

impl From<Bandwidth> for f64 {
    /// Bytes per second.
    fn from(rate: Bandwidth) -> Self {
        rate.0 as Self
    }
}

impl FromStr for Bandwidth {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        BANDWIDTH.parse_u64(text).map(Self)
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [
            (1e18, "EB/s"),
            (1e15, "PB/s"),
            (1e12, "TB/s"),
            (1e9, "GB/s"),
            (1e6, "MB/s"),
            (1.0, "B/s"),
        ];
        f.pad(&scaled(self.0 as f64, &steps))
    }
}

/// Floating-point (or integer) operations per second, dense unless a name says `sparse`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct FlopRate(f64);

const FLOPS: Quantity = Quantity {
    what: "a compute rate",
    example: "989.4TFLOP/s",
    units: &[
        ("GFLOP/s", 1e9),
        ("TFLOP/s", 1e12),
        ("PFLOP/s", 1e15),
        ("EFLOP/s", 1e18),
        ("ZFLOP/s", 1e21),
        ("TOP/s", 1e12),
        ("POP/s", 1e15),
    ],
};

impl FlopRate {
    /// A rate of `per_second` operations per second.
    pub const fn new(per_second: f64) -> Self {
        Self(per_second)
    }

    /// The rate in operations per second.
    pub const fn per_second(self) -> f64 {
        self.0
    }

    /// The rate in 10^12 operations per second, for printing.
    pub fn tera(self) -> f64 {
        self.0 / 1e12
    }
}

impl From<FlopRate> for f64 {
    /// Operations per second.
    fn from(rate: FlopRate) -> Self {
        rate.0
    }
}

impl FromStr for FlopRate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        FLOPS.parse(text).map(Self)
    }
}

impl fmt::Display for FlopRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = [
            (1e21, "ZFLOP/s"),
            (1e18, "EFLOP/s"),
            (1e15, "PFLOP/s"),
            (1e12, "TFLOP/s"),
            (1e9, "GFLOP/s"),
        ];
        f.pad(&scaled(self.0, &steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_bytes_are_kept_apart() {
        assert_eq!("400Gb/s".parse(), Ok(Bandwidth::from_gb_per_s(50)));
        assert_eq!("50GB/s".parse(), Ok(Bandwidth::from_gb_per_s(50)));
        assert!("50".parse::<Bandwidth>().is_err());
        assert_eq!("3.35TB/s".parse::<Bandwidth>().unwrap().to_string(), "3.35TB/s");
        assert_eq!("10.11EB/s".parse::<Bandwidth>().unwrap().to_string(), "10.11EB/s");
    }

    #[test]
    fn time_rounds_up_and_zero_rates_are_errors() {
        let rate = Bandwidth::from_gb_per_s(3);
        assert_eq!(rate.time_for(1), Ok(Time::from_ps(334)));
        assert_eq!(rate.time_for(0), Ok(Time::ZERO));
        assert_eq!(Bandwidth::new(0).time_for(4), Err(UnitError::ZeroRate { bytes: 4 }));
        assert!(Bandwidth::new(1).time_for(u64::MAX).is_err());
    }

    #[test]
    fn flop_rates_parse_and_print() {
        let rate: FlopRate = "989.4TFLOP/s".parse().unwrap();
        assert!((rate.tera() - 989.4).abs() < 1e-9);
        assert_eq!(rate.to_string(), "989.4TFLOP/s");
    }
}
