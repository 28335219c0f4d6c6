//! A user's curves, predicted with the shipped constants.

use std::io::{self, Read, Write};

use supernode::catalog::{Catalog, System};
use supernode::library::costs::Costs;
use supernode::units::MessageSize;
use supernode::validate::{
    Bench, Curve, Given, Held, Log, Quality, ReadError, Remark, builtin, read_log_given, resembling,
};

use super::line::Library;
use super::records::{Beside, Record, write_all};
use super::section::{self, Named};
use super::{Args, table};
use crate::cli::rows::Format;
use crate::cli::{Error, source};

/// Rows that are all shown; of more the worst are.
const SMALL: usize = 80;
const WORST: usize = 20;

pub(super) fn run(args: &Args, mut catalog: Catalog, path: &str) -> Result<(), Error> {
    let (path, text) = content(path)?;
    let given = Given {
        operation: args.collective,
        ranks: args.ranks,
        nodes: args.nodes,
        hardware: None,
        source: None,
    };
    let mut log = read_log_given(&text, &given)
        .map_err(|error| format!("{path}: {error}{}", flag(&error)))?;
    for curve in &mut log.curves {
        match args.profile {
            None => {}
            Some(Library::Rccl) => "RCCL".clone_into(&mut curve.library),
            Some(Library::Nccl(version)) => {
                "NCCL".clone_into(&mut curve.library);
                curve.version = version.map_or_else(String::new, |version| version.to_string());
            }
        }
    }
    let system = match &args.system {
        None => None,
        Some(name) => Some(source::add_if_file(&mut catalog, name)?),
    };
    let system = system.map(|id| catalog.system(&id)).transpose()?;
    for curve in log.curves.iter_mut().filter(|curve| curve.hardware.is_empty()) {
        curve.hardware = system.map_or_else(String::new, |system| system.name.clone());
    }
    let stands = |curve: &Curve| system.or_else(|| resembling(&catalog, curve));
    let impossible = Bench::on(&catalog, &log.curves, stands).impossible;
    log.leave_out(&impossible);
    let bench = Bench::on(&catalog, &log.curves, stands);
    let costs = Costs::builtin()?;
    let held = Held::foreign(&bench, &costs);
    if held.scores.points.is_empty() {
        return Err(format!("{path}: {}", nothing(&held, &log)).into());
    }
    let rows = rows(&bench, &costs);
    let small = rows.len() <= SMALL || args.all;
    let known = builtin()?;
    let named = Named {
        name: "predicted".to_owned(),
        what: "rows of the file, with the shipped constants",
        section: held.section(&known, if small { 0 } else { WORST }),
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.format == Format::Table {
        let count = log.curves.len();
        let s = if count == 1 { "" } else { "s" };
        table::head(
            &mut out,
            &format!("the shipped constants held against {path}, {count} curve{s}"),
        )?;
        curves(&mut out, &bench, system)?;
        if small {
            each(&mut out, &rows)?;
        }
        section::write(&mut out, &named, args.all)?;
        let report = &named.section.report;
        table::left_out(&mut out, &report.unpredicted, &report.not_asked, args.all)?;
        table::assumed(&mut out, &bench.assumptions())?;
        remarks(&mut out, "left out", &log.left_out)?;
        remarks(&mut out, "remarks", &log.remarks)?;
        table::overall(&mut out, &[named])?;
    } else {
        let mut records: Vec<Record> = rows.into_iter().map(Record::Row).collect();
        records.extend(named.records());
        let report = &named.section.report;
        records.extend(Record::left_out(&report.unpredicted, &report.not_asked));
        records.extend(bench.assumptions().into_iter().map(Record::Assumed));
        let place = |remark: &Remark| remark.place.to_string();
        records.extend(log.left_out.iter().map(|remark| Record::LeftOut {
            rows: 1,
            why: remark.what.clone(),
            place: Some(place(remark)),
        }));
        records.extend(
            log.remarks
                .iter()
                .map(|remark| Record::Remark { place: place(remark), what: remark.what.clone() }),
        );
        records.extend(Record::overall(&[named]));
        write_all(&mut out, args.format, &records)?;
    }
    out.flush()?;
    Ok(())
}

/// What to call a file, and its text; `-` is standard input.
fn content(path: &str) -> Result<(&str, String), Error> {
    let (name, bytes) = if path == "-" {
        let mut bytes = Vec::new();
        ("standard input", io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
    } else {
        (path, std::fs::read(path))
    };
    let bytes = bytes.map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("{name}: this is no text; give a log, JSON or CSV"))?;
    Ok((name, text))
}

/// The flag that supplies what a log lacks.
fn flag(error: &ReadError) -> &'static str {
    match error {
        ReadError::MissingOperation { .. } => " with --collective",
        ReadError::MissingRanks { .. } => " with --ranks",
        _ => "",
    }
}

/// Why nothing of a file can be predicted, and what helps.
fn nothing(held: &Held<'_>, log: &Log) -> String {
    let reason = held.scores.unpredicted.first().map(|group| group.reason.as_str());
    if log.curves.iter().all(|curve| curve.rows.is_empty())
        && let Some(first) = log.left_out.first()
    {
        return format!(
            "no row can be used; {} were left out, the first: {first}",
            log.left_out.len()
        );
    }
    let reason = reason.unwrap_or("all rows are suspect or have no time");
    let help = match reason {
        reason if reason.starts_with("no catalog system") => "; name one with --system",
        reason if reason.starts_with("no profile for") => "; name the library with --profile",
        reason if reason.contains("ranks a node") => "; name the nodes with --nodes",
        _ => "",
    };
    let curves = log.curves.len();
    let s = if curves == 1 { "" } else { "s" };
    format!("no row of its {curves} curve{s} can be predicted: {reason}{help}")
}

/// All rows with a prediction, suspect ones included, which no figure counts.
fn rows(bench: &Bench<'_>, costs: &Costs) -> Vec<Beside> {
    let of = |case: &supernode::validate::Case| {
        let curve = &bench.curves[case.curve];
        let (measured, predicted) = (case.measured, bench.predict(case, costs));
        Beside {
            curve: curve.id.clone(),
            hardware: curve.hardware.clone(),
            system: bench.system(case.curve).unwrap_or_default().to_owned(),
            chips: curve.chips,
            nodes: bench.nodes(case),
            operation: curve.operation.name(),
            size_bytes: case.call.bytes,
            in_place: curve.rows[case.row].in_place,
            suspect: curve.rows[case.row].quality == Quality::Suspect,
            measured_us: measured.as_us_f64(),
            predicted_us: predicted.as_us_f64(),
            error: predicted.as_secs_f64() / measured.as_secs_f64() - 1.0,
            choice: bench.choice(case, costs),
        }
    };
    bench.cases.iter().map(of).collect()
}

/// One line a curve: what it was taken for.
fn curves(out: &mut impl Write, bench: &Bench<'_>, given: Option<&System>) -> io::Result<()> {
    for (at, curve) in bench.curves.iter().enumerate() {
        let Curve { id, hardware, library, version, chips, .. } = curve;
        let system = match (bench.system(at), bench.refusal(at)) {
            (Some(system), _) if given.is_some() => format!("on {system}"),
            (Some(system), _) => format!("taken for {system} (--system names another)"),
            (None, reason) => format!("not predicted: {}", reason.unwrap_or("no rows")),
        };
        let launch = curve.launch.map_or("launch mode unknown", |launch| launch.name());
        let run = format!("{library} {version}");
        let hardware = if hardware.is_empty() { "unnamed" } else { hardware };
        let text = format!("{id}: {chips} ranks, `{hardware}` {system}; {}, {launch}", run.trim());
        writeln!(out, "# {}", text.replace(char::is_control, " "))?;
    }
    Ok(())
}

fn each(out: &mut impl Write, rows: &[Beside]) -> io::Result<()> {
    let mut last = "";
    for row in rows {
        if row.curve != last {
            let Beside { curve, operation, chips, nodes, .. } = row;
            let s = if *nodes == 1 { "" } else { "s" };
            writeln!(out, "\n{curve}: {operation}, {chips} ranks on {nodes} node{s}")?;
            writeln!(out, "        size    measured   predicted    error  choice")?;
            last = &row.curve;
        }
        writeln!(
            out,
            "{:>12}{:>9.1} us{:>9.1} us{:>+7.1} %  {}{}{}",
            MessageSize::new(row.size_bytes).to_string(),
            row.measured_us,
            row.predicted_us,
            row.error * 100.0,
            row.choice,
            if row.in_place { ", in place" } else { "" },
            if row.suspect { ", suspect" } else { "" }
        )?;
    }
    Ok(())
}

/// Lines of the file of which something is to be said.
fn remarks(out: &mut impl Write, title: &str, remarks: &[Remark]) -> io::Result<()> {
    if remarks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}, {} in the file:", remarks.len())?;
    remarks.iter().try_for_each(|remark| writeln!(out, "  {remark}"))
}
