use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::median;
use crate::{Class, Operation, Point, Scores, Set};

/// What one source says of the model for one operation on one machine, in one size class. However
/// many rows a source has, it has one vote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vote {
    /// Chip of the machine.
    pub family: String,
    /// Machine, in the words of the source.
    pub hardware: String,
    /// What was measured.
    pub operation: Operation,
    /// Repository or page, see [`crate::Curve::source`].
    pub source: String,
    /// Whether the model was fitted on these rows.
    pub set: Set,
    /// Size class.
    pub class: Class,
    /// Rows of the vote.
    pub rows: usize,
    /// Median over the rows of |predicted / measured - 1|.
    pub error: f64,
    /// Median over the rows of predicted / measured - 1: negative where the model is too fast.
    pub bias: f64,
}

/// The figures of some votes of one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What the votes have in common: `overall`, a family, or what was asked for.
    pub group: String,
    /// Whether the model was fitted on these rows.
    pub set: Set,
    /// Size class.
    pub class: Class,
    /// Rows behind the votes.
    pub rows: usize,
    /// Number of votes.
    pub votes: usize,
    /// Median over the votes of their error; none without votes.
    pub median: Option<f64>,
    /// The error that nine tenths of the votes do not pass, without interpolation.
    pub p90: Option<f64>,
    /// Median over the votes of their bias.
    pub bias: Option<f64>,
}

impl Scores<'_> {
    /// The votes of the rows of `set` that `keep` accepts. Rows are chosen before votes are made, so
    /// a part of a source (its runs on one node, say) has a vote of its own.
    pub fn votes(&self, set: Set, keep: impl Fn(&Point<'_>) -> bool) -> Vec<Vote> {
        let mut errors: BTreeMap<(Class, &str, &str, Operation, &str), Vec<f64>> = BTreeMap::new();
        for point in self.points.iter().filter(|point| point.set == set && keep(point)) {
            let curve = point.curve;
            let machine = (curve.family(), curve.hardware.as_str());
            let key = (point.class(), machine.0, machine.1, curve.operation, curve.source());
            errors.entry(key).or_default().push(point.error());
        }
        let vote = |(key, errors): ((Class, &str, &str, Operation, &str), Vec<f64>)| {
            let (class, family, hardware, operation, source) = key;
            let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
            Some(Vote {
                family: family.to_owned(),
                hardware: hardware.to_owned(),
                operation,
                source: source.to_owned(),
                set,
                class,
                rows: errors.len(),
                error: median(&sizes)?,
                bias: median(&errors)?,
            })
        };
        errors.into_iter().filter_map(vote).collect()
    }

    /// The figures of the rows of `set` that `keep` accepts, one a class, under the name `group`.
    pub fn figures(&self, group: &str, set: Set, keep: impl Fn(&Point<'_>) -> bool) -> [Figure; 3] {
        let votes = self.votes(set, keep);
        Class::ALL.map(|class| {
            let votes: Vec<&Vote> = votes.iter().filter(|vote| vote.class == class).collect();
            let errors: Vec<f64> = votes.iter().map(|vote| vote.error).collect();
            let biases: Vec<f64> = votes.iter().map(|vote| vote.bias).collect();
            Figure {
                group: group.to_owned(),
                set,
                class,
                rows: votes.iter().map(|vote| vote.rows).sum(),
                votes: votes.len(),
                median: median(&errors),
                p90: crate::stats::ninetieth(&errors),
                bias: median(&biases),
            }
        })
    }
}
