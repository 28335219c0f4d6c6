//! A library's profile held against measured rows: its costs fitted without them, or on them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use supernode_library::costs::Costs;

use crate::score::score_places;
use crate::{
    Bench, By, Class, Curve, Figure, Fold, Kind, Miss, Operation, Options, Point, Prediction,
    Report, Scores, Set, Training, cross,
};

/// Why a row is in no fold.
const SEEN: &str = "in no fold";
/// Why a row is not predicted that is [`crate::Impossible`].
const IMPOSSIBLE: &str = "faster than the machine's links, or than any kernel";

/// Rows with predictions of one kind.
#[derive(Debug)]
pub struct Held<'a> {
    /// Whether the costs were fitted on these rows; all of them, or none.
    pub set: Set,
    /// The rows.
    pub scores: Scores<'a>,
    kinds: BTreeMap<&'a str, Kind>,
}

/// The figures of some votes, one of each class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// What the votes have in common.
    pub group: String,
    /// Latency, middle and bandwidth class.
    pub classes: [Figure; 3],
}

/// Everything there is to say of one set of rows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// Whether the costs were fitted on these rows.
    pub set: Set,
    /// Per family of chips.
    pub families: Vec<Group>,
    /// What the model has targets for.
    pub targets: Vec<Group>,
    /// All rows.
    pub overall: Group,
    /// Votes by class that are within twins, across harnesses, and beyond.
    pub judged: [[usize; 3]; 3],
    /// Votes, worst rows and what was left out.
    pub report: Report,
}

impl<'a> Held<'a> {
    /// Every row from costs that were fitted without its fold; see [`cross`].
    pub fn crossed(
        bench: &Bench<'a>,
        priors: &Costs,
        by: By,
        threads: usize,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Self {
        let times = cross(bench, priors, by, threads, progress);
        let times = bench.cases.iter().zip(times).map(|(case, time)| {
            let time = time.ok_or_else(|| SEEN.to_owned());
            ((case.curve, case.row), time.map(|time| Prediction { time, trained: false }))
        });
        Self::of(bench, Set::Predicted, &times.collect())
    }

    /// The rows that `costs` were fitted on, if they were fitted on all that may be.
    pub fn fitted(bench: &Bench<'a>, costs: &Costs) -> Self {
        let training = Training::without(bench, &Fold::Nothing);
        let used = training.used();
        let times = bench.cases.iter().zip(used).map(|(case, trained)| {
            let time = bench.predict(case, costs);
            ((case.curve, case.row), Ok(Prediction { time, trained }))
        });
        let mut held = Self::of(bench, Set::Fitted, &times.collect());
        held.scores.points.retain(|point| point.set == Set::Fitted);
        held
    }

    /// Rows that `costs` know nothing of.
    pub fn foreign(bench: &Bench<'a>, costs: &Costs) -> Self {
        let times = bench.cases.iter().map(|case| {
            let time = bench.predict(case, costs);
            ((case.curve, case.row), Ok(Prediction { time, trained: false }))
        });
        Self::of(bench, Set::Predicted, &times.collect())
    }

    fn of(
        bench: &Bench<'a>,
        set: Set,
        times: &BTreeMap<(usize, usize), Result<Prediction, String>>,
    ) -> Self {
        let impossible: BTreeSet<(usize, usize)> =
            bench.impossible.iter().map(|found| (found.curve, found.row)).collect();
        let mut scores = score_places(bench.curves, Options::default(), |curve, row| {
            times.get(&(curve, row)).cloned().unwrap_or_else(|| {
                let other = if impossible.contains(&(curve, row)) {
                    IMPOSSIBLE
                } else {
                    "it has no size and no time"
                };
                Err(bench.refusal(curve).unwrap_or(other).to_owned())
            })
        });
        scores.unpredicted.retain(|group| group.reason != SEEN);
        let kinds = bench.curves.iter().enumerate();
        let kinds = kinds.filter_map(|(at, curve)| Some((curve.id.as_str(), bench.kind(at)?)));
        Self { set, scores, kinds: kinds.collect() }
    }

    /// The figures of the rows that `keep` accepts, under the name `group`.
    pub fn group(&self, group: &str, keep: impl Fn(&Point<'_>) -> bool) -> Group {
        Group { group: group.to_owned(), classes: self.scores.figures(group, self.set, keep) }
    }

    /// All figures, the `worst` rows (one a machine and operation), and the votes held against the twins among `curves`.
    pub fn section(&self, curves: &[Curve], worst: usize) -> Section {
        let mut report = self.scores.report(curves, usize::MAX);
        // Of a machine and operation the worst row stands for the others.
        let mut seen = BTreeSet::new();
        report.worst.retain(|row| seen.insert((row.hardware.clone(), row.operation)));
        report.worst.truncate(worst);
        let mut families: Vec<&str> =
            self.scores.points.iter().map(|point| point.curve.family()).collect();
        families.sort_unstable();
        families.dedup();
        let of_family = |family: &&str| self.group(family, |point| point.curve.family() == *family);
        let mut judged = [[0; 3]; 3];
        for vote in &report.votes {
            judged[vote.vote.class as usize][match vote.miss {
                Miss::WithinTwins => 0,
                Miss::AcrossHarnesses => 1,
                Miss::Beyond => 2,
            }] += 1;
        }
        report.figures.clear();
        Section {
            set: self.set,
            families: families.iter().map(of_family).collect(),
            targets: self.targets(),
            overall: self.group("overall", |_| true),
            judged,
            report,
        }
    }

    /// The groups that the model has targets for, those without rows left out.
    fn targets(&self) -> Vec<Group> {
        let kind = |point: &Point<'_>| self.kinds.get(point.curve.id.as_str()).copied();
        let all_reduce = |point: &Point<'_>| point.curve.operation == Operation::AllReduce;
        let groups = [
            self.group("NVIDIA all-reduce, one node", |point| {
                all_reduce(point) && kind(point) == Some(Kind::NvidiaNode)
            }),
            self.group("NVIDIA all-reduce, several nodes", |point| {
                all_reduce(point) && kind(point) == Some(Kind::NvidiaNodes)
            }),
            self.group("AMD", |point| kind(point) == Some(Kind::Amd)),
            self.group("PCIe boxes", |point| kind(point) == Some(Kind::Pcie)),
            self.group("launch mode known", |point| point.curve.launch.is_some()),
        ];
        groups.into_iter().filter(|group| group.rows() > 0).collect()
    }
}

impl Group {
    /// Rows of all classes.
    pub fn rows(&self) -> usize {
        self.classes.iter().map(|figure| figure.rows).sum()
    }

    /// The figure of one class.
    pub fn class(&self, class: Class) -> &Figure {
        &self.classes[class as usize]
    }

    /// `latency 9.1 % (90th 20.3 %, bias -1.0 %, 12 votes), ...` on one line.
    pub fn line(&self) -> String {
        let share = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{:.1} %", value * 100.0))
        };
        let class = |figure: &Figure| match figure.votes {
            0 => format!("{} no rows", figure.class.name()),
            votes => format!(
                "{} {} (90th {}, bias {}, {votes} vote{})",
                figure.class.name(),
                share(figure.median),
                share(figure.p90),
                figure.bias.map_or_else(String::new, |bias| format!("{:+.1} %", bias * 100.0)),
                if votes == 1 { "" } else { "s" },
            ),
        };
        self.classes.iter().map(class).collect::<Vec<_>>().join(", ")
    }
}
