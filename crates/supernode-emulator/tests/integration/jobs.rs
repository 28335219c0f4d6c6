//! Jobs for the other tests.

use std::sync::Arc;

use supernode_collectives::{
    Algorithm, Chunks, Collective, CollectiveError, Inner, Tuning, fit_levels,
};
use supernode_emulator::{InputSpec, Job, Results};
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Placement, Profile,
    SwitchRate,
};
use supernode_units::{Bandwidth, DType, ReduceOp, Time};

pub(crate) const MEMORY: u64 = 1 << 30;

fn switch(ranks: u32, latency: Time, profile: Profile) -> CostModel {
    let level = Level {
        name: "node".into(),
        kind: LevelKind::Switch,
        size: ranks,
        bandwidth: Bandwidth::from_gb_per_s(450),
        port_group: "node".into(),
        latency,
        hop: Hop::default(),
        efficiency_ppm: 820_000,
        fan_out_loss_ppm: 0,
        in_switch: Some(SwitchRate { rate: Bandwidth::from_gb_per_s(274) }),
    };
    let fabric = Fabric::new(FabricConfig { levels: vec![level], device_bandwidth: None })
        .and_then(|fabric| fabric.place(Placement::Packed, ranks))
        .expect("it is possible");
    let rates = DeviceRates {
        reduce: Bandwidth::from_gb_per_s(1_000),
        copy: Bandwidth::from_gb_per_s(1_500),
    };
    CostModel::new(fabric, profile, rates).expect("it is possible")
}

/// Machines with other routes than one switch: boards in a mesh under a switch, and a torus of
/// switches, ranks in random places.
pub(crate) fn machine(torus: bool, ranks: u32, seed: u64) -> CostModel {
    let level = |name: &str, kind, size, gb| Level {
        name: name.into(),
        kind,
        size,
        bandwidth: Bandwidth::from_gb_per_s(gb),
        port_group: name.into(),
        latency: Time::from_ns(700),
        hop: Hop { switch: Time::from_ns(200), fec: Time::from_ns(60), cable_m: 3 },
        efficiency_ppm: 900_000,
        fan_out_loss_ppm: 20_000,
        in_switch: None,
    };
    let levels = if torus {
        let columns = ranks.div_ceil(12);
        let torus = LevelKind::Torus { dims: vec![4, columns] };
        vec![level("node", LevelKind::Switch, 3, 200), level("pod", torus, 4 * columns, 120)]
    } else {
        let mesh = LevelKind::FullMesh { dims: vec![2, 3] };
        let boards = ranks.div_ceil(6);
        vec![level("board", mesh, 6, 300), level("pod", LevelKind::Switch, boards, 50)]
    };
    let fabric = Fabric::new(FabricConfig { levels, device_bandwidth: None })
        .and_then(|fabric| fabric.place(Placement::Random { seed }, ranks))
        .expect("it is possible");
    let rates =
        DeviceRates { reduce: Bandwidth::from_gb_per_s(250), copy: Bandwidth::from_gb_per_s(400) };
    CostModel::new(fabric, software(), rates).expect("it is possible")
}

fn software() -> Profile {
    Profile {
        name: "test".into(),
        send_overhead: Time::from_ns(300),
        recv_overhead: Time::from_ns(200),
        sync: Time::from_ns(100),
        gap: Time::from_ns(50),
        slice_bytes: 4096,
        ..Profile::wire()
    }
}

pub(crate) fn job(
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    count: u64,
    dtype: DType,
    op: ReduceOp,
    results: Results,
) -> Job {
    // Levels that depend on the ranks, so that every kind of inner algorithm meets every position.
    let inner = |i: u32| [Inner::Ring, Inner::Direct, Inner::InSwitch][((ranks + i) % 3) as usize];
    let levels = fit_levels(ranks, &[(4, inner(0)), (6, inner(1)), (3, inner(2))]);
    let tuning = Tuning { slices: 1 + ranks % 4, levels, radix: 2 + ranks % 3 };
    let schedule = algorithm.schedule(collective, ranks, &tuning).expect("it is possible");
    Job {
        schedule: Arc::from(schedule),
        count,
        dtype,
        op,
        cost: Arc::new(switch(ranks, Time::from_us(1), software())),
        results,
        progress: None,
    }
}

pub(crate) fn spec(job: &Job, seed: u64) -> InputSpec {
    let shape = job.schedule.shape();
    let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
    InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed }
}

/// `ranks`, or one more where the algorithm forbids so many.
pub(crate) fn fitting((algorithm, collective): (Algorithm, Collective), ranks: u32) -> u32 {
    let made = algorithm.schedule(collective, ranks, &Tuning::default());
    ranks + u32::from(matches!(made, Err(CollectiveError::RanksForbidden { .. })))
}

pub(crate) fn pairs() -> Vec<(Algorithm, Collective)> {
    let tuning = Tuning::default();
    Algorithm::ALL
        .into_iter()
        .flat_map(|a| Collective::ALL.map(|c| (a, c)))
        .filter(|(a, c)| a.schedule(*c, 4, &tuning).is_ok())
        .collect()
}
