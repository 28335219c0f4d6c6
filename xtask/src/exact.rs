//! The long comparison of engines: `folded` against `ports`, to the picosecond, on machines that a seed
//! chooses, most of them with a partly filled last pod, of up to 16,384 ranks.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning, fit_levels};
use supernode_engine::{EngineError, choose, folded, ports};
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Oversubscription,
    Placement, Profile, Spread,
};
use supernode_units::{Bandwidth, Time};

use crate::prove::{Limits, mix, now};

const MAX_RANKS: u64 = 16_384;
/// Messages that `ports` follows in a few seconds.
const MAX_MESSAGES: u64 = 4_000_000;
/// Those that have phases.
const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::Ring,
    Algorithm::Hierarchical,
    Algorithm::TwoShot,
    Algorithm::RecursiveDoubling,
    Algorithm::Rabenseifner,
    Algorithm::Circulant,
    Algorithm::Nhr,
    Algorithm::Nb,
    Algorithm::Bine,
    Algorithm::Dissemination,
];

/// What was compared of one algorithm.
#[derive(Default)]
struct Compared {
    folded: u64,
    refused: u64,
    most_ranks: u32,
}

/// Numbers that follow from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = mix(self.0);
        self.0 % most
    }

    /// One of about any size below `most`.
    fn of_any_size(&mut self, most: u64) -> u64 {
        let bits = self.below(u64::from(most.ilog2()) + 1) as u32;
        1 + self.below((2_u64 << bits).min(most))
    }
}

/// Boards in pods in a cluster, by one port.
fn machine(numbers: &mut Numbers) -> Result<CostModel> {
    let sizes = [numbers.of_any_size(16), numbers.of_any_size(2_048), numbers.of_any_size(64)];
    let leaf = numbers.below(100) as u32;
    let mut levels = Vec::new();
    for (nth, (name, size)) in ["board", "pod", "cluster"].iter().zip(sizes).enumerate() {
        let down = 1 + numbers.below(2) as u32;
        let kind = if nth == 0 || leaf == 0 {
            LevelKind::Switch
        } else {
            let oversubscription = Oversubscription { down, up: 1 };
            LevelKind::Clos { tiers: 2, planes: 1, leaf, oversubscription, spread: Spread::Spray }
        };
        levels.push(Level {
            name: (*name).into(),
            kind,
            size: size as u32,
            bandwidth: Bandwidth::from_gb_per_s(numbers.of_any_size(1_000)),
            port_group: "port".into(),
            latency: Time::from_ns(numbers.of_any_size(8_000)),
            hop: Hop { switch: Time::from_ns(numbers.below(2) * 150), ..Hop::default() },
            efficiency_ppm: 1_000_000,
            fan_out_loss_ppm: (numbers.below(2) * 500) as u32,
            in_switch: None,
        });
    }
    let profile = Profile {
        send_overhead: Time::from_ns(numbers.below(300)),
        recv_overhead: Time::from_ns(numbers.below(300)),
        gap: Time::from_ns(numbers.below(300)),
        slice_bytes: numbers.of_any_size(1 << 20),
        ..Profile::wire()
    };
    let profile = if numbers.below(2) == 0 { Profile::wire() } else { profile };
    let fabric = Fabric::new(FabricConfig { levels, device_bandwidth: None })?;
    let most = u64::from(fabric.devices()).min(MAX_RANKS);
    let ranks = match numbers.below(3) {
        0 => most,
        1 => 1 << most.ilog2(),
        _ => numbers.of_any_size(most),
    };
    let fabric = fabric.place(Placement::Packed, ranks as u32)?;
    let rate = Bandwidth::from_gb_per_s(numbers.of_any_size(4_000));
    Ok(CostModel::new(fabric, profile, DeviceRates { reduce: rate, copy: rate })?)
}

/// Compares until time is over or there are enough cases.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let limits = Limits { minutes: 10, cases: 2_000, seed: 0 }.read("exact", arguments)?;
    let until = now() + Duration::from_secs(60 * limits.minutes);
    let mut table: BTreeMap<&str, Compared> = BTreeMap::new();
    let (mut index, mut cases) = (0, 0);
    while cases < limits.cases && now() < until {
        let mut numbers = Numbers(mix(limits.seed ^ mix(index)));
        let cost = machine(&mut numbers)?;
        let algorithm = ALGORITHMS[numbers.below(ALGORITHMS.len() as u64) as usize];
        let collective = Collective::ALL[numbers.below(Collective::ALL.len() as u64) as usize];
        let inner = [Inner::Ring, Inner::Direct][numbers.below(2) as usize];
        let own = cost.fabric.levels().iter().map(|level| (level.size, inner));
        let levels = fit_levels(cost.fabric.ranks(), &own.collect::<Vec<_>>());
        let tuning = Tuning { levels, ..Tuning::default() };
        let (count, case) = (numbers.of_any_size(1 << 28), index);
        index += 1;
        let ranks = cost.fabric.ranks();
        let Ok(schedule) = algorithm.schedule(collective, ranks, &tuning) else { continue };
        if choose::messages(&*schedule) > MAX_MESSAGES {
            continue;
        }
        cases += 1;
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let compared = table.entry(algorithm.name()).or_default();
        match folded::run(&*schedule, &chunks, &cost, 2) {
            Ok(folded) => {
                if folded.timed() != ports::run(&*schedule, &chunks, &cost)? {
                    bail!(
                        "case {case} of seed {}: {algorithm} {collective} of {count} elements on {ranks} ranks: the engines differ",
                        limits.seed
                    );
                }
                compared.folded += 1;
                compared.most_ranks = compared.most_ranks.max(ranks);
            }
            Err(EngineError::Unfit(_)) => compared.refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    println!("algorithm            equal  refused  most ranks");
    for (name, Compared { folded, refused, most_ranks }) in table {
        println!("{name:<20} {folded:>5} {refused:>8} {most_ranks:>11}");
    }
    Ok(())
}
