//! What was compared: rows, machines and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::{Assumption, Bench, Fold, Quality, Training};

/// Counts of one family.
#[derive(Debug, Default)]
struct Counts<'a> {
    machines: BTreeSet<&'a str>,
    sources: BTreeSet<&'a str>,
    rows: usize,
    suspect: usize,
    predicted: usize,
    fitted: usize,
}

/// The section, with every source.
pub fn compared(bench: &Bench<'_>) -> String {
    let used = Training::without(bench, &Fold::Nothing).used();
    let mut families: BTreeMap<&str, Counts<'_>> = BTreeMap::new();
    for curve in bench.curves {
        let counts = families.entry(curve.family()).or_default();
        counts.machines.insert(&curve.hardware);
        counts.sources.insert(curve.source());
        counts.rows += curve.rows.len();
        counts.suspect += curve.rows.iter().filter(|row| row.quality == Quality::Suspect).count();
    }
    for (case, used) in bench.cases.iter().zip(used) {
        let curve = &bench.curves[case.curve];
        let counts = families.entry(curve.family()).or_default();
        counts.predicted += usize::from(curve.rows[case.row].quality == Quality::Ok);
        counts.fitted += usize::from(used);
    }
    let total = |of: fn(&Counts<'_>) -> usize| families.values().map(of).sum::<usize>();
    let sources: BTreeSet<&str> = bench.curves.iter().map(crate::Curve::source).collect();
    let mut text = format!(
        "## What was compared\n\n{} rows of {} measured curves from {} sources, all of real hardware, \
         all published by others; {} rows could be predicted, on {} of them constants were fitted. A \
         source has one vote per machine, operation and size class, however many rows it has. Rows \
         that contradict themselves or their neighbours (suspect), the best of a sweep, and times \
         computed from a printed bandwidth are not fitted on; suspect ones count nowhere.\n\n\
         | chip | machines | sources | rows | suspect | predicted | fitted on |\n\
         |---|---|---|---|---|---|---|\n",
        total(|c| c.rows),
        bench.curves.len(),
        sources.len(),
        total(|c| c.predicted),
        total(|c| c.fitted),
    );
    for (family, counts) in &families {
        let Counts { machines, sources, rows, suspect, predicted, fitted } = counts;
        let (machines, sources) = (machines.len(), sources.len());
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {family} | {machines} | {sources} | {rows} | {suspect} | {predicted} | {fitted} |"
        );
    }
    text += "\nAssumed where a source does not say it:\n\n| rows | curves | assumed | why |\n|---|---|---|---|\n";
    for Assumption { what, why, rows, curves } in bench.assumptions() {
        let _ = writeln!(text, "| {rows} | {curves} | {what} | {why} |");
    }
    let linked = |source: &&str| {
        let is_link = source.starts_with("http");
        if is_link { format!("<{source}>") } else { (*source).to_owned() }
    };
    let list: Vec<String> = sources.iter().filter(|s| !s.is_empty()).map(linked).collect();
    let _ = writeln!(text, "\nSources: {}.", list.join(", "));
    text
}
