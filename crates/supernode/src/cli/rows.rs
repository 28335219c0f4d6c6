//! One row of a benchmark, and the formats it is written in.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The table of nccl-tests, column for column.
    Table,
    /// One header line, then one line a row; `#` lines are comments.
    Csv,
    /// One JSON document in the shape of nccl-tests' `-J`.
    Json,
    /// One JSON object a line.
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
    /// Number of ranks.
    pub(super) ranks: u32,
    /// System id.
    pub(super) system: String,
    /// Collective.
    pub(super) collective: &'static str,
    /// Algorithm.
    pub(super) algorithm: String,
    /// Engine that gave the time.
    pub(super) engine: &'static str,
    /// Profile of software costs.
    pub(super) profile: String,
    /// Seed of the data.
    pub(super) seed: u64,
    /// Simulated time in microseconds.
    pub(super) time_us: f64,
    /// size / time, 10^9 bytes per second.
    pub(super) algbw_gb_per_s: f64,
    /// algbw times the busbw factor of nccl-tests.
    pub(super) busbw_gb_per_s: f64,
    /// Wrong elements counted in real data; absent where no data ran.
    pub(super) wrong: Option<u64>,
}

/// Writes rows as they come.
pub(super) struct RowWriter<W: Write> {
    out: W,
    format: Format,
    context: Option<String>,
    json: Vec<Row>,
    busbw_sum: f64,
    rows: u32,
    wrong: u64,
}

impl<W: Write> RowWriter<W> {
    /// A writer to `out`.
    pub(super) fn new(out: W, format: Format) -> Self {
        Self { out, format, context: None, json: Vec::new(), busbw_sum: 0.0, rows: 0, wrong: 0 }
    }

    /// Writes a comment line; JSON formats carry the same facts in their fields.
    pub(super) fn comment(&mut self, text: &str) -> io::Result<()> {
        match self.format {
            Format::Table | Format::Csv => writeln!(self.out, "# {text}"),
            Format::Json | Format::Jsonl => Ok(()),
        }
    }

    /// Writes what stands above the rows.
    pub(super) fn header(&mut self) -> io::Result<()> {
        match self.format {
            Format::Table => {
                let pair = |a: &str, b: &str| format!("# {a:>10}  {b:>12}");
                let blank = pair("", "");
                writeln!(self.out, "#")?;
                writeln!(
                    self.out,
                    "{blank}  {:>8}  {:>6}  {:>6}   {:<25}         {:<25}",
                    "", "", "", "    out-of-place", "    in-place"
                )?;
                let side = |t, a, b, w| format!("  {t:>7}  {a:>6}  {b:>6}  {w:>6}");
                let names = side("time", "algbw", "busbw", "#wrong");
                writeln!(
                    self.out,
                    "{}  {:>8}  {:>6}  {:>6}{names}{names}",
                    pair("size", "count"),
                    "type",
                    "redop",
                    "root"
                )?;
                let units = side("(us)", "(GB/s)", "(GB/s)", "");
                let line = format!(
                    "{}  {:>8}  {:>6}  {:>6}{units}{units}",
                    pair("(B)", "(elements)"),
                    "",
                    "",
                    ""
                );
                writeln!(self.out, "{}", line.trim_end())
            }
            Format::Csv => writeln!(
                self.out,
                "size_bytes,count,type,redop,root,ranks,system,collective,algorithm,engine,\
                 profile,seed,time_us,algbw_gb_per_s,busbw_gb_per_s,wrong"
            ),
            Format::Json | Format::Jsonl => Ok(()),
        }
    }

    /// Writes one row, after a comment that names what it was made with if that changed.
    pub(super) fn row(&mut self, row: Row) -> io::Result<()> {
        self.busbw_sum += row.busbw_gb_per_s;
        self.rows += 1;
        self.wrong += row.wrong.unwrap_or(0);
        let context = format!(
            "algorithm {} engine {} profile {} seed {}",
            row.algorithm, row.engine, row.profile, row.seed
        );
        if self.format == Format::Table && self.context.as_ref() != Some(&context) {
            writeln!(self.out, "# {context}")?;
            self.context = Some(context);
        }
        match self.format {
            Format::Table => {
                let wrong = row.wrong.map_or_else(|| "N/A".to_owned(), |n| n.to_string());
                let side = |wrong: &str| {
                    format!(
                        "  {:>7}  {:>6}  {:>6}  {wrong:>6}",
                        significant(row.time_us, 7),
                        significant(row.algbw_gb_per_s, 6),
                        significant(row.busbw_gb_per_s, 6)
                    )
                };
                writeln!(
                    self.out,
                    "{:>12}  {:>12}  {:>8}  {:>6}  {:>6}{}{}",
                    row.size_bytes,
                    row.count,
                    row.dtype,
                    row.redop,
                    row.root,
                    side(&wrong),
                    side("N/A")
                )
            }
            Format::Csv => {
                let wrong = row.wrong.map_or_else(String::new, |n| n.to_string());
                writeln!(
                    self.out,
                    "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{wrong}",
                    row.size_bytes,
                    row.count,
                    row.dtype,
                    row.redop,
                    row.root,
                    row.ranks,
                    row.system,
                    row.collective,
                    row.algorithm,
                    row.engine,
                    row.profile,
                    row.seed,
                    row.time_us,
                    row.algbw_gb_per_s,
                    row.busbw_gb_per_s
                )
            }
            Format::Jsonl => {
                serde_json::to_writer(&mut self.out, &row)?;
                writeln!(self.out)
            }
            Format::Json => {
                self.json.push(row);
                Ok(())
            }
        }
    }

    /// Writes what stands below the rows; gives the number of wrong elements.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        let average = if self.rows == 0 { 0.0 } else { self.busbw_sum / f64::from(self.rows) };
        match self.format {
            Format::Table => {
                let verdict = if self.wrong == 0 { "OK" } else { "FAILED" };
                writeln!(self.out, "# Out of bounds values : {} {verdict}", self.wrong)?;
                writeln!(self.out, "# Avg bus bandwidth    : {}", general(average))?;
                writeln!(self.out, "#")?;
            }
            Format::Json => {
                let document = serde_json::json!({
                    "version": env!("CARGO_PKG_VERSION"),
                    "simulated": true,
                    "results": self.json,
                    "out_of_bounds": { "count": self.wrong, "okay": self.wrong == 0 },
                    "average_bus_bandwidth": { "bandwidth": average },
                });
                serde_json::to_writer_pretty(&mut self.out, &document)?;
                writeln!(self.out)?;
            }
            Format::Csv | Format::Jsonl => {}
        }
        self.out.flush()?;
        Ok(self.wrong)
    }
}

/// A number in at most `width` characters with as many decimals as fit, as nccl-tests prints it.
fn significant(value: f64, width: usize) -> String {
    for digits in [2, 1, 0] {
        let text = format!("{value:.digits$}");
        if text.len() <= width {
            return text;
        }
    }
    let digits = usize::from(width >= 7);
    let text = format!("{value:.digits$e}");
    // C prints at least two digits of exponent and its sign.
    match text.split_once('e') {
        Some((mantissa, exponent)) => format!("{mantissa}e+{exponent:0>2}"),
        None => text,
    }
}

/// A number as C's `%g` prints it: six significant digits, no trailing zeros.
fn general(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        return format!("{value:.5e}");
    }
    let text = format!("{value:.*}", (5 - exponent).max(0) as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns_as_in_nccl_tests() {
        assert_eq!(significant(12.345, 7), "12.35");
        assert_eq!(significant(12_345.678, 7), "12345.7");
        assert_eq!(significant(1_234_567.8, 7), "1234568");
        assert_eq!(significant(12_345_678.0, 7), "1.2e+07");
        assert_eq!(significant(1_234_567.0, 6), "1e+06");
        assert_eq!(general(123.456_789), "123.457");
        assert_eq!(general(0.0), "0");
    }
}
