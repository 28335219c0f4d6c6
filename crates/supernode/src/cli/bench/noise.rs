//! `--jitter`, `--slow` and `--seeds`: noise, and how often it is drawn.

use supernode::fabric::{Fabric, Noise, Slow, Who};

use super::faults::{self, percent};
use super::{Args, Error, asks_why};
use crate::cli::measure::EngineChoice;
use crate::cli::names;
use crate::cli::rows::FaultFacts;

/// Seeds of one run.
const MOST_SEEDS: u32 = 1_000_000;
/// How many times as long a slow device may take.
const MOST_FACTOR: f64 = 1000.0;

pub(super) const WIRE_ONLY: &str = "--jitter, --slow, --degrade, --dead, --seeds and --levels are for the profile wire; a \
                                    library's times are modelled as a whole";

/// Whether anything is asked for that only the profile wire has.
pub(super) fn is_asked_for(args: &Args) -> bool {
    let faulty = !args.degrade.is_empty() || !args.dead.is_empty();
    makes_noise(args) || faulty || args.seeds.is_some() || !args.levels.is_empty()
}

fn makes_noise(args: &Args) -> bool {
    args.jitter.is_some() || !args.slow.is_empty()
}

/// The noise of a run on the ranks of `fabric`; none if nothing is asked for.
pub(super) fn noise(args: &Args, fabric: &Fabric) -> Result<Option<Noise>, Error> {
    if !makes_noise(args) {
        return Ok(None);
    }
    let jitter = args.jitter.as_ref().map(|text| text.parse());
    let jitter = jitter.transpose().map_err(|error| format!("--{error}"))?;
    let slow = args
        .slow
        .iter()
        .map(|text| slow(text, fabric).map_err(|what| format!("--slow {text}: {what}")));
    Ok(Some(Noise { seed: args.seed, jitter, slow: slow.collect::<Result<_, _>>()? }))
}

fn slow(text: &str, fabric: &Fabric) -> Result<Slow, String> {
    let (who, factor) = text
        .split_once(':')
        .ok_or("write RANK:FACTOR as in 7:1.5, or SHARE%:FACTOR as in 1%:1.5")?;
    let number = |text: &str| {
        let number = text.trim().parse::<f64>();
        number.map_err(|_| format!("`{text}` is no number"))
    };
    let factor = number(factor)?;
    if !(1.0..=MOST_FACTOR).contains(&factor) {
        return Err(format!("a slow device takes 1 to {MOST_FACTOR} times as long"));
    }
    let who = if let Some(share) = who.trim().strip_suffix('%') {
        Who::Share { ppm: percent(share)? }
    } else {
        let rank = names::whole::<u32>(who.trim())?;
        if rank >= fabric.ranks() {
            return Err(format!("there are {} ranks, from 0 on", fabric.ranks()));
        }
        Who::Device(fabric.device(rank))
    };
    Ok(Slow { who, factor_ppm: (factor * 1e6).round() as u64 })
}

/// What does not go with noise or with many seeds.
pub(super) fn refuse(args: &Args) -> Result<(), Error> {
    let faulty = !args.degrade.is_empty() || args.dead.iter().any(|dead| dead.contains(':'));
    if args.engine == EngineChoice::Formula && (makes_noise(args) || faulty) {
        return Err(
            "no closed form knows noise or faulty links; use the engine `auto`, `sweep` or `ports`"
                .into(),
        );
    }
    let Some(seeds) = args.seeds else { return Ok(()) };
    if seeds == 0 || seeds > MOST_SEEDS {
        return Err(
            format!("--seeds {seeds}: use 1 to {}", names::grouped(MOST_SEEDS.into())).into()
        );
    }
    if !makes_noise(args) {
        return Err(
            "--seeds draws the noise anew, and there is none; add --jitter or --slow".into()
        );
    }
    let engine = args.engine;
    let times = matches!(
        engine,
        EngineChoice::Auto
            | EngineChoice::Sweep
            | EngineChoice::Ports
            | EngineChoice::Links
            | EngineChoice::LinksFair
    );
    if !times {
        let what =
            format!("--seeds goes with an engine that only times, not with `{}`", engine.name());
        return Err(format!("{what}; use `auto`, `sweep`, `ports`, `links` or `links-fair`").into());
    }
    if asks_why(args) {
        return Err(
            "--explain, --per-rank and --trace are of one run; leave --seeds out, and choose it \
                    by --seed"
                .into(),
        );
    }
    if args.check == Some(1) {
        return Err("--check 1 needs data, and --seeds moves none; leave one of them out".into());
    }
    Ok(())
}

/// What is said about faults and noise.
pub(super) fn facts(args: &Args) -> Option<FaultFacts> {
    let faults = faults::named(args);
    (makes_noise(args) || !faults.is_empty()).then(|| FaultFacts {
        faults,
        jitter: args.jitter.as_ref().map(|text| text.trim().to_owned()),
        slow: args.slow.iter().map(|text| text.trim().to_owned()).collect(),
        seeds: args.seeds,
    })
}
