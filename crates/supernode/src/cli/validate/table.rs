//! What stands around the sections of the table.

use std::io::{self, Write};

use supernode::validate::{Assumption, Fitted, NotAsked, Unfit, Unpredicted};

use super::section::Named;
use crate::cli::names::grouped;

/// Reasons that are shown.
const REASONS: usize = 6;

/// What every figure has to be read with.
pub(super) fn head(out: &mut impl Write, about: &str) -> io::Result<()> {
    writeln!(out, "# supernode {}: {about}", env!("CARGO_PKG_VERSION"))?;
    writeln!(
        out,
        "# error: |predicted / measured - 1|, median and 90th percentile over votes (one per machine, \
         operation and source); bias: signed, negative where the prediction is too fast"
    )?;
    writeln!(
        out,
        "# latency: below 64 KiB; middle: to 16 MiB; bandwidth: above. Twins on one machine differ by \
         5, 6 and 2 %, harnesses by up to 50 %"
    )
}

/// Which constants were fitted on what.
pub(super) fn constants(out: &mut impl Write, groups: &[Fitted], all: bool) -> io::Result<()> {
    let constants: usize = groups.iter().map(|group| group.constants).sum();
    let (known, rest): (Vec<_>, Vec<_>) = groups.iter().partition(|group| group.rows > 0);
    let fitted: usize = known.iter().map(|group| group.constants).sum();
    let (total, with) = (groups.len(), known.len());
    writeln!(
        out,
        "\n{constants} constants in {total} groups, none of a curve or a machine; {fitted} in the \
         {with} groups that have rows:"
    )?;
    for group in known {
        let Fitted { group, rows, votes, families, sources, .. } = group;
        let families = families.join(", ");
        let rows = grouped(*rows as u64);
        writeln!(out, "  {group:<24}{rows:>7} rows{votes:>5} votes  {families}")?;
        if all {
            writeln!(out, "{:26}from {}", "", sources.join(", "))?;
        }
    }
    let rest: Vec<&str> = rest.iter().map(|group| group.group.as_str()).collect();
    writeln!(
        out,
        "  no rows: {}; they are what is published, times what the others have in common",
        rest.join(", ")
    )
}

/// Rows without a prediction.
pub(super) fn left_out(
    out: &mut impl Write,
    unpredicted: &[Unpredicted],
    not_asked: &[NotAsked],
    all: bool,
) -> io::Result<()> {
    let rows: usize = unpredicted.iter().map(|group| group.rows).sum();
    let unasked: usize = not_asked.iter().map(|group| group.rows).sum();
    if rows + unasked == 0 {
        return Ok(());
    }
    writeln!(out, "\n{} rows left out:", grouped((rows + unasked) as u64))?;
    for group in not_asked {
        writeln!(out, "  {:>5} {}", group.rows, cause(group.cause))?;
    }
    let shown = if all { unpredicted.len() } else { REASONS };
    for group in unpredicted.iter().take(shown) {
        let Unpredicted { reason, rows, curves, example } = group;
        let s = if *curves == 1 { "" } else { "s" };
        writeln!(out, "  {rows:>5} {reason} ({curves} curve{s}, as {example})")?;
    }
    if let Some(more) = unpredicted.get(shown..).filter(|more| !more.is_empty()) {
        let rows: usize = more.iter().map(|group| group.rows).sum();
        writeln!(out, "  {rows:>5} for {} more reasons; `--all` shows them", more.len())?;
    }
    Ok(())
}

/// What was assumed of rows whose source does not say it.
pub(super) fn assumed(out: &mut impl Write, assumptions: &[Assumption]) -> io::Result<()> {
    if assumptions.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nassumed where the source does not say it:")?;
    for Assumption { what, why, rows, curves } in assumptions {
        let s = if *curves == 1 { "" } else { "s" };
        writeln!(out, "  {:>5} rows of {curves} curve{s}: {what} ({why})", grouped(*rows as u64))?;
    }
    Ok(())
}

/// Why a row was not asked for.
pub(super) fn cause(cause: Unfit) -> &'static str {
    match cause {
        Unfit::Timeless => "without a time, or without a size",
        Unfit::Suspect => "suspect: they contradict themselves, or their neighbours",
        Unfit::Peak => "best of a sweep",
        Unfit::Derived => "time from a printed bandwidth",
    }
}

/// The overall figures, the most important last.
pub(super) fn overall(out: &mut impl Write, sections: &[Named]) -> io::Result<()> {
    writeln!(out)?;
    for named in sections.iter().rev() {
        writeln!(out, "overall, {}: {}", named.name, named.section.overall.line())?;
    }
    Ok(())
}
