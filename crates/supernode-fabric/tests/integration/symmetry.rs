//! No route tells ranks apart that have moved on by a period.

use std::collections::BTreeMap;

use proptest::prelude::*;
use supernode_fabric::{
    Fabric, FabricConfig, Hop, Level, LevelKind, Oversubscription, Placement, Spread,
};
use supernode_units::{Bandwidth, Time};

fn level(name: &str, (kind, size): (LevelKind, u32), group: &str, gb: u64) -> Level {
    Level {
        name: name.into(),
        kind,
        size,
        bandwidth: Bandwidth::from_gb_per_s(gb),
        port_group: group.into(),
        latency: Time::from_ns(gb),
        hop: Hop { switch: Time::from_ns(1), ..Hop::default() },
        efficiency_ppm: 1_000_000,
        fan_out_loss_ppm: gb as u32,
        in_switch: None,
    }
}

fn kind() -> impl Strategy<Value = (LevelKind, u32)> {
    let over = Oversubscription { down: 2, up: 1 };
    prop_oneof![
        (1_u32..9).prop_map(|size| (LevelKind::Switch, size)),
        (1_u32..7).prop_map(|size| (LevelKind::Ring, size)),
        (1_u32..9).prop_map(|size| (LevelKind::FullMesh { dims: vec![size] }, size)),
        (1_u32..4, 1_u32..5).prop_map(|(a, b)| (LevelKind::FullMesh { dims: vec![a, b] }, a * b)),
        (1_u32..5, 1_u32..5).prop_map(|(a, b)| (LevelKind::Torus { dims: vec![a, b] }, a * b)),
        (1_u32..13, 1_u32..4, 2_u32..4).prop_map(move |(size, leaf, tiers)| {
            let spread = Spread::Spray;
            (LevelKind::Clos { tiers, planes: 1, leaf, oversubscription: over, spread }, size)
        }),
        (1_u32..9, 1_u32..4)
            .prop_map(move |(size, leaf)| (LevelKind::Rail { leaf, oversubscription: over }, size)),
    ]
}

/// Numbers in order of first appearance: equal for lists that are equal but for names.
fn pattern<T: Ord>(list: impl Iterator<Item = T>) -> Vec<usize> {
    let mut seen = BTreeMap::new();
    list.map(|item| {
        let next = seen.len();
        *seen.entry(item).or_insert(next)
    })
    .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn routes_do_not_tell_a_shift_by_the_period(
        kinds in (kind(), kind()),
        shared in any::<bool>(),
        placement in prop_oneof![
            3 => Just(Placement::Packed),
            2 => Just(Placement::Spread),
            1 => Just(Placement::Strided { stride: 2 }),
            1 => any::<u64>().prop_map(|seed| Placement::Random { seed }),
        ],
        fill in prop_oneof![Just(1.0), 0.0..1.0_f64],
        sizes in prop::collection::vec(1_u32..9, 1..4),
    ) {
        let any = kinds.0.0.any_to_any() && kinds.1.0.any_to_any();
        let group = if shared && any { "node" } else { "pod" };
        let levels = vec![level("node", kinds.0, "node", 300), level("pod", kinds.1, group, 70)];
        let fabric = Fabric::new(FabricConfig { levels, device_bandwidth: None }).unwrap();
        let by = if let Placement::Strided { stride } = placement { stride } else { 1 };
        let most = fabric.devices().div_ceil(by);
        // The digits have to fill the ranks.
        let mut tower = Vec::new();
        let mut left = (f64::from(most) * fill).max(1.0) as u32;
        let mut ranks = 1;
        for size in sizes {
            let size = size.min(left);
            tower.push((ranks, size));
            ranks *= size;
            left /= size;
        }
        tower.push((ranks, left));
        ranks *= left;
        let fabric = fabric.place(placement, ranks).unwrap();
        for (stride, size) in tower {
            let period = fabric.period(stride, size);
            prop_assert!(period >= 1 && size.is_multiple_of(period));
            let moved = |rank: u32| {
                let digit = rank / stride % size;
                rank - digit * stride + (digit + period) % size * stride
            };
            for a in 0..ranks {
                let others = || (0..ranks).filter(move |b| *b != a);
                for b in others() {
                    let (one, two) = (fabric.route(a, b), fabric.route(moved(a), moved(b)));
                    prop_assert_eq!(
                        (one.level, one.hops, one.rate, one.latency, one.fan_out_loss_ppm),
                        (two.level, two.hops, two.rate, two.latency, two.fan_out_loss_ppm),
                        "{} to {} by {} of {}", a, b, period, size
                    );
                }
                let out = pattern(others().map(|b| fabric.route(a, b).tx_port));
                let out_moved =
                    pattern(others().map(|b| fabric.route(moved(a), moved(b)).tx_port));
                prop_assert_eq!(out, out_moved);
                let into = pattern(others().map(|b| fabric.route(b, a).rx_port));
                let into_moved =
                    pattern(others().map(|b| fabric.route(moved(b), moved(a)).rx_port));
                prop_assert_eq!(into, into_moved);
            }
        }
    }
}
