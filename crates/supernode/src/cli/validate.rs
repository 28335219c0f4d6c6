//! `supernode validate`: library profiles held against measured curves.

mod builtin;
mod curves;
mod line;
mod records;
mod section;
mod table;

use std::process::ExitCode;

use clap::ValueEnum;
use supernode::catalog::Catalog;
use supernode::validate::{By, Operation};

use super::rows::Format;
use super::{Error, names};

const AFTER_HELP: &str = "\
Examples:
  supernode validate
  supernode validate --by machine,family,scale --all
  supernode validate --by scale --format csv
  supernode validate --curves all_reduce.log
  all_reduce_perf -b 8 -e 8G -f 2 -g 8 | supernode validate --curves -
  supernode validate --curves osu_allreduce.txt --system dgx-h100 --profile nccl:2.27 --ranks 16 --nodes 2

Without --curves, every row of the built-in set is predicted from constants that were fitted without
its machine (family, or size of cluster), and rows that the shipped constants were fitted on stand
apart. With --curves, rows are predicted with the shipped constants.
Errors are |predicted / measured - 1|; one vote per machine, operation and source.
Exit codes: 0 good, 2 the request cannot be met.";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// What is left out of the fit that predicts it; several with commas.
    #[arg(
        long,
        value_enum,
        ignore_case = true,
        value_delimiter = ',',
        default_value = "machine",
        conflicts_with = "curves"
    )]
    by: Vec<Without>,
    /// Hold the shipped constants against this file (`-` is standard input): output of nccl-tests,
    /// rccl-tests (text or JSON) or OSU, or the columns of measured curves.
    #[arg(long, value_name = "FILE")]
    curves: Option<String>,
    /// Catalog id, alias, or a TOML file with one system: what the curves were measured on [default:
    /// follows the machine's name].
    #[arg(long, value_name = "ID|FILE.toml", requires = "curves")]
    system: Option<String>,
    /// Library of the curves: nccl, nccl:VERSION or rccl [default: as the file says].
    #[arg(long, value_name = "NAME", value_parser = line::profile, requires = "curves")]
    profile: Option<line::Library>,
    /// all-reduce, all-gather, reduce-scatter, alltoall, broadcast, reduce or sendrecv, where a log
    /// does not tell.
    #[arg(long, value_name = "NAME", value_parser = line::operation, requires = "curves")]
    collective: Option<Operation>,
    /// Number of ranks, where a log does not tell.
    #[arg(short = 'n', long, value_name = "N", value_parser = line::positive, requires = "curves")]
    ranks: Option<u32>,
    /// Number of nodes, where a log does not tell.
    #[arg(long, value_name = "N", value_parser = line::positive, requires = "curves")]
    nodes: Option<u32>,
    /// Print all rows, votes, reasons and constants.
    #[arg(long)]
    all: bool,
    /// Worker threads [default: the cores of this machine]; results do not depend on it.
    #[arg(short, long, value_name = "N", value_parser = names::whole::<usize>)]
    jobs: Option<usize>,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
}

/// What is left out of a fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Without {
    /// One machine: its relatives remain.
    Machine,
    /// A family of chips.
    Family,
    /// More than 4 nodes, of any machine.
    Scale,
}

impl Without {
    fn by(self) -> By {
        match self {
            Self::Machine => By::Machine,
            Self::Family => By::Family,
            Self::Scale => By::Scale(4),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Machine => "by machine",
            Self::Family => "by family",
            Self::Scale => "by scale",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Machine => "every row from constants fitted without its machine",
            Self::Family => "every row from constants fitted without its family of chips",
            Self::Scale => "rows of 8 nodes and more, from constants fitted on up to 4",
        }
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let catalog = Catalog::builtin()?;
    match &args.curves {
        None => builtin::run(args, &catalog)?,
        Some(path) => curves::run(args, catalog, path)?,
    }
    Ok(ExitCode::SUCCESS)
}
