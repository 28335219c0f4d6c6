//! A comparison as tidy records: one figure a line.

mod collect;

use std::io::{self, Write};

use serde::Serialize;
use supernode::strategy::Comparison;

use super::contests::contests;
use crate::cli::rows::csv::quoted;

/// One figure.
#[derive(Debug, Serialize)]
struct Record {
    /// `about`, `workload`, `assumption`, `modelled`, `machine`, `all-reduce`, `training`,
    /// `failures`, `verdict`, `ahead`, `flip` or `not-modelled`.
    section: &'static str,
    /// `wire` or `library`; empty where the figure belongs to no profile or to both.
    profile: &'static str,
    /// What the figure belongs to: a fact, a message size in bytes, a basis, a subject.
    item: String,
    /// `first` or `second`; empty where the figure belongs to no machine or to both.
    side: &'static str,
    /// The machine; of a verdict the winner.
    machine: String,
    /// What is measured, with its unit.
    figure: &'static str,
    /// Low end; absent if unknown.
    low: Option<f64>,
    /// High end.
    high: Option<f64>,
    /// Algorithm, plan, reason, or why there is no figure.
    note: String,
}

/// Everything that a comparison says, in JSON.
#[derive(Debug, Serialize)]
struct Document {
    /// Version of the command.
    supernode: &'static str,
    /// No figure was measured.
    simulated: bool,
    /// What was compared: `wire`, hardware only, and `library` where both machines have one.
    profiles: Vec<&'static str>,
    records: Vec<Record>,
}

fn profiles(comparison: &Comparison) -> Vec<&'static str> {
    contests(comparison).into_iter().map(|(profile, _)| profile).collect()
}

pub(super) fn csv(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let profiles = profiles(comparison).join(", ");
    writeln!(out, "# supernode {}: simulated, profiles: {profiles}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "section,profile,item,side,machine,figure,low,high,note")?;
    for r in collect::records(comparison) {
        let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
        let (low, high) = (number(r.low), number(r.high));
        let [item, machine, note] = [&r.item, &r.machine, &r.note].map(|text| quoted(text));
        let (section, profile, side, figure) = (r.section, r.profile, r.side, r.figure);
        writeln!(out, "{section},{profile},{item},{side},{machine},{figure},{low},{high},{note}")?;
    }
    Ok(())
}

pub(super) fn json(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    let document = Document {
        supernode: env!("CARGO_PKG_VERSION"),
        simulated: true,
        profiles: profiles(comparison),
        records: collect::records(comparison),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

pub(super) fn jsonl(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for record in collect::records(comparison) {
        serde_json::to_writer(&mut *out, &record)?;
        writeln!(out)?;
    }
    Ok(())
}
