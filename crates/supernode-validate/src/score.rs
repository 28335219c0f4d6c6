//! A model held against measured rows, row by row. Figures are made from the result by votes, see
//! [`crate::Figure`].

use std::collections::BTreeMap;

use serde::Serialize;
use supernode_units::Time;

use crate::{Class, Curve, Row, Unfit};

/// What a model says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prediction {
    /// Time of one call.
    pub time: Time,
    /// Whether this row was among those that a parameter of the model was fitted on.
    pub trained: bool,
}

/// Which rows a figure is of. The two are never mixed in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Set {
    /// Rows that the model was fitted on.
    Fitted,
    /// Rows that the model had not seen.
    Predicted,
}

impl Set {
    /// Both sets.
    pub const ALL: [Self; 2] = [Self::Fitted, Self::Predicted];

    /// Name in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fitted => "fitted",
            Self::Predicted => "predicted",
        }
    }
}

/// One row with its prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point<'a> {
    /// The curve.
    pub curve: &'a Curve,
    /// The row of the curve.
    pub row: &'a Row,
    /// Message size in bytes.
    pub bytes: u64,
    /// Measured time, or the time computed from a printed bandwidth.
    pub measured: Time,
    /// Whether `measured` was computed from a printed bandwidth.
    pub derived: bool,
    /// Predicted time.
    pub predicted: Time,
    /// Whether the model was fitted on this row.
    pub set: Set,
}

impl Point<'_> {
    /// predicted / measured - 1: negative where the model is too fast.
    pub fn error(&self) -> f64 {
        self.predicted.as_secs_f64() / self.measured.as_secs_f64() - 1.0
    }

    /// Size class.
    pub fn class(&self) -> Class {
        Class::of(self.bytes)
    }
}

/// Rows without a prediction, counted by the model's reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unpredicted {
    /// What the model says.
    pub reason: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of curves they belong to.
    pub curves: usize,
    /// Id of the first of these curves.
    pub example: String,
}

/// Rows that no prediction was asked for, counted by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NotAsked {
    /// Why.
    pub cause: Unfit,
    /// Number of rows.
    pub rows: usize,
}

/// All predictions of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores<'a> {
    /// Rows with a prediction.
    pub points: Vec<Point<'a>>,
    /// Rows that the model did not predict, most rows first.
    pub unpredicted: Vec<Unpredicted>,
    /// Rows that the model was not asked for: timeless ones, and suspect ones unless asked for.
    pub not_asked: Vec<NotAsked>,
    /// Rows that the model says it was fitted on although they are not for fitting, by id and size:
    /// a mistake of whoever fitted.
    pub misfitted: Vec<(&'a str, u64)>,
}

/// Which rows a model is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether suspect rows take part.
    pub suspect: bool,
}

/// Asks a model for every row of the curves and keeps what it says.
///
/// The model gives the time of a row, or a reason why it has none; reasons are counted, so they
/// should not name the row.
pub fn score(
    curves: &[Curve],
    options: Options,
    mut predict: impl FnMut(&Curve, &Row) -> Result<Prediction, String>,
) -> Scores<'_> {
    score_places(curves, options, |curve, row| predict(&curves[curve], &curves[curve].rows[row]))
}

/// As [`score`], for a model that knows rows by the indices of the curve and the row.
pub(crate) fn score_places(
    curves: &[Curve],
    options: Options,
    mut predict: impl FnMut(usize, usize) -> Result<Prediction, String>,
) -> Scores<'_> {
    let mut points = Vec::new();
    let mut misfitted = Vec::new();
    let mut not_asked: BTreeMap<Unfit, usize> = BTreeMap::new();
    let mut silent: BTreeMap<String, Unpredicted> = BTreeMap::new();
    for (place, curve) in curves.iter().enumerate() {
        let mut reasons: Vec<String> = Vec::new();
        for (index, row) in curve.rows.iter().enumerate() {
            let unfit = curve.unfit(row);
            let (timing, bytes) = match (curve.timing(row), row.bytes, unfit) {
                (_, _, Some(cause @ Unfit::Suspect)) if !options.suspect => {
                    *not_asked.entry(cause).or_default() += 1;
                    continue;
                }
                (Some(timing), Some(bytes), _) => (timing, bytes),
                _ => {
                    *not_asked.entry(Unfit::Timeless).or_default() += 1;
                    continue;
                }
            };
            let prediction = predict(place, index).and_then(|prediction| match prediction.time {
                Time::ZERO | Time::MAX => Err("the predicted time is zero or never".to_owned()),
                _ => Ok(prediction),
            });
            match prediction {
                Ok(Prediction { time, trained }) => {
                    if trained && unfit.is_some() {
                        misfitted.push((curve.id.as_str(), bytes));
                    }
                    points.push(Point {
                        curve,
                        row,
                        bytes,
                        measured: timing.time,
                        derived: timing.derived,
                        predicted: time,
                        set: if trained { Set::Fitted } else { Set::Predicted },
                    });
                }
                Err(reason) => {
                    let first = !reasons.contains(&reason);
                    let entry = silent.entry(reason.clone()).or_insert_with(|| Unpredicted {
                        reason: reason.clone(),
                        rows: 0,
                        curves: 0,
                        example: curve.id.clone(),
                    });
                    entry.rows += 1;
                    entry.curves += usize::from(first);
                    reasons.push(reason);
                }
            }
        }
    }
    let mut unpredicted: Vec<Unpredicted> = silent.into_values().collect();
    unpredicted.sort_by_key(|group| std::cmp::Reverse(group.rows));
    let not_asked = not_asked.into_iter().map(|(cause, rows)| NotAsked { cause, rows }).collect();
    Scores { points, unpredicted, not_asked, misfitted }
}
