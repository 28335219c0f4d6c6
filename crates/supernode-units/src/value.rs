use std::fmt;
use std::ops::{Div, Mul};
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::UnitError;

/// A model value: published, bounded, or not known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<T> {
    /// One figure.
    Point(T),
    /// Somewhere between the two ends, both included.
    Range(T, T),
    /// Nobody published it and it was not bounded.
    Unknown,
}

impl<T: PartialEq> Value<T> {
    /// A range, or a point where both ends are equal.
    pub fn between(low: T, high: T) -> Self {
        if low == high { Self::Point(low) } else { Self::Range(low, high) }
    }
}

impl Value<f64> {
    /// Combines the (low, high) ends of both; unknown if either is.
    fn combine(self, other: Self, f: impl Fn((f64, f64), (f64, f64)) -> (f64, f64)) -> Self {
        let ends = |value: Self| value.low().zip(value.high());
        let Some((a, b)) = ends(self).zip(ends(other)) else { return Self::Unknown };
        let (low, high) = f(a, b);
        Self::between(low, high)
    }
}

/// Products of positive figures.
impl Mul for Value<f64> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.combine(other, |a, b| (a.0 * b.0, a.1 * b.1))
    }
}

/// Quotients of positive figures: each end meets the end that makes it extreme.
impl Div for Value<f64> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        self.combine(other, |a, b| (a.0 / b.1, a.1 / b.0))
    }
}

impl<T: Copy> Value<T> {
    /// The low end, or `None` if unknown.
    pub fn low(&self) -> Option<T> {
        match *self {
            Self::Point(v) | Self::Range(v, _) => Some(v),
            Self::Unknown => None,
        }
    }

    /// The high end, or `None` if unknown.
    pub fn high(&self) -> Option<T> {
        match *self {
            Self::Point(v) | Self::Range(_, v) => Some(v),
            Self::Unknown => None,
        }
    }

    /// Whether the two ends differ.
    pub fn is_range(&self) -> bool {
        matches!(self, Self::Range(..))
    }

    /// Whether there is no figure at all.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Applies `f` to both ends.
    pub fn map<U>(self, f: impl Fn(T) -> U) -> Value<U> {
        match self {
            Self::Point(v) => Value::Point(f(v)),
            Self::Range(a, b) => Value::Range(f(a), f(b)),
            Self::Unknown => Value::Unknown,
        }
    }
}

impl<T> FromStr for Value<T>
where
    T: FromStr<Err = UnitError> + PartialOrd,
{
    type Err = UnitError;
    /// Reads `2.1us`, `1us..3us` or `unknown`.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.trim() == "unknown" {
            return Ok(Self::Unknown);
        }
        let Some((low, high)) = text.split_once("..") else {
            return text.parse().map(Self::Point);
        };
        let (low, high): (T, T) = (low.parse()?, high.parse()?);
        if low > high {
            return Err(UnitError::InvertedRange { text: text.to_owned() });
        }
        Ok(Self::between(low, high))
    }
}

impl<T: fmt::Display> fmt::Display for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Point(v) => f.pad(&v.to_string()),
            Self::Range(a, b) => f.pad(&format!("{a}..{b}")),
            Self::Unknown => f.pad("unknown"),
        }
    }
}

/// How far a value is to be trusted: who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The vendor's page, datasheet, white paper, keynote or code.
    Vendor,
    /// A published paper.
    Paper,
    /// Measured on the hardware by a third party.
    Measured,
    /// Press.
    Press,
    /// An analyst's estimate.
    Analyst,
    /// From memory; the public origin is named.
    Recall,
    /// Nobody published it: a guess of ours, with the reason in the note.
    Modelled,
    /// Given by the user.
    User,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Vendor => "vendor",
            Self::Paper => "paper",
            Self::Measured => "measured",
            Self::Press => "press",
            Self::Analyst => "analyst",
            Self::Recall => "recall",
            Self::Modelled => "modelled",
            Self::User => "user",
        })
    }
}

/// Source of a modelled value that names none.
pub const THIS_CATALOG: &str = "this catalog";

/// A value with its source, as catalog files write it: `"450GB/s"` (source and confidence of the
/// enclosing table apply), `{ value = "1us..3us", confidence = "modelled", note = "..." }` (the
/// source is [`THIS_CATALOG`]) or with a `source` of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The figure.
    pub value: Value<T>,
    /// Where it is published; `None` until the enclosing table's source is filled in.
    pub source: Option<String>,
    /// Who says so; `None` until the enclosing table's confidence is filled in.
    pub confidence: Option<Confidence>,
    /// What a reader has to know: basis, conflict, or the reason of a modelled value.
    pub note: Option<String>,
}

impl<T> Sourced<T> {
    /// A value whose source is still to be inherited.
    pub const fn bare(value: Value<T>) -> Self {
        Self { value, source: None, confidence: None, note: None }
    }

    /// A value that nobody published, with the reason.
    pub fn modelled(value: Value<T>, note: &str) -> Self {
        Self {
            value,
            source: Some(THIS_CATALOG.to_owned()),
            confidence: Some(Confidence::Modelled),
            note: Some(note.to_owned()),
        }
    }

    /// Fills in what the value did not say for itself.
    ///
    /// A table's source vouches for the table's confidence only: a value with another confidence
    /// either names its own source, or is modelled, or is left without one.
    pub fn inherit(&mut self, source: &str, confidence: Confidence) {
        if self.source.is_none() {
            self.source = match self.confidence {
                Some(Confidence::Modelled) => Some(THIS_CATALOG.to_owned()),
                Some(own) if own != confidence => None,
                _ => Some(source.to_owned()),
            };
        }
        self.confidence.get_or_insert(confidence);
    }
}

impl<T> Default for Sourced<T> {
    fn default() -> Self {
        Self::bare(Value::Unknown)
    }
}

impl<'de, T> Deserialize<'de> for Sourced<T>
where
    T: FromStr<Err = UnitError> + PartialOrd,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SourcedVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T> Visitor<'de> for SourcedVisitor<T>
        where
            T: FromStr<Err = UnitError> + PartialOrd,
        {
            type Value = Sourced<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a quantity with its unit in quotes (such as \"450GB/s\", \"1us..3us\" or \
                     \"unknown\") or a table { value, source, confidence, note }",
                )
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Sourced<T>, E> {
                text.parse().map(Sourced::bare).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Sourced<T>, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Sourced<T>, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Sourced<T>, A::Error> {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Table {
                    value: String,
                    source: Option<String>,
                    confidence: Option<Confidence>,
                    note: Option<String>,
                }
                let table = Table::deserialize(de::value::MapAccessDeserializer::new(map))?;
                if table.confidence == Some(Confidence::Modelled) && table.note.is_none() {
                    return Err(de::Error::custom("a modelled value needs a note with the reason"));
                }
                Ok(Sourced {
                    value: table.value.parse().map_err(de::Error::custom)?,
                    source: table.source,
                    confidence: table.confidence,
                    note: table.note,
                })
            }
        }

        deserializer.deserialize_any(SourcedVisitor(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bandwidth, Time};

    #[derive(Debug, serde::Deserialize)]
    struct Row {
        rate: Sourced<Bandwidth>,
        latency: Sourced<Time>,
    }

    #[test]
    fn reads_both_spellings() {
        let row: Row = toml::from_str(
            "rate = \"450GB/s\"\n\
             latency = { value = \"1us..3us\", confidence = \"modelled\", note = \"unpublished\" }\n",
        )
        .unwrap();
        assert_eq!(row.rate.value, Value::Point(Bandwidth::from_gb_per_s(450)));
        assert_eq!(row.latency.value, Value::Range(Time::from_us(1), Time::from_us(3)));
        assert_eq!(row.latency.confidence, Some(Confidence::Modelled));
    }

    #[test]
    fn a_source_vouches_for_its_own_confidence_only() {
        let check = |confidence, source: Option<&str>, expected: Option<&str>| {
            let mut value = Sourced::bare(Value::Point(1.0));
            value.confidence = confidence;
            value.source = source.map(str::to_owned);
            value.inherit("a page", Confidence::Vendor);
            assert_eq!(value.source.as_deref(), expected);
            assert_eq!(value.confidence, confidence.or(Some(Confidence::Vendor)));
        };
        check(None, None, Some("a page"));
        check(Some(Confidence::Vendor), None, Some("a page"));
        check(Some(Confidence::Modelled), None, Some(THIS_CATALOG));
        check(Some(Confidence::Press), None, None);
        check(Some(Confidence::Press), Some("a paper"), Some("a paper"));
    }

    #[test]
    fn missing_units_are_errors_with_line_and_column() {
        let error = toml::from_str::<Row>("rate = 450\nlatency = \"1us\"\n").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("line 1, column 8"), "{text}");
        assert!(text.contains("`450` has no unit; write a bandwidth like `450GB/s`"), "{text}");
    }

    #[test]
    fn ranges_multiply_and_divide_end_by_end() {
        let (two, range) = (Value::Point(2.0), Value::Range(4.0, 8.0));
        assert_eq!(two * range, Value::Range(8.0, 16.0));
        assert_eq!(two / range, Value::Range(0.25, 0.5));
        assert_eq!(range / range, Value::Range(0.5, 2.0));
        assert_eq!(two * two, Value::Point(4.0));
        assert_eq!(two / Value::Unknown, Value::Unknown);
    }

    #[test]
    fn ranges_are_ordered_and_modelled_values_say_why() {
        assert!("3us..1us".parse::<Value<Time>>().is_err());
        assert_eq!("1us..1us".parse(), Ok(Value::Point(Time::from_us(1))));
        assert_eq!("unknown".parse::<Value<Time>>(), Ok(Value::Unknown));
        let bare = "rate = { value = \"1GB/s\", confidence = \"modelled\" }\nlatency = \"1us\"\n";
        assert!(toml::from_str::<Row>(bare).is_err());
    }
}
