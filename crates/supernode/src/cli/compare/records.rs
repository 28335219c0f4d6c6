//! A comparison as tidy records: one figure a line.

use std::io::{self, Write};

use serde::Serialize;
use supernode::strategy::{Comparison, Subject, Turn, Unit};
use supernode::units::{Time, Value};

/// One figure of one machine.
#[derive(Debug, Serialize)]
struct Record {
    /// `machine`, `all-reduce`, `training`, `failures` or `flip`.
    section: &'static str,
    /// What the figure belongs to: a fact, a message size in bytes, a basis, a subject.
    item: String,
    /// The machine.
    machine: String,
    /// What is measured, with its unit.
    figure: &'static str,
    /// Low end; absent if unknown.
    low: Option<f64>,
    /// High end.
    high: Option<f64>,
    /// Algorithm, plan, or why there is no figure.
    note: String,
}

fn records(comparison: &Comparison) -> Vec<Record> {
    let names = comparison.machines.each_ref().map(supernode::strategy::Machine::name);
    let mut records = Vec::new();
    let mut push = |section, item: &str, machine: &str, figure, value: Value<f64>, note: &str| {
        records.push(Record {
            section,
            item: item.to_owned(),
            machine: machine.to_owned(),
            figure,
            low: value.low(),
            high: value.high(),
            note: note.to_owned(),
        });
    };
    for fact in &comparison.facts {
        for (name, value) in names.iter().zip(fact.values) {
            push("machine", fact.name, name, unit(fact.unit), value, "");
        }
    }
    for (bytes, sides) in &comparison.all_reduce {
        for (name, side) in names.iter().zip(sides) {
            let (item, algorithm) = (bytes.to_string(), side.algorithm.name());
            let time = side.time.map(Time::as_us_f64);
            push("all-reduce", &item, name, "time_us", time, algorithm);
            let busbw = side.busbw.map(|rate| rate / 1e9);
            push("all-reduce", &item, name, "busbw_gb_per_s", busbw, algorithm);
        }
    }
    for row in &comparison.rows {
        let item = row.basis.to_string();
        for (name, side) in names.iter().zip(&row.sides) {
            match side {
                Ok(side) => {
                    let plan = format!("{} {}", side.precision, side.best.plan);
                    let chips = side.chips as f64;
                    let mut figure = |figure, value| {
                        push("training", &item, &side.name, figure, value, &plan);
                    };
                    figure("chips", Value::Point(chips));
                    figure("tokens_per_s", side.tokens_per_s);
                    figure("tokens_per_s_per_mw", side.per_megawatt);
                    figure("tokens_per_s_per_chip", side.tokens_per_s.map(|t| t / chips));
                    figure("mfu", Value::between(side.worst.mfu, side.best.mfu));
                    figure("step_s", Value::between(side.best.seconds, side.worst.seconds));
                }
                Err(why) => push("training", &item, name, "tokens_per_s", Value::Unknown, why),
            }
        }
    }
    for (name, failures) in names.iter().zip(&comparison.failures) {
        push("failures", "interruptions", name, "mean_hours", failures.mean_hours, "modelled");
        push("failures", "interruptions", name, "goodput", failures.goodput, "modelled");
    }
    for flip in &comparison.flips {
        let (item, figure) = match &flip.subject {
            Subject::Latency(path) => (path.as_str(), "below_s"),
            Subject::Power => ("power", "below_w"),
            Subject::Chips => ("chips", "at_least"),
            Subject::Efficiency => ("gemm-efficiency", "at_least"),
        };
        for (end, turn) in [("bad end of the ranges", flip.bad), ("good end", flip.good)] {
            let (value, note) = match turn {
                Turn::At(at) => (Value::Point(at), end.to_owned()),
                Turn::Always => (Value::Unknown, format!("{end}: always wins")),
                Turn::Never => (Value::Unknown, format!("{end}: never wins")),
            };
            push("flip", item, &names[flip.leader], figure, value, &note);
        }
    }
    records
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::FlopsPerSecond => "flop_per_s",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_s",
        Unit::Watts => "w",
        Unit::UsDollars => "usd",
        Unit::Seconds => "s",
    }
}

pub(super) fn csv(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    writeln!(out, "# supernode {}: simulated, profile wire", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "section,item,machine,figure,low,high,note")?;
    for r in records(comparison) {
        let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
        let (low, high) = (number(r.low), number(r.high));
        let note = r.note.replace('"', "'");
        let (section, item, machine, figure) = (r.section, r.item, r.machine, r.figure);
        writeln!(out, "{section},{item},{machine},{figure},{low},{high},\"{note}\"")?;
    }
    Ok(())
}

pub(super) fn json(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &records(comparison))?;
    writeln!(out)
}

pub(super) fn jsonl(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for record in records(comparison) {
        serde_json::to_writer(&mut *out, &record)?;
        writeln!(out)?;
    }
    Ok(())
}
