//! A run under a library's profile: the library chooses, its steps give the time.

use std::io;
use std::process::ExitCode;

use supernode::catalog::System;
use supernode::collectives::{Algorithm, Tuning};
use supernode::library::nccl::{Call, Choice};
use supernode::library::{Communicator, Element, Function, Launched, Library, Scheduled};
use supernode::units::{MessageSize, Time};

use super::{Args, EXPLAIN, Error, answered, asks_why, counts, forced, setup};
use crate::cli::measure::{Answer, EngineChoice, Setup};
use crate::cli::profile;
use crate::cli::rows::{Chosen, Facts, LibraryFacts, RowWriter, Sweep};

/// One row before it is timed by an engine.
struct Plan {
    /// Elements as shown.
    count: u64,
    /// Bytes of the large buffer.
    bytes: u64,
    call: Call,
    choice: Choice,
    time: Time,
}

pub(super) fn run(
    args: &Args,
    system: &System,
    mut setup: Setup,
    mut communicator: Communicator,
    changes: &[String],
    sweep: Sweep,
    sizes: &[u64],
) -> Result<ExitCode, Error> {
    if args.inner.is_some() {
        return Err("--inner is for the profile wire; a library decides by itself".into());
    }
    if asks_why(args) {
        return Err(EXPLAIN.into());
    }
    if args.tuner && communicator.library == Library::Rccl {
        return Err("--tuner prints NCCL's own estimate, and the profile rccl has none".into());
    }
    forced::force(args, &mut communicator.tuner.forced)?;
    let (launched, launch, processes) = profile::launched(args.launch, args.processes);
    let plans: Vec<Plan> = sizes
        .iter()
        .map(|size| plan(args, &communicator, launched, *size))
        .collect::<Result<_, _>>()?;
    let mut facts = setup::facts(args, system, &setup);
    describe(&mut facts, &communicator, changes);
    facts.library = Some(LibraryFacts {
        nodes: communicator.tuner.machine.nodes,
        ranks_per_node: communicator.tuner.machine.ranks_per_node,
        launch,
        processes,
        basis: communicator.basis()?.iter().map(ToString::to_string).collect(),
        caveats: caveats(&communicator),
        choices: choices(&plans),
        tuner: args.tuner,
        ends: false,
    });
    let scheduled = !matches!(args.engine, EngineChoice::Auto | EngineChoice::Profile);
    if scheduled {
        for plan in [plans.first(), plans.last()].into_iter().flatten() {
            let (algorithm, tuning) = schedule(&mut setup, &communicator, plan, launched)?;
            setup.check_limits(algorithm, &tuning, plan.call.bytes / args.dtype.bytes())?;
        }
    }
    let mut writer = RowWriter::new(io::stdout().lock(), args.format, facts, sweep);
    writer.header(&[])?;
    for plan in &plans {
        let answer = if scheduled {
            let (algorithm, tuning) = schedule(&mut setup, &communicator, plan, launched)?;
            let count = plan.bytes / args.dtype.bytes();
            setup.check_limits(algorithm, &tuning, count)?;
            setup.measure(algorithm, &tuning, count)?
        } else {
            let engine = EngineChoice::Profile;
            Answer {
                time: plan.time,
                engine,
                wrong: None,
                fallback: None,
                how: String::new(),
                seeds: None,
            }
        };
        let chosen = Chosen {
            protocol: Some(plan.choice.protocol.name()),
            channels: Some(plan.choice.channels),
            chunk_bytes: Some(plan.choice.chunk_bytes),
            tuner_us: plan.choice.time.filter(|_| args.tuner).map(Time::as_us_f64),
            ..Chosen::default()
        };
        let name = plan.choice.name().into();
        let ranks = setup.ranks();
        let shown = (plan.count, plan.bytes);
        writer.row(answered(args, ranks, shown, name, answer, Some(chosen)))?;
    }
    let wrong = writer.finish()?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn plan(
    args: &Args,
    communicator: &Communicator,
    launched: Launched,
    size: u64,
) -> Result<Plan, Error> {
    let ranks = communicator.tuner.machine.ranks();
    let (count, large) = counts(args.collective(), args.dtype, ranks, size);
    let bytes = large * args.dtype.bytes();
    let function = Function::try_from(args.collective())?;
    let call = Call {
        element: Element::from(args.dtype),
        op: args.op,
        // An empty call costs what the smallest does.
        ..Call::new(function, MessageSize::new(bytes.max(1)))
    };
    let choice = communicator.choose(&call);
    forced::check(args, communicator, function, &choice)?;
    Ok(Plan { count, bytes, call, choice, time: communicator.time(&call, &choice, launched) })
}

/// The schedule of a plan; the machine of `setup` becomes the one that its steps find.
fn schedule(
    setup: &mut Setup,
    communicator: &Communicator,
    plan: &Plan,
    launched: Launched,
) -> Result<(Algorithm, Tuning), Error> {
    let scheduled = communicator.schedule(&plan.call, &plan.choice, launched)?;
    let Scheduled { algorithm, tuning, cost } = scheduled;
    setup.price(cost);
    Ok((algorithm, tuning))
}

/// Names the profile in the facts.
fn describe(facts: &mut Facts, communicator: &Communicator, changes: &[String]) {
    facts.profile = communicator.library.to_string();
    facts.profile_note = format!(
        "profile {}: what the library would choose, priced by fitted costs of its steps; times are \
         modelled",
        communicator.library
    );
    facts.set.extend(changes.iter().cloned());
    // Of the hardware's figures only the rates count: latencies are among the fitted costs.
    facts.ranges.retain(|range| range.path.ends_with(".bandwidth"));
}

fn caveats(communicator: &Communicator) -> Vec<String> {
    let mut caveats: Vec<String> = communicator
        .tuner
        .constants
        .note()
        .map(|note| format!("note: {note}"))
        .into_iter()
        .collect();
    if communicator.library == Library::Rccl {
        caveats.push(
            "note: RCCL is taken to choose the fastest of its algorithms and protocols".to_owned(),
        );
    }
    caveats
}

/// What runs for which sizes, each stretch of rows with one algorithm and protocol on a line.
fn choices(plans: &[Plan]) -> Vec<String> {
    plans
        .chunk_by(|a, b| a.choice.name() == b.choice.name())
        .filter_map(|stretch| {
            let (first, last) = (stretch.first()?, stretch.last()?);
            let channels = stretch.iter().map(|plan| plan.choice.channels);
            let (least, most) = (channels.clone().min()?, channels.max()?);
            let channels = match (least, most) {
                (1, 1) => "1 channel".to_owned(),
                _ if least == most => format!("{most} channels"),
                _ => format!("{least} to {most} channels"),
            };
            let size = |plan: &Plan| MessageSize::new(plan.bytes);
            let sizes = match (size(first), size(last)) {
                (one, other) if one == other => one.to_string(),
                (one, other) => format!("{one} to {other}"),
            };
            Some(format!("{sizes}: {}, {channels}", first.choice.name()))
        })
        .collect()
}
