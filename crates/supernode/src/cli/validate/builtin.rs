//! The built-in set: predicted by constants fitted without the row, and the fit apart.

use std::io::{self, IsTerminal, Write};
use std::thread;

use indicatif::ProgressBar;
use supernode::catalog::Catalog;
use supernode::library::costs::Costs;
use supernode::validate::{Bench, Held, builtin, fitted_groups};

use super::records::{Record, write_all};
use super::section::{self, Named};
use super::{Args, table};
use crate::cli::Error;
use crate::cli::names::grouped;
use crate::cli::rows::Format;

/// Worst rows that are shown.
const WORST: usize = 8;

pub(super) fn run(args: &Args, catalog: &Catalog) -> Result<(), Error> {
    let threads = match args.jobs {
        Some(0) => return Err("`--jobs 0` would do nothing; use 1 or more".into()),
        Some(jobs) => jobs,
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    let curves = builtin()?;
    let bench = Bench::new(catalog, &curves);
    let (priors, costs) = (Costs::priors()?, Costs::builtin()?);
    let groups = fitted_groups(&bench, &costs);
    let worst = if args.all { 50 } else { WORST };
    let mut sections = Vec::new();
    for (at, without) in args.by.iter().enumerate() {
        if args.by[..at].contains(without) {
            return Err(format!(
                "`--by` names what is left out ({}) twice; keep one",
                without.name()
            )
            .into());
        }
        let bar = bar(without.name());
        let progress = |done: usize, all: usize| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        };
        let held = Held::crossed(&bench, &priors, without.by(), threads, &progress);
        bar.finish_and_clear();
        sections.push(Named {
            name: format!("predicted {}", without.name()),
            what: without.what(),
            section: held.section(&curves, worst),
        });
    }
    sections.push(Named {
        name: "fitted".to_owned(),
        what: "the shipped constants on rows that they were fitted on",
        section: Held::fitted(&bench, &costs).section(&curves, worst),
    });
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.format == Format::Table {
        let rows: usize = curves.iter().map(|curve| curve.rows.len()).sum();
        let about = format!(
            "library profiles held against the built-in set: {} measured curves, {} rows",
            curves.len(),
            grouped(rows as u64)
        );
        table::head(&mut out, &about)?;
        for named in &sections {
            section::write(&mut out, named, args.all)?;
        }
        table::constants(&mut out, &groups, args.all)?;
        let report = &sections[0].section.report;
        table::left_out(&mut out, &report.unpredicted, &report.not_asked, args.all)?;
        table::assumed(&mut out, &bench.assumptions())?;
        table::overall(&mut out, &sections)?;
    } else {
        let mut records: Vec<Record> = sections.iter().flat_map(Named::records).collect();
        records.extend(groups.into_iter().map(Record::Constants));
        let report = &sections[0].section.report;
        records.extend(Record::left_out(&report.unpredicted, &report.not_asked));
        records.extend(bench.assumptions().into_iter().map(Record::Assumed));
        records.extend(Record::overall(&sections));
        write_all(&mut out, args.format, &records)?;
    }
    out.flush()?;
    Ok(())
}

/// Fits done so far; hidden unless standard error is a terminal.
fn bar(what: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        indicatif::ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} fits, {elapsed}")
            .unwrap_or_else(|_| indicatif::ProgressStyle::default_bar());
    ProgressBar::new(1).with_style(style).with_message(format!("predicting {what}"))
}
