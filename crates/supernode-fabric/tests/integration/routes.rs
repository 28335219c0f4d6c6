//! Routes by arithmetic against searches and symmetries.

use std::collections::VecDeque;

use proptest::prelude::*;
use supernode_fabric::{CostModel, DeviceRates, LevelKind, Oversubscription, Profile, Spread};
use supernode_units::{Bandwidth, Time};

use crate::machines::{fabric, level, placed_fabric};

/// Hops from node 0 to every node of a graph.
fn distances(nodes: u32, neighbours: impl Fn(u32) -> Vec<u32>) -> Vec<u32> {
    let mut found = vec![u32::MAX; nodes as usize];
    let mut queue = VecDeque::from([0]);
    found[0] = 0;
    while let Some(node) = queue.pop_front() {
        for next in neighbours(node) {
            if found[next as usize] == u32::MAX {
                found[next as usize] = found[node as usize] + 1;
                queue.push_back(next);
            }
        }
    }
    found
}

/// Nodes that differ from `node` in one coordinate; `step` lists the other values it may take.
fn moves(node: u32, dims: &[u32], step: impl Fn(u32, u32) -> Vec<u32>) -> Vec<u32> {
    let (mut stride, mut next) = (1, Vec::new());
    for &dim in dims {
        let own = node / stride % dim;
        for other in step(own, dim) {
            next.push(node - own * stride + other * stride);
        }
        stride *= dim;
    }
    next
}

proptest! {
    #[test]
    fn a_torus_takes_the_shortest_way(dims in prop::collection::vec(1_u32..7, 1..=3)) {
        let size = dims.iter().product();
        let torus = fabric(vec![level("torus", LevelKind::Torus { dims: dims.clone() }, size)]);
        let neighbours = |node| moves(node, &dims, |x, d| vec![(x + 1) % d, (x + d - 1) % d]);
        for (node, hops) in (0..size).zip(distances(size, neighbours)) {
            prop_assert_eq!(torus.route(0, node).hops, hops, "to {}", node);
        }
    }

    #[test]
    fn a_mesh_takes_one_link_per_dimension(dims in prop::collection::vec(1_u32..6, 1..=4)) {
        let size = dims.iter().product();
        let mesh = fabric(vec![level("mesh", LevelKind::FullMesh { dims: dims.clone() }, size)]);
        let neighbours = |node| moves(node, &dims, |_, d| (0..d).collect());
        for (node, hops) in (0..size).zip(distances(size, neighbours)) {
            prop_assert_eq!(mesh.route(0, node).hops, hops, "to {}", node);
        }
    }

    #[test]
    fn the_only_way_is_that_of_every_pair(fabric in placed_fabric()) {
        let rate = Bandwidth::from_gb_per_s(1_000);
        let rates = DeviceRates { reduce: rate, copy: rate };
        let cost = CostModel::new(fabric, Profile::wire(), rates).unwrap();
        let ranks = 0..cost.fabric.ranks();
        let ways = || ranks.clone().flat_map(|a| ranks.clone().map(move |b| (a, b)));
        let mut routes = ways().filter(|(a, b)| a != b).map(|(a, b)| cost.route(a, b));
        if let Some(only) = cost.only_route() {
            prop_assert!(routes.all(|route| route == only));
        }
    }

    #[test]
    fn ways_there_and_back_are_alike(fabric in placed_fabric(), a in any::<u32>(), b in any::<u32>()) {
        let (a, b) = (a % fabric.ranks(), b % fabric.ranks());
        let (there, back) = (fabric.route(a, b), fabric.route(b, a));
        prop_assert_eq!(there.latency, back.latency);
        prop_assert_eq!(there.rate, back.rate);
        prop_assert_eq!(there.hops, back.hops);
        prop_assert!(u32::from(there.tx_port) < fabric.ports_per_device());
        prop_assert!(u32::from(there.rx_port) < fabric.ports_per_device());
        if a == b {
            prop_assert_eq!((there.hops, there.latency), (0, Time::ZERO));
        } else {
            prop_assert!(there.hops > 0 && there.latency > Time::ZERO);
        }
    }

    #[test]
    fn links_of_a_mesh_are_not_shared(dims in prop::collection::vec(2_u32..6, 1..=3)) {
        let size = dims.iter().product();
        let mesh = fabric(vec![level("mesh", LevelKind::FullMesh { dims: dims.clone() }, size)]);
        // Every direct neighbour has a link of its own at both ends.
        let direct: Vec<_> =
            (1..size).map(|peer| mesh.route(0, peer)).filter(|route| route.hops == 1).collect();
        let mut ports: Vec<u16> = direct.iter().map(|route| route.tx_port).collect();
        ports.sort_unstable();
        ports.dedup();
        prop_assert_eq!(ports.len(), direct.len());
        prop_assert_eq!(ports.len() as u32, mesh.ports_per_device());
    }
}

#[test]
fn a_switch_has_one_way_and_a_mesh_many() {
    let rate = Bandwidth::from_gb_per_s(1_000);
    let rates = DeviceRates { reduce: rate, copy: rate };
    let only = |kind| {
        let fabric = fabric(vec![level("a", kind, 5)]);
        CostModel::new(fabric, Profile::wire(), rates).unwrap().only_route().is_some()
    };
    assert!(only(LevelKind::Switch));
    assert!(!only(LevelKind::FullMesh { dims: vec![5] }));
    assert!(!only(LevelKind::Ring));
}

#[test]
fn a_full_mesh_gives_each_peer_its_share_of_the_bandwidth() {
    let mesh = fabric(vec![level("board", LevelKind::FullMesh { dims: vec![8] }, 8)]);
    // 100 GB/s over seven links.
    assert_eq!(mesh.route(0, 3).rate, Bandwidth::new(100_000_000_000 / 7));
    assert_eq!(mesh.route(0, 3).latency, Time::from_ns(1_000 + 200 + 50 + 10 * 5));
}

#[test]
fn a_clos_pays_for_its_tiers_and_its_oversubscription() {
    let kind = LevelKind::Clos {
        tiers: 3,
        planes: 4,
        leaf: 4,
        oversubscription: Oversubscription { down: 2, up: 1 },
        spread: Spread::Spray,
    };
    let clos = fabric(vec![level("pod", kind, 64)]);
    let ways: Vec<_> = [1, 5, 63].map(|peer| clos.route(0, peer)).to_vec();
    assert_eq!(ways.iter().map(|way| way.hops).collect::<Vec<_>>(), [1, 3, 5]);
    let rates: Vec<_> = ways.iter().map(|way| way.rate.gb_per_s()).collect();
    assert_eq!(rates, [100.0, 50.0, 50.0]);
    // 1 us and 300 ns for each switch with its cable.
    assert_eq!(ways[2].latency, Time::from_ns(1_000 + 5 * 300));
}

#[test]
fn rails_join_equal_positions_of_a_leaf_in_one_hop() {
    let rail = LevelKind::Rail { leaf: 4, oversubscription: Oversubscription::NONE };
    let cluster = fabric(vec![level("node", LevelKind::Switch, 8), level("cluster", rail, 16)]);
    let hops = |to| cluster.route(0, to).hops;
    // Device 8 is position 0 of the next node; device 9 is on another rail; node 4 on another leaf.
    assert_eq!((hops(8), hops(9), hops(4 * 8)), (1, 3, 3));
    assert_eq!(cluster.route(0, 8).level, 1);
}

#[test]
fn levels_of_one_group_share_a_port() {
    let mut pod = level("pod", LevelKind::Switch, 4);
    pod.port_group = "node".into();
    let shared = fabric(vec![level("node", LevelKind::Switch, 8), pod.clone()]);
    assert_eq!(shared.ports_per_device(), 1);
    pod.port_group = "pod".into();
    let apart = fabric(vec![level("node", LevelKind::Switch, 8), pod]);
    assert_eq!(apart.ports_per_device(), 2);
    assert_ne!(apart.route(0, 1).tx_port, apart.route(0, 8).tx_port);
}

#[test]
fn bisections_are_cut_at_the_outermost_level() {
    let check = |kind, size, gb| {
        let fabric = fabric(vec![level("top", kind, size)]);
        assert_eq!(fabric.bisection(), Bandwidth::from_gb_per_s(gb));
    };
    check(LevelKind::Switch, 8, 4 * 100);
    // A ring is cut twice; each link has half of the bandwidth.
    check(LevelKind::Ring, 8, 2 * 50);
    // A 4 x 4 torus: four lines, cut twice each, a quarter of the bandwidth a link.
    check(LevelKind::Torus { dims: vec![4, 4] }, 16, 4 * 2 * 25);
    // Five devices with four links of 25 GB/s: 2 x 3 cross the cut.
    check(LevelKind::FullMesh { dims: vec![5] }, 5, 6 * 25);
}

#[test]
fn hashed_flows_that_meet_share_an_uplink() {
    let clos = |spread, down| {
        let oversubscription = Oversubscription { down, up: 1 };
        let kind = LevelKind::Clos { tiers: 2, planes: 1, leaf: 16, oversubscription, spread };
        fabric(vec![level("pod", kind, 64)])
    };
    let shares = |fabric: &supernode_fabric::Fabric| -> Vec<f64> {
        (0..64).map(|a| 100.0 / fabric.route(a, (a + 16) % 64).rate.gb_per_s()).collect()
    };
    assert!(shares(&clos(Spread::Spray, 1)).iter().all(|share| (share - 1.0).abs() < 1e-9));
    let hashed = shares(&clos(Spread::Ecmp { seed: 1 }, 1));
    // Sixteen flows thrown on sixteen uplinks: some alone, some in company, none lost.
    assert!(hashed.iter().any(|share| *share > 1.5) && hashed.iter().any(|share| *share < 1.5));
    assert!((hashed.iter().map(|share| 1.0 / share).sum::<f64>()) <= 64.0);
    let narrow = shares(&clos(Spread::Ecmp { seed: 1 }, 4));
    let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len() as f64;
    assert!(mean(&narrow) > mean(&hashed) + 1.0, "four uplinks for sixteen flows");
    assert_ne!(hashed, shares(&clos(Spread::Ecmp { seed: 2 }, 1)));
}

/// Flows of absent ranks, and flows that stay below their leaf switch, need no uplink.
#[test]
fn only_flows_of_ranks_that_leave_their_leaf_share_uplinks() {
    use supernode_fabric::Placement;
    let kind = LevelKind::Clos {
        tiers: 2,
        planes: 1,
        leaf: 16,
        oversubscription: Oversubscription { down: 16, up: 1 },
        spread: Spread::Ecmp { seed: 1 },
    };
    let clos = || fabric(vec![level("pod", kind.clone(), 64)]);
    let share = |fabric: &supernode_fabric::Fabric, a, b| {
        (100.0 / fabric.route(a, b).rate.gb_per_s()).round() as u32
    };
    // One uplink for sixteen devices: all leave in the first case, one in a ring.
    assert_eq!(share(&clos(), 0, 16), 16);
    assert_eq!(share(&clos(), 15, 16), 1);
    // Every fourth device holds a rank.
    let strided = clos().place(Placement::Strided { stride: 4 }, 16).expect("there is room");
    assert_eq!(share(&strided, 0, 4), 4);
    // Ranks 0 to 19: four are on the second leaf. The counts of another placement are forgotten.
    let first = clos();
    assert_eq!(share(&first, 16, 36), 16);
    let partial = first.place(Placement::Packed, 20).expect("there is room");
    assert_eq!(share(&partial, 16, 12), 4);
    // Of the first leaf, ranks 4 to 15 send back to it.
    assert_eq!(share(&partial, 0, 16), 4);
}

#[test]
fn long_rings_count_all_their_hops() {
    let ring = fabric(vec![level("ring", LevelKind::Ring, 200_000)]);
    assert_eq!(ring.route(0, 100_000).hops, 100_000);
}

#[test]
fn the_nearest_switch_that_joins_all_ranks_reduces_for_them() {
    let reducing = |name, size, gb| {
        let mut level = level(name, LevelKind::Switch, size);
        level.in_switch = Some(supernode_fabric::SwitchRate { rate: Bandwidth::from_gb_per_s(gb) });
        level
    };
    let two = fabric(vec![reducing("node", 8, 50), reducing("pod", 4, 20)]);
    let rate = |ranks: [u32; 2]| two.shared_switch(ranks).map(|d| d.in_switch.rate.gb_per_s());
    assert_eq!(rate([0, 7]), Some(50.0));
    assert_eq!(rate([7, 8]), Some(20.0));
    assert_eq!(two.switch_domain(9).map(|domain| domain.first_device), Some(8));
    let one = fabric(vec![reducing("node", 8, 50), level("pod", LevelKind::Switch, 4)]);
    assert_eq!(one.shared_switch([7, 8]), None);
}
