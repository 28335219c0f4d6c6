//! Jobs for the other tests.

use std::sync::Arc;

use supernode_collectives::{Algorithm, Chunks, Collective, Inner, LevelPlan, Tuning, fit_levels};
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
    let tuning = tuning(algorithm, ranks);
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

fn tuning(algorithm: Algorithm, ranks: u32) -> Tuning {
    // Levels that depend on the ranks, so that every kind of inner algorithm meets every position.
    let inner = |i: u32| [Inner::Ring, Inner::Direct, Inner::InSwitch][((ranks + i) % 3) as usize];
    let mut levels = fit_levels(ranks, &[(4, inner(0)), (6, inner(1)), (3, inner(2))]);
    if matches!(algorithm, Algorithm::MeshRings | Algorithm::TorusRings) {
        let side = (1..=ranks.isqrt()).rev().find(|side| ranks.is_multiple_of(*side)).unwrap_or(1);
        let level = |size| LevelPlan { size, inner: Inner::Ring };
        levels = vec![level(side), level(ranks / side)];
    }
    if algorithm == Algorithm::UnequalGroups {
        // Groups of 5, or what is left.
        let sizes = (0..ranks.div_ceil(5)).map(|group| (ranks - 5 * group).min(5));
        levels = sizes.map(|size| LevelPlan { size, inner: Inner::Ring }).collect();
    }
    Tuning { slices: 1 + ranks % 4, levels, radix: 2 + ranks % 3 }
}

/// The largest number of ranks up to `ranks` on which the algorithm is defined, or else the least.
pub(crate) fn fitting((algorithm, collective): (Algorithm, Collective), ranks: u32) -> u32 {
    // As many links a rank are enough.
    let most = if algorithm == Algorithm::FullMeshRings { ranks.min(17) } else { ranks };
    let fits = |n: &u32| algorithm.schedule(collective, *n, &tuning(algorithm, *n)).is_ok();
    (1..=most).rev().chain(most..=100).find(fits).expect("there is one")
}

pub(crate) fn spec(job: &Job, seed: u64) -> InputSpec {
    let shape = job.schedule.shape();
    let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
    InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed }
}

pub(crate) fn pairs() -> Vec<(Algorithm, Collective)> {
    Algorithm::ALL
        .into_iter()
        .flat_map(|a| Collective::ALL.map(|c| (a, c)))
        .filter(|(a, c)| [4, 9].iter().any(|n| a.schedule(*c, *n, &tuning(*a, *n)).is_ok()))
        .collect()
}
