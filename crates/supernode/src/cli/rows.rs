//! The rows of a benchmark, and the formats in which they are written.

pub(super) mod csv;
mod facts;
mod faults;
mod json;
mod library;
mod table;

use std::borrow::Cow;
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

pub(super) use facts::{Facts, Range, Sweep, WIRE};
use facts::{IN_PLACE, TIMES};
pub(super) use faults::{FaultFacts, SeedTimes};
pub(super) use library::{Chosen, LibraryFacts};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people; `bench` prints the table of nccl-tests, column for column.
    Table,
    /// One header line, then one line a row; `#` lines are comments.
    Csv,
    /// One JSON document; `bench` keeps the shape of nccl-tests' `-J`.
    Json,
    /// One JSON object a line, with the columns of `csv`.
    Jsonl,
}

/// One size of one algorithm. Times are virtual.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    /// Bytes of the large buffer of each rank, as nccl-tests counts them.
    pub(super) size_bytes: u64,
    /// Elements of the large buffer (per rank block for reduce-scatter and all-gather).
    pub(super) count: u64,
    /// Element type, by its nccl-tests name.
    #[serde(rename = "type")]
    pub(super) dtype: &'static str,
    /// Operator, or `none`.
    pub(super) redop: &'static str,
    /// Root, or -1.
    pub(super) root: i64,
    /// Algorithm.
    pub(super) algorithm: Cow<'static, str>,
    /// Engine that gave the time.
    pub(super) engine: &'static str,
    /// Simulated time in microseconds.
    pub(super) time_us: f64,
    /// size / time, 10^9 bytes per second.
    pub(super) algbw_gb_per_s: f64,
    /// algbw times the busbw factor of nccl-tests.
    pub(super) busbw_gb_per_s: f64,
    /// Wrong elements counted in real data; absent where none was checked.
    pub(super) wrong: Option<u64>,
    /// Why the engine is not `emulate`, if that was not asked for.
    pub(super) fallback: Option<String>,
    /// Times over seeds, where there are several.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) seeds: Option<SeedTimes>,
    /// What a library chose.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) chosen: Option<Chosen>,
}

/// What stands below the rows.
#[derive(Debug, Clone, Copy, Default)]
struct Totals {
    busbw_sum: f64,
    rows: u32,
    /// Rows whose data was checked.
    checked: u32,
    wrong: u64,
}

impl Totals {
    fn add(&mut self, row: &Row) {
        self.busbw_sum += row.busbw_gb_per_s;
        self.rows += 1;
        self.checked += u32::from(row.wrong.is_some());
        self.wrong += row.wrong.unwrap_or(0);
    }

    /// The average of nccl-tests: over both columns of all rows, which are equal here.
    fn average(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.busbw_sum / f64::from(self.rows) }
    }
}

/// Writes rows as they come.
pub(super) struct RowWriter<W: Write> {
    out: W,
    format: Format,
    facts: Facts,
    sweep: Sweep,
    totals: Totals,
    /// What the last row was made with, so that a table says it once.
    context: String,
    results: Vec<Row>,
    left_out: Vec<(&'static str, String)>,
    /// What is said about rows below all of them.
    explained: Vec<String>,
}

impl<W: Write> RowWriter<W> {
    /// A writer to `out`.
    pub(super) fn new(out: W, format: Format, facts: Facts, sweep: Sweep) -> Self {
        Self {
            out,
            format,
            facts,
            sweep,
            totals: Totals::default(),
            context: String::new(),
            results: Vec::new(),
            left_out: Vec::new(),
            explained: Vec::new(),
        }
    }

    /// Writes a comment line; a line break within `text` must not end it.
    fn comment(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "# {}", text.replace(char::is_control, " "))
    }

    /// Says once that an algorithm of `all` is left out, and why; the reason names it.
    pub(super) fn leave_out(&mut self, algorithm: &'static str, why: String) -> io::Result<()> {
        if self.left_out.iter().any(|(_, known)| *known == why) {
            return Ok(());
        }
        match self.format {
            Format::Table | Format::Csv => self.comment(&format!("left out: {why}"))?,
            // A line is a row; this is no row.
            Format::Jsonl => writeln!(io::stderr(), "left out: {why}")?,
            Format::Json => {}
        }
        self.left_out.push((algorithm, why));
        Ok(())
    }

    /// Writes what stands above the rows: the facts, why an algorithm of `all` is left out (the
    /// reason names it), and the names of the columns.
    pub(super) fn header(&mut self, left_out: &[(&'static str, String)]) -> io::Result<()> {
        if matches!(self.format, Format::Table | Format::Csv) {
            for line in self.facts.lines() {
                self.comment(&line)?;
            }
        }
        for (algorithm, why) in left_out {
            self.leave_out(algorithm, why.clone())?;
        }
        match self.format {
            Format::Table => table::header(&mut self.out, &self.facts),
            Format::Csv => csv::header(&mut self.out, &self.facts),
            Format::Json | Format::Jsonl => Ok(()),
        }
    }

    /// Writes one row; a table names what it was made with if that changed.
    pub(super) fn row(&mut self, row: Row) -> io::Result<()> {
        self.totals.add(&row);
        match self.format {
            Format::Table => {
                if let Some(why) = &row.fallback {
                    self.comment(&format!("engine {} instead of emulate: {why}", row.engine))?;
                }
                let Facts { profile, seed, .. } = &self.facts;
                let context = format!(
                    "algorithm {} engine {} profile {profile} seed {seed}",
                    row.algorithm, row.engine
                );
                if self.context != context {
                    self.comment(&context)?;
                    self.context = context;
                }
                table::row(&mut self.out, &self.facts, &row)
            }
            Format::Csv => csv::row(&mut self.out, &self.facts, &row),
            Format::Jsonl => json::line(&mut self.out, &self.facts, &row),
            Format::Json => {
                self.results.push(row);
                Ok(())
            }
        }
    }

    /// Keeps what is to be said about a row.
    pub(super) fn explain(&mut self, text: String) {
        self.explained.push(text);
    }

    /// Writes what stands below the rows; gives the number of wrong elements.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        match self.format {
            Format::Table => table::footer(&mut self.out, &self.totals)?,
            Format::Json => json::document(&mut self)?,
            Format::Csv | Format::Jsonl => {}
        }
        for text in std::mem::take(&mut self.explained) {
            match self.format {
                Format::Table | Format::Csv => self.comment(&text)?,
                // Not a part of the data.
                Format::Json | Format::Jsonl => writeln!(io::stderr(), "{text}")?,
            }
        }
        self.out.flush()?;
        Ok(self.totals.wrong)
    }
}
