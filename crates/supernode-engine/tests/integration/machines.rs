//! Cost models for the other tests.

use supernode_collectives::{
    Algorithm, Chunks, Collective, CollectiveError, Inner, Schedule, Tuning, fit_levels,
};
use supernode_engine::formula::Elements;
use supernode_engine::ports;
use supernode_fabric::{
    CostModel, DeviceRates, Distribution, Fabric, FabricConfig, Hop, Jitter, Level, LevelKind,
    Noise, Profile, Slow, SwitchRate, Who,
};
use supernode_units::{Bandwidth, Time};

/// A level on a port of its own.
pub(crate) fn level(name: &str, kind: LevelKind, size: u32, gb: u64, latency: Time) -> Level {
    Level {
        name: name.into(),
        kind,
        size,
        bandwidth: Bandwidth::from_gb_per_s(gb),
        port_group: name.into(),
        latency,
        hop: Hop::default(),
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: None,
    }
}

/// Devices that reduce and copy `gb` 10^9 bytes per second.
pub(crate) fn model(levels: Vec<Level>, profile: Profile, gb: u64) -> CostModel {
    let fabric = Fabric::new(FabricConfig { levels, device_bandwidth: None }).expect("possible");
    let rate = Bandwidth::from_gb_per_s(gb);
    CostModel::new(fabric, profile, DeviceRates { reduce: rate, copy: rate }).expect("fast enough")
}

/// Steps that are up to 800 ns late, and some devices that are slow.
pub(crate) fn noise_of(seed: u64, slow_ppm: u32) -> Noise {
    let jitter = Jitter::new(Distribution::Uniform { most: Time::from_ns(800) }).ok();
    let slow = vec![Slow { who: Who::Share { ppm: slow_ppm }, factor_ppm: 1_700_000 }];
    Noise { seed, jitter, slow }
}

/// One switch that can reduce at 60 % of its link rate.
pub(crate) fn switch(
    ranks: u32,
    gb: u64,
    latency: Time,
    profile: Profile,
    engine: u64,
) -> CostModel {
    let mut node = level("node", LevelKind::Switch, ranks, gb, latency);
    node.in_switch = Some(SwitchRate { rate: Bandwidth::from_gb_per_s((gb * 6).div_ceil(10)) });
    model(vec![node], profile, engine)
}

/// Levels of every inner algorithm for any rank count.
pub(crate) fn tuning(ranks: u32, slices: u32, inner: Inner) -> Tuning {
    let levels = fit_levels(ranks, &[(4, inner), (3, Inner::Ring), (5, inner)]);
    Tuning { slices, levels, ..Tuning::default() }
}

/// What rings, recursive doubling and hierarchies have.
pub(crate) const ALL_REDUCE_AND_HALVES: [Collective; 3] =
    [Collective::AllReduce, Collective::ReduceScatter, Collective::AllGather];

pub(crate) fn pairs() -> Vec<(Algorithm, Collective)> {
    let all = Algorithm::ALL.into_iter().flat_map(|a| Collective::ALL.map(|c| (a, c)));
    all.filter(|(a, c)| a.schedule(*c, 4, &Tuning::default()).is_ok()).collect()
}

/// The schedule, unless the algorithm has none on so many ranks.
pub(crate) fn schedule(
    (algorithm, collective): (Algorithm, Collective),
    ranks: u32,
    tuning: &Tuning,
) -> Option<Box<dyn Schedule>> {
    match algorithm.schedule(collective, ranks, tuning) {
        Err(CollectiveError::RanksForbidden { .. }) => None,
        made => Some(made.expect("it is defined")),
    }
}

/// The time of the slowest rank.
pub(crate) fn time(schedule: &dyn Schedule, bytes: u64, cost: &CostModel) -> Time {
    time_of(schedule, bytes.into(), cost)
}

/// The same for elements of any width.
pub(crate) fn time_of(schedule: &dyn Schedule, elements: Elements, cost: &CostModel) -> Time {
    let chunks = Chunks::new(schedule.shape(), elements.count, elements.width);
    ports::run(schedule, &chunks, cost).expect("it ends").time()
}
