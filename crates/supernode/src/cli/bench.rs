//! `supernode bench`: nccl-tests on machines one cannot have.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use supernode::catalog::{Catalog, End, System, nearest};
use supernode::collectives::{Algorithm, Collective, Inner, Tuning};
use supernode::fabric::{CostModel, Placement, Profile};
use supernode::units::{DType, MessageSize, ReduceOp};

use super::measure::{EngineChoice, Setup};
use super::rows::{Format, Row, RowWriter};
use super::{Error, source};

const AFTER_HELP: &str = "\
Examples:
  supernode bench all-reduce --system dgx-h100 -b 8 -e 128M -f 2
  supernode bench all-reduce --system cloudmatrix-384 -g 32 --algo ring,two-shot -b 64K -e 64M -f 4
  supernode bench all-reduce --system atlas-950-superpod --set pod.latency=3us --format csv
  supernode bench all-gather --system my-machine.toml --dtype bf16

Sizes are binary: 128M is 128 MiB. Times are simulated; `#wrong` is counted from real data.";

/// Options; names and defaults follow nccl-tests where it has them.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter or all-gather.
    collective: Collective,
    /// Catalog id, alias, or a TOML file with one system.
    #[arg(long, value_name = "ID|FILE.toml")]
    system: String,
    /// Number of ranks [default: every device of the system].
    #[arg(short = 'n', long, visible_short_alias = 'g', value_name = "N")]
    ranks: Option<u32>,
    /// How ranks are laid on devices.
    #[arg(long, value_enum, default_value = "packed")]
    placement: PlacementName,
    /// Override a value of the model, such as pod.latency=3us (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Algorithms separated by commas, `auto` (predicted fastest per size) or `all`.
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    algo: String,
    /// Inner algorithm of `hierarchical` on every level: ring, direct or in-switch [default:
    /// follows the level].
    #[arg(long, value_name = "NAME")]
    inner: Option<Inner>,
    /// What computes the times.
    #[arg(long, value_enum, default_value = "auto")]
    engine: EngineChoice,
    /// What software adds: `wire` is the ideal of no software.
    #[arg(long, default_value = "wire")]
    profile: String,
    /// Smallest message.
    #[arg(short = 'b', long, value_name = "SIZE", default_value = "32M")]
    minbytes: MessageSize,
    /// Largest message.
    #[arg(short = 'e', long, value_name = "SIZE", default_value = "32M")]
    maxbytes: MessageSize,
    /// Multiply the size by this from row to row.
    #[arg(short = 'f', long, value_name = "N", conflicts_with = "stepbytes")]
    stepfactor: Option<u64>,
    /// Add this to the size from row to row [default: 1M].
    #[arg(short = 'i', long, value_name = "SIZE")]
    stepbytes: Option<MessageSize>,
    /// f32, f64, f16, bf16, i32, i64 or u8 (or the nccl-tests name).
    #[arg(short, long, default_value = "f32")]
    dtype: DType,
    /// sum, prod, min, max or avg.
    #[arg(short, long, default_value = "sum")]
    op: ReduceOp,
    /// Check results against a plain reference (0 or 1).
    #[arg(short, long, value_name = "0|1", default_value_t = 1)]
    check: u32,
    /// Seed of data and random placement.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Worker threads [default: the cores of this machine]; results do not depend on it.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// How results are printed.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PlacementName {
    /// Rank r on device r.
    Packed,
    /// Round-robin over the outermost level.
    Spread,
    /// A permutation that the seed chooses.
    Random,
}

impl PlacementName {
    fn placement(self, seed: u64) -> Placement {
        match self {
            Self::Packed => Placement::Packed,
            Self::Spread => Placement::Spread,
            Self::Random => Placement::Random { seed },
        }
    }
}

/// An algorithm that was asked for, or the choice per size.
#[derive(Debug, Clone, Copy)]
enum Choice {
    Auto,
    Named(Algorithm),
}

impl Choice {
    /// The algorithm and its tuning for `bytes` bytes.
    fn resolve(self, setup: &Setup, bytes: u64) -> (Algorithm, Tuning) {
        match self {
            Self::Auto => setup.fastest(bytes),
            Self::Named(algorithm) => (algorithm, setup.tune(algorithm, bytes)),
        }
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    if args.profile != "wire" {
        return Err(format!("unknown profile `{}`; known: wire", args.profile).into());
    }
    let sizes = sizes(args)?;
    let (catalog, id) = source::load(&args.system, &args.set)?;
    let system = catalog.system(&id)?;
    let mut setup = setup(args, &catalog, system)?;
    let choices = choices(args, &setup)?;
    let largest = sizes.last().copied().unwrap_or_default();
    for choice in &choices {
        let (_, elements) = counts(args.collective, args.dtype, setup.ranks(), largest);
        let (algorithm, tuning) = choice.resolve(&setup, elements * args.dtype.bytes());
        setup.check_memory(algorithm, &tuning, elements)?;
    }
    let mut writer = RowWriter::new(io::stdout().lock(), args.format);
    describe(&mut writer, args, system, &setup)?;
    writer.header()?;
    let bar = progress_bar(&setup);
    for choice in choices {
        for &size in &sizes {
            row(&mut writer, args, system, &mut setup, choice, size, &bar)?;
        }
    }
    bar.finish_and_clear();
    let wrong = writer.finish()?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn setup(args: &Args, catalog: &Catalog, system: &System) -> Result<Setup, Error> {
    let chip = catalog.chip_of(system)?;
    let fabric = system.fabric(chip, End::Middle)?;
    let ranks = args.ranks.unwrap_or(fabric.devices());
    if ranks > fabric.devices() {
        return Err(format!(
            "{ranks} ranks do not fit: {} has {} devices ({} chips); use --ranks {} or less",
            system.id,
            fabric.devices(),
            system.chips(),
            fabric.devices()
        )
        .into());
    }
    let fabric = fabric.place(args.placement.placement(args.seed), ranks)?;
    let rates = system.device_rates(chip, End::Middle)?;
    let cost = Arc::new(CostModel::new(fabric, Profile::wire(), rates)?);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.jobs.unwrap_or(cores);
    if threads == 0 {
        return Err("--jobs 0 leaves nobody to work; use at least 1".into());
    }
    Ok(Setup::new(
        args.collective,
        args.dtype,
        args.op,
        cost,
        args.engine,
        args.inner,
        args.seed,
        args.check > 0,
        threads,
    ))
}

/// The cost model prices messages up to this size without overflow.
const LARGEST_BYTES: u64 = 1 << 40;

/// The sweep of nccl-tests.
fn sizes(args: &Args) -> Result<Vec<u64>, Error> {
    let (first, last) = (args.minbytes.bytes(), args.maxbytes.bytes());
    if first == 0 {
        return Err("-b 0: a sweep starts at 1 byte or more".into());
    }
    if first > last {
        return Err(format!("-b {} is above -e {}; swap them", args.minbytes, args.maxbytes).into());
    }
    if last > LARGEST_BYTES {
        return Err(format!("-e {} is above the largest message of 1T", args.maxbytes).into());
    }
    let step = args.stepbytes.unwrap_or(MessageSize::new(1 << 20)).bytes();
    match args.stepfactor {
        Some(factor) if factor < 2 => return Err("-f is a factor of 2 or more".into()),
        None if step == 0 => return Err("-i 0 never ends; use 1 byte or more".into()),
        _ => {}
    }
    let next = |size: &u64| match args.stepfactor {
        Some(factor) => size.checked_mul(factor),
        None => size.checked_add(step),
    };
    let sizes: Vec<u64> = std::iter::successors(Some(first), next)
        .take_while(|size| *size <= last)
        .take(100_001)
        .collect();
    if sizes.len() > 100_000 {
        return Err("the sweep has more than 100,000 sizes; use a larger -i or -f".into());
    }
    Ok(sizes)
}

fn choices(args: &Args, setup: &Setup) -> Result<Vec<Choice>, Error> {
    match args.algo.as_str() {
        "auto" => Ok(vec![Choice::Auto]),
        "all" => {
            let can = |algorithm: &Algorithm| setup.can_run(*algorithm).is_ok();
            Ok(Algorithm::ALL.into_iter().filter(can).map(Choice::Named).collect())
        }
        names => names
            .split(',')
            .map(|name| {
                let algorithm = parse_algorithm(name.trim())?;
                setup.can_run(algorithm)?;
                Ok(Choice::Named(algorithm))
            })
            .collect(),
    }
}

fn parse_algorithm(name: &str) -> Result<Algorithm, Error> {
    name.parse().map_err(|error: supernode::collectives::CollectiveError| {
        let names = Algorithm::ALL
            .into_iter()
            .flat_map(|a| std::iter::once(a.name()).chain(a.aliases().iter().copied()))
            .chain(["auto", "all"]);
        let hint = match nearest(name, names).first() {
            Some(nearest) => format!(" (did you mean `{nearest}`?)"),
            None => String::new(),
        };
        format!("{error}, auto, all{hint}").into()
    })
}

fn describe<W: Write>(
    writer: &mut RowWriter<W>,
    args: &Args,
    system: &System,
    setup: &Setup,
) -> io::Result<()> {
    let fabric = &setup.cost.fabric;
    writer.comment(&format!(
        "supernode {}: times are simulated, not measured; data and its check are real",
        env!("CARGO_PKG_VERSION")
    ))?;
    writer.comment(&format!(
        "{} on {} ({}): {} ranks of {} devices, {} chips {}, placement {}",
        args.collective,
        system.id,
        system.name,
        fabric.ranks(),
        fabric.devices(),
        system.chips(),
        system.chip_id(),
        args.placement.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned()),
    ))?;
    writer.comment("profile wire: hardware latency and full rates, no software")?;
    let used = |range: &&supernode::catalog::RangeNote| !range.path.starts_with("scale-out.");
    for range in system.ranges().iter().filter(used) {
        writer.comment(&format!(
            "modelled: {} is {}, the middle is used ({}); pin it with --set",
            range.path, range.value, range.note
        ))?;
    }
    writer.comment("in-place: the model charges it like out-of-place; no data is run for it")
}

fn progress_bar(setup: &Setup) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let messages = Arc::clone(&setup.progress);
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}, {messages} messages")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .with_key("messages", move |_: &_, out: &mut dyn std::fmt::Write| {
            // A progress line that cannot be written is not worth an error.
            let _ = write!(out, "{}", messages.load(Ordering::Relaxed));
        });
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn row<W: Write>(
    writer: &mut RowWriter<W>,
    args: &Args,
    system: &System,
    setup: &mut Setup,
    choice: Choice,
    size: u64,
    bar: &ProgressBar,
) -> Result<(), Error> {
    let ranks = setup.ranks();
    let (shown, large) = counts(args.collective, args.dtype, ranks, size);
    let bytes = large * args.dtype.bytes();
    let (algorithm, tuning) = choice.resolve(setup, bytes);
    bar.set_message(format!("{algorithm} {}", MessageSize::new(bytes)));
    let answer = setup.measure(algorithm, &tuning, large)?;
    if let Some(why) = &answer.fallback {
        let engine = answer.engine.name();
        writer.comment(&format!("engine {engine} instead of emulate: {why}"))?;
    }
    let us = answer.time.as_us_f64();
    let algbw = if us > 0.0 { bytes as f64 / us / 1e3 } else { 0.0 };
    let (numerator, denominator) = args.collective.busbw_factor(ranks);
    bar.suspend(|| {
        writer.row(Row {
            size_bytes: bytes,
            count: shown,
            dtype: args.dtype.nccl_name(),
            redop: if args.collective.reduces() { args.op.name() } else { "none" },
            root: -1,
            ranks,
            system: system.id.clone(),
            collective: args.collective.name(),
            algorithm: algorithm.name().to_owned(),
            engine: answer.engine.name(),
            profile: args.profile.clone(),
            seed: args.seed,
            time_us: us,
            algbw_gb_per_s: algbw,
            busbw_gb_per_s: algbw * numerator as f64 / denominator as f64,
            wrong: answer.wrong,
        })
    })?;
    Ok(())
}

/// Elements as nccl-tests prints them, and elements of the large buffer, for `size` bytes.
///
/// Reduce-scatter and all-gather count one rank's block, rounded down to 16 bytes.
fn counts(collective: Collective, dtype: DType, ranks: u32, size: u64) -> (u64, u64) {
    let elements = size / dtype.bytes();
    if collective == Collective::AllReduce {
        return (elements, elements);
    }
    let aligned = 16 / dtype.bytes();
    let block = elements / u64::from(ranks) / aligned * aligned;
    (block, block * u64::from(ranks))
}
