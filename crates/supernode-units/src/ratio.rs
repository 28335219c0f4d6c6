use std::fmt;
use std::str::FromStr;

use crate::UnitError;

/// A share between 0 and 1, such as a payload efficiency.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Ratio(f64);

impl Ratio {
    /// A share; values outside 0 to 1 are clamped.
    pub const fn new(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// The share.
    pub const fn share(self) -> f64 {
        self.0
    }

    /// The share in millionths, rounded.
    pub fn ppm(self) -> u32 {
        (self.0 * 1e6).round() as u32
    }
}

impl FromStr for Ratio {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let share: f64 = text.trim().parse().unwrap_or(f64::NAN);
        if (0.0..=1.0).contains(&share) {
            return Ok(Self(share));
        }
        Err(UnitError::Malformed {
            text: text.to_owned(),
            what: "a share between 0 and 1",
            example: "0.82",
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_stay_between_0_and_1() {
        assert_eq!("0.82".parse::<Ratio>().unwrap().ppm(), 820_000);
        assert!("1.2".parse::<Ratio>().is_err());
        assert!("most".parse::<Ratio>().is_err());
    }
}
