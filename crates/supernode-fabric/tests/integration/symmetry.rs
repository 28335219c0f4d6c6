//! What is said to be alike has equal routes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use supernode_fabric::{
    Fabric, FabricConfig, Hop, Level, LevelKind, Oversubscription, Placement, Route, Spread,
};
use supernode_units::{Bandwidth, Time};

/// A level whose leaves cost something to leave, or are `free`.
fn level(
    name: &str,
    (mut kind, size): (LevelKind, u32),
    group: &str,
    gb: u64,
    free: bool,
) -> Level {
    if let LevelKind::Clos { oversubscription, .. } | LevelKind::Rail { oversubscription, .. } =
        &mut kind
        && free
    {
        *oversubscription = Oversubscription::NONE;
    }
    Level {
        name: name.into(),
        kind,
        size,
        bandwidth: Bandwidth::from_gb_per_s(gb),
        port_group: group.into(),
        latency: Time::from_ns(gb),
        hop: Hop { switch: Time::from_ns(u64::from(!free)), ..Hop::default() },
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

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        3 => Just(Placement::Packed),
        2 => Just(Placement::Spread),
        1 => Just(Placement::Strided { stride: 2 }),
        1 => any::<u64>().prop_map(|seed| Placement::Random { seed }),
    ]
}

/// A machine of two levels with `fill` of its places taken.
fn machine(
    kinds: ((LevelKind, u32), (LevelKind, u32)),
    (shared, free): (bool, bool),
    placement: Placement,
    fill: f64,
) -> Fabric {
    let any = kinds.0.0.any_to_any() && kinds.1.0.any_to_any();
    let group = if shared && any { "node" } else { "pod" };
    let levels =
        vec![level("node", kinds.0, "node", 300, free), level("pod", kinds.1, group, 70, free)];
    let fabric = Fabric::new(FabricConfig { levels, device_bandwidth: None }).expect("possible");
    let by = if let Placement::Strided { stride } = placement { stride } else { 1 };
    let most = fabric.devices().div_ceil(by);
    fabric.place(placement, (f64::from(most) * fill).max(1.0) as u32).expect("they fit")
}

/// Whether routes among `ranks` of `one` are those among `others` of `two`, up to names of ports.
fn alike((one, ranks): (&Fabric, &[u32]), (two, others): (&Fabric, &[u32])) -> bool {
    let pairs = || (0..ranks.len()).map(|b| (ranks[b], others[b]));
    pairs().all(|(a, x)| {
        let rest = || pairs().filter(|(b, _)| *b != a);
        let same = rest().all(|(b, y)| {
            let (one, two) = (one.route(a, b), two.route(x, y));
            (one.level, one.hops, one.rate, one.latency, one.fan_out_loss_ppm)
                == (two.level, two.hops, two.rate, two.latency, two.fan_out_loss_ppm)
        });
        same && pattern(rest().map(|(b, _)| one.route(a, b).tx_port))
            == pattern(rest().map(|(_, y)| two.route(x, y).tx_port))
            && pattern(rest().map(|(b, _)| one.route(b, a).rx_port))
                == pattern(rest().map(|(_, y)| two.route(y, x).rx_port))
    })
}

#[test]
fn a_node_is_like_the_next_one() {
    let kinds = ((LevelKind::FullMesh { dims: vec![2, 2] }, 4), (LevelKind::Switch, 3));
    let fabric = machine(kinds, (false, false), Placement::Packed, 1.0);
    let told = |ranks: &[u32]| fabric.likeness(ranks);
    assert_eq!(told(&[0, 1, 2, 3]), told(&[4, 5, 6, 7]));
    assert_eq!(told(&[1, 5, 9]), told(&[0, 4, 8]));
    assert_ne!(told(&[0, 1, 2]), told(&[0, 1, 4]));
    let part = fabric.among(&[8, 9, 10, 11]);
    // The first devices are alike, and have a symmetry that is known.
    assert_eq!([part.device(0), part.device(3)], [0, 3]);
    assert_eq!((part.period(1, 2), part.period(2, 2)), (1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn likeness_tells_all_that_routes_do(
        kinds in (kind(), kind()),
        (shared, free) in any::<(bool, bool)>(),
        placement in placement(),
        fill in prop_oneof![Just(1.0), 0.0..1.0_f64],
        list in prop::collection::btree_set(any::<u32>(), 1..7),
        stride in 1_u32..9,
        shift in any::<u32>(),
    ) {
        let fabric = machine(kinds, (shared, free), placement, fill);
        let all = fabric.ranks();
        let spaced: Vec<u32> = (0..7).map(|i| i * stride).filter(|rank| *rank < all).collect();
        let scattered: std::collections::BTreeSet<u32> = list.iter().map(|r| r % all).collect();
        let scattered: Vec<u32> = scattered.into_iter().collect();
        for ranks in [spaced, scattered] {
            let moved: Vec<u32> = ranks.iter().map(|rank| (rank + shift % all) % all).collect();
            let told = fabric.likeness(&ranks);
            prop_assert!(told.is_some());
            if told == fabric.likeness(&moved) {
                prop_assert!(alike((&fabric, &ranks), (&fabric, &moved)));
            }
            let part = fabric.among(&moved);
            let numbers: Vec<u32> = (0..moved.len() as u32).collect();
            prop_assert_eq!(part.ranks(), moved.len() as u32);
            prop_assert!(alike((&fabric, &moved), (&part, &numbers)));
        }
    }

    #[test]
    fn routes_do_not_tell_a_shift_by_the_period(
        kinds in (kind(), kind()),
        (shared, free) in any::<(bool, bool)>(),
        placement in placement(),
        fill in prop_oneof![Just(1.0), 0.0..1.0_f64],
        sizes in prop::collection::vec(1_u32..9, 1..4),
    ) {
        let fabric = machine(kinds, (shared, free), placement, fill);
        let most = fabric.ranks();
        // The digits have to fill the ranks.
        let mut tower = Vec::new();
        let mut left = most;
        let mut ranks = 1;
        for size in sizes {
            let size = size.min(left);
            tower.push((ranks, size));
            ranks *= size;
            left /= size;
        }
        tower.push((ranks, left));
        ranks *= left;
        tower.push((1, ranks));
        let fabric = fabric.place(placement, ranks).unwrap();
        // Switches that cost nothing to cross are not told apart.
        let route = |a: u32, b: u32| {
            let route = fabric.route(a, b);
            Route { hops: if free { 0 } else { route.hops }, ..route }
        };
        let cost = |a: u32, b: u32| {
            let route = route(a, b);
            (route.hops, route.rate, route.latency, route.fan_out_loss_ppm)
        };
        let one_port = fabric.ports_per_device() == 1;
        for (rank, distance) in (0..ranks).flat_map(|a| (1..ranks).map(move |b| (a, b))) {
            let to = |rank: u32| (rank + distance) % ranks;
            for other in rank..rank + fabric.alike(rank, distance) {
                prop_assert_eq!(cost(rank, to(rank)), cost(other, to(other)));
                if one_port {
                    let routes = [rank, other].map(|rank| route(rank, to(rank)));
                    prop_assert_eq!(routes[0], routes[1]);
                }
            }
        }
        for (stride, size) in tower {
            for (from, to) in (0..ranks).flat_map(|a| (0..ranks).map(move |b| (a, b))) {
                let there = (0..fabric.reach(from, to, stride)).map(|i| to + i * stride);
                for other in there.take_while(|other| *other < ranks) {
                    prop_assert_eq!(route(from, other), route(from, to));
                    prop_assert_eq!(route(other, from), route(to, from));
                }
            }
            let place = |base| fabric.place_of(stride, size, base);
            let bases = || (0..ranks).filter(|base| base / stride % size == 0);
            for (one, two) in bases().flat_map(|a| bases().map(move |b| (a, b))) {
                if place(one).is_some() && place(one) == place(two) {
                    for (a, b) in (0..size).flat_map(|a| (0..size).map(move |b| (a, b))) {
                        let of = |base: u32| route(base + a * stride, base + b * stride);
                        prop_assert_eq!(of(one), of(two));
                    }
                }
            }
            let period = fabric.period(stride, size);
            prop_assert!(period >= 1 && size.is_multiple_of(period));
            let moved = |rank: u32| {
                let digit = rank / stride % size;
                rank - digit * stride + (digit + period) % size * stride
            };
            for a in 0..ranks {
                let others = || (0..ranks).filter(move |b| *b != a);
                for b in others() {
                    let (one, two) = (route(a, b), route(moved(a), moved(b)));
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
