//! Collectives at once take the time of all of them as one schedule, however they are taken apart.

use std::sync::Arc;

use proptest::prelude::*;
use supernode_collectives::{
    Algorithm, Call, Collective, CollectiveError, Concurrent, Group, Inner, Schedule,
};
use supernode_engine::choose::{Exact, Patience};
use supernode_engine::concurrent::{self, Finished};
use supernode_engine::{EngineError, ports};
use supernode_fabric::{CostModel, LevelKind, Profile};
use supernode_units::Time;

use crate::exact::machine;
use crate::machines::{level, model, noise_of, pairs, schedule, tuning};

const PATIENT: Patience = Patience { steps: 1 << 40, messages: 1 << 40, threads: 1 };

fn call(pair: (Algorithm, Collective), groups: Vec<Group>, count: u64, start: Time) -> Call {
    let ranks = groups[0].count;
    let tuning = tuning(ranks, 2, Inner::Ring);
    // An algorithm that has no schedule for so many ranks makes room for one that has.
    let schedule = schedule(pair, ranks, &tuning)
        .or_else(|| schedule((Algorithm::Ring, pair.1), ranks, &tuning))
        .expect("a ring has one for all");
    Call { schedule: Arc::from(schedule), groups, count, element_bytes: 4, start }
}

/// Groups of `size` ranks `stride` apart, as many as fit below `ranks`, but for one in `gaps`.
fn groups(ranks: u32, (size, stride): (u32, u32), gaps: u32) -> Vec<Group> {
    let stride = stride.min(ranks);
    let size = size.clamp(1, ranks / stride);
    let blocks = ranks / (size * stride);
    let first = Group { first: 0, stride, count: size };
    let all = first.copies([(stride, 1), (blocks, size * stride)]);
    let (first, rest) = all.split_first().expect("there is one");
    let kept = rest.iter().enumerate().filter(|(i, _)| !(*i as u32 + 1).is_multiple_of(gaps));
    std::iter::once(first).chain(kept.map(|(_, group)| group)).copied().collect()
}

fn calls(ranks: u32) -> impl Strategy<Value = Vec<Call>> {
    let pair = prop::sample::select(pairs());
    let start = prop_oneof![3 => Just(0_u64), 2 => 0..200_u64, 1 => 0..40_000_u64];
    let one = (pair, (1_u32..9, 1_u32..20), 2_u32..30, 0..1_u64 << 16, start).prop_map(
        move |(pair, shape, gaps, count, start)| {
            call(pair, groups(ranks, shape, gaps), count, Time::from_ns(start))
        },
    );
    prop::collection::vec(one, 1..4)
}

/// All calls as one schedule, by the plain engine; none if a switch is missing.
fn plain(calls: &[Call], cost: &CostModel) -> Option<Vec<Time>> {
    let joined = Concurrent::new(cost.fabric.ranks(), calls.to_vec()).expect("they fit");
    let mut finish = match ports::plain(&joined, &joined.layout(), cost) {
        Err(EngineError::NoSwitch { .. }) => return None,
        timed => timed.expect("it ends").finish,
    };
    for (rank, time) in (0..).zip(&mut finish) {
        let shape = joined.shape();
        if (0..shape.lanes).all(|lane| joined.group_of(rank, lane).is_none()) {
            *time = Time::ZERO;
        }
    }
    Some(finish)
}

fn run(calls: &[Call], cost: &CostModel) -> Finished {
    concurrent::run(calls, cost, PATIENT).expect("it ends")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn taken_apart_or_as_one(
        (cost, calls) in machine(48).prop_flat_map(|cost| {
            let calls = calls(cost.fabric.ranks());
            (Just(cost), calls)
        }),
    ) {
        if let Some(finish) = plain(&calls, &cost) {
            let apart = run(&calls, &cost);
            prop_assert_eq!(&apart.ranks, &finish, "{}", apart.saved);
            prop_assert_eq!(apart.time(), apart.groups.iter().flatten().copied().max().unwrap());
            // A group has finished no later than its ranks, and the last of a rank when it has.
            for rank in 0..cost.fabric.ranks() {
                let mine = calls.iter().zip(&apart.groups).flat_map(|(call, times)| {
                    call.groups.iter().zip(times).filter(|(group, _)| group.contains(rank))
                });
                let last = mine.map(|(_, time)| *time).max().unwrap_or_default();
                prop_assert!(apart.ranks[rank as usize] <= last);
            }
        }
    }

    #[test]
    fn one_call_of_all_ranks_is_its_schedule(
        pair in prop::sample::select(pairs()),
        cost in machine(40),
        count in 0..1_u64 << 16,
    ) {
        let ranks = cost.fabric.ranks();
        let all = Group { first: 0, stride: 1, count: ranks };
        let call = call(pair, vec![all], count, Time::ZERO);
        match ports::run(&*call.schedule, &call.chunks(), &cost) {
            Err(EngineError::NoSwitch { .. }) => {}
            timed => {
                let timed = timed.expect("it ends");
                let joined = Concurrent::new(ranks, vec![call.clone()]).expect("it fits");
                let as_one = ports::run(&joined, &joined.layout(), &cost).expect("it ends");
                prop_assert_eq!(&as_one, &timed);
                prop_assert_eq!(run(&[call], &cost).ranks, timed.finish);
            }
        }
    }
}

/// Eight nodes of eight, with one port for all.
fn nodes() -> CostModel {
    let mut levels = vec![
        level("node", LevelKind::Switch, 8, 400, Time::from_ns(500)),
        level("pod", LevelKind::Switch, 8, 50, Time::from_us(2)),
    ];
    levels[1].port_group = "node".into();
    model(levels, Profile { slice_bytes: 4096, ..Profile::wire() }, 800)
}

const RING: (Algorithm, Collective) = (Algorithm::Ring, Collective::AllReduce);

#[test]
fn one_of_many_groups_that_are_alike_answers() {
    let tensor = Group { first: 0, stride: 1, count: 8 }.copies([(8, 8)]);
    let data = Group { first: 0, stride: 8, count: 8 }.copies([(8, 1)]);
    let cost = nodes();
    let at = |start| {
        [call(RING, tensor.clone(), 1 << 20, Time::ZERO), call(RING, data.clone(), 1 << 18, start)]
    };
    // At once they meet on every rank, and all ranks are one cluster.
    let at_once = run(&at(Time::ZERO), &cost);
    assert_eq!((at_once.saved.clusters, at_once.saved.engine), (1, Exact::Ports));
    // One after the other they do not.
    let later = run(&at(Time::from_us(1_000)), &cost);
    assert_eq!((later.saved.groups, later.saved.clusters, later.saved.runs), (16, 16, 2));
    assert_eq!(later.saved.engine, Exact::Folded);
    assert_eq!(later.groups[0], vec![later.groups[0][0]; 8]);
    // Sharing ports costs time.
    let alone = later.groups[1][0].saturating_sub(Time::from_us(1_000));
    assert!(at_once.groups[1][0] > alone && at_once.groups[0][0] > later.groups[0][0]);
    // Half the machine each: two clusters, alike.
    let halves = Group { first: 0, stride: 8, count: 4 }.copies([(8, 1), (2, 32)]);
    let calls = [call(RING, tensor, 1 << 20, Time::ZERO), call(RING, halves, 1 << 18, Time::ZERO)];
    let halves = run(&calls, &cost).saved;
    // A ring of each kind by itself, and one half.
    assert_eq!((halves.clusters, halves.runs), (2, 3));
}

#[test]
fn noise_takes_all_as_one() {
    let cost = CostModel { noise: Some(noise_of(1, 0)), ..nodes() };
    let tensor = Group { first: 0, stride: 1, count: 8 }.copies([(8, 8)]);
    let calls = [call(RING, tensor, 1 << 12, Time::ZERO)];
    let noisy = run(&calls, &cost);
    assert_eq!((noisy.saved.clusters, noisy.saved.runs), (1, 1));
    assert_eq!(Some(noisy.ranks), plain(&calls, &cost));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let cost = nodes();
    let all = Group { first: 0, stride: 1, count: 8 };
    let ring = call(RING, vec![all], 64, Time::ZERO);
    let refused = |groups: Vec<Group>| {
        let call = Call { groups, ..ring.clone() };
        match concurrent::run(&[call], &cost, PATIENT) {
            Err(EngineError::Undefined(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let beyond = Group { first: 60, ..all };
    let error = CollectiveError::GroupRange { first: 60, stride: 1, count: 8, ranks: 64 };
    assert_eq!(refused(vec![beyond]), error);
    assert_eq!(refused(vec![all, all]), CollectiveError::GroupsMeet { rank: 0 });
    let small = Group { count: 4, ..all };
    assert_eq!(refused(vec![small]), CollectiveError::GroupSize { group: 4, schedule: 8 });
    let error = concurrent::run(&[], &cost, PATIENT);
    assert_eq!(error, Err(EngineError::Undefined(CollectiveError::NoCalls)));
    let few = Patience { steps: 1, messages: 1, threads: 1 };
    let error = concurrent::run(&[ring.clone(), ring], &cost, few);
    assert!(matches!(error, Err(EngineError::Impatient(_))));
}
