//! `supernode scale`: one size over numbers of ranks.

mod plot;
mod rows;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use supernode::catalog::{Catalog, End, System};
use supernode::collectives::{Algorithm, Collective};
use supernode::fabric::{CostModel, Fabric, Placement, Profile};
use supernode::units::{DType, MessageSize, ReduceOp};

use super::bench::counts;
use super::machine::Copies;
use super::measure::{EngineChoice, Request, Setup};
use super::ranks::RankCounts;
use super::rows::Format;
use super::{Error, names, source, verify};
use rows::{About, Row, Writer};

const AFTER_HELP: &str = "\
Examples:
  supernode scale all-reduce --system atlas-960-supercluster --ranks 8..1M:x2 \\
    --algo ring,tree,hierarchical -s 1G --svg scale.svg
  supernode scale all-gather --system dgx-h100 --ranks 2,4,8 --format csv

Times are of the cheapest exact engine, as in `bench`, and no data runs. Where all exact engines take too
long the row is an estimate, engine `formula`. What cannot run is left out with the reason.";

#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter, all-gather, broadcast, reduce, all-to-all, gather, scatter,
    /// send-recv or barrier.
    #[arg(value_parser = names::any_case::<Collective>)]
    collective: Collective,
    /// Catalog id, alias, or a TOML file with one system.
    #[arg(long, value_name = "ID|FILE.toml")]
    system: String,
    /// Join so many of the system by its scale-out network.
    #[arg(long, value_name = "N", default_value = "1", value_parser = names::whole::<u32>)]
    nodes: u32,
    /// Numbers of ranks: 8,64 or 8..1M:x2 or 8..64:+8; K is 1,024 and M its square.
    #[arg(short = 'n', long, value_name = "LIST")]
    ranks: RankCounts,
    /// Algorithms separated by commas, `auto` (predicted fastest for each number) or `all`.
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    algo: String,
    /// Bytes of the large buffer of each rank [default: 1G]; a barrier has none.
    #[arg(short, long, value_name = "SIZE")]
    size: Option<MessageSize>,
    /// Element type.
    #[arg(short, long, default_value = "f32", value_parser = names::dtype)]
    dtype: DType,
    /// Override a value of the model, such as pod.latency=3us (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
    /// Draw time and bus bandwidth by number of ranks into this file.
    #[arg(long, value_name = "FILE")]
    svg: Option<String>,
}

/// The largest message that the cost model prices.
const LARGEST_BYTES: u64 = 1 << 40;

/// The size of a row where none is given.
const DEFAULT_BYTES: u64 = 1 << 30;

impl Args {
    /// Bytes that were asked for; none for a barrier.
    fn bytes(&self) -> Result<u64, Error> {
        match (self.collective, self.size) {
            (Collective::Barrier, None) => Ok(0),
            (Collective::Barrier, Some(_)) => Err("a barrier moves no data; leave -s out".into()),
            (_, None) => Ok(DEFAULT_BYTES),
            (_, Some(size)) if (1..=LARGEST_BYTES).contains(&size.bytes()) => Ok(size.bytes()),
            (_, Some(size)) => {
                let largest = MessageSize::new(LARGEST_BYTES);
                Err(format!("-s {size}: use 1 byte or more, up to {largest}").into())
            }
        }
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let bytes = args.bytes()?;
    let algorithms = algorithms(&args.algo)?;
    let (catalog, id) = source::load(&args.system, &args.set)?;
    let system = catalog.system(&id)?;
    let copies = Copies(args.nodes);
    let fabric = copies.fabric(&catalog, system)?;
    let fits = |ranks| copies.ranks(system, fabric.devices(), Some(ranks));
    // Where no number fits, there is nothing to head.
    if !args.ranks.iter().any(|ranks| fits(ranks).is_ok()) {
        args.ranks.iter().try_for_each(|ranks| fits(ranks).map(drop))?;
    }
    // A file that cannot be written is known before the work.
    let drawing =
        args.svg.as_ref().map(|path| Ok::<_, Error>((path, create(path)?))).transpose()?;
    let about = About {
        collective: args.collective,
        system: format!("{copies}{id}"),
        bytes,
        set: args.set.join(" "),
    };
    let mut writer = Writer::new(io::stdout().lock(), args.format, about);
    writer.header()?;
    let bar = progress(args.ranks.iter().count() * algorithms.len());
    for ranks in args.ranks.iter() {
        let mut setup =
            fits(ranks).and_then(|ranks| setup(args, (&catalog, system), &fabric, ranks));
        for &algorithm in &algorithms {
            bar.set_message(format!(
                "{} on {ranks} ranks",
                algorithm.map_or("auto", Algorithm::name)
            ));
            let made = match &mut setup {
                Ok(setup) => row(args, setup, algorithm),
                Err(why) => Err(why.to_string().into()),
            };
            match made {
                Ok(row) => bar.suspend(|| writer.row(row))?,
                Err(why) => {
                    bar.suspend(|| writer.leave_out(ranks, algorithm, why.to_string()))?;
                }
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let (rows, about) = writer.finish()?;
    if let Some((path, mut file)) = drawing {
        let drawn = plot::draw(&rows, &about);
        io::Write::write_all(&mut file, drawn.as_bytes())
            .map_err(|error| format!("{path}: {error}"))?;
    }
    if rows.is_empty() {
        return Err("nothing could run; see what was left out".into());
    }
    Ok(ExitCode::SUCCESS)
}

fn create(path: &str) -> Result<std::fs::File, Error> {
    std::fs::File::create(path).map_err(|error| format!("{path}: {error}").into())
}

/// The algorithms that `text` names, each once; none for the predicted fastest.
fn algorithms(text: &str) -> Result<Vec<Option<Algorithm>>, Error> {
    let mut chosen = Vec::new();
    for name in text.split(',').map(|name| name.trim().to_ascii_lowercase()) {
        match name.as_str() {
            "auto" => chosen.push(None),
            "all" => chosen.extend(Algorithm::ALL.map(Some)),
            name => chosen.push(Some(verify::algorithm(name)?)),
        }
    }
    let mut seen = Vec::new();
    chosen.retain(|algorithm| {
        let new = !seen.contains(algorithm);
        seen.push(*algorithm);
        new
    });
    Ok(chosen)
}

/// The machine with `ranks` ranks.
fn setup(
    args: &Args,
    (catalog, system): (&Catalog, &System),
    fabric: &Fabric,
    ranks: u32,
) -> Result<Setup, Error> {
    let fabric = fabric.clone().place(Placement::Packed, ranks)?;
    let rates = system.device_rates(catalog.chip_of(system)?, End::Middle)?;
    let request = Request {
        collective: args.collective,
        dtype: args.dtype,
        op: ReduceOp::Sum,
        engine: EngineChoice::Auto,
        inner: None,
        seed: 0,
        check: false,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    Ok(Setup::new(request, CostModel::new(fabric, Profile::wire(), rates)?))
}

fn row(args: &Args, setup: &mut Setup, algorithm: Option<Algorithm>) -> Result<Row, Error> {
    let ranks = setup.ranks();
    let (_, count) = counts(args.collective, args.dtype, ranks, args.bytes()?);
    let bytes = count * args.dtype.bytes();
    let (algorithm, tuning) = match algorithm {
        Some(algorithm) => {
            setup.can_run(algorithm)?;
            (algorithm, setup.tune(algorithm, bytes))
        }
        None => setup.fastest(bytes),
    };
    let answer = setup.exact_or_closed(algorithm, &tuning, count, "no data runs".to_owned())?;
    let bound = setup.bound(count);
    Ok(Row::new(args.collective, ranks, bytes, algorithm, answer, bound))
}

/// How many rows are done, for a person who looks at it.
fn progress(rows: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg} {elapsed}");
    let bar = ProgressBar::new(rows as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
