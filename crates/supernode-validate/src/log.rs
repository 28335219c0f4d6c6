//! Logs of benchmarks as their programs print them.

mod command;
mod csv;
mod header;
mod json;
mod lines;
mod nccl;
mod osu;
mod settings;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::check::spikes;
use crate::{Curve, Impossible, Operation, Place, ReadError};

/// The format of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The columns of measured curves, comma-separated.
    Csv,
    /// The table that nccl-tests and rccl-tests print.
    NcclTests,
    /// The document that nccl-tests writes with `-J`.
    NcclTestsJson,
    /// The tables of the OSU micro-benchmarks.
    Osu,
}

/// Something about one place of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Log {
    /// Its format.
    pub format: Format,
    /// Curves with at least one row.
    #[serde(skip)]
    pub curves: Vec<Curve>,
    /// Where each row of each curve stands.
    #[serde(skip)]
    pub places: Vec<Vec<Place>>,
    /// Rows that were left out, and why.
    pub left_out: Vec<Remark>,
    /// What else is to be known: rows that were marked as suspect, a missing end.
    pub remarks: Vec<Remark>,
}

impl Log {
    /// Leaves out rows that the machine of their curve cannot have measured.
    pub fn leave_out(&mut self, impossible: &[Impossible]) {
        let gone: BTreeSet<(usize, usize)> = impossible.iter().map(|i| (i.curve, i.row)).collect();
        for Impossible { curve, row, what } in impossible {
            let place = self.places[*curve][*row];
            self.left_out.push(Remark { place, what: what.clone() });
        }
        for (at, (curve, places)) in self.curves.iter_mut().zip(&mut self.places).enumerate() {
            let (mut row, mut place) = (0.., 0..);
            curve.rows.retain(|_| !row.next().is_some_and(|row| gone.contains(&(at, row))));
            places.retain(|_| !place.next().is_some_and(|row| gone.contains(&(at, row))));
        }
        // In comma-separated curves the quality is what the file says.
        if self.format != Format::Csv {
            spikes::mark_again(&mut self.curves, &self.places, &mut self.remarks);
            self.remarks.sort_by_key(|remark| remark.place);
        }
        self.left_out.sort_by_key(|remark| remark.place);
    }
}

/// What is known of a log but may not stand in it. What is given here goes before what is read, but
/// for comma-separated curves, which say it all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    /// What was measured.
    pub operation: Option<Operation>,
    /// Number of ranks.
    pub ranks: Option<u32>,
    /// Number of nodes.
    pub nodes: Option<u32>,
    /// The machine.
    pub hardware: Option<String>,
    /// Where the log comes from; `log` without.
    pub source: Option<String>,
}

impl Given {
    /// A curve that the library ran by its own choice, without rows.
    fn curve(&self, operation: Operation, ranks: u32, nodes: Option<u32>) -> Curve {
        let nodes = self.nodes.or(nodes).filter(|nodes| *nodes > 0);
        let even = nodes.filter(|nodes| ranks.is_multiple_of(*nodes));
        Curve {
            id: String::new(),
            source_url: self.source.clone().unwrap_or_else(|| "log".to_owned()),
            source_kind: "log".to_owned(),
            hardware: self.hardware.clone().unwrap_or_default(),
            chips: ranks,
            nodes,
            chips_per_node: even.map(|nodes| ranks / nodes),
            scale_up: String::new(),
            scale_up_rate: None,
            nics_per_node: None,
            nic_rate: None,
            operation,
            algo: "auto".to_owned(),
            proto: "auto".to_owned(),
            library: String::new(),
            version: String::new(),
            dtype: String::new(),
            launch: None,
            processes: None,
            notes: String::new(),
            rows: Vec::new(),
        }
    }
}

/// A curve, and where each of its rows stands.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) curve: Curve,
    pub(crate) places: Vec<Place>,
}

/// What is found on the way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) left_out: Vec<Remark>,
    pub(crate) remarks: Vec<Remark>,
}

/// Reads a log of any known format; the content tells which.
///
/// # Errors
/// When the format is not known, the log does not say what it is of, units or rank counts cannot be
/// right, or no row can be used. Single bad rows are left out and named instead.
pub fn read_log(text: &str) -> Result<Log, ReadError> {
    read_log_given(text, &Given::default())
}

/// Reads a log of which something is known that does not stand in it.
///
/// # Errors
/// As [`read_log`].
pub fn read_log_given(text: &str, given: &Given) -> Result<Log, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut notes = Notes::default();
    let format = format_of(text)?;
    let found = match format {
        Format::Csv => csv::read(text, &mut notes)?,
        Format::NcclTests => nccl::read(text, given, &mut notes)?,
        Format::NcclTestsJson => json::read(text, given, &mut notes)?,
        Format::Osu => osu::read(text, given, &mut notes)?,
    };
    if found.is_empty() {
        let first = notes.left_out.first().map(ToString::to_string);
        let first = first.unwrap_or_else(|| "the table is empty".to_owned());
        return Err(ReadError::NoRows { left_out: notes.left_out.len(), first });
    }
    let Notes { mut left_out, mut remarks } = notes;
    left_out.sort_by_key(|remark| remark.place);
    remarks.sort_by_key(|remark| remark.place);
    let (curves, places) = found.into_iter().map(|found| (found.curve, found.places)).unzip();
    Ok(Log { format, curves, places, left_out, remarks })
}

/// Makes ids unique by numbering those that stand twice.
fn name_apart(found: &mut [Found]) {
    let mut taken = BTreeSet::new();
    for Found { curve, .. } in found {
        let id = curve.id.clone();
        let mut number = 1;
        while !taken.insert(curve.id.clone()) {
            number += 1;
            curve.id = format!("{id}-{number}");
        }
    }
}

fn format_of(text: &str) -> Result<Format, ReadError> {
    if text.contains("times are simulated, not measured") {
        return Err(ReadError::Simulated);
    }
    if text.trim_start().starts_with('{') {
        return Ok(Format::NcclTestsJson);
    }
    let is_csv = |line: &str| line.contains("curve_id") && line.contains(',');
    if text
        .lines()
        .find(|line| !line.starts_with('#') && !line.trim().is_empty())
        .is_some_and(is_csv)
    {
        return Ok(Format::Csv);
    }
    for (_, line) in lines::lines(text).filter(|(_, line)| line.starts_with('#')) {
        let words = line.trim_start_matches('#').trim_start();
        if words.starts_with("OSU ") {
            return Ok(Format::Osu);
        }
        if words.starts_with("nThread") || (words.starts_with("size") && words.contains("busbw")) {
            return Ok(Format::NcclTests);
        }
    }
    Err(ReadError::Unrecognised)
}
