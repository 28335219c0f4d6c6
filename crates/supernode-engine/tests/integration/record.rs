//! Recordings are of the run they say, and their critical paths add up to it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner, Schedule, Tuning};
use supernode_engine::record::{Parts, Recording, record};
use supernode_engine::{EngineError, ports};
use supernode_fabric::{CostModel, Profile};
use supernode_units::Time;

use crate::exact::machine;
use crate::machines::{noise_of, pairs, schedule, switch, tuning};

/// Holds a recording against the plain run; none if a switch is missing.
fn check(schedule: &dyn Schedule, count: u64, cost: &CostModel) -> Option<Recording> {
    let chunks = Chunks::new(schedule.shape(), count, 4);
    let plain = match ports::run(schedule, &chunks, cost) {
        Err(EngineError::NoSwitch { .. }) => return None,
        timed => timed.expect("it ends"),
    };
    let recording = record(schedule, &chunks, cost).expect("it ends");
    assert_eq!(recording.timed, plain);
    assert_eq!(recording.messages.len() as u64, plain.messages);

    let path = recording.critical_path();
    assert_eq!(path.parts.total(), plain.time());
    let mut before = Time::ZERO;
    for hop in &path.hops {
        assert_eq!(before + hop.parts.total(), hop.time);
        before = hop.time;
    }
    assert_eq!(before, plain.time());

    // Every step once, one after the other.
    let mut lanes: BTreeMap<(u32, u32), (u32, Time)> = BTreeMap::new();
    for step in &recording.steps {
        let (next, end) = lanes.entry((step.rank, step.lane)).or_insert((0, cost.call()));
        assert!(step.step == *next && step.begin == *end && step.end >= step.begin);
        (*next, *end) = (step.step + step.count, step.end);
    }
    for ((rank, lane), (next, _)) in lanes {
        assert_eq!(next, schedule.steps(rank, lane));
    }
    for message in &recording.messages {
        assert!(message.ready <= message.tx && message.tx <= message.head);
        assert!(message.head <= message.rx && message.tail() <= plain.time());
    }
    Some(recording)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn parts_add_up(
        pair in prop::sample::select(pairs()),
        cost in machine(30),
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct, Inner::InSwitch]),
        count in 0_u64..1 << 18,
        noise in any::<bool>(),
    ) {
        let cost = CostModel { noise: noise.then(|| noise_of(count, 300_000)), ..cost };
        let ranks = cost.fabric.ranks();
        if let Some(schedule) = schedule(pair, ranks, &tuning(ranks, 3, inner)) {
            check(&*schedule, count, &cost);
        }
    }

    #[test]
    fn parts_add_up_in_a_switch_that_reduces(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..24,
        slices in 1_u32..5,
        count in 0_u64..1 << 18,
        sync in 0_u64..900,
    ) {
        let profile =
            Profile { sync: Time::from_ns(sync), slice_bytes: sync, ..Profile::wire() };
        let cost = switch(ranks, 100, Time::from_ns(700), profile, 300);
        if let Some(schedule) = schedule(pair, ranks, &tuning(ranks, slices, Inner::InSwitch)) {
            check(&*schedule, count, &cost);
        }
    }
}

#[test]
fn a_ring_is_latency_and_bytes() {
    let cost = switch(8, 100, Time::from_us(1), Profile::wire(), 1_000_000);
    let ring = Algorithm::Ring.schedule(Collective::AllReduce, 8, &Tuning::default());
    let recording = check(&*ring.expect("it is defined"), 800_000, &cost).expect("it runs");
    let path = recording.critical_path();
    // 14 steps of 400,000 bytes at 100 GB/s; reductions hide, but for what the wire does not cover.
    let expected =
        Parts { latency: Time::from_us(14), serialisation: Time::from_us(56), ..Parts::default() };
    assert_eq!(path.parts, expected);
    let busiest = recording.busiest_port().expect("there are messages");
    assert_eq!((busiest.rank, busiest.port, busiest.busy), (0, 0, Time::from_us(56)));
}
