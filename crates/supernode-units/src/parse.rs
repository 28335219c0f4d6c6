//! Splits `2.1us` into a number and a unit and scales it without floating-point surprises.

use crate::UnitError;

/// A quantity that is being parsed: its name in messages, and a valid spelling.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quantity {
    pub(crate) what: &'static str,
    pub(crate) example: &'static str,
    /// Accepted units with the power-of-anything factor each stands for.
    pub(crate) units: &'static [(&'static str, f64)],
}

impl Quantity {
    /// Parses `text` into the base unit. Digits may be grouped by `_`, not by `,`: that is a decimal
    /// point to some, so either reading would mislead someone.
    ///
    /// # Errors
    /// When the number is malformed or negative, or the unit is missing or not one of `units`.
    pub(crate) fn parse(self, text: &str) -> Result<f64, UnitError> {
        let (number, unit) = split(text);
        let malformed = || UnitError::Malformed {
            text: text.to_owned(),
            what: self.what,
            example: self.example,
        };
        let number: f64 = number.replace('_', "").parse().map_err(|_| malformed())?;
        if !number.is_finite() || number < 0.0 {
            return Err(malformed());
        }
        if unit.is_empty() {
            return Err(UnitError::MissingUnit {
                text: text.to_owned(),
                what: self.what,
                example: self.example,
            });
        }
        let (_, factor) =
            self.units.iter().find(|(name, _)| *name == unit).ok_or_else(malformed)?;
        Ok(number * factor)
    }

    /// Parses `text` into an integer count of the base unit, rounded to nearest.
    ///
    /// # Errors
    /// As [`Quantity::parse`], and when the result does not fit 64 bits.
    pub(crate) fn parse_u64(self, text: &str) -> Result<u64, UnitError> {
        let value = self.parse(text)?.round();
        // 2^64 as f64; anything at or above it does not fit.
        if value >= 18_446_744_073_709_551_616.0 {
            return Err(UnitError::TooLarge { text: text.to_owned(), what: self.what });
        }
        Ok(value as u64)
    }
}

/// Splits at the end of the number: `2.1us` becomes `("2.1", "us")`.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let c = bytes[end];
        let exponent = matches!(c, b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|n| n.is_ascii_digit() || matches!(n, b'+' | b'-'));
        let sign = matches!(c, b'+' | b'-') && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        if c.is_ascii_digit() || matches!(c, b'.' | b'_') || exponent || sign {
            end += 1;
        } else {
            break;
        }
    }
    (&text[..end], text[end..].trim())
}

/// Formats `value` with the largest of `steps` (largest first) that leaves a number of at least 1.
pub(crate) fn scaled(value: f64, steps: &[(f64, &str)]) -> String {
    let &(factor, unit) = steps
        .iter()
        .find(|(factor, _)| value >= *factor)
        .unwrap_or_else(|| steps.last().expect("a quantity has at least one unit"));
    let scaled = value / factor;
    let digits = if scaled >= 100.0 {
        1
    } else if scaled >= 10.0 {
        2
    } else {
        3
    };
    let text = format!("{scaled:.digits$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}
