//! A run under HCCL's profile: its selector chooses, its own costs give the time, as a range where
//! nobody published what a step takes.

use std::io;
use std::process::ExitCode;

use supernode::catalog::System;
use supernode::library::Function;
use supernode::library::hccl::{Choice, Communicator, Times};
use supernode::units::{MessageSize, Time};

use super::{Args, EXPLAIN, Error, answered, asks_why, counts, setup};
use crate::cli::measure::{Answer, EngineChoice, Setup};
use crate::cli::profile::refuse_launch_of_hccl;
use crate::cli::rows::{Chosen, LibraryFacts, RowWriter, Sweep};

const NOTE: &str =
    "profile hccl: what its selector would choose, priced by its own costs; times are modelled";

/// Options that mean nothing to HCCL's model.
pub(super) fn refuse_options(args: &Args, changes: &[String]) -> Result<(), Error> {
    let engine = !matches!(args.engine, EngineChoice::Auto | EngineChoice::Profile);
    let given = [
        (args.algo != "auto", "--algo: HCCL's selector decides; leave it out"),
        (args.proto.is_some(), "--proto: HCCL has no protocols; leave it out"),
        (args.inner.is_some(), "--inner: HCCL's selector decides; leave it out"),
        (asks_why(args), EXPLAIN),
        (args.tuner, "--tuner prints NCCL's own estimate, and the profile hccl has none"),
        (
            engine,
            "the profile hccl has no schedules that engines could run; use the engine `profile`",
        ),
        (
            !changes.is_empty(),
            "the profile hccl has no fitted costs; leave `library` alone in the file",
        ),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, why)) => Err(why.into()),
        None => refuse_launch_of_hccl(args.launch, args.processes),
    }
}

pub(super) fn run(
    args: &Args,
    system: &System,
    setup: &Setup,
    communicator: &Communicator,
    sweep: Sweep,
    sizes: &[u64],
) -> Result<ExitCode, Error> {
    let function = Function::try_from(args.collective())?;
    let ranks = setup.ranks();
    let rows: Vec<((u64, u64), Choice, Times)> = sizes
        .iter()
        .map(|size| {
            let (count, large) = counts(args.collective(), args.dtype, ranks, *size);
            let bytes = large * args.dtype.bytes();
            let choice = communicator.choose(function, bytes)?;
            Ok(((count, bytes), choice, communicator.times(function, bytes, &choice)?))
        })
        .collect::<Result<_, Error>>()?;
    let mut facts = setup::facts(args, system, setup);
    "hccl".clone_into(&mut facts.profile);
    NOTE.clone_into(&mut facts.profile_note);
    facts.ranges.retain(|range| !range.path.ends_with(".latency"));
    let machine = communicator.machine;
    facts.library = Some(LibraryFacts {
        nodes: machine.servers * machine.supernodes,
        ranks_per_node: machine.devices,
        // Nothing is known of either.
        launch: "",
        processes: "",
        basis: vec![format!(
            "chip {}: no all-reduce sweep of any pod is public, nothing is fitted",
            machine.generation
        )],
        caveats: caveats(communicator),
        choices: choices(&rows),
        tuner: false,
        ends: true,
    });
    let mut writer = RowWriter::new(io::stdout().lock(), args.format, facts, sweep);
    writer.header(&[])?;
    for (shown, choice, times) in rows {
        let engine = EngineChoice::Profile;
        let answer = Answer {
            time: times.middle,
            engine,
            wrong: None,
            fallback: None,
            how: String::new(),
            seeds: None,
        };
        let chosen = Chosen {
            time_low_us: Some(times.low.as_us_f64()),
            time_high_us: Some(times.high.as_us_f64()),
            ..Chosen::default()
        };
        writer.row(answered(args, ranks, shown, choice.name().into(), answer, Some(chosen)))?;
    }
    writer.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn caveats(communicator: &Communicator) -> Vec<String> {
    let machine = communicator.machine;
    let [within, between] = communicator.steps_us();
    let range = |what: &str, (low, high): (f64, f64)| {
        format!(
            "modelled: a step {what} is {}..{}, the middle is used, both ends are in low and high \
             (not published; 60us is what the selector of HCCL counts)",
            Time::from_secs_f64(low * 1e-6),
            Time::from_secs_f64(high * 1e-6)
        )
    };
    let mut lines = Vec::new();
    if machine.devices > 1 {
        lines.push(range("within a server", within));
    }
    if machine.servers * machine.supernodes > 1 {
        lines.push(range("between servers", between));
    }
    lines.push("modelled: what starting a call takes is not published and not counted".to_owned());
    lines
}

fn choices(rows: &[((u64, u64), Choice, Times)]) -> Vec<String> {
    rows.chunk_by(|a, b| a.1.name() == b.1.name())
        .filter_map(|stretch| {
            let [(first, choice, _), .., (last, ..)] = stretch else {
                let [((_, bytes), choice, _)] = stretch else { return None };
                return Some(format!("{}: {}", MessageSize::new(*bytes), choice.name()));
            };
            let size = |(_, bytes): &(u64, u64)| MessageSize::new(*bytes);
            Some(format!("{} to {}: {}", size(first), size(last), choice.name()))
        })
        .collect()
}
