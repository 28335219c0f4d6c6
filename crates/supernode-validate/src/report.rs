use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    Class, Curve, Figure, Miss, NotAsked, Operation, Scores, Set, Unpredicted, Vote, twins,
    twins_of,
};

/// A vote with what its error is worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedVote {
    /// The vote.
    #[serde(flatten)]
    pub vote: Vote,
    /// Difference from twins on the same machine; none where there are none.
    pub twin: Option<f64>,
    /// Difference from measurements of the same chips elsewhere.
    pub kin: Option<f64>,
    /// What the error looks like.
    pub miss: Miss,
}

/// A row that the model misses most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorstRow {
    /// Id of the curve.
    pub id: String,
    /// Machine.
    pub hardware: String,
    /// Chips that took part.
    pub chips: u32,
    /// What was measured.
    pub operation: Operation,
    /// Message size in bytes.
    pub bytes: u64,
    /// Whether the result replaces the input.
    pub in_place: bool,
    /// Whether the model was fitted on it.
    pub set: Set,
    /// Size class.
    pub class: Class,
    /// Measured time in microseconds.
    pub measured_us: f64,
    /// Whether that was computed from a printed bandwidth.
    pub derived: bool,
    /// Predicted time in microseconds.
    pub predicted_us: f64,
    /// predicted / measured - 1.
    pub error: f64,
}

/// Everything there is to say of a model's error.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Per family, then overall; per set, then class. The last lines are the overall figures of the
    /// predicted rows.
    pub figures: Vec<Figure>,
    /// The votes behind them, the worst first within set and class.
    pub votes: Vec<JudgedVote>,
    /// The worst rows of each set, the worst first.
    pub worst: Vec<WorstRow>,
    /// Rows that the model did not predict.
    pub unpredicted: Vec<Unpredicted>,
    /// Rows that the model was not asked for.
    pub not_asked: Vec<NotAsked>,
    /// Rows that were fitted on although they are not for fitting.
    pub misfitted: usize,
    /// Rows that were fitted on.
    pub fitted_rows: usize,
    /// Rows that were predicted.
    pub predicted_rows: usize,
}

impl Scores<'_> {
    /// Makes the report: figures by votes, `worst` rows of each set, twins among `curves`.
    pub fn report(&self, curves: &[Curve], worst: usize) -> Report {
        let families: BTreeSet<&str> =
            self.points.iter().map(|point| point.curve.family()).collect();
        let mut figures = Vec::new();
        for family in families {
            for set in Set::ALL {
                figures.extend(self.figures(family, set, |point| point.curve.family() == family));
            }
        }
        figures.retain(|figure| figure.votes > 0);
        for set in Set::ALL {
            figures.extend(self.figures("overall", set, |_| true));
        }
        let count = |set| self.points.iter().filter(|point| point.set == set).count();
        Report {
            figures,
            votes: self.judged(curves),
            worst: Set::ALL.into_iter().flat_map(|set| self.worst(set, worst)).collect(),
            unpredicted: self.unpredicted.clone(),
            not_asked: self.not_asked.clone(),
            misfitted: self.misfitted.len(),
            fitted_rows: count(Set::Fitted),
            predicted_rows: count(Set::Predicted),
        }
    }

    fn judged(&self, curves: &[Curve]) -> Vec<JudgedVote> {
        let twins = twins(curves);
        let votes = Set::ALL.into_iter().flat_map(|set| self.votes(set, |_| true));
        let judge = |vote: Vote| {
            let [twin, kin] = twins_of(&vote, &twins);
            let miss = Miss::of(&vote, twin);
            JudgedVote { vote, twin, kin, miss }
        };
        let mut judged: Vec<JudgedVote> = votes.map(judge).collect();
        judged.sort_by(|a, b| {
            let (a, b) = (&a.vote, &b.vote);
            (a.set, a.class).cmp(&(b.set, b.class)).then(b.error.total_cmp(&a.error))
        });
        judged
    }

    /// The `count` rows of `set` with the largest |predicted / measured - 1|, the worst first.
    pub fn worst(&self, set: Set, count: usize) -> Vec<WorstRow> {
        let mut points: Vec<_> = self.points.iter().filter(|point| point.set == set).collect();
        points.sort_by(|a, b| b.error().abs().total_cmp(&a.error().abs()));
        let row = |point: &crate::Point<'_>| WorstRow {
            id: point.curve.id.clone(),
            hardware: point.curve.hardware.clone(),
            chips: point.curve.chips,
            operation: point.curve.operation,
            bytes: point.bytes,
            in_place: point.row.in_place,
            set,
            class: point.class(),
            measured_us: point.measured.as_us_f64(),
            derived: point.derived,
            predicted_us: point.predicted.as_us_f64(),
            error: point.error(),
        };
        points.into_iter().take(count).map(row).collect()
    }
}
