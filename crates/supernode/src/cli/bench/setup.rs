//! From the options to the machine, and to what is said about it.

use supernode::catalog::{Catalog, End, System};
use supernode::collectives::CollectiveError;
use supernode::fabric::{CostModel, Profile};

use super::{Args, Error, faults, noise};
use crate::cli::machine::{Copies, MAX_RANKS};
use crate::cli::measure::{EngineChoice, Request, Setup};
use crate::cli::names::grouped;
use crate::cli::rows::{Facts, Range, WIRE};

/// Worker threads that any machine can start.
const MAX_JOBS: usize = 256;

/// The machine with its ranks, and what is measured on it.
pub(super) fn setup(args: &Args, catalog: &Catalog, system: &System) -> Result<Setup, Error> {
    let threads = threads(args)?;
    let chip = catalog.chip_of(system)?;
    let copies = Copies(args.nodes.unwrap_or(1));
    let fabric = copies.fabric(catalog, system)?;
    let devices = fabric.devices();
    let faults = faults::faults(args)?;
    let left = devices.saturating_sub(faults.devices.len() as u32);
    let ranks = copies.ranks(system, devices, Some(args.ranks.unwrap_or(left)))?;
    // A permutation is a table of all devices.
    if args.placement.name() == "random" && devices > MAX_RANKS {
        let (devices, limit) = (grouped(u64::from(devices)), grouped(u64::from(MAX_RANKS)));
        let what = format!("{devices} devices are more than the {limit} that can be shuffled");
        return Err(format!("{what}; use --placement packed or spread").into());
    }
    if let Some(root) = args.root.filter(|root| *root >= ranks) {
        return Err(CollectiveError::Root { root, ranks }.into());
    }
    let placement = args.placement.placement(args.seed);
    let fabric = fabric.place_without(placement, ranks, &faults.devices)?;
    let fabric = fabric.with_faults(&faults.links)?;
    let rates = system.device_rates(chip, End::Middle)?;
    let noise = noise::noise(args, &fabric)?;
    let cost = CostModel { noise, ..CostModel::new(fabric, Profile::wire(), rates)? };
    let request = Request {
        collective: args.collective(),
        dtype: args.dtype,
        op: args.op,
        engine: args.engine,
        inner: args.inner,
        seed: args.seed,
        check: args.check != Some(0),
        threads,
    };
    let mut setup = Setup::new(request, cost);
    setup.levels.clone_from(&args.levels);
    setup.seeds = args.seeds;
    Ok(setup)
}

/// Options that only mean something under a library's profile.
pub(super) fn refuse_library_options(args: &Args) -> Result<(), Error> {
    let given = [
        (args.launch.is_some(), "--launch"),
        (args.processes.is_some(), "--processes"),
        (args.proto.is_some(), "--proto"),
        (args.tuner, "--tuner"),
        (args.engine == EngineChoice::Profile, "--engine profile"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => Err(format!(
            "{option} is about a library, and the profile wire has none; add --profile nccl, rccl or \
             hccl"
        )
        .into()),
        None => Ok(()),
    }
}

fn threads(args: &Args) -> Result<usize, Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = cores.max(MAX_JOBS);
    match args.jobs.unwrap_or(cores) {
        0 => Err("--jobs 0 leaves nobody to work; use at least 1".into()),
        jobs if jobs > most => {
            let what = format!("--jobs {jobs} is more than {most} worker threads");
            Err(format!("{what}; this machine has {cores} cores, and more threads gain nothing")
                .into())
        }
        jobs => Ok(jobs),
    }
}

/// What holds for every row.
pub(super) fn facts(args: &Args, system: &System, setup: &Setup) -> Facts {
    let fabric = &setup.cost.fabric;
    // One system alone: its scale-out network has no part in it.
    let alone = args.nodes.is_none_or(|nodes| nodes == 1);
    let ranges = system
        .ranges()
        .into_iter()
        .filter(|range| !(alone && range.path.starts_with("scale-out.")));
    Facts {
        version: env!("CARGO_PKG_VERSION"),
        collective: args.collective().name(),
        system: system.id.clone(),
        name: format!("{}{}", Copies(args.nodes.unwrap_or(1)), system.name),
        chip: system.chip_id().to_owned(),
        chips: system.chips().saturating_mul(args.nodes.unwrap_or(1)),
        devices: fabric.devices(),
        ranks: fabric.ranks(),
        placement: args.placement.name().to_owned(),
        profile: "wire".to_owned(),
        profile_note: WIRE.to_owned(),
        library: None,
        faults: noise::facts(args),
        seed: args.seed,
        set: args.set.iter().map(|set| set.trim().to_owned()).collect(),
        ranges: ranges
            .map(|range| Range {
                path: range.path,
                value: range.value,
                confidence: range.confidence.map_or_else(String::new, |c| c.to_string()),
                note: range.note,
            })
            .collect(),
    }
}
