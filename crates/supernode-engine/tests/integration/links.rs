//! Messages that share links.

use proptest::prelude::*;
use supernode_collectives::{
    Action, Algorithm, Chunks, Collective, Inner, LevelPlan, Ports, Rank, Schedule, Shape, Span,
    Step, Tuning,
};
use supernode_engine::links::{Shared, Sharing};
use supernode_engine::{EngineError, bound, formula, links, ports};
use supernode_fabric::{
    CostModel, Hop, LevelKind, Links, Oversubscription, Placement, Profile, Spread,
};
use supernode_units::Time;

use crate::exact::{levels, machine};
use crate::machines::{ALL_REDUCE_AND_HALVES, level, model, pairs, schedule};

/// Whether a level charges a message for what others send: links do not.
fn charges_for_others(cost: &CostModel) -> bool {
    cost.fabric.levels().iter().any(|level| match level.kind {
        LevelKind::Clos { oversubscription, spread, .. } => {
            oversubscription != Oversubscription::NONE || matches!(spread, Spread::Ecmp { .. })
        }
        LevelKind::Rail { oversubscription, .. } => oversubscription != Oversubscription::NONE,
        _ => false,
    })
}

fn run(schedule: &dyn Schedule, elements: (u64, u64), cost: &CostModel) -> Option<Shared> {
    share(schedule, elements, cost, Sharing::Fifo)
}

fn share(
    schedule: &dyn Schedule,
    elements: (u64, u64),
    cost: &CostModel,
    sharing: Sharing,
) -> Option<Shared> {
    let chunks = Chunks::new(schedule.shape(), elements.0, elements.1);
    match links::run(schedule, &chunks, cost, sharing) {
        Err(EngineError::NoSwitch { .. }) => None,
        run => Some(run.expect("it ends")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Every message of a random schedule is on the links of its path, none is faster than the ports and
    /// the bound allow, and links on which no message meets another change nothing.
    #[test]
    fn links_add_to_ports_what_messages_wait_for_each_other(
        pair in prop::sample::select(pairs()),
        cost in machine(90),
        inner in prop::sample::select(vec![[Inner::Ring; 2], [Inner::Ring, Inner::Direct]]),
        other in any::<bool>(),
        count in prop_oneof![Just(0_u64), 0_u64..200, 0_u64..1 << 20],
        width in 1_u64..=8,
    ) {
        let tuning = levels(&cost, inner, other);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let Some(shared) = run(&*schedule, (count, width), &cost) else { return Ok(()) };
        let chunks = Chunks::new(schedule.shape(), count, width);
        let plain = ports::plain(&*schedule, &chunks, &cost).expect("it ends");
        prop_assert_eq!(shared.messages, plain.messages);
        let oracle = links::plain(&*schedule, &chunks, &cost, Sharing::Fifo);
        prop_assert_eq!(oracle.as_ref(), Ok(&shared));
        let elements = formula::Elements { count, width };
        prop_assert!(shared.time() >= bound::time(pair.1, elements, &cost));
        for link in &shared.links {
            prop_assert!(link.busy <= shared.time(), "{:?} in {}", link, shared.time());
        }
        let alone = shared.links.iter().all(|link| link.met == 0);
        if shared.links.is_empty() || alone && !charges_for_others(&cost) {
            prop_assert_eq!(&shared.finish, &plain.finish);
        }
    }

    /// Fair sharing moves the same bytes over the same links, is no faster than the bound, and is the
    /// other discipline where no two messages are ever on a link.
    #[test]
    fn fair_sharing_is_first_come_where_no_messages_meet(
        pair in prop::sample::select(pairs()),
        cost in machine(70),
        inner in prop::sample::select(vec![[Inner::Ring; 2], [Inner::Ring, Inner::Direct]]),
        other in any::<bool>(),
        count in prop_oneof![Just(0_u64), 0_u64..200, 0_u64..1 << 20],
        width in 1_u64..=8,
    ) {
        let tuning = levels(&cost, inner, other);
        let Some(schedule) = schedule(pair, cost.fabric.ranks(), &tuning) else { return Ok(()) };
        let elements = (count, width);
        let Some(fair) = share(&*schedule, elements, &cost, Sharing::Fair) else { return Ok(()) };
        let again = share(&*schedule, elements, &cost, Sharing::Fair);
        prop_assert_eq!(again.as_ref(), Some(&fair));
        let fifo = run(&*schedule, elements, &cost).expect("as above");
        prop_assert_eq!(fair.messages, fifo.messages);
        let bound = bound::time(pair.1, formula::Elements { count, width }, &cost);
        prop_assert!(fair.time() >= bound);
        for (fair, fifo) in fair.links.iter().zip(&fifo.links) {
            // Messages without bytes are not flows.
            prop_assert_eq!(fair.bytes, fifo.bytes);
            prop_assert!(fair.messages <= fifo.messages);
        }
        // Lanes of one rank share the engine that reduces, and ask it when they know what has come.
        let one_lane = schedule.shape().lanes == 1;
        // A flow is on all its links at once, a message on one after the other.
        let met = [&fair, &fifo].iter().any(|run| run.links.iter().any(|link| link.met > 0));
        if one_lane && !met {
            prop_assert_eq!(&fair.finish, &fifo.finish);
        }
    }

    /// Flows that start together on one bottleneck end together at the latest when the last one of the
    /// other discipline does, but for a picosecond of rounding each.
    #[test]
    fn one_bottleneck_is_emptied_at_the_same_time(
        senders in 1_u32..24,
        down in 1_u32..24,
        bytes in 1_u64..1 << 24,
    ) {
        let cost = clos(48, 24, down, Spread::Spray);
        let across: Vec<_> = (0..senders).map(|rank| (rank, rank + 24)).collect();
        let schedule = Flows { ranks: 48, flows: across };
        let time = |sharing| share(&schedule, (bytes, 1), &cost, sharing).expect("no switch").time();
        let (fair, fifo) = (time(Sharing::Fair).as_ps(), time(Sharing::Fifo).as_ps());
        prop_assert!(fair.abs_diff(fifo) <= u64::from(senders), "{} and {}", fair, fifo);
    }

    /// Rings and buckets on a torus send to neighbours only: they take links, and no two meet.
    #[test]
    fn neighbours_on_a_torus_do_not_meet(
        dims in prop::collection::vec(1_u32..7, 1..=3),
        collective in prop::sample::select(ALL_REDUCE_AND_HALVES.to_vec()),
        count in 1_u64..1 << 20,
        hop in 0_u64..500,
    ) {
        let size = dims.iter().product();
        let mut torus = level(
            "torus", LevelKind::Torus { dims: dims.clone() }, size, 10, Time::from_ns(100),
        );
        torus.hop = Hop { switch: Time::from_ns(hop), ..Hop::default() };
        let cost = model(vec![torus], Profile::wire(), 100);
        let levels = dims.iter().map(|size| LevelPlan { size: *size, inner: Inner::Ring }).collect();
        let tuning = Tuning { levels, ..Tuning::default() };
        let schedule = Algorithm::Hierarchical.schedule(collective, size, &tuning).unwrap();
        let shared = run(&*schedule, (count, 4), &cost).expect("no switch is asked");
        prop_assert!(shared.links.iter().all(|link| link.met == 0));
        let fair = share(&*schedule, (count, 4), &cost, Sharing::Fair).expect("as above");
        prop_assert_eq!(&fair, &shared);
        let chunks = Chunks::new(schedule.shape(), count, 4);
        prop_assert_eq!(&shared.finish, &ports::run(&*schedule, &chunks, &cost).unwrap().finish);
    }
}

/// Every message of `flows` is sent at once, and each receiver awaits all of its own.
#[derive(Debug)]
struct Flows {
    ranks: u32,
    flows: Vec<(Rank, Rank)>,
}

impl Flows {
    fn of(&self, rank: Rank) -> Vec<Action> {
        let src = Span::input(0, 1);
        let sends = self.flows.iter().filter(|(from, _)| *from == rank);
        let sends = sends.map(|(_, to)| Action::Send { to: *to, src });
        let senders: Vec<Rank> =
            self.flows.iter().filter(|(_, to)| *to == rank).map(|(from, _)| *from).collect();
        let count = senders.len();
        let receives = senders.into_iter().enumerate().map(|(index, from)| Action::Recv {
            from,
            dst: Span::output(0, 1),
            with: None,
            more: index + 1 < count,
        });
        sends.chain(receives).collect()
    }
}

impl Schedule for Flows {
    fn shape(&self) -> Shape {
        Shape {
            collective: Collective::AllReduce,
            ranks: self.ranks,
            lanes: 1,
            ports: Ports::Contended,
            input_chunks: 1,
            output_chunks: 1,
            scratch_chunks: 0,
            bit_identical: true,
            in_rank_order: false,
        }
    }

    fn steps(&self, rank: Rank, _: u32) -> u32 {
        self.of(rank).len() as u32
    }

    fn step(&self, rank: Rank, _: u32, index: u32) -> Step {
        Step::new(self.of(rank)[index as usize])
    }
}

/// When the last of `flows` of `bytes` bytes each is in.
fn flows(ranks: u32, flows: &[(Rank, Rank)], bytes: u64, cost: &CostModel) -> Shared {
    let schedule = Flows { ranks, flows: flows.to_vec() };
    run(&schedule, (bytes, 1), cost).expect("no switch is asked")
}

fn clos(size: u32, leaf: u32, down: u32, spread: Spread) -> CostModel {
    let oversubscription = Oversubscription { down, up: 1 };
    let kind = LevelKind::Clos { tiers: 2, planes: 1, leaf, oversubscription, spread };
    model(vec![level("pod", kind, size, 100, Time::from_us(1))], Profile::wire(), 1_000)
}

/// 100 kB at 100 GB/s.
const MESSAGE: u64 = 100_000;
const ONE: Time = Time::from_us(1);

#[test]
fn an_oversubscribed_leaf_takes_what_its_uplinks_carry() {
    let cost = clos(16, 8, 4, Spread::Spray);
    let across: Vec<_> = (0..8).map(|rank| (rank, rank + 8)).collect();
    // One to four of eight go at full rate, which `ports` does not know.
    for senders in 1..=8_usize {
        let shared = flows(16, &across[..senders], MESSAGE, &cost);
        let latency = Time::from_us(1);
        // Two messages' worth a microsecond; the first ones overlap.
        let expected = ONE.max(Time::from_ns(500) * senders as u64) + latency;
        assert_eq!(shared.time(), expected, "{senders} senders");
        let (link, busiest) = shared.busiest().expect("two leaves");
        assert_eq!(Links::new(&cost.fabric).expect("few").name(link), "pod leaf 0 up");
        assert_eq!(busiest.busy, Time::from_ns(500) * senders as u64);
        assert_eq!(busiest.bytes, MESSAGE * senders as u64);
        // The last one finds all others.
        assert_eq!(busiest.peak_queue, MESSAGE * (senders as u64 - 1));
    }
    let chunks = Chunks::new(Flows { ranks: 16, flows: Vec::new() }.shape(), MESSAGE, 1);
    let schedule = Flows { ranks: 16, flows: across[..1].to_vec() };
    let plain = ports::run(&schedule, &chunks, &cost).expect("it ends");
    assert_eq!(plain.time(), Time::from_us(5), "a quarter of the rate, whoever sends");
}

#[test]
fn incast_waits_at_the_port_and_not_before_where_nothing_is_shared() {
    let cost = clos(16, 8, 1, Spread::Spray);
    let to_one: Vec<_> = (8..16).map(|rank| (rank, 0)).collect();
    let shared = flows(16, &to_one, MESSAGE, &cost);
    assert_eq!(shared.time(), ONE * 8 + Time::from_us(1));
    assert!(shared.links.is_empty());
    // On a torus it waits at the links before the port, too: 10 from each side of a ring of 21.
    let ring = model(vec![level("ring", LevelKind::Ring, 21, 200, ONE)], Profile::wire(), 1_000);
    let to_one: Vec<_> = (1..21).map(|rank| (rank, 0)).collect();
    let shared = flows(21, &to_one, MESSAGE, &ring);
    assert_eq!(shared.time(), ONE * 10 + Time::from_us(1));
    let (_, busiest) = shared.busiest().expect("links");
    assert_eq!((busiest.messages, busiest.busy), (10, ONE * 10));
}

/// Two flows on one uplink and one of them on a downlink with a third: the classic triangle, in
/// which nobody gets more than half.
#[test]
fn rates_are_max_min_fair_and_change_as_flows_end() {
    // Leaves of 4 with the uplinks of one device, so a leaf sends 100 GB/s in all.
    let cost = clos(12, 4, 4, Spread::Spray);
    // Leaf 0 to 1 twice, leaf 0 to 2 once, leaf 1 to 2 once: up from leaf 0 takes a third each, which
    // leaves two thirds down to leaf 2.
    let flows = [(0, 4), (1, 5), (2, 8), (4, 9)];
    let schedule = Flows { ranks: 12, flows: flows.to_vec() };
    let shared = share(&schedule, (MESSAGE, 1), &cost, Sharing::Fair).expect("no switch");
    let finish = |rank: usize| shared.finish[rank];
    // At 2/3 the last one is out after 1.5 us; the others go on at a third all along.
    assert_eq!(finish(9), Time::from_ns(1_500) + ONE);
    assert_eq!([finish(4), finish(5), finish(8)], [ONE * 3 + ONE; 3]);
    // The first uplink finds two flows that have all to send.
    assert_eq!(shared.links[0].peak_queue, 2 * MESSAGE);
    assert_eq!(shared.links[0].met, 2);
    assert_eq!(shared.busiest().map(|(link, at)| (link, at.busy)), Some((0, ONE * 3)));
}

/// Incast takes the port as long as its bytes do, and a message that is all there is taken after the
/// one whose head came before.
#[test]
fn ports_receive_in_order_of_heads_under_fair_sharing() {
    let cost = clos(8, 4, 4, Spread::Spray);
    let fair = |flows: &[(Rank, Rank)]| {
        let schedule = Flows { ranks: 8, flows: flows.to_vec() };
        share(&schedule, (MESSAGE, 1), &cost, Sharing::Fair).expect("no switch")
    };
    // Both at 50 GB/s up and down.
    assert_eq!(fair(&[(0, 4), (1, 4)]).time(), ONE * 2 + ONE);
    // Three of them share the way down with what comes from the own leaf: the port is the bottleneck.
    assert_eq!(fair(&[(0, 4), (1, 4), (2, 4), (5, 4)]).time(), ONE * 4 + ONE);
}

#[test]
fn hashed_flows_collide_and_the_seed_chooses_which() {
    let across: Vec<_> = (0..16).map(|rank| (rank, rank + 16)).collect();
    let mut times = Vec::new();
    for seed in 0..20 {
        let cost = clos(32, 16, 1, Spread::Ecmp { seed });
        let shared = flows(32, &across, MESSAGE, &cost);
        // So many flows on the busiest uplink, one after the other.
        let most = shared.links.iter().map(|link| link.messages).max().expect("links");
        assert_eq!(shared.time(), ONE * most + Time::from_us(1), "seed {seed}");
        assert_eq!(shared, flows(32, &across, MESSAGE, &cost));
        times.push(shared.time());
    }
    times.sort();
    times.dedup();
    assert!(times.len() > 1, "some seed is luckier");
    assert!(times[0] > ONE * 2, "16 flows on 16 uplinks collide somewhere");
}

/// Bytes on the busiest link of a torus against the known sums, in units of the vector: rings and
/// buckets of any size, and direct exchange on odd rings, where no way is as short as the other.
#[test]
fn loads_on_a_torus_are_the_known_ones() {
    let bytes = 1_u64 << 20;
    let busiest = |dims: &[u32], algorithm: Algorithm, count: u64| {
        let size = dims.iter().product();
        let kind = LevelKind::Torus { dims: dims.to_vec() };
        let cost = model(vec![level("torus", kind, size, 100, ONE)], Profile::wire(), 1_000);
        let levels =
            dims.iter().map(|size| LevelPlan { size: *size, inner: Inner::Ring }).collect();
        let tuning = Tuning { levels, ..Tuning::default() };
        let schedule = algorithm.schedule(Collective::AllReduce, size, &tuning).expect("defined");
        let shared = run(&*schedule, (count, 1), &cost).expect("no switch is asked");
        // For each dimension, as its rounds are apart from those of the others.
        let most = |dim: usize| {
            let links =
                shared.links.chunks(2 * dims.len()).flat_map(|ports| &ports[2 * dim..][..2]);
            links.map(|link| link.bytes).max().unwrap_or(0)
        };
        (0..dims.len()).map(most).sum::<u64>() as f64 / count as f64
    };
    for (dims, algorithm, expected) in [
        (vec![16], Algorithm::Ring, 1.875),
        (vec![64], Algorithm::Ring, 1.968_75),
        (vec![8, 8], Algorithm::Hierarchical, 1.968_75),
        (vec![4, 4, 4], Algorithm::Hierarchical, 1.968_75),
    ] {
        let load = busiest(&dims, algorithm, bytes);
        assert!((load - expected).abs() < 1e-9, "{dims:?} {algorithm}: {load}");
    }
    for ranks in [5_u32, 9, 15] {
        // Distances 1 to (N-1)/2 either way, a block of 1/N each, scattered and gathered.
        let n = f64::from(ranks);
        let expected = 2.0 * (n * n - 1.0) / 8.0 / n;
        let load = busiest(&[ranks], Algorithm::TwoShot, u64::from(ranks) * 4_096);
        assert!((load - expected).abs() < 1e-9, "{ranks}: {load} for {expected}");
    }
}

/// A mesh passes messages on from its second dimension: the links of a row carry those of a whole column.
#[test]
fn a_mesh_passes_messages_on() {
    let mesh = LevelKind::FullMesh { dims: vec![4, 4] };
    let cost = model(vec![level("mesh", mesh, 16, 600, ONE)], Profile::wire(), 1_000);
    // Each link has a sixth of the device's bandwidth: a message takes a microsecond.
    let to_corner: Vec<_> = [4, 5, 6, 7].map(|rank| (rank, 0)).to_vec();
    let shared = flows(16, &to_corner, MESSAGE, &cost);
    // 5, 6 and 7 go to 4 on links of their own, then share its link to 0 with its own message.
    assert_eq!(shared.time(), ONE * 4 + ONE);
    let names = Links::new(&cost.fabric).expect("few");
    let (link, busiest) = shared.busiest().expect("links");
    assert_eq!(names.name(link), "mesh device 4 to 0");
    assert_eq!(busiest.messages, 4);
    let plain = ports::run(
        &Flows { ranks: 16, flows: to_corner },
        &Chunks::new(Flows { ranks: 16, flows: Vec::new() }.shape(), MESSAGE, 1),
        &cost,
    );
    let time = plain.expect("it ends").time();
    assert_eq!(time, shared.time(), "here the port at the end is as narrow");
}

#[test]
fn too_many_links_are_an_error() {
    let mesh = LevelKind::FullMesh { dims: vec![10_000, 2] };
    let levels = vec![
        level("mesh", mesh, 20_000, 100_000, ONE),
        level("pod", LevelKind::Switch, 100, 10, ONE),
    ];
    let cost = model(levels, Profile::wire(), 100);
    let ring = Algorithm::Ring.schedule(Collective::AllReduce, 100, &Tuning::default()).unwrap();
    let fabric = cost.fabric.clone().place(Placement::Spread, 100).expect("room");
    let cost = CostModel { fabric, ..cost };
    let chunks = Chunks::new(ring.shape(), 8, 4);
    let error = links::run(&*ring, &chunks, &cost, Sharing::Fifo).unwrap_err();
    assert!(matches!(error, EngineError::Fabric(_)), "{error}");
}
