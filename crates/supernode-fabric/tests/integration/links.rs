//! Links on the way of a message against walks from device to device.

use std::collections::BTreeMap;

use proptest::prelude::*;
use supernode_fabric::{
    Fabric, FabricError, Leg, Level, LevelKind, Links, Oversubscription, Placement, Spread,
};
use supernode_units::{Bandwidth, Time};

use crate::machines::{fabric, hashed_fabric, level};

/// The names of the links on the way.
fn names(links: &Links, from: u32, to: u32) -> Vec<String> {
    let mut legs = Vec::new();
    links.path(from, to, &mut legs);
    legs.into_iter().flat_map(Leg::links).map(|link| links.name(link)).collect()
}

/// Where a link from device to device leads, from the device where it has to begin.
fn follow(device: u32, name: &str, dims: &[u32]) -> u32 {
    let words: Vec<&str> = name.split(' ').collect();
    let number = |at: usize| words[at].parse::<u32>().expect("a number");
    assert_eq!((words[1], number(2)), ("device", device), "{name}");
    if words[3] == "to" {
        return number(4);
    }
    let dim = number(4) as usize;
    let below: u32 = dims[..dim].iter().product();
    let x = device / below % dims[dim];
    let step = if words[5] == "up" { 1 } else { dims[dim] - 1 };
    device - x * below + (x + step) % dims[dim] * below
}

proptest! {
    #[test]
    fn a_path_has_the_latency_of_the_route(fabric in hashed_fabric()) {
        let links = Links::new(&fabric).expect("few links");
        let (mut legs, mut seen) = (Vec::new(), BTreeMap::new());
        let ecmp = |level: &Level| {
            matches!(level.kind, LevelKind::Clos { spread: Spread::Ecmp { .. }, .. })
        };
        let hashed = fabric.levels().iter().any(ecmp);
        for (from, to) in (0..fabric.ranks()).flat_map(|a| [(a, 0), (0, a), (a, a / 2)]) {
            let path = links.path(from, to, &mut legs);
            let (alone, full) = (fabric.route_alone(from, to), fabric.route(from, to));
            let passing = |leg: &Leg| leg.before + leg.between * u64::from(leg.count - 1);
            let latency = legs.iter().map(passing).sum::<Time>() + path.rest;
            prop_assert_eq!(latency, full.latency);
            prop_assert_eq!((path.route.tx_port, path.route.rx_port), (full.tx_port, full.rx_port));
            // A leaf with less than one uplink's worth has a slower one; routes give it a whole one.
            prop_assert!(hashed || path.route.rate >= full.rate, "sharing cannot be faster");
            if legs.is_empty() {
                prop_assert_eq!(path.route, alone);
            }
            let hops = legs.iter().map(|leg| leg.count).sum::<u32>();
            let (most_hops, most_legs) = links.longest();
            prop_assert!(hops <= most_hops && legs.len() as u32 <= most_legs);
            for leg in &legs {
                let rate = links.rate(leg.level).expect("it has links");
                prop_assert!(path.route.rate <= rate);
                prop_assert_eq!(leg.links().count(), leg.count as usize);
                for link in leg.links() {
                    prop_assert!(link < links.count());
                    prop_assert_eq!(links.level(link), leg.level);
                    seen.insert(link, links.name(link));
                }
            }
        }
        let mut different: Vec<_> = seen.values().collect();
        different.sort();
        different.dedup();
        prop_assert_eq!(different.len(), seen.len(), "two links have one name");
    }

    #[test]
    fn meshes_and_tori_are_walked_link_by_link(
        dims in prop::collection::vec(1_u32..6, 1..=3),
        torus in any::<bool>(),
    ) {
        let size = dims.iter().product();
        let kind = if torus {
            LevelKind::Torus { dims: dims.clone() }
        } else {
            LevelKind::FullMesh { dims: dims.clone() }
        };
        let fabric = fabric(vec![level("x", kind, size)]);
        let links = Links::new(&fabric).expect("few links");
        for (from, to) in (0..size).flat_map(|a| (0..size).map(move |b| (a, b))) {
            let way = names(&links, from, to);
            if links.count() == 0 {
                prop_assert!(fabric.route(from, to).hops <= 1, "a neighbour");
                continue;
            }
            let end = way.iter().fold(from, |device, name| follow(device, name, &dims));
            prop_assert_eq!(end, to);
            prop_assert_eq!(way.len(), fabric.route(from, to).hops as usize);
        }
    }
}

fn clos(tiers: u32, size: u32, leaf: u32, (down, up): (u32, u32), spread: Spread) -> Fabric {
    let oversubscription = Oversubscription { down, up };
    let kind = LevelKind::Clos { tiers, planes: 1, leaf, oversubscription, spread };
    fabric(vec![level("board", LevelKind::Switch, 2), level("pod", kind, size)])
}

#[test]
fn uplinks_are_pooled_where_messages_are_sprayed() {
    let fabric = clos(2, 8, 4, (4, 1), Spread::Spray);
    let links = Links::new(&fabric).expect("few links");
    assert_eq!(links.count(), 4, "two leaves, up and down");
    assert_eq!(names(&links, 0, 7), Vec::<String>::new(), "one leaf switch joins ranks 0 to 7");
    assert_eq!(names(&links, 3, 8), ["pod leaf 0 up", "pod leaf 1 down"]);
    // Eight devices of 100 GB/s each send up through a quarter of that.
    assert_eq!(links.rate(1), Some(Bandwidth::from_gb_per_s(200)));
    assert_eq!(links.path(0, 8, &mut Vec::new()).route.rate, Bandwidth::from_gb_per_s(100));
    for even in [
        clos(2, 8, 4, (1, 1), Spread::Spray),
        clos(3, 40, 4, (1, 1), Spread::Adaptive),
        clos(2, 8, 8, (4, 1), Spread::Ecmp { seed: 3 }),
    ] {
        assert_eq!(Links::new(&even).expect("few links").count(), 0);
    }
}

#[test]
fn hashed_flows_keep_their_uplink_and_its_number_down_again() {
    let fabric = clos(3, 64, 4, (2, 1), Spread::Ecmp { seed: 7 });
    let links = Links::new(&fabric).expect("few links");
    let mut used = BTreeMap::new();
    for (from, to) in (0..128_u32).flat_map(|a| (0..128).map(move |b| (a, b))) {
        let way = names(&links, from, to);
        let (leaf, other) = (from / 8, to / 8);
        if leaf == other {
            assert!(way.is_empty(), "{way:?}");
            continue;
        }
        let words: Vec<Vec<&str>> = way.iter().map(|name| name.split(' ').collect()).collect();
        let (up, down) = (&words[0], &words[words.len() - 1]);
        assert_eq!(up[..5], ["pod", "leaf", leaf.to_string().as_str(), "link", up[4]]);
        assert_eq!(down[..5], ["pod", "leaf", other.to_string().as_str(), "link", up[4]]);
        assert_eq!(way.len(), if leaf / 4 == other / 4 { 2 } else { 4 });
        if way.len() == 4 {
            let (own, far) = ((leaf / 4).to_string(), (other / 4).to_string());
            assert_eq!(words[1][..5], ["pod", "pod", own.as_str(), "switch", up[4]]);
            assert_eq!(words[2][..5], ["pod", "pod", far.as_str(), "switch", up[4]]);
            assert_eq!(words[1][6], words[2][6]);
        }
        *used.entry(way[0].clone()).or_insert(0_u32) += 1;
    }
    // 16 leaves with 4 uplinks each, and 960 flows for each leaf: all are used, none by most.
    assert_eq!(used.len(), 64);
    assert!(used.values().all(|flows| (150..350).contains(flows)), "{used:?}");
    assert_eq!(links.rate(1), Some(Bandwidth::from_gb_per_s(100)));
}

#[test]
fn rails_share_what_leaves_their_leaf() {
    let oversubscription = Oversubscription { down: 2, up: 1 };
    let rail = LevelKind::Rail { leaf: 2, oversubscription };
    let fabric = fabric(vec![level("node", LevelKind::Switch, 4), level("net", rail, 4)]);
    let links = Links::new(&fabric).expect("few links");
    assert_eq!(names(&links, 1, 5), Vec::<String>::new(), "one rail, one leaf");
    assert_eq!(names(&links, 1, 13), ["net rail 1 of leaf 0 up", "net rail 1 of leaf 1 down"]);
    assert_eq!(names(&links, 1, 6), ["net rail 1 of leaf 0 up", "net rail 2 of leaf 0 down"]);
    // Two devices a rail and leaf, half of what they send.
    assert_eq!(links.rate(1), Some(Bandwidth::from_gb_per_s(100)));
}

#[test]
fn only_links_that_placed_ranks_may_reach_are_numbered() {
    let torus = |size| LevelKind::Torus { dims: vec![size, size] };
    let levels = || vec![level("board", torus(4), 16), level("pod", LevelKind::Switch, 100)];
    let placed = |ranks| fabric(levels()).place(Placement::Packed, ranks).expect("1,600 devices");
    for (ranks, boards) in [(1, 1), (16, 1), (17, 2), (1_600, 100)] {
        let fabric = placed(ranks);
        assert_eq!(Links::new(&fabric).expect("few links").count(), boards * 64);
    }
    let mesh = LevelKind::FullMesh { dims: vec![10_000, 2] };
    let far = fabric(vec![level("mesh", mesh, 20_000), level("pod", LevelKind::Switch, 100)]);
    let links = 2_000_000 * 10_000;
    assert_eq!(Links::new(&far).err(), Some(FabricError::TooManyLinks { links }));
}
