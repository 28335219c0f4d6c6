//! The ranges as a table, CSV or JSON.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use supernode::units::MessageSize;

use crate::cli::rows::Format;
use crate::cli::rows::csv::quoted;

/// What holds for every line.
#[derive(Debug, Serialize)]
pub(super) struct Facts {
    pub(super) profile: String,
    pub(super) function: &'static str,
    pub(super) system: String,
    pub(super) name: String,
    pub(super) nodes: u32,
    pub(super) ranks_per_node: u32,
    pub(super) dtype: &'static str,
    pub(super) notes: Vec<String>,
}

/// A range of sizes.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) from_bytes: u64,
    pub(super) to_bytes: u64,
    /// Algorithm and protocol.
    pub(super) choice: String,
    /// Channels at both ends.
    pub(super) channels: Option<(u32, u32)>,
    /// Predicted times at both ends.
    pub(super) time_us: [f64; 2],
    /// The library's own estimates at both ends.
    pub(super) tuner_us: Option<(f64, f64)>,
}

pub(super) fn write(format: Format, facts: &Facts, lines: &[Line]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Table => {
            comments(&mut out, facts)?;
            table(&mut out, lines)?;
        }
        Format::Csv => {
            comments(&mut out, facts)?;
            csv(&mut out, facts, lines)?;
        }
        Format::Json => {
            #[derive(Serialize)]
            struct Document<'a> {
                #[serde(flatten)]
                facts: &'a Facts,
                choices: &'a [Line],
            }
            serde_json::to_writer_pretty(&mut out, &Document { facts, choices: lines })?;
            writeln!(out)?;
        }
        Format::Jsonl => {
            #[derive(Serialize)]
            struct One<'a> {
                #[serde(flatten)]
                line: &'a Line,
                #[serde(flatten)]
                facts: &'a Facts,
            }
            for line in lines {
                serde_json::to_writer(&mut out, &One { line, facts })?;
                writeln!(out)?;
            }
        }
    }
    out.flush()
}

fn comments(out: &mut impl Write, facts: &Facts) -> io::Result<()> {
    let Facts { profile, function, system, name, nodes, ranks_per_node, dtype, notes } = facts;
    let plural = |count: &u32| if *count == 1 { "" } else { "s" };
    writeln!(
        out,
        "# {profile}: {function} of {dtype} on {system} ({name}), {nodes} node{} of {ranks_per_node} \
         rank{}; times are modelled",
        plural(nodes),
        plural(ranks_per_node)
    )?;
    notes.iter().try_for_each(|note| writeln!(out, "# {note}"))
}

fn table(out: &mut impl Write, lines: &[Line]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["from", "to", "choice", "channels", "time(us)", "tuner(us)"]);
    for line in lines {
        let size = |bytes| MessageSize::new(bytes).to_string();
        let range = |(first, last): (String, String)| {
            if first == last { first } else { format!("{first}..{last}") }
        };
        let times = |[first, last]: [f64; 2]| range((format!("{first:.1}"), format!("{last:.1}")));
        let none = || "N/A".to_owned();
        table.add_row([
            size(line.from_bytes),
            size(line.to_bytes),
            line.choice.clone(),
            line.channels.map_or_else(none, |(a, b)| range((a.to_string(), b.to_string()))),
            times(line.time_us),
            line.tuner_us.map_or_else(none, |(a, b)| times([a, b])),
        ]);
    }
    for column in [0, 1, 3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

fn csv(out: &mut impl Write, facts: &Facts, lines: &[Line]) -> io::Result<()> {
    writeln!(
        out,
        "from_bytes,to_bytes,choice,channels_from,channels_to,time_from_us,time_to_us,\
         tuner_from_us,tuner_to_us,profile,collective,system,nodes,ranks_per_node,type"
    )?;
    for line in lines {
        let pair = |pair: Option<(String, String)>| {
            pair.map_or_else(|| ",".to_owned(), |(a, b)| format!("{a},{b}"))
        };
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{},{}",
            line.from_bytes,
            line.to_bytes,
            line.choice,
            pair(line.channels.map(|(a, b)| (a.to_string(), b.to_string()))),
            line.time_us[0],
            line.time_us[1],
            pair(line.tuner_us.map(|(a, b)| (a.to_string(), b.to_string()))),
            facts.profile,
            facts.function,
            quoted(&facts.system),
            facts.nodes,
            facts.ranks_per_node,
            facts.dtype
        )?;
    }
    Ok(())
}
