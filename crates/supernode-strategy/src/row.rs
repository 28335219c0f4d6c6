//! Both machines on one basis.

use supernode_units::{Precision, Value};

use crate::basis::{Match, equalise};
use crate::flip::{BatchFlip, batch_flip};
use crate::question::Question;
use crate::side::{Side, ratio, ratio_per_megawatt};
use crate::verdict::Verdict;
use crate::{Basis, Machine, StrategyError};

/// Two machines that are equal on the row's basis.
#[derive(Debug)]
pub struct Pairing {
    /// The second machine's total over the first's, after replication: 1 but for what whole chips
    /// leave over, which ratios divide out.
    pub match_ratio: f64,
    /// The machines' names, replication included.
    pub names: [String; 2],
    /// The sides, or why there is no figure.
    pub sides: [Result<Side, StrategyError>; 2],
    /// Where a machine idles for want of sequences: the leader, and the batches at which it wins.
    pub batch: Option<(usize, BatchFlip)>,
}

impl Pairing {
    fn new(equal: Match, precisions: [Precision; 2], question: Question<'_>) -> Self {
        let names = equal.machines.each_ref().map(Machine::name);
        let [a, b] = equal.machines;
        let sides = [Side::new(a, precisions[0], question), Side::new(b, precisions[1], question)];
        let mut pairing = Self { match_ratio: equal.ratio, names, sides, batch: None };
        pairing.batch = batch_flip(&pairing, question);
        pairing
    }

    /// Tokens per second of the first machine over the second's.
    pub fn ratio(&self) -> Value<f64> {
        match &self.sides {
            [Ok(a), Ok(b)] => ratio(a, b).map(|ratio| ratio * self.match_ratio),
            _ => Value::Unknown,
        }
    }

    fn complete(self) -> Result<Self, StrategyError> {
        let [a, b] = self.sides;
        let checked = |side| match side {
            Ok(side) => Ok(Ok(side)),
            Err(error @ StrategyError::NothingFits { .. }) => Ok(Err(error)),
            Err(error) => Err(error),
        };
        Ok(Self { sides: [checked(a)?, checked(b)?], ..self })
    }

    fn verdict(&self) -> Verdict {
        let fits = self.sides.each_ref().map(|side| match side {
            Ok(_) => Some(true),
            Err(StrategyError::NothingFits { .. }) => Some(false),
            Err(_) => None,
        });
        match fits {
            [Some(true), Some(true)] => Verdict::of(self.ratio()),
            [Some(true), Some(false)] => Verdict::Alone { winner: 0 },
            [Some(false), Some(true)] => Verdict::Alone { winner: 1 },
            [Some(false), Some(false)] => Verdict::Neither,
            _ => Verdict::Unknown,
        }
    }
}

/// Both machines on one basis.
#[derive(Debug)]
pub struct Row {
    /// What is equal.
    pub basis: Basis,
    /// One pairing; two where the basis is a range, one for each end of the totals' ratio. Or
    /// everything that is missing.
    pub pairings: Result<Vec<Pairing>, Vec<StrategyError>>,
}

impl Row {
    /// The machines on `basis`, each in its precision of `native`.
    pub(crate) fn new(
        basis: Basis,
        machines: &[Machine; 2],
        native: [Precision; 2],
        question: Question<'_>,
    ) -> Self {
        // Precision orders from wide to narrow.
        let precisions = match basis {
            Basis::SamePrecision => [native[0].min(native[1]); 2],
            _ => native,
        };
        let pairings = equalise(machines, native, basis).map(|matches| {
            let pairing = |equal| Pairing::new(equal, precisions, question);
            matches.into_iter().map(pairing).collect()
        });
        Self { basis, pairings }
    }

    /// The row, unless a side lacks a value: that a machine is too small is a result, that nobody
    /// knows its compute rate is none.
    pub(crate) fn complete(self) -> Result<Self, StrategyError> {
        let Ok(pairings) = self.pairings else { return Ok(self) };
        let complete: Result<_, _> = pairings.into_iter().map(Pairing::complete).collect();
        Ok(Self { basis: self.basis, pairings: Ok(complete?) })
    }

    /// The pairings; none if a total is missing.
    pub fn pairings(&self) -> &[Pairing] {
        self.pairings.as_deref().unwrap_or_default()
    }

    /// Everything that keeps this row from having a figure.
    pub fn errors(&self) -> Vec<&StrategyError> {
        let missing = self.pairings.as_ref().err().into_iter().flatten();
        let sides = self.pairings().iter().flat_map(|pairing| &pairing.sides);
        missing.chain(sides.filter_map(|side| side.as_ref().err())).collect()
    }

    /// Tokens per second of the first machine over the second's at both ends of every range;
    /// unknown if a side has no figure.
    pub fn ratio(&self) -> Value<f64> {
        let ratios = self.pairings().iter().map(Pairing::ratio);
        ratios.reduce(hull).unwrap_or(Value::Unknown)
    }

    /// [`Row::ratio`] per megawatt of facility power.
    ///
    /// # Errors
    /// When a power is unknown or zero.
    pub fn ratio_per_megawatt(&self) -> Result<Value<f64>, StrategyError> {
        let mut result = None;
        for pairing in self.pairings() {
            if let [Ok(a), Ok(b)] = &pairing.sides {
                let ratio = ratio_per_megawatt(a, b)?;
                result = Some(result.map_or(ratio, |other| hull(other, ratio)));
            }
        }
        Ok(result.unwrap_or(Value::Unknown))
    }

    /// Who wins by tokens per second.
    pub fn verdict(&self) -> Verdict {
        let verdicts: Vec<_> = self.pairings().iter().map(Pairing::verdict).collect();
        match verdicts[..] {
            [] => Verdict::Unknown,
            [verdict] => verdict,
            _ if !self.ratio().is_unknown() => Verdict::of(self.ratio()),
            // At one end of the totals a machine does not fit.
            [first, ref others @ ..] => match first.winner() {
                _ if verdicts.contains(&Verdict::Unknown) => Verdict::Unknown,
                _ if others.iter().all(|other| *other == first) => first,
                Some(winner) if others.iter().all(|other| other.winner() == Some(winner)) => {
                    Verdict::Alone { winner }
                }
                _ => Verdict::Open { ratio: Value::Unknown },
            },
        }
    }

    /// Who wins by tokens per second and megawatt.
    ///
    /// # Errors
    /// When a power is unknown or zero.
    pub fn verdict_per_megawatt(&self) -> Result<Verdict, StrategyError> {
        self.ratio_per_megawatt().map(Verdict::of)
    }
}

/// The smallest range that holds both; unknown if either is.
fn hull(a: Value<f64>, b: Value<f64>) -> Value<f64> {
    let ends = |value: Value<f64>| value.low().zip(value.high());
    let Some((a, b)) = ends(a).zip(ends(b)) else { return Value::Unknown };
    Value::between(a.0.min(b.0), a.1.max(b.1))
}
