//! `supernode compare`: more, weaker chips or fewer, stronger ones.

mod records;
mod table;

use std::io;
use std::process::ExitCode;

use supernode::catalog::Catalog;
use supernode::strategy::{Assumptions, Workload, compare};
use supernode::units::{Precision, Time, UnitError, parse_count};

use super::rows::Format;
use super::{Error, names, source};

const AFTER_HELP: &str = "\
Examples:
  supernode compare atlas-950-superpod vr-nvl144
  supernode compare cloudmatrix-384 gb200-nvl72 --params 405B --dtype bf16
  supernode compare atlas-950-superpod vr-nvl144 --set vr-nvl144.power=190kW --set pod.latency=3us
  supernode compare my-machine.toml dgx-h100 --format csv

A `--set` path without a system means the first machine. Counts are decimal: 70B is 70 x 10^9.";

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
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

fn parse_time(text: &str) -> Result<Time, UnitError> {
    text.parse()
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let mut catalog = Catalog::builtin()?;
    let first = source::add_if_file(&mut catalog, &args.first)?;
    let second = source::add_if_file(&mut catalog, &args.second)?;
    source::apply(&mut catalog, &[&first, &second], &args.set)?;
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
