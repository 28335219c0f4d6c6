/// A number as a log prints it, with the step of its last digit: what it can be off by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Printed {
    pub(crate) value: f64,
    pub(crate) step: f64,
}

impl Printed {
    /// Reads a decimal number, finite or not. Not for `1M` or `N/A`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let value: f64 = text.parse().ok()?;
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let exponent: i32 = exponent.parse().ok()?;
        let step = 10f64.powi(exponent.saturating_sub(i32::try_from(decimals).ok()?));
        Some(Self { value, step })
    }

    /// A number of a format that does not round.
    pub(crate) fn exact(value: f64) -> Self {
        Self { value, step: value.abs() * 1e-9 }
    }

    /// The least and the largest number that may have been printed so. A whole step is allowed, since
    /// some programs cut instead of rounding, and a ten-thousandth.
    pub(crate) fn bounds(self) -> (f64, f64) {
        let slack = self.step + self.value * 1e-4;
        ((self.value - slack).max(0.0), self.value + slack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_last_digit() {
        let check = |text: &str, value: f64, step: f64| {
            let printed = Printed::read(text).unwrap();
            assert!((printed.value - value).abs() < 1e-9, "{text}");
            assert!((printed.step / step - 1.0).abs() < 1e-9, "{text}");
        };
        check("12.35", 12.35, 0.01);
        check("1234", 1234.0, 1.0);
        check("1.2e+07", 1.2e7, 1e6);
        for text in ["1M", "N/A", "", "1,5"] {
            assert_eq!(Printed::read(text), None, "{text}");
        }
        assert!(Printed::read("nan").is_none_or(|printed| printed.value.is_nan()));
    }
}
