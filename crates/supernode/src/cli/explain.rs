//! `supernode explain`: the steps of a schedule, and what moves.

use std::io::Write;
use std::process::ExitCode;

use supernode::collectives::prove::{draw, explain, memory_needed};
use supernode::collectives::{Collective, LevelPlan};

use super::names::grouped;
use super::{Error, names, ranks, verify};

const AFTER_HELP: &str = "\
Examples:
  supernode explain all-reduce --algo double-binary-tree -n 5
  supernode explain all-reduce -n 8 --svg ring.svg
  supernode explain all-gather --algo hierarchical --levels 2:direct,2:ring -n 4

i, o and s are input, output and scratch: `o2 = <1+i2 & ` receives from rank 1, adds input chunk 2,
stores output chunk 2, and is awaited together with the next receive; `<1+i2 > 3` passes the sum on.";

/// Steps that fit a screen or two.
const MAX_STEPS: u64 = 100_000;

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter, all-gather, broadcast, reduce, all-to-all, gather, scatter,
    /// send-recv or barrier.
    #[arg(value_parser = names::any_case::<Collective>)]
    collective: Collective,
    /// The algorithm.
    #[arg(short, long, value_name = "NAME", default_value = "ring")]
    algo: String,
    /// Number of ranks; K is 1,024.
    #[arg(short = 'n', long, value_name = "N", default_value = "4", value_parser = ranks::count)]
    ranks: u32,
    /// Pieces each rank's share is cut into where the algorithm pipelines.
    #[arg(long, value_name = "N", default_value = "1", value_parser = verify::slices)]
    slices: u32,
    /// The rank that broadcasts, scatters, gathers or gets the reduction [default: 0].
    #[arg(short, long, value_name = "RANK", value_parser = names::whole::<u32>)]
    root: Option<u32>,
    /// Radix of trees and dissemination: one more than the peers of a round.
    #[arg(long, value_name = "K", default_value = "2", value_parser = verify::radix)]
    radix: u32,
    /// Levels of `hierarchical` as SIZE:INNER, innermost first; they are fitted to the ranks.
    #[arg(long, value_name = "LIST", default_value = "8:direct,8:ring", value_parser = verify::level, value_delimiter = ',')]
    levels: Vec<LevelPlan>,
    /// Also draw what moves into FILE: a line a rank, a column a round, an arrow a message.
    #[arg(long, value_name = "FILE")]
    svg: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    names::check_root(args.collective, args.root)?;
    let (collective, ranks) = (args.collective.with_root(args.root.unwrap_or(0)), args.ranks);
    let algorithm = verify::algorithm(&args.algo)?;
    let tuning = verify::tuning(algorithm, ranks, args.slices, &args.levels, args.radix);
    let schedule = algorithm.schedule(collective, ranks, &tuning)?;
    let (_, steps) = memory_needed(&*schedule);
    if steps > MAX_STEPS {
        let (steps, most) = (grouped(steps), grouped(MAX_STEPS));
        return Err(format!(
            "{algorithm} on {ranks} ranks has about {steps} steps, and at most {most} are printed; \
             use fewer ranks or slices"
        )
        .into());
    }
    let shape = schedule.shape();
    if let Some(path) = &args.svg {
        let drawing = draw(&*schedule, &format!("{algorithm} {collective}, {ranks} ranks"))?;
        std::fs::write(path, drawing).map_err(|error| format!("{path}: {error}"))?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{algorithm} {collective}: {ranks} ranks, {} lanes, {} input, {} output and {} scratch chunks",
        shape.lanes, shape.input_chunks, shape.output_chunks, shape.scratch_chunks
    )?;
    writeln!(out)?;
    out.write_all(explain(&*schedule)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
