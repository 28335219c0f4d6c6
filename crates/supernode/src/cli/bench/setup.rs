//! From the options to the machine, and to what is said about it.

use std::sync::Arc;

use supernode::catalog::{Catalog, End, System};
use supernode::fabric::{CostModel, Profile};

use super::{Args, Error};
use crate::cli::measure::{Request, Setup};
use crate::cli::names::grouped;
use crate::cli::rows::{Facts, Range};

/// Ranks of one run, four times those of the largest machine in the catalog: the closed forms look
/// at every rank, and a row should take seconds.
const MAX_RANKS: u32 = 1 << 22;
/// Worker threads that any machine can start.
const MAX_JOBS: usize = 256;
/// Profiles of software costs.
const PROFILES: [&str; 1] = ["wire"];

/// The machine with its ranks, and what is measured on it.
pub(super) fn setup(args: &Args, catalog: &Catalog, system: &System) -> Result<Setup, Error> {
    if !PROFILES.iter().any(|known| known.eq_ignore_ascii_case(&args.profile)) {
        let known = PROFILES.join(", ");
        return Err(format!("unknown profile `{}`; known: {known}", args.profile).into());
    }
    let threads = threads(args)?;
    let chip = catalog.chip_of(system)?;
    let fabric = system.fabric(chip, End::Middle)?;
    let devices = fabric.devices();
    let ranks = args.ranks.unwrap_or(devices);
    if ranks > devices {
        return Err(format!(
            "{ranks} ranks do not fit: {} has {devices} devices ({} chips); use --ranks {devices} \
             or less",
            system.id,
            system.chips()
        )
        .into());
    }
    let limit = grouped(u64::from(MAX_RANKS));
    if ranks > MAX_RANKS {
        let ranks = grouped(u64::from(ranks));
        let what = format!("{ranks} ranks are more than the {limit} that can be timed");
        return Err(format!("{what}; use --ranks {MAX_RANKS} or less").into());
    }
    // A permutation is a table of all devices.
    if args.placement.name() == "random" && devices > MAX_RANKS {
        let devices = grouped(u64::from(devices));
        let what = format!("{devices} devices are more than the {limit} that can be shuffled");
        return Err(format!("{what}; use --placement packed or spread").into());
    }
    let fabric = fabric.place(args.placement.placement(args.seed), ranks)?;
    let rates = system.device_rates(chip, End::Middle)?;
    let cost = Arc::new(CostModel::new(fabric, Profile::wire(), rates)?);
    let request = Request {
        collective: args.collective,
        dtype: args.dtype,
        op: args.op,
        engine: args.engine,
        inner: args.inner,
        seed: args.seed,
        check: args.check != Some(0),
        threads,
    };
    Ok(Setup::new(request, cost))
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
    let ranges = system.ranges().into_iter().filter(|range| !range.path.starts_with("scale-out."));
    Facts {
        version: env!("CARGO_PKG_VERSION"),
        collective: args.collective.name(),
        system: system.id.clone(),
        name: system.name.clone(),
        chip: system.chip_id().to_owned(),
        chips: system.chips(),
        devices: fabric.devices(),
        ranks: fabric.ranks(),
        placement: args.placement.name().to_owned(),
        profile: PROFILES[0],
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
