use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul};
use std::str::FromStr;

use crate::UnitError;
use crate::parse::{Quantity, scaled};

/// Virtual time or a duration in integer picoseconds.
///
/// 64 bits of picoseconds last 213 days. Sums and products that pass them are [`Time::MAX`], which
/// stands for "never" and stays so whatever is added to it, multiplied with it or divided from it:
/// whoever reports a time looks at the end whether it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

const TIME: Quantity = Quantity {
    what: "a time",
    example: "2.1us",
    units: &[
        ("ps", 1.0),
        ("ns", 1e3),
        ("us", 1e6),
        ("ms", 1e9),
        ("s", 1e12),
        ("min", 6e13),
        ("h", 3.6e15),
    ],
};

impl Time {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The largest time; stands for "never", or at least not within 213 days.
    pub const MAX: Self = Self(u64::MAX);

    /// A time of `ps` picoseconds.
    pub const fn from_ps(ps: u64) -> Self {
        Self(ps)
    }

    /// A time of `ns` nanoseconds; saturates at [`Time::MAX`].
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns.saturating_mul(1_000))
    }

    /// A time of `us` microseconds; saturates at [`Time::MAX`].
    pub const fn from_us(us: u64) -> Self {
        Self(us.saturating_mul(1_000_000))
    }

    /// The time in which `numerator / denominator` picoseconds pass, rounded up; [`Time::MAX`] past
    /// 64 bits and for a denominator of zero, which is a rate that gets nothing done.
    pub fn from_ps_ratio(numerator: u128, denominator: u128) -> Self {
        if denominator == 0 {
            return Self::MAX;
        }
        // A division of 64 bits, which messages of up to 18 MB need, takes a quarter of the time.
        match (u64::try_from(numerator), u64::try_from(denominator)) {
            (Ok(numerator), Ok(denominator)) => Self(numerator.div_ceil(denominator)),
            _ => Self(u64::try_from(numerator.div_ceil(denominator)).unwrap_or(u64::MAX)),
        }
    }

    /// A time of `seconds`, rounded to the nearest picosecond; saturates at [`Time::MAX`].
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * 1e12).round() as u64)
    }

    /// This time in picoseconds.
    pub const fn as_ps(self) -> u64 {
        self.0
    }

    /// This time in microseconds, for printing; infinite for [`Time::MAX`].
    pub fn as_us_f64(self) -> f64 {
        self.in_units_of(1e6)
    }

    /// This time in seconds, for printing and for rates; infinite for [`Time::MAX`].
    pub fn as_secs_f64(self) -> f64 {
        self.in_units_of(1e12)
    }

    fn in_units_of(self, ps: f64) -> f64 {
        if self == Self::MAX { f64::INFINITY } else { self.0 as f64 / ps }
    }

    /// The difference, or zero where `other` is later.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Time {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Time {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<u64> for Time {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Time {
    type Output = Self;
    /// Rounded down to the picosecond.
    fn div(self, divisor: u64) -> Self {
        if self == Self::MAX { self } else { Self(self.0 / divisor) }
    }
}

impl Sum for Time {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl From<Time> for f64 {
    /// Seconds.
    fn from(time: Time) -> Self {
        time.as_secs_f64()
    }
}

impl FromStr for Time {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        TIME.parse_u64(text).map(Self)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::MAX {
            return f.pad("never");
        }
        let steps = [(1e12, "s"), (1e9, "ms"), (1e6, "us"), (1e3, "ns"), (1.0, "ps")];
        f.pad(&scaled(self.0 as f64, &steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_and_prints() {
        let check = |text: &str, ps: u64, shown: &str| {
            let time: Time = text.parse().unwrap();
            assert_eq!(time.as_ps(), ps, "{text}");
            assert_eq!(time.to_string(), shown, "{text}");
        };
        check("2.1us", 2_100_000, "2.1us");
        check("200 ns", 200_000, "200ns");
        check("0us", 0, "0ps");
        check("1_500ps", 1_500, "1.5ns");
        check("1e3us", 1_000_000_000, "1ms");
    }

    #[test]
    fn what_does_not_fit_never_happens() {
        let long = Time::from_ps(u64::MAX - 1);
        let never = [
            long + long,
            long * 2,
            Time::MAX / 2,
            Time::MAX + Time::from_ps(1),
            [long, long].into_iter().sum(),
            Time::from_us(u64::MAX),
            Time::from_ps_ratio(1 << 100, 3),
            Time::from_ps_ratio(1, 0),
        ];
        assert_eq!(never, [Time::MAX; 8]);
        assert_eq!(Time::MAX.to_string(), "never");
        assert!(Time::MAX.as_us_f64().is_infinite() && Time::MAX.as_secs_f64().is_infinite());
        assert_eq!(Time::from_ps_ratio(7, 2), Time::from_ps(4));
    }

    #[test]
    fn refuses_numbers_without_unit_and_negative_times() {
        assert!(matches!("3".parse::<Time>(), Err(UnitError::MissingUnit { .. })));
        assert!(matches!("-3us".parse::<Time>(), Err(UnitError::Malformed { .. })));
        assert!(matches!("3 parsecs".parse::<Time>(), Err(UnitError::Malformed { .. })));
        // A comma is a decimal point to some and a separator to others.
        assert!(matches!("1,5us".parse::<Time>(), Err(UnitError::Malformed { .. })));
        assert!(matches!("1e30s".parse::<Time>(), Err(UnitError::TooLarge { .. })));
    }
}
