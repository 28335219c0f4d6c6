//! One section of the table: rows whose errors may stand in one figure.

use std::io::{self, Write};

use supernode::units::MessageSize;
use supernode::validate::{Class, Figure, Group, Section, WorstRow};

use super::records::Record;
use crate::cli::names::grouped;

/// A section and what it is called.
#[derive(Debug)]
pub(super) struct Named {
    /// `predicted by machine` and the like.
    pub(super) name: String,
    /// What that means.
    pub(super) what: &'static str,
    /// The figures.
    pub(super) section: Section,
}

impl Named {
    /// All of it but the overall figures, which stand at the end of everything.
    pub(super) fn records(&self) -> Vec<Record> {
        let Self { name, section, .. } = self;
        let groups = section.families.iter().chain(&section.targets);
        let mut records: Vec<Record> =
            groups.map(|group| Record::figures(name, section.set, group)).collect();
        let report = &section.report;
        let of_vote = |vote| Record::Vote { section: name.clone(), vote };
        let of_row = |row| Record::Worst { section: name.clone(), row };
        records.extend(report.votes.iter().cloned().map(of_vote));
        records.extend(report.worst.iter().cloned().map(of_row));
        records
    }
}

/// Writes a section; with `all`, every vote, too.
pub(super) fn write(out: &mut impl Write, named: &Named, all: bool) -> io::Result<()> {
    let Named { name, what, section } = named;
    let rows = grouped(section.overall.rows() as u64);
    writeln!(out, "\n{name}: {what}; {rows} rows")?;
    figures(out, section)?;
    writeln!(out, "  votes             within twins  across harnesses  beyond")?;
    for (class, [within, across, beyond]) in Class::ALL.iter().zip(section.judged) {
        let class = class.name();
        writeln!(out, "    {class:<14}{within:>14}{across:>18}{beyond:>8}")?;
    }
    if !section.report.worst.is_empty() && (all || name != "fitted") {
        writeln!(
            out,
            "  worst rows{:>30}{:>12}{:>13}{:>9}",
            "size", "measured", "predicted", "error"
        )?;
        for row in &section.report.worst {
            worst(out, row)?;
        }
    }
    if all {
        writeln!(out, "  every vote, the worst of each class first")?;
        for judged in &section.report.votes {
            let vote = &judged.vote;
            let (class, operation) = (vote.class.name(), vote.operation);
            writeln!(
                out,
                "    {class:<10}{operation:<16}{:>7.1} {:>+8.1}{:>6} rows  {:<17}{}, {}",
                vote.error * 100.0,
                vote.bias * 100.0,
                vote.rows,
                judged.miss.name(),
                vote.hardware,
                vote.source
            )?;
        }
    }
    Ok(())
}

/// The figures of a section by family, target and overall.
pub(super) fn figures(out: &mut impl Write, section: &Section) -> io::Result<()> {
    let class = |name: &str| format!("{name:>15}{:14}", "");
    let [latency, middle, bandwidth] = ["latency", "middle", "bandwidth"].map(class);
    writeln!(out, "{:34}{}", "", format!("{latency}{middle}{bandwidth}").trim_end())?;
    let columns = "  median    90th    bias votes";
    writeln!(out, "  {:<30}  {}", "error, %", [columns; 3].join("").trim_end())?;
    let groups = section.families.iter().chain(&section.targets).chain([&section.overall]);
    for group in groups {
        line(out, group)?;
    }
    Ok(())
}

fn line(out: &mut impl Write, group: &Group) -> io::Result<()> {
    let share = |value: Option<f64>| format!("{:>8.1}", value.unwrap_or_default() * 100.0);
    let cells = |figure: &Figure| {
        if figure.votes == 0 {
            return format!("{:>8}{:>8}{:>8}{:>6}", "-", "-", "-", "-");
        }
        let bias = figure.bias.unwrap_or_default() * 100.0;
        let (median, p90) = (share(figure.median), share(figure.p90));
        format!("{median}{p90}{bias:>+8.1}{:>6}", figure.votes)
    };
    let cells: Vec<String> = group.classes.iter().map(cells).collect();
    writeln!(out, "  {:<32}{}", group.group, cells.join(""))
}

fn worst(out: &mut impl Write, row: &WorstRow) -> io::Result<()> {
    let size = MessageSize::new(row.bytes).to_string();
    writeln!(
        out,
        "    {:<16}{:>4} chips{size:>10}{:>9.1} us{:>10.1} us{:>+8.1} %  {}",
        row.operation,
        row.chips,
        row.measured_us,
        row.predicted_us,
        row.error * 100.0,
        row.hardware
    )
}
