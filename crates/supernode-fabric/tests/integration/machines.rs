//! Levels and fabrics for the other tests.

use proptest::prelude::*;
use supernode_fabric::{
    Fabric, FabricConfig, Hop, Level, LevelKind, Oversubscription, Placement, Spread,
};
use supernode_units::{Bandwidth, Time};

/// A level with round figures.
pub(crate) fn level(name: &str, kind: LevelKind, size: u32) -> Level {
    Level {
        name: name.into(),
        kind,
        size,
        bandwidth: Bandwidth::from_gb_per_s(100),
        port_group: name.into(),
        latency: Time::from_us(1),
        hop: Hop { switch: Time::from_ns(200), fec: Time::from_ns(50), cable_m: 10 },
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: 0,
        in_switch: None,
    }
}

pub(crate) fn fabric(levels: Vec<Level>) -> Fabric {
    Fabric::new(FabricConfig { levels, device_bandwidth: None }).expect("a possible fabric")
}

fn kind(spreads: &'static [Spread]) -> impl Strategy<Value = (LevelKind, u32)> {
    let over = || (1_u32..4).prop_map(|down| Oversubscription { down, up: 1 });
    let dims = |most: usize| prop::collection::vec(1_u32..6, 1..=most);
    let product = |dims: &[u32]| dims.iter().product::<u32>();
    prop_oneof![
        (1_u32..20).prop_map(|size| (LevelKind::Switch, size)),
        (1_u32..20).prop_map(|size| (LevelKind::OnPackage, size)),
        (1_u32..20).prop_map(|size| (LevelKind::Ring, size)),
        dims(3).prop_map(move |dims| (LevelKind::Torus { dims: dims.clone() }, product(&dims))),
        dims(4).prop_map(move |dims| (LevelKind::FullMesh { dims: dims.clone() }, product(&dims))),
        (1_u32..40, 2_u32..4, 1_u32..9, over(), prop::sample::select(spreads)).prop_map(
            |(size, tiers, leaf, oversubscription, spread)| {
                (LevelKind::Clos { tiers, planes: 2, leaf, oversubscription, spread }, size)
            }
        ),
        (1_u32..30, 1_u32..9, over()).prop_map(|(size, leaf, oversubscription)| (
            LevelKind::Rail { leaf, oversubscription },
            size
        )),
    ]
}

/// Fabrics of one to three levels of every kind, with ranks placed in every way; none hashes flows.
pub(crate) fn placed_fabric() -> impl Strategy<Value = Fabric> {
    placed(&[Spread::Spray])
}

/// The same, and some hash flows.
pub(crate) fn hashed_fabric() -> impl Strategy<Value = Fabric> {
    placed(&[Spread::Spray, Spread::Ecmp { seed: 5 }])
}

fn placed(spreads: &'static [Spread]) -> impl Strategy<Value = Fabric> {
    let placement = prop_oneof![
        Just(Placement::Packed),
        Just(Placement::Spread),
        any::<u64>().prop_map(|seed| Placement::Random { seed }),
        (1_u32..5).prop_map(|stride| Placement::Strided { stride }),
    ];
    (prop::collection::vec(kind(spreads), 1..4), placement, 0.0..1.0_f64).prop_map(
        |(kinds, placement, share)| {
            let levels = kinds
                .into_iter()
                .enumerate()
                .map(|(i, (kind, size))| level(&format!("level{i}"), kind, size))
                .collect();
            let fabric = fabric(levels);
            let room = match placement {
                Placement::Strided { stride } => fabric.devices().div_ceil(stride),
                _ => fabric.devices(),
            };
            let ranks = 1 + (f64::from(room - 1) * share) as u32;
            fabric.place(placement, ranks).expect("there is room")
        },
    )
}
