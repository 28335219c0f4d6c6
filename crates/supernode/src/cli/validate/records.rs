//! Everything as records: lines of CSV, or JSON.

use std::io::{self, Write};

use serde::Serialize;
use supernode::validate::{
    Assumption, Figure, Fitted, Group, JudgedVote, NotAsked, Set, Unpredicted, WorstRow,
};

use super::section::Named;
use super::table::cause;
use crate::cli::rows::Format;
use crate::cli::rows::csv::quoted;

/// One thing that a validation says.
#[derive(Debug, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// A row of a user's file.
    Row(Beside),
    /// Figures of one group of votes.
    Figures {
        section: String,
        set: Set,
        group: String,
        latency: Figure,
        middle: Figure,
        bandwidth: Figure,
    },
    /// A vote.
    Vote {
        section: String,
        #[serde(flatten)]
        vote: JudgedVote,
    },
    /// A row that is missed most.
    Worst {
        section: String,
        #[serde(flatten)]
        row: WorstRow,
    },
    /// Constants and what they were fitted on.
    Constants(Fitted),
    /// Rows without a prediction; the place is that in a user's file.
    LeftOut { rows: usize, why: String, place: Option<String> },
    /// What was assumed of rows whose source does not say it.
    Assumed(Assumption),
    /// What else is to be known of a file.
    Remark { place: String, what: String },
}

/// A measured row beside its prediction.
#[derive(Debug, Serialize)]
pub(super) struct Beside {
    pub(super) curve: String,
    pub(super) hardware: String,
    pub(super) system: String,
    pub(super) chips: u32,
    pub(super) nodes: u32,
    pub(super) operation: &'static str,
    pub(super) size_bytes: u64,
    pub(super) in_place: bool,
    pub(super) suspect: bool,
    pub(super) measured_us: f64,
    pub(super) predicted_us: f64,
    pub(super) error: f64,
    pub(super) choice: String,
}

/// All records as one document.
#[derive(Debug, Serialize)]
struct Document<'a> {
    supernode: &'static str,
    records: &'a [Record],
}

impl Record {
    pub(super) fn figures(section: &str, set: Set, group: &Group) -> Self {
        let [latency, middle, bandwidth] = group.classes.clone();
        let (section, group) = (section.to_owned(), group.group.clone());
        Self::Figures { section, set, group, latency, middle, bandwidth }
    }

    pub(super) fn left_out(unpredicted: &[Unpredicted], not_asked: &[NotAsked]) -> Vec<Self> {
        let of = |rows: usize, why: &str| Self::LeftOut { rows, why: why.to_owned(), place: None };
        let unasked = not_asked.iter().map(|group| of(group.rows, cause(group.cause)));
        unasked.chain(unpredicted.iter().map(|group| of(group.rows, &group.reason))).collect()
    }

    /// The overall figures, the most important last.
    pub(super) fn overall(sections: &[Named]) -> Vec<Self> {
        let of =
            |named: &Named| Self::figures(&named.name, named.section.set, &named.section.overall);
        sections.iter().rev().map(of).collect()
    }

    /// A line of CSV; none for what is no row and no figure.
    fn csv(&self) -> Option<String> {
        match self {
            Self::Row(row) => {
                let Beside { chips, nodes, operation, size_bytes, in_place, suspect, .. } = row;
                let [curve, hardware] = [&row.curve, &row.hardware].map(|text| quoted(text));
                let times = format!("{},{},{}", row.measured_us, row.predicted_us, row.error);
                let (system, choice) = (&row.system, &row.choice);
                let row = format!(
                    "{curve},{hardware},{system},{chips},{nodes},{operation},{size_bytes},{},{},{times},{choice}",
                    u8::from(*in_place),
                    u8::from(*suspect)
                );
                Some(format!("row,,,,{row}{}", ",".repeat(15)))
            }
            Self::Figures { section, set, group, latency, middle, bandwidth } => {
                let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
                let cells = |figure: &Figure| {
                    let Figure { rows, votes, .. } = figure;
                    let [median, p90, bias] = [figure.median, figure.p90, figure.bias].map(number);
                    format!(",{rows},{votes},{median},{p90},{bias}")
                };
                let figures: String = [latency, middle, bandwidth].map(cells).concat();
                let (set, group) = (set.name(), quoted(group));
                Some(format!("figures,{section},{set},{group}{}{figures}", ",".repeat(13)))
            }
            _ => None,
        }
    }
}

/// Writes records; as CSV rows and figures alone, the rest as comments.
pub(super) fn write_all(
    out: &mut impl Write,
    format: Format,
    records: &[Record],
) -> io::Result<()> {
    let supernode = env!("CARGO_PKG_VERSION");
    match format {
        Format::Jsonl => {
            for record in records {
                serde_json::to_writer(&mut *out, record)?;
                writeln!(out)?;
            }
            Ok(())
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &Document { supernode, records })?;
            writeln!(out)
        }
        Format::Table | Format::Csv => {
            writeln!(
                out,
                "# supernode {supernode}: errors are shares of 1, predicted / measured - 1"
            )?;
            for record in records {
                match record {
                    Record::LeftOut { rows, why, place } => {
                        let place = place.as_ref().map_or_else(String::new, |p| format!("{p}: "));
                        let text = format!("left out, {rows} row(s): {place}{why}");
                        writeln!(out, "# {}", text.replace(char::is_control, " "))?;
                    }
                    Record::Assumed(Assumption { what, why, rows, .. }) => {
                        let text = format!("assumed of {rows} rows: {what} ({why})");
                        writeln!(out, "# {}", text.replace(char::is_control, " "))?;
                    }
                    Record::Remark { place, what } => {
                        let text = format!("{place}: {what}");
                        writeln!(out, "# {}", text.replace(char::is_control, " "))?;
                    }
                    Record::Constants(Fitted { group, constants, rows, votes, .. }) => writeln!(
                        out,
                        "# {group}: {constants} constants fitted on {rows} rows, {votes} votes"
                    )?,
                    _ => {}
                }
            }
            write!(out, "record,section,set,group,curve,hardware,system,chips,nodes,operation")?;
            write!(out, ",size_bytes,in_place,suspect,measured_us,predicted_us,error,choice")?;
            for class in supernode::validate::Class::ALL.map(supernode::validate::Class::name) {
                for figure in ["rows", "votes", "median", "p90", "bias"] {
                    write!(out, ",{class}_{figure}")?;
                }
            }
            writeln!(out)?;
            // Names of curves come from files of users, and must not reach a terminal as they are.
            let mut lines = records.iter().filter_map(Record::csv);
            lines.try_for_each(|line| writeln!(out, "{}", line.replace(char::is_control, " ")))
        }
    }
}
