//! Measurements of the same thing by two sources: what an error is worth.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::median;
use crate::{Class, Curve, Operation, Quality, Vote};

/// How far two sources are from each other in one class. What must be equal: the chip, its scale-up
/// rate, the number of chips, nodes and network interfaces, the operation, the library's name, the
/// launch mode, and the choice of the algorithm (by the library on both sides, or the same one forced).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Twin {
    /// Ids of the two curves.
    pub ids: [String; 2],
    /// Their machines, in the words of the sources.
    pub hardware: [String; 2],
    /// Their sources.
    pub sources: [String; 2],
    /// What was measured.
    pub operation: Operation,
    /// Whether the machines have the same name; else they have the same chips only, and mostly
    /// another harness.
    pub same_machine: bool,
    /// Size class.
    pub class: Class,
    /// Sizes that both have, in the same place.
    pub rows: usize,
    /// Median over these sizes of (slower / faster - 1).
    pub difference: f64,
}

/// All twins among the rows of `curves` that are not suspect.
pub fn twins(curves: &[Curve]) -> Vec<Twin> {
    let mut found = Vec::new();
    for (index, a) in curves.iter().enumerate() {
        for b in curves.iter().skip(index + 1).filter(|b| alike(a, b)) {
            compare(a, b, &mut found);
        }
    }
    found
}

fn alike(a: &Curve, b: &Curve) -> bool {
    let library = |curve: &Curve| curve.library.split([' ', '+']).next().map(str::to_owned);
    let algo = |curve: &Curve| match curve.algo.split(' ').next() {
        Some("auto") => "auto".to_owned(),
        _ => curve.algo.clone(),
    };
    let proto =
        |curve: &Curve| if curve.proto.is_empty() { "auto" } else { &curve.proto }.to_owned();
    a.source() != b.source()
        && (a.operation, a.chips, a.nodes, a.launch) == (b.operation, b.chips, b.nodes, b.launch)
        && (a.family(), a.scale_up_rate) == (b.family(), b.scale_up_rate)
        && (a.nodes == Some(1) || (a.nics_per_node, a.nic_rate) == (b.nics_per_node, b.nic_rate))
        && (library(a), algo(a), proto(a)) == (library(b), algo(b), proto(b))
}

fn compare(a: &Curve, b: &Curve, found: &mut Vec<Twin>) {
    let times = |curve: &Curve| -> BTreeMap<(u64, bool), f64> {
        let good = curve.rows.iter().filter(|row| row.quality == Quality::Ok);
        let timed = good.filter_map(|row| {
            let timing = curve.timing(row).filter(|timing| !timing.derived)?;
            Some(((row.bytes?, row.in_place), timing.time.as_secs_f64()))
        });
        timed.collect()
    };
    let (of_a, of_b) = (times(a), times(b));
    let mut differences: BTreeMap<Class, Vec<f64>> = BTreeMap::new();
    for (place, x) in &of_a {
        if let Some(y) = of_b.get(place) {
            let difference = (x / y).max(y / x) - 1.0;
            differences.entry(Class::of(place.0)).or_default().push(difference);
        }
    }
    for (class, differences) in differences {
        found.extend(median(&differences).map(|difference| Twin {
            ids: [a, b].map(|curve| curve.id.clone()),
            hardware: [a, b].map(|curve| curve.hardware.clone()),
            sources: [a, b].map(|curve| curve.source().to_owned()),
            operation: a.operation,
            same_machine: a.hardware == b.hardware,
            class,
            rows: differences.len(),
            difference,
        }));
    }
}

/// What a miss of the model looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Miss {
    /// No more than two measurements of the same machine differ.
    WithinTwins,
    /// No more than measurements with different harnesses differ.
    AcrossHarnesses,
    /// More than any two measurements: the model is wrong, or the measurement.
    Beyond,
}

impl Miss {
    /// Name in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WithinTwins => "within twins",
            Self::AcrossHarnesses => "across harnesses",
            Self::Beyond => "beyond",
        }
    }

    /// What the error of a vote looks like: held against its own `twin`'s difference, where it has
    /// one on the same machine, else against [`TWINS`]; then against [`HARNESSES`].
    pub fn of(vote: &Vote, twin: Option<f64>) -> Self {
        let [latency, middle, bandwidth] = TWINS;
        let usual = match vote.class {
            Class::Latency => latency,
            Class::Middle => middle,
            Class::Bandwidth => bandwidth,
        };
        if vote.error <= twin.unwrap_or(usual) {
            Self::WithinTwins
        } else if vote.error <= HARNESSES {
            Self::AcrossHarnesses
        } else {
            Self::Beyond
        }
    }
}

/// By how much twins on the same machine differ at best: latency, middle and bandwidth class.
pub const TWINS: [f64; 3] = [0.05, 0.06, 0.02];

/// By how much different harnesses differ on the same chips at most; 0.3 is common.
pub const HARNESSES: f64 = 0.5;

/// The differences of a vote's twins: the median over those on the same machine, and over those that
/// share the chip only.
pub fn twins_of(vote: &Vote, twins: &[Twin]) -> [Option<f64>; 2] {
    [true, false].map(|same_machine| {
        let with = |twin: &&Twin| {
            let sides = twin.sources.iter().zip(&twin.hardware);
            let mut sides = sides.filter(|side| *side == (&vote.source, &vote.hardware));
            (twin.operation, twin.class) == (vote.operation, vote.class)
                && twin.same_machine == same_machine
                && sides.next().is_some()
        };
        let differences: Vec<f64> = twins.iter().filter(with).map(|twin| twin.difference).collect();
        median(&differences)
    })
}
