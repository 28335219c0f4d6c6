//! Who wins, and by how much.

use supernode_units::Value;

/// What a row says about its two machines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// One machine has more at both ends of every range.
    Wins {
        /// Its index.
        winner: usize,
        /// Its figure over the other's.
        by: Value<f64>,
    },
    /// Which machine has more is for the ranges to say.
    Open {
        /// The first machine's figure over the second's; unknown where one of them cannot do the
        /// work at one end of the ranges.
        ratio: Value<f64>,
    },
    /// Both have the same at both ends of every range.
    Even,
    /// One machine can do the work, the other cannot.
    Alone {
        /// Index of the one that can.
        winner: usize,
    },
    /// Neither can.
    Neither,
    /// A value is unknown.
    Unknown,
}

impl Verdict {
    /// Index of the machine that wins at both ends of every range, if one does.
    pub fn winner(self) -> Option<usize> {
        match self {
            Self::Wins { winner, .. } | Self::Alone { winner } => Some(winner),
            Self::Open { .. } | Self::Even | Self::Neither | Self::Unknown => None,
        }
    }

    /// What the ratio of the first machine's figure over the second's says.
    pub(crate) fn of(ratio: Value<f64>) -> Self {
        let Some((low, high)) = ratio.low().zip(ratio.high()) else { return Self::Unknown };
        if low > 1.0 {
            Self::Wins { winner: 0, by: ratio }
        } else if high < 1.0 {
            Self::Wins { winner: 1, by: Value::between(1.0 / high, 1.0 / low) }
        } else if low < high {
            Self::Open { ratio }
        } else {
            Self::Even
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_decide() {
        let check = |ratio, expected| assert_eq!(Verdict::of(ratio), expected);
        check(Value::Range(2.0, 4.0), Verdict::Wins { winner: 0, by: Value::Range(2.0, 4.0) });
        check(Value::Range(0.25, 0.5), Verdict::Wins { winner: 1, by: Value::Range(2.0, 4.0) });
        check(Value::Range(0.5, 2.0), Verdict::Open { ratio: Value::Range(0.5, 2.0) });
        check(Value::Range(1.0, 2.0), Verdict::Open { ratio: Value::Range(1.0, 2.0) });
        check(Value::Point(1.0), Verdict::Even);
        check(Value::Unknown, Verdict::Unknown);
    }
}
