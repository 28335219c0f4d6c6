//! `supernode compare`: more, weaker chips or fewer, stronger ones.

mod contests;
mod figures;
mod flips;
mod records;
mod table;
mod verdict;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::ValueEnum;
use supernode::catalog::{Catalog, CatalogError};
use supernode::strategy::{Assumptions, Workload, compare};
use supernode::units::{Precision, Time, UnitError, parse_count};

use super::{Error, names, source};

const AFTER_HELP: &str = "\
Examples:
  supernode compare atlas-950-superpod vr-nvl144
  supernode compare cloudmatrix-384 gb200-nvl72 --params 405B --dtype bf16
  supernode compare atlas-950-superpod vr-nvl144 --tokens 64M --set pod.latency=3us
  supernode compare atlas-950-superpod vr-nvl144 --set vr-nvl144.power=190kW
  supernode compare my-machine.toml dgx-h100 --format csv

Both machines are compared twice: on the wire, which is hardware only, and by the libraries of their
chips (nccl, rccl, hccl) where both have one. A `--set` path without a system means the first machine. Counts are decimal: 70B is 70 x 10^9.
Exit codes: 0 good, 2 the request cannot be met.";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Catalog id, alias, or a TOML file with one system.
    first: String,
    /// What it is compared with.
    second: String,
    /// Parameters of the dense model that is trained.
    #[arg(long, value_name = "COUNT", default_value = "70B", value_parser = parse_count)]
    params: u64,
    /// Tokens of one training step.
    #[arg(long, value_name = "COUNT", default_value = "4M", value_parser = parse_count)]
    tokens: u64,
    /// Tokens of one sequence.
    #[arg(long, value_name = "COUNT", default_value = "8192", value_parser = parse_count)]
    seq: u64,
    /// Precision of the matrix products; a chip without it takes its next wider one.
    #[arg(long, default_value = "fp8", value_parser = names::any_case::<Precision>)]
    dtype: Precision,
    /// Time to write a checkpoint, and to load one.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_time)]
    checkpoint: Time,
    /// Override a value of the model, such as vr-nvl144.power=190kW (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
}

/// How a comparison is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables and sentences.
    Table,
    /// One figure a line, verdict and assumptions included; `#` lines are comments.
    Csv,
    /// One object with all figures.
    Json,
    /// One figure a line, each a JSON object.
    Jsonl,
}

fn parse_time(text: &str) -> Result<Time, UnitError> {
    text.parse()
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut catalog = Catalog::builtin()?;
    let first = source::add_if_file(&mut catalog, &args.first)?;
    let second = if same_file(&args.first, &args.second) {
        first.clone()
    } else {
        add_second(&mut catalog, args)?
    };
    for set in &args.set {
        apply(&mut catalog, [&first, &second], set)?;
    }
    let workload =
        Workload { params: args.params, tokens: args.tokens, seq: args.seq, precision: args.dtype };
    let assumptions =
        Assumptions { checkpoint_s: args.checkpoint.as_secs_f64(), ..Assumptions::default() };
    let comparison = compare(&catalog, &first, &second, &workload, &assumptions)?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Table => table::write(&mut out, &comparison)?,
        Format::Csv => records::csv(&mut out, &comparison)?,
        Format::Json => records::json(&mut out, &comparison)?,
        Format::Jsonl => records::jsonl(&mut out, &comparison)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether both names are one file, which is read once.
fn same_file(first: &str, second: &str) -> bool {
    let path = |name: &str| Path::new(name).canonicalize().ok();
    path(first).is_some_and(|first| path(second).is_some_and(|second| first == second))
}

/// Adds the second machine beside the first: all files are one catalog, whose names are unique.
fn add_second(catalog: &mut Catalog, args: &Args) -> Result<String, Error> {
    source::add_if_file(catalog, &args.second).map_err(|error| {
        let twice = matches!(error.downcast_ref(), Some(CatalogError::Invalid { what, .. })
            if what.ends_with("exists already"));
        if twice {
            format!("{error}; {} and {} need different names", args.first, args.second).into()
        } else {
            error
        }
    })
}

/// Applies one override. A path without a system means the first machine; where only the second
/// has it, the error says how to reach it.
fn apply(catalog: &mut Catalog, [first, second]: [&str; 2], set: &str) -> Result<(), Error> {
    let is_unknown =
        |error: &Error| matches!(error.downcast_ref(), Some(CatalogError::UnknownKey { .. }));
    let Err(error) = source::apply(catalog, &[first, second], &[set.to_owned()]) else {
        return Ok(());
    };
    let other = format!("{second}.{set}");
    let elsewhere = source::apply(&mut catalog.clone(), &[second], std::slice::from_ref(&other));
    if is_unknown(&error) && !elsewhere.is_err_and(|error| is_unknown(&error)) {
        let key = set.split_once('=').map_or(set, |(key, _)| key);
        return Err(format!(
            "`{key}` is no value of {first}, which a path without a system means; for {second} \
             write `--set {other}`"
        )
        .into());
    }
    Err(error)
}

#[cfg(test)]
mod tests;
