//! The rows of a scaling run in each format.

use std::io::{self, Write};

use serde::Serialize;
use supernode::collectives::{Algorithm, Collective};
use supernode::units::{MessageSize, Time};

use crate::cli::measure::{Answer, EngineChoice};
use crate::cli::rows::{Format, WIRE, csv};

/// What holds for every row.
#[derive(Debug, Clone, Serialize)]
pub(super) struct About {
    #[serde(serialize_with = "name")]
    pub(super) collective: Collective,
    pub(super) system: String,
    #[serde(rename = "asked_bytes")]
    pub(super) bytes: u64,
    /// What the user changed in the model.
    pub(super) set: String,
}

impl About {
    /// The collective and its size; a barrier has none.
    pub(super) fn what(&self) -> String {
        match self.bytes {
            0 => self.collective.to_string(),
            bytes => format!("{} of {}", self.collective, MessageSize::new(bytes)),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn name<S: serde::Serializer>(collective: &Collective, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(collective.name())
}

/// One number of ranks of one algorithm. Times are virtual.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) ranks: u32,
    pub(super) algorithm: &'static str,
    pub(super) engine: &'static str,
    /// Whether the engine is exact for the model.
    pub(super) exact: bool,
    pub(super) size_bytes: u64,
    pub(super) time_us: f64,
    pub(super) algbw_gb_per_s: f64,
    pub(super) busbw_gb_per_s: f64,
    /// Lower bound / time, in percent.
    pub(super) bound_percent: f64,
    /// What made the engine short, or why it is not an exact one.
    pub(super) how: String,
}

impl Row {
    pub(super) fn new(
        collective: Collective,
        ranks: u32,
        size_bytes: u64,
        algorithm: Algorithm,
        answer: Answer,
        bound: Time,
    ) -> Self {
        let us = answer.time.as_us_f64();
        let algbw = if us > 0.0 { size_bytes as f64 / us / 1e3 } else { 0.0 };
        let (numerator, denominator) = collective.busbw_factor(ranks);
        let exact = answer.engine != EngineChoice::Formula;
        let share = if us > 0.0 { 100.0 * bound.as_us_f64() / us } else { 100.0 };
        Self {
            ranks,
            algorithm: algorithm.name(),
            engine: answer.engine.name(),
            exact,
            size_bytes,
            time_us: us,
            algbw_gb_per_s: algbw,
            busbw_gb_per_s: algbw * numerator as f64 / denominator as f64,
            bound_percent: share,
            how: if exact { answer.how } else { answer.fallback.unwrap_or_default() },
        }
    }
}

/// A row that there is not.
#[derive(Debug, Serialize)]
struct LeftOut {
    ranks: u32,
    algorithm: &'static str,
    why: String,
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    simulated: bool,
    #[serde(flatten)]
    about: &'a About,
    results: &'a [Row],
    left_out: &'a [LeftOut],
}

pub(super) struct Writer<W> {
    out: W,
    format: Format,
    about: About,
    rows: Vec<Row>,
    left_out: Vec<LeftOut>,
}

const CSV: &str = "ranks,algorithm,engine,exact,size_bytes,time_us,algbw_gb_per_s,busbw_gb_per_s,\
    bound_percent,system,collective,set,how";

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W, format: Format, about: About) -> Self {
        Self { out, format, about, rows: Vec::new(), left_out: Vec::new() }
    }

    pub(super) fn header(&mut self) -> io::Result<()> {
        if matches!(self.format, Format::Json | Format::Jsonl) {
            return Ok(());
        }
        let About { system, set, .. } = &self.about;
        let what = self.about.what();
        writeln!(
            self.out,
            "# supernode {}: times are simulated, not measured",
            env!("CARGO_PKG_VERSION")
        )?;
        writeln!(self.out, "# {what} on {system}, placement packed; {WIRE}")?;
        if !set.is_empty() {
            writeln!(self.out, "# set: {set}")?;
        }
        if self.format == Format::Csv {
            return writeln!(self.out, "{CSV}");
        }
        writeln!(
            self.out,
            "# bound: share of what no algorithm can beat; ~ an estimate, not exact"
        )?;
        let head = ["ranks", "algorithm", "engine", "time (us)", "busbw (GB/s)", "bound"];
        let [ranks, algorithm, engine, time, busbw, bound] = head;
        writeln!(
            self.out,
            "{ranks:>9}  {algorithm:<20} {engine:<8} {time:>14} {busbw:>13} {bound:>7}"
        )
    }

    pub(super) fn row(&mut self, row: Row) -> io::Result<()> {
        match self.format {
            Format::Table => {
                let engine = format!("{}{}", if row.exact { "" } else { "~" }, row.engine);
                writeln!(
                    self.out,
                    "{:>9}  {:<20} {engine:<8} {:>14.2} {:>13.2} {:>6.1}%",
                    row.ranks, row.algorithm, row.time_us, row.busbw_gb_per_s, row.bound_percent
                )?;
            }
            Format::Csv => csv_row(&mut self.out, &self.about, &row)?,
            Format::Jsonl => {
                #[derive(Serialize)]
                struct Line<'a> {
                    #[serde(flatten)]
                    row: &'a Row,
                    #[serde(flatten)]
                    about: &'a About,
                }
                serde_json::to_writer(&mut self.out, &Line { row: &row, about: &self.about })?;
                writeln!(self.out)?;
            }
            Format::Json => {}
        }
        self.rows.push(row);
        Ok(())
    }

    /// Says why there is no row.
    pub(super) fn leave_out(
        &mut self,
        ranks: u32,
        algorithm: Option<Algorithm>,
        why: String,
    ) -> io::Result<()> {
        let algorithm = algorithm.map_or("auto", Algorithm::name);
        match self.format {
            Format::Table | Format::Csv => {
                writeln!(self.out, "# left out: {algorithm} on {ranks} ranks: {why}")?;
            }
            Format::Jsonl => {
                writeln!(io::stderr(), "left out: {algorithm} on {ranks} ranks: {why}")?;
            }
            Format::Json => {}
        }
        self.left_out.push(LeftOut { ranks, algorithm, why });
        Ok(())
    }

    /// Writes what stands below the rows, and gives them back.
    pub(super) fn finish(mut self) -> io::Result<(Vec<Row>, About)> {
        if self.format == Format::Json {
            let document = Document {
                version: env!("CARGO_PKG_VERSION"),
                simulated: true,
                about: &self.about,
                results: &self.rows,
                left_out: &self.left_out,
            };
            serde_json::to_writer_pretty(&mut self.out, &document)?;
            writeln!(self.out)?;
        }
        self.out.flush()?;
        Ok((self.rows, self.about))
    }
}

fn csv_row(out: &mut impl Write, about: &About, row: &Row) -> io::Result<()> {
    let fields = [
        row.ranks.to_string(),
        row.algorithm.to_owned(),
        row.engine.to_owned(),
        row.exact.to_string(),
        row.size_bytes.to_string(),
        row.time_us.to_string(),
        row.algbw_gb_per_s.to_string(),
        row.busbw_gb_per_s.to_string(),
        format!("{:.1}", row.bound_percent),
        about.system.clone(),
        about.collective.name().to_owned(),
        about.set.clone(),
        row.how.clone(),
    ];
    writeln!(out, "{}", fields.map(|field| csv::quoted(&field).into_owned()).join(","))
}
