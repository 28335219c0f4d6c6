use std::fmt;
use std::str::FromStr;

use crate::UnitError;

/// What a reducing collective computes from the ranks' elements.
///
/// `Avg` is the sum divided by the number of ranks, integers towards zero. `Min` and `Max` ignore
/// NaN and order -0 below +0. Integer sums and products wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Sum.
    Sum,
    /// Product.
    Prod,
    /// Minimum.
    Min,
    /// Maximum.
    Max,
    /// Sum, then division by the number of ranks.
    Avg,
}

impl ReduceOp {
    /// All operators.
    pub const ALL: [Self; 5] = [Self::Sum, Self::Prod, Self::Min, Self::Max, Self::Avg];

    /// The name nccl-tests prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Prod => "prod",
            Self::Min => "min",
            Self::Max => "max",
            Self::Avg => "avg",
        }
    }
}

impl fmt::Display for ReduceOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ReduceOp {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::ALL.into_iter().find(|op| op.name() == text).ok_or_else(|| UnitError::UnknownName {
            text: text.to_owned(),
            what: "reduction",
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
