//! A GOAL schedule under the LogGOPS preset.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;
use supernode::interop::goal;
use supernode::interop::loggops::{LoggopsError, Parameters, simulate};

use super::report::{Report, Times};
use super::{Error, Format, LoggopsArgs};
use crate::cli::names::grouped;

pub(super) fn run(file: &str, args: &LoggopsArgs, format: Format) -> Result<ExitCode, Error> {
    let named = |error: &dyn std::fmt::Display| format!("{file}: {error}");
    let bytes = std::fs::read(file).map_err(|error| named(&error))?;
    let goal = goal::from_bytes(&bytes).map_err(|error| named(&error))?;
    drop(bytes);
    if goal.is_unclosed() {
        let what = "the last `}` is missing; check that the file is whole";
        writeln!(std::io::stderr(), "warning: {file}: {what}")?;
    }
    let parameters = parameters(args);
    let (finish_ns, stuck) = match simulate(&goal, &parameters) {
        Ok(outcome) => (outcome.finish_ns, None),
        Err(LoggopsError::Stuck(stuck)) => (stuck.finish_ns.clone(), Some(stuck)),
        Err(error) => return Err(named(&error).into()),
    };
    let Parameters { latency_ns, overhead_ns, gap_ns, gap_per_byte_ns, .. } = parameters;
    let Parameters { overhead_per_byte_ns, eager_bytes, .. } = parameters;
    let messages = goal.messages();
    let events = goal.ops().len() as u64 + messages;
    Report {
        preset: "loggops",
        notes: vec![
            format!(
                "{file}: ranks {}, messages {}, events {}",
                grouped(goal.ranks().into()),
                grouped(messages),
                grouped(events)
            ),
            format!(
                "L {latency_ns} ns, o {overhead_ns} ns, g {gap_ns} ns, G {gap_per_byte_ns} ns/B, O \
                 {overhead_per_byte_ns} ns/B, S {eager_bytes} B"
            ),
        ],
        model: json!({
            "file": file,
            "latency_ns": latency_ns,
            "overhead_ns": overhead_ns,
            "gap_ns": gap_ns,
            "gap_per_byte_ns": gap_per_byte_ns,
            "overhead_per_byte_ns": overhead_per_byte_ns,
            "eager_bytes": eager_bytes,
            "messages": messages,
            "events": events,
        }),
        finish_ns: Times::Each(finish_ns),
        stuck,
    }
    .write(format)
}

fn parameters(args: &LoggopsArgs) -> Parameters {
    let default = Parameters::default();
    Parameters {
        latency_ns: args.latency.unwrap_or(default.latency_ns),
        overhead_ns: args.overhead.unwrap_or(default.overhead_ns),
        gap_ns: args.gap.unwrap_or(default.gap_ns),
        gap_per_byte_ns: args.gap_per_byte.unwrap_or(default.gap_per_byte_ns),
        overhead_per_byte_ns: args.overhead_per_byte.unwrap_or(default.overhead_per_byte_ns),
        eager_bytes: args.eager.unwrap_or(default.eager_bytes),
    }
}
