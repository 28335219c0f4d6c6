//! `supernode choices`: what a library would run for which sizes.

mod spans;
mod write;

use std::process::ExitCode;

use supernode::catalog::{Catalog, System};
use supernode::fabric::{Fabric, Placement};
use supernode::library::nccl::{Call, Choice};
use supernode::library::{Communicator, Element, Function, Library, hccl};
use supernode::units::{DType, MessageSize, ReduceOp, Time};

use super::machine::Copies;
use super::profile::{self, LaunchName, ProcessesName, Profile};
use super::rows::Format;
use super::{Error, names, ranks, source};
use spans::spans;
use write::{Facts, Line};

const AFTER_HELP: &str = "\
Examples:
  supernode choices all-reduce --system dgx-h100 --profile nccl:2.29
  supernode choices all-reduce --system mi300x-x8 --profile rccl --launch graph
  supernode choices all-gather --system dgx-h100 --nodes 16 --profile nccl -b 1K -e 4G
  supernode choices all-reduce --system cloudmatrix-384 --profile hccl --format csv

Each line is a range of sizes with one algorithm and protocol; channels, the predicted time and the
library's own estimate (tuner) are those of its ends.";

/// Options.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// all-reduce, reduce-scatter, all-gather, broadcast, reduce, all-to-all or send-recv.
    #[arg(value_parser = names::any_case::<Function>)]
    function: Function,
    /// Catalog id, alias, or a TOML file with one system.
    #[arg(long, value_name = "ID|FILE.toml")]
    system: String,
    /// nccl[:VERSION], rccl, hccl, or a TOML file with `library` and the costs that differ.
    #[arg(long, value_name = "NAME|FILE.toml")]
    profile: String,
    /// Join so many of the system by its scale-out network [default: 1].
    #[arg(long, value_name = "N", value_parser = names::whole::<u32>)]
    nodes: Option<u32>,
    /// Number of ranks, such as 72 or 8K; K is 1,024 and M its square [default: every device of the
    /// system].
    #[arg(short = 'n', long, visible_short_alias = 'g', value_name = "N", value_parser = ranks::count)]
    ranks: Option<u32>,
    /// Override a value of the model (repeatable).
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Smallest message.
    #[arg(short = 'b', long, value_name = "SIZE", default_value = "8")]
    minbytes: MessageSize,
    /// Largest message.
    #[arg(short = 'e', long, value_name = "SIZE", default_value = "16G")]
    maxbytes: MessageSize,
    /// f32, f64, f16, bf16, f8e4m3, f8e5m2, i8, i32, i64, u8, u32 or u64 (or the name of nccl-tests
    /// or numpy).
    #[arg(short, long, default_value = "f32", value_parser = names::dtype)]
    dtype: DType,
    /// sum, prod, min, max or avg.
    #[arg(short, long, default_value = "sum", value_parser = names::any_case::<ReduceOp>)]
    op: ReduceOp,
    /// How the library's kernels are launched [default: stream].
    #[arg(long, value_enum, ignore_case = true)]
    launch: Option<LaunchName>,
    /// Which process launches for which rank [default: per-device].
    #[arg(long, value_enum, ignore_case = true)]
    processes: Option<ProcessesName>,
    /// How results are printed.
    #[arg(long, value_enum, ignore_case = true, default_value = "table")]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Error> {
    let (from, to) = (args.minbytes.bytes(), args.maxbytes.bytes());
    if from == 0 {
        return Err("-b 0: sizes start at 1 byte or more".into());
    }
    if from > to || to > 1 << 40 {
        return Err(format!(
            "-b {} and -e {}: sizes go up, to 1TiB at most",
            args.minbytes, args.maxbytes
        )
        .into());
    }
    let profile = Profile::read(&args.profile)?;
    let (catalog, id) = source::load(&args.system, &args.set)?;
    let system = catalog.system(&id)?;
    let copies = Copies(args.nodes.unwrap_or(1));
    let fabric = copies.fabric(&catalog, system)?;
    let ranks = copies.ranks(system, fabric.devices(), args.ranks)?;
    let fabric = fabric.place(Placement::Packed, ranks)?;
    let (profile, notes, shape, lines) = match profile {
        Profile::Wire => {
            return Err(
                "the profile wire has no library that chooses; use --profile nccl, rccl or \
                        hccl"
                    .into(),
            );
        }
        Profile::Library { library: Library::Hccl, .. } => {
            for_hccl(args, &catalog, system, &fabric)?
        }
        Profile::Library { library, costs, changes } => {
            let made = profile::communicator(&catalog, system, &fabric, library, costs)?;
            for_nccl(args, &made, &changes)?
        }
    };
    let facts = Facts {
        profile,
        function: args.function.name(),
        system: system.id.clone(),
        name: format!("{copies}{}", system.name),
        nodes: shape.0,
        ranks_per_node: shape.1,
        dtype: args.dtype.name(),
        notes,
    };
    write::write(args.format, &facts, &lines)?;
    Ok(ExitCode::SUCCESS)
}

/// Profile, notes, shape and lines.
type Answer = (String, Vec<String>, (u32, u32), Vec<Line>);

fn for_nccl(args: &Args, made: &Communicator, changes: &[String]) -> Result<Answer, Error> {
    let call = Call {
        element: Element::from(args.dtype),
        op: args.op,
        ..Call::new(args.function, args.minbytes)
    };
    let (launched, launch, processes) = profile::launched(args.launch, args.processes);
    let at = |bytes| Call { bytes, ..call };
    let ends: Vec<(u64, u64, Choice, Choice)> = if made.library == Library::Rccl {
        let choose = |bytes| made.choose(&at(bytes));
        spans(args.minbytes.bytes(), args.maxbytes.bytes(), choose, |a, b| a.name() == b.name())
    } else {
        let spans = made.tuner.choices(&call, args.minbytes, args.maxbytes);
        spans.iter().map(|s| (s.from.bytes(), s.to.bytes(), s.first, s.last)).collect()
    };
    // RCCL's own tables are others than those of the tuner.
    let own = |choice: &Choice| {
        choice.time.filter(|_| made.library != Library::Rccl).map(Time::as_us_f64)
    };
    let lines = ends.into_iter().map(|(from, to, first, last)| Line {
        from_bytes: from,
        to_bytes: to,
        choice: first.name(),
        channels: Some((first.channels, last.channels)),
        time_us: [(from, &first), (to, &last)]
            .map(|(bytes, choice)| made.time(&at(bytes), choice, launched).as_us_f64()),
        tuner_us: own(&first).zip(own(&last)),
    });
    let mut notes = vec![format!("launch {launch}, processes {processes}")];
    notes.extend(changes.iter().map(|change| format!("set: {change}")));
    notes.extend(made.tuner.constants.note());
    notes.extend(made.basis()?.iter().map(|basis| format!("validity: {basis}")));
    if made.library == Library::Rccl {
        notes
            .push("RCCL is taken to choose the fastest of its algorithms and protocols".to_owned());
    }
    let machine = &made.tuner.machine;
    let shape = (machine.nodes, machine.ranks_per_node);
    Ok((made.library.to_string(), notes, shape, lines.collect()))
}

fn for_hccl(
    args: &Args,
    catalog: &Catalog,
    system: &System,
    fabric: &Fabric,
) -> Result<Answer, Error> {
    profile::refuse_launch_of_hccl(args.launch, args.processes)?;
    let made = profile::hccl(catalog, system, fabric)?;
    // What can be refused is so whatever the size.
    let first = made.choose(args.function, args.minbytes.bytes())?;
    let choose = |bytes| made.choose(args.function, bytes).unwrap_or(first);
    let us = |bytes, choice: hccl::Choice| -> Result<f64, Error> {
        Ok(made.times(args.function, bytes, &choice)?.middle.as_us_f64())
    };
    us(args.minbytes.bytes(), first)?;
    let (from, to) = (args.minbytes.bytes(), args.maxbytes.bytes());
    let ends = spans(from, to, choose, |a, b| a.name() == b.name());
    let lines = ends
        .into_iter()
        .map(|(from, to, first, last)| {
            Ok(Line {
                from_bytes: from,
                to_bytes: to,
                choice: first.name(),
                channels: None,
                time_us: [us(from, first)?, us(to, last)?],
                tuner_us: None,
            })
        })
        .collect::<Result<_, Error>>()?;
    let machine = made.machine;
    let notes =
        vec!["times are in the middle of what nobody published; bench prints both ends".to_owned()];
    let shape = (machine.servers * machine.supernodes, machine.devices);
    Ok(("hccl".to_owned(), notes, shape, lines))
}
