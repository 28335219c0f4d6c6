//! Slow and dead links: ways around them, and engines that agree on them.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Tuning};
use supernode_engine::links::{self, Sharing};
use supernode_engine::{EngineError, folded, formula, ports, sweep};
use supernode_fabric::{
    CostModel, FabricError, FaultyLink, LevelKind, LinkFault, LinkState, Links, Oversubscription,
    Placement, Profile, Spread,
};
use supernode_units::Time;

use crate::exact::{levels, machine};
use crate::machines::{ALL_REDUCE_AND_HALVES, level, model, pairs, schedule};

fn share(level: &str, seed: u64, ppm: u32, state: LinkState) -> LinkFault {
    LinkFault { level: level.into(), link: FaultyLink::Share { ppm, seed }, state }
}

/// `cost` with some links of each level degraded, and with as many dead ones as there are ways around.
fn faulty(cost: &CostModel, seed: u64, bandwidth_ppm: u32, latency: Time) -> CostModel {
    let mut fabric = cost.fabric.clone();
    let degraded = LinkState::Degraded { bandwidth_ppm, latency };
    let mut faults = Vec::new();
    for level in cost.fabric.levels() {
        for (ppm, state) in
            [(300_000, degraded), (60_000, LinkState::Dead), (20_000, LinkState::Dead)]
        {
            faults.push(share(&level.name, seed ^ u64::from(ppm), ppm, state));
            match cost.fabric.clone().with_faults(&faults) {
                Ok(whole) => fabric = whole,
                Err(_) => drop(faults.pop()),
            }
        }
    }
    CostModel { fabric, ..cost.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn engines_agree_on_faulty_links(
        pair in prop::sample::select(pairs()),
        cost in machine(60),
        (seed, share, latency) in (any::<u64>(), 1_u32..1_000_000, 0_u64..2_000),
        inner in prop::sample::select(vec![[Inner::Ring; 2], [Inner::Direct; 2]]),
        count in 0_u64..1 << 18,
    ) {
        let cost = faulty(&cost, seed, share, Time::from_ns(latency));
        let tuning = levels(&cost, inner, false);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, 4);
        let plain = ports::plain(&*schedule, &chunks, &cost);
        prop_assert_eq!(&ports::run(&*schedule, &chunks, &cost), &plain);
        match sweep::run(&*schedule, &chunks, &cost, 1) {
            Err(EngineError::Unfit(_)) => {}
            swept => prop_assert_eq!(&swept, &plain),
        }
        match folded::run(&*schedule, &chunks, &cost, 1) {
            Err(EngineError::Unfit(_)) => {}
            folded => prop_assert_eq!(&folded.map(|folded| folded.timed()), &plain),
        }
    }

    /// Shared links follow the same ways, at their own rates: windows and the plain engine agree, what links
    /// carried is what was sent, and each was busy as long as its own rate takes.
    #[test]
    fn links_carry_what_is_sent_around_dead_ones(
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        cost in machine(40),
        (seed, share) in (any::<u64>(), 1_u32..1_000_000),
        count in 1_u64..1 << 16,
    ) {
        let cost = faulty(&cost, seed, share, Time::from_ns(300));
        let ranks = cost.fabric.ranks();
        let ring = Algorithm::Ring.schedule(collective, ranks, &Tuning::default()).unwrap();
        let chunks = Chunks::new(ring.shape(), count, 4);
        let fifo = links::run(&*ring, &chunks, &cost, Sharing::Fifo).unwrap();
        prop_assert_eq!(&links::plain(&*ring, &chunks, &cost, Sharing::Fifo).unwrap(), &fifo);
        let fair = links::run(&*ring, &chunks, &cost, Sharing::Fair).unwrap();
        let numbered = Links::new(&cost.fabric).unwrap();
        let degraded = numbered.degraded();
        let (mut legs, mut sent) = (Vec::new(), vec![0_u64; numbered.count() as usize]);
        let each = fifo.messages.checked_div(u64::from(ranks)).unwrap_or(0);
        for rank in 0..ranks {
            let path = numbered.path(rank, (rank + 1) % ranks, &mut legs);
            let route = cost.fabric.route_alone(rank, (rank + 1) % ranks);
            prop_assert_eq!(path.route.latency, route.latency);
            let links: Time = legs.iter().map(|leg| leg.before + leg.between * u64::from(leg.count - 1)).sum();
            prop_assert_eq!(links + path.rest, route.latency, "{:?}", legs);
            legs.iter().flat_map(|leg| leg.links()).for_each(|link| sent[link as usize] += each);
        }
        for used in [&fifo, &fair] {
            let messages: Vec<u64> = used.links.iter().map(|link| link.messages).collect();
            prop_assert_eq!(&messages, &sent);
        }
        for ((link, one), other) in (0..).zip(&fifo.links).zip(&fair.links) {
            prop_assert_eq!((one.bytes, one.busy), (other.bytes, other.busy));
            let own = degraded.iter().find(|(of, _)| *of == link).map(|(_, rate)| *rate);
            let rate = own.or(numbered.rate(numbered.level(link))).unwrap().bytes_per_s();
            if let Some(bytes) = one.bytes.checked_div(one.messages) {
                let work = Time::from_ps_ratio(u128::from(bytes) * 1_000_000_000_000, rate.into());
                prop_assert_eq!(one.busy, work * one.messages);
            }
        }
    }

    /// A clock of fixed ports is a longest path, which no fault makes shorter.
    #[test]
    fn faults_are_never_faster_where_ports_are_fixed(
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        cost in machine(50),
        (seed, share, latency) in (any::<u64>(), 1_u32..1_000_000, 0_u64..2_000),
        count in 0_u64..1 << 18,
    ) {
        let ring = Algorithm::Ring
            .schedule(collective, cost.fabric.ranks(), &Tuning::default())
            .unwrap();
        let chunks = Chunks::new(ring.shape(), count, 4);
        let run = |cost: &CostModel| ports::run(&*ring, &chunks, cost).unwrap().finish;
        let worse = faulty(&cost, seed, share, Time::from_ns(latency));
        let dead = {
            let none = Time::ZERO;
            run(&faulty(&cost, seed, 1_000_000, none))
        };
        for (one, healthy) in run(&worse).iter().zip(run(&cost)) {
            prop_assert!(*one >= healthy);
        }
        prop_assert!(dead.iter().max() >= run(&cost).iter().max());
    }
}

fn fault(level: &str, link: FaultyLink, state: LinkState) -> LinkFault {
    LinkFault { level: level.into(), link, state }
}

#[test]
fn dead_links_are_gone_around() {
    let us = Time::from_us;
    let between = |one, other| FaultyLink::Between { one, other };
    let mesh = LevelKind::FullMesh { dims: vec![4] };
    let cost = model(vec![level("board", mesh, 4, 300, us(1))], Profile::wire(), 100);
    let dead = |cost: &CostModel, name, link| {
        cost.fabric.clone().with_faults(&[fault(name, link, LinkState::Dead)])
    };
    // Two hops by the first position from 0 + 2 on that is neither end.
    let around = dead(&cost, "board", between(0, 2)).unwrap();
    let (direct, route) = (cost.fabric.route(0, 2), around.route(0, 2));
    assert_eq!((route.hops, route.latency), (2, us(2)));
    assert_eq!(route.tx_port, around.route(0, 3).tx_port);
    assert_eq!(route.rx_port, around.route(3, 2).rx_port);
    assert_eq!((direct.hops, around.route(0, 1)), (1, cost.fabric.route(0, 1)));

    let torus = level("pod", LevelKind::Torus { dims: vec![8] }, 8, 100, us(1));
    let mut torus = torus;
    torus.hop.switch = Time::from_ns(100);
    let cost = model(vec![torus], Profile::wire(), 100);
    let around = dead(&cost, "pod", between(7, 0)).unwrap();
    assert_eq!((cost.fabric.route(6, 1).hops, around.route(6, 1).hops), (3, 5));
    assert_eq!(around.route(6, 1).tx_port, cost.fabric.route(6, 5).tx_port);
    assert_eq!(around.route(1, 4), cost.fabric.route(1, 4));

    let clos = |planes| LevelKind::Clos {
        tiers: 2,
        planes,
        leaf: 4,
        oversubscription: Oversubscription::NONE,
        spread: Spread::Spray,
    };
    let cost = model(vec![level("pod", clos(4), 16, 400, us(1))], Profile::wire(), 100);
    let around = dead(&cost, "pod", FaultyLink::Port { device: 5 }).unwrap();
    let rate = |from, to| around.route(from, to).rate.bytes_per_s();
    assert_eq!(
        (rate(5, 9), rate(0, 5), rate(0, 1)),
        (300_000_000_000, 300_000_000_000, 400_000_000_000)
    );
}

#[test]
fn what_no_way_leads_around_is_an_error() {
    let us = Time::from_us;
    let levels = vec![
        level("board", LevelKind::FullMesh { dims: vec![2] }, 2, 300, us(1)),
        level("ring", LevelKind::Ring, 6, 300, us(1)),
        level("pod", LevelKind::Switch, 4, 100, us(1)),
    ];
    let cost = model(levels, Profile::wire(), 100);
    let refused = |faults: &[LinkFault]| cost.fabric.clone().with_faults(faults).unwrap_err();
    let dead = |level, link| fault(level, link, LinkState::Dead);
    let between = |one, other| FaultyLink::Between { one, other };
    let text = |faults: &[LinkFault]| refused(faults).to_string();
    assert_eq!(
        text(&[dead("board", between(0, 1))]),
        "link `board:0-1` is dead, and no third device of the dimension reaches both ends"
    );
    assert_eq!(
        text(&[dead("pod", FaultyLink::Port { device: 3 })]),
        "link `pod:3` is dead, and the device has no other way into the level"
    );
    assert!(cost.fabric.clone().with_faults(&[dead("ring", between(0, 2))]).is_ok());
    let both = [dead("ring", between(0, 2)), dead("ring", between(6, 4))];
    assert!(text(&both).contains("the other way round is dead, too"), "{}", text(&both));
    assert!(matches!(refused(&[dead("rack", between(0, 1))]), FabricError::NoSuchLink { .. }));
    assert!(text(&[dead("rack", between(0, 1))]).contains("the levels are board, ring, pod"));
    assert!(text(&[dead("ring", between(0, 1))]).contains("no neighbours"));
    assert!(text(&[dead("ring", between(0, 4))]).contains("no neighbours"));
    assert!(text(&[dead("ring", FaultyLink::Port { device: 0 })]).contains("DEVICE-DEVICE"));
    assert!(text(&[dead("pod", between(0, 1))]).contains("the port as DEVICE"));
    assert!(text(&[dead("pod", FaultyLink::Port { device: 99 })]).contains("up to 47"));
    assert!(text(&[dead("ring", between(0, 99))]).contains("up to 47"));
}

#[test]
fn ranks_are_placed_on_the_devices_that_are_left() {
    let cost = model(
        vec![level("node", LevelKind::Switch, 8, 100, Time::from_us(1))],
        Profile::wire(),
        100,
    );
    let place =
        |placement, ranks, dead: &[u32]| cost.fabric.clone().place_without(placement, ranks, dead);
    let devices = |placement| {
        let placed = place(placement, 6, &[0, 3]).unwrap();
        (0..6).map(|rank| placed.device(rank)).collect::<Vec<_>>()
    };
    assert_eq!(devices(Placement::Packed), [1, 2, 4, 5, 6, 7]);
    let mut random = devices(Placement::Random { seed: 3 });
    random.sort_unstable();
    assert_eq!(random, [1, 2, 4, 5, 6, 7]);
    let error =
        |ranks, dead: &[u32]| place(Placement::Packed, ranks, dead).unwrap_err().to_string();
    assert_eq!(
        error(7, &[0, 3]),
        "7 ranks do not fit on the 6 devices that are left, dead devices: 2"
    );
    assert_eq!(error(7, &[8]), "there is no device 8; they are numbered from 0 to 7");
    assert_eq!(place(Placement::Packed, 0, &[1]).unwrap_err(), FabricError::NoRanks);
}

#[test]
fn no_closed_form_knows_faulty_links() {
    let mesh = LevelKind::FullMesh { dims: vec![4] };
    let cost = model(vec![level("board", mesh, 4, 300, Time::from_us(1))], Profile::wire(), 100);
    let link = FaultyLink::Between { one: 0, other: 2 };
    let fabric = cost.fabric.clone().with_faults(&[fault("board", link, LinkState::Dead)]).unwrap();
    let cost = CostModel { fabric, ..cost };
    let time =
        formula::time(Algorithm::Ring, Collective::AllReduce, 1 << 20, &Tuning::default(), &cost);
    assert_eq!(time, Err(EngineError::Faulty));
}
