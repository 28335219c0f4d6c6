//! `supernode bench`: nccl-tests on machines one cannot have.

mod choices;
mod faults;
mod files;
mod forced;
mod hccl;
mod library;
mod noise;
mod perfetto;
mod placement;
mod progress;
mod setup;
mod sweep;
mod trace;

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use indicatif::ProgressBar;
use supernode::catalog::System;
use supernode::collectives::{Algorithm, Collective, Inner};
use supernode::library::Library;
use supernode::units::{DType, MessageSize, ReduceOp};

use super::measure::{Answer, EngineChoice, Setup};
use super::profile::{LaunchName, ProcessesName, Profile};
use super::rows::{Chosen, Format, Row, RowWriter, SeedTimes, Sweep};
use super::{Error, names, ranks, source};
use choices::{Choice, Choices, choices};
use placement::PlacementName;

const AFTER_HELP: &str = "\
Examples:
  supernode bench all-reduce --system dgx-h100 -b 8 -e 128M -f 2
  supernode bench all-reduce --system cloudmatrix-384 -g 32 --algo ring,two-shot -b 64K -e 64M -f 4
  supernode bench all-reduce --system atlas-950-superpod --set pod.latency=3us --format csv
  supernode bench all-gather --system my-machine.toml --dtype bf16
  supernode bench all-reduce --system dgx-h100 --nodes 4 --profile nccl:2.27 -b 8 -e 8G -f 8

Sizes are binary: 128M is 128 MiB. Times are simulated; `#wrong` is counted from real data.
Under `--profile nccl` and the like the library chooses algorithm, protocol and channels, and the
engine `profile` gives the time of its steps; `--engine ports` or `emulate` runs the schedule.";

/// Options; names and defaults follow nccl-tests where it has them.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter, all-gather, broadcast, reduce, all-to-all, gather, scatter,
    /// send-recv or barrier.
    #[arg(value_name = "COLLECTIVE", value_parser = names::any_case::<Collective>)]
    what: Collective,
    /// Catalog id, alias, or a TOML file with one system.
    #[arg(long, value_name = "ID|FILE.toml")]
    system: String,
    /// Join so many of the system by its scale-out network [default: 1].
    #[arg(long, value_name = "N", value_parser = names::whole::<u32>)]
    nodes: Option<u32>,
    /// Number of ranks, such as 72 or 8K; K is 1,024 and M its square [default: every device of the
    /// system].
    #[arg(short = 'n', long, visible_short_alias = 'g', value_name = "N", value_parser = ranks::count)]
    ranks: Option<u32>,
    /// How ranks are laid on devices.
    #[arg(long, value_enum, ignore_case = true, default_value = "packed")]
    placement: PlacementName,
    /// Override a value of the model, such as pod.latency=3us (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Algorithms separated by commas, `auto` (predicted fastest per size) or `all`; under a
    /// library's profile, those that it may choose from (as `NCCL_ALGO`).
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    algo: String,
    /// Inner algorithm of `hierarchical` on every level: ring, direct or in-switch [default:
    /// follows the level].
    #[arg(long, value_name = "NAME", value_parser = names::any_case::<Inner>)]
    inner: Option<Inner>,
    /// Sizes of the levels of `hierarchical`, innermost first, such as 8,16,8 [default: those of the
    /// machine].
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names::whole::<u32>)]
    levels: Vec<u32>,
    /// What computes the times.
    #[arg(long, value_enum, ignore_case = true, default_value = "auto")]
    engine: EngineChoice,
    /// What software adds: `wire` (none), nccl[:VERSION], rccl, hccl, or a TOML file with
    /// `library` and the costs that differ.
    #[arg(long, value_name = "NAME|FILE.toml", default_value = "wire")]
    profile: String,
    /// How the library's kernels are launched [default: stream].
    #[arg(long, value_enum, ignore_case = true)]
    launch: Option<LaunchName>,
    /// Which process launches for which rank [default: per-device].
    #[arg(long, value_enum, ignore_case = true)]
    processes: Option<ProcessesName>,
    /// Protocols that the library may choose from: LL, LL128, Simple (as `NCCL_PROTO`).
    #[arg(long, value_name = "NAME")]
    proto: Option<String>,
    /// Print the library's own estimate beside the time.
    #[arg(long)]
    tuner: bool,
    /// Smallest message [default: 32M, or -e if that is less].
    #[arg(short = 'b', long, value_name = "SIZE")]
    minbytes: Option<MessageSize>,
    /// Largest message [default: 32M, or -b if that is more].
    #[arg(short = 'e', long, value_name = "SIZE")]
    maxbytes: Option<MessageSize>,
    /// Multiply the size by this from row to row.
    #[arg(short = 'f', long, value_name = "N", conflicts_with = "stepbytes", value_parser = names::whole::<u64>)]
    stepfactor: Option<u64>,
    /// Add this to the size from row to row [default: 1M].
    #[arg(short = 'i', long, value_name = "SIZE")]
    stepbytes: Option<MessageSize>,
    /// f32, f64, f16, bf16, f8e4m3, f8e5m2, i8, i32, i64, u8, u32 or u64 (or the name of nccl-tests
    /// or numpy).
    #[arg(short, long, default_value = "f32", value_parser = names::dtype)]
    dtype: DType,
    /// sum, prod, min, max or avg.
    #[arg(short, long, default_value = "sum", value_parser = names::any_case::<ReduceOp>)]
    op: ReduceOp,
    /// The rank that broadcasts, scatters, gathers or gets the reduction [default: 0].
    #[arg(short, long, value_name = "RANK", value_parser = names::whole::<u32>)]
    root: Option<u32>,
    /// Check results against a plain reference (0 or 1) [default: 1 where data runs].
    #[arg(short, long, value_name = "0|1", value_parser = check)]
    check: Option<u8>,
    /// Delay every message by chance: uniform:MOST, exp:MEAN, normal:MEAN:DEVIATION,
    /// lognormal:MEDIAN:SIGMA or pareto:LEAST:SHAPE, such as exp:200ns.
    #[arg(long, value_name = "NAME:..")]
    jitter: Option<String>,
    /// Devices that take longer for all they do: RANK:FACTOR such as 7:1.5, or SHARE%:FACTOR such as
    /// 1%:1.5, where the seed chooses (repeatable).
    #[arg(long, value_name = "WHO:FACTOR")]
    slow: Vec<String>,
    /// Leave some bandwidth to links, and add latency: LEVEL:LINK=SHARE%[+LATENCY], such as
    /// pod:17=50%+2us. A link is DEVICE (its port to switches), DEVICE-DEVICE (neighbours in a mesh or
    /// torus), or a share such as 1% that the seed chooses (repeatable).
    #[arg(long, value_name = "LINK=SHARE")]
    degrade: Vec<String>,
    /// Do without a DEVICE, or without a link LEVEL:LINK, around which messages find another way
    /// (repeatable).
    #[arg(long, value_name = "DEVICE|LINK")]
    dead: Vec<String>,
    /// Time so many seeds, from --seed on: their median, 99th percentile and maximum.
    #[arg(long, value_name = "N", value_parser = names::whole::<u32>)]
    seeds: Option<u32>,
    /// Seed of data, random placement, faults and noise.
    #[arg(long, default_value = "0", value_parser = names::whole::<u64>)]
    seed: u64,
    /// Worker threads [default: the cores of this machine]; results do not depend on it.
    #[arg(short, long, value_name = "N", value_parser = names::whole::<usize>)]
    jobs: Option<usize>,
    /// Say below the rows how each time was found, how far it is from the lower bound, when ranks
    /// finish, and what the last of them waited for.
    #[arg(long)]
    explain: bool,
    /// Write when each rank finishes, for a run of one row.
    #[arg(long, value_name = "FILE.csv")]
    per_rank: Option<String>,
    /// Write all steps and messages for Perfetto (ui.perfetto.dev), for a run of one row.
    #[arg(long, value_name = "FILE.pftrace")]
    trace: Option<String>,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
}

fn check(text: &str) -> Result<u8, String> {
    match text {
        "0" => Ok(0),
        "1" => Ok(1),
        _ => Err(format!("`{text}` is neither 0 nor 1")),
    }
}

impl Args {
    /// What is measured, its root included.
    fn collective(&self) -> Collective {
        self.what.with_root(self.root.unwrap_or(0))
    }
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    names::check_root(args.what, args.root)?;
    let sweep = sweep::sweep(args)?;
    let sizes = sweep::sizes(&sweep)?;
    let (catalog, id) = source::load(&args.system, &args.set)?;
    let system = catalog.system(&id)?;
    let profile = Profile::read(&args.profile)?;
    let setup = setup::setup(args, &catalog, system)?;
    let engine = match profile {
        Profile::Library { .. } if args.engine == EngineChoice::Auto => EngineChoice::Profile,
        _ => args.engine,
    };
    if args.check == Some(1) && !engine.may_move_data() {
        return Err(format!(
            "`--check 1` needs data, and the engine `{}` moves none; use the engine `emulate`",
            engine.name()
        )
        .into());
    }
    if noise::is_asked_for(args) && !matches!(profile, Profile::Wire) {
        return Err(noise::WIRE_ONLY.into());
    }
    match profile {
        Profile::Wire => wire(args, system, setup, sweep, &sizes),
        Profile::Library { library: Library::Hccl, changes, .. } => {
            hccl::refuse_options(args, &changes)?;
            let communicator = super::profile::hccl(&catalog, system, &setup.cost.fabric)?;
            hccl::run(args, system, &setup, &communicator, sweep, &sizes)
        }
        Profile::Library { library, costs, changes } => {
            let communicator =
                super::profile::communicator(&catalog, system, &setup.cost.fabric, library, costs)?;
            library::run(args, system, setup, communicator, &changes, sweep, &sizes)
        }
    }
}

/// The algorithms on bare hardware.
fn wire(
    args: &Args,
    system: &System,
    mut setup: Setup,
    sweep: Sweep,
    sizes: &[u64],
) -> Result<ExitCode, Error> {
    setup::refuse_library_options(args)?;
    noise::refuse(args)?;
    let Choices { run, left_out, of_all } = choices(args, &setup)?;
    for choice in &run {
        // The most messages may be those of the smallest size, and the most bytes of the largest.
        for size in [sweep.minimum_bytes, sweep.maximum_bytes] {
            let (_, elements) = counts(args.collective(), args.dtype, setup.ranks(), size);
            let (algorithm, tuning) = choice.resolve(&setup, elements * args.dtype.bytes());
            setup.check_limits(algorithm, &tuning, elements)?;
        }
    }
    files::write(args, &setup, &run, sizes)?;
    let facts = setup::facts(args, system, &setup);
    let mut writer = RowWriter::new(io::stdout().lock(), args.format, facts, sweep);
    writer.header(&left_out)?;
    let bar = progress::bar(&setup);
    let mut rows = run.iter().flat_map(|choice| sizes.iter().map(move |size| (*choice, *size)));
    let done = rows.try_for_each(|row| one_row(&mut writer, args, &mut setup, row, &of_all, &bar));
    bar.finish_and_clear();
    done?;
    let wrong = writer.finish()?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// One row; those of `of_all` may turn out not to run here.
fn one_row<W: Write>(
    writer: &mut RowWriter<W>,
    args: &Args,
    setup: &mut Setup,
    (choice, size): (Choice, u64),
    of_all: &[Algorithm],
    bar: &ProgressBar,
) -> Result<(), Error> {
    let ranks = setup.ranks();
    let (shown, large) = counts(args.collective(), args.dtype, ranks, size);
    let bytes = large * args.dtype.bytes();
    let (algorithm, tuning) = choice.resolve(setup, bytes);
    bar.set_message(format!("{algorithm} {}", MessageSize::new(bytes)));
    setup.check_limits(algorithm, &tuning, large)?;
    let answer = match setup.measure(algorithm, &tuning, large) {
        Err(why) if choice != Choice::Auto && of_all.contains(&algorithm) => {
            return Ok(bar.suspend(|| writer.leave_out(algorithm.name(), why.to_string()))?);
        }
        answer => answer?,
    };
    if args.explain {
        for line in setup.explain(algorithm, &tuning, large, &answer)? {
            writer.explain(line);
        }
    }
    let row = answered(args, ranks, (shown, bytes), algorithm.name().into(), answer, None);
    Ok(bar.suspend(|| writer.row(row))?)
}

/// Whether something was asked for that a library's times do not have.
fn asks_why(args: &Args) -> bool {
    args.explain || args.per_rank.is_some() || args.trace.is_some()
}

/// Why a library's times have no explanation.
const EXPLAIN: &str = "--explain, --per-rank and --trace are for the profile wire; a library's times are modelled, and \
                       `supernode choices` says what it runs";

/// The row of an answer, for `count` elements as shown and `bytes` in the large buffer.
fn answered(
    args: &Args,
    ranks: u32,
    (count, bytes): (u64, u64),
    algorithm: Cow<'static, str>,
    answer: Answer,
    chosen: Option<Chosen>,
) -> Row {
    let us = answer.time.as_us_f64();
    let algbw = if us > 0.0 { bytes as f64 / us / 1e3 } else { 0.0 };
    let (numerator, denominator) = args.collective().busbw_factor(ranks);
    Row {
        size_bytes: bytes,
        count,
        dtype: args.dtype.nccl_name(),
        redop: if args.collective().reduces() { args.op.name() } else { "none" },
        root: args.collective().root().map_or(-1, i64::from),
        algorithm,
        engine: answer.engine.name(),
        time_us: us,
        seeds: answer.seeds.as_ref().map(SeedTimes::of),
        algbw_gb_per_s: algbw,
        busbw_gb_per_s: algbw * numerator as f64 / denominator as f64,
        wrong: answer.wrong,
        fallback: answer.fallback,
        chosen,
    }
}

/// Elements as nccl-tests prints them, and elements of the large buffer, for `size` bytes.
///
/// Where the large buffer has a block for each rank, one rank's block counts, rounded down to 16
/// bytes.
pub(super) fn counts(collective: Collective, dtype: DType, ranks: u32, size: u64) -> (u64, u64) {
    let elements = size / dtype.bytes();
    match collective {
        Collective::AllReduce
        | Collective::Broadcast { .. }
        | Collective::Reduce { .. }
        | Collective::SendRecv => return (elements, elements),
        Collective::Barrier => return (0, 0),
        Collective::ReduceScatter
        | Collective::AllGather
        | Collective::AllToAll
        | Collective::Gather { .. }
        | Collective::Scatter { .. } => {}
    }
    let aligned = 16 / dtype.bytes();
    let block = elements / u64::from(ranks) / aligned * aligned;
    (block, block * u64::from(ranks))
}
