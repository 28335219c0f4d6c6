//! Sessions: what they answer, and the example that shows it.

use std::sync::Arc;

use supernode::collectives::{Algorithm, Collective, Group, Tuning};
use supernode::engine::choose::{Exact, Patience};
use supernode::engine::{Ask, EngineError, Groups, Session, folded, formula, tune};
use supernode::fabric::Profile;
use supernode::units::Time;

use crate::machine::cost;

#[path = "../../examples/event_loop.rs"]
mod event_loop;

#[test]
fn the_example_runs() {
    event_loop::main().unwrap();
}

fn session(ranks: u32, patience: Patience) -> Session {
    Session::new(cost("atlas-950-superpod", ranks, Profile::wire()), patience)
}

fn ask(algorithm: Option<Algorithm>) -> Ask {
    Ask { collective: Collective::AllReduce, count: 1 << 24, element_bytes: 2, algorithm }
}

const fn is_shared<T: Send + Sync>() {}
const _: () = is_shared::<Session>();

#[test]
fn answers_are_those_of_the_engines() {
    let session = session(1024, Patience::PER_LAYER);
    let answer = session.time(ask(Some(Algorithm::Ring))).unwrap();
    let ring = Algorithm::Ring.schedule(Collective::AllReduce, 1024, &Tuning::default()).unwrap();
    let folded = folded::run(&*ring, &ring.chunks(1 << 24, 2), session.cost(), 1).unwrap();
    assert_eq!((answer.engine, answer.time), (Some(Exact::Folded), folded.time()));
    assert!((0..1024).all(|rank| answer.finish(rank) == Some(folded.finish(rank))));
    assert!(answer.bound <= answer.time);
    // The second time it is the same answer, not an equal one.
    assert!(Arc::ptr_eq(&answer, &session.time(ask(Some(Algorithm::Ring))).unwrap()));

    let auto = session.time(ask(None)).unwrap();
    assert!(auto.time <= answer.time);
    let all = Group { first: 0, stride: 1, count: 1024 };
    let calls =
        [Groups { ask: ask(Some(Algorithm::Ring)), groups: vec![all], start: Time::from_us(3) }];
    let done = session.at_once(&calls).unwrap();
    assert_eq!(done.time(), answer.time + Time::from_us(3));
    assert!(Arc::ptr_eq(&done, &session.at_once(&calls).unwrap()));
}

#[test]
fn more_work_than_allowed_is_an_estimate_and_says_so() {
    let session = session(8192, Patience::PER_LAYER);
    let tree = Algorithm::DoubleBinaryTree;
    let answer = session.time(ask(Some(tree))).unwrap();
    let elements = formula::Elements { count: 1 << 24, width: 2 };
    let tuning = tune(tree, Collective::AllReduce, elements, session.cost(), None);
    let closed = formula::time(tree, Collective::AllReduce, elements, &tuning, session.cost());
    assert_eq!((answer.engine, Ok(answer.time)), (None, closed));
    assert_eq!(answer.finish(0), None);
    assert!(answer.why.contains("too many messages"), "{}", answer.why);
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let session = session(64, Patience::PER_LAYER);
    let in_switch = session.time(ask(Some(Algorithm::InSwitch)));
    assert!(matches!(in_switch, Err(EngineError::NoSwitch { .. })));
    let groups = vec![Group { first: 60, stride: 1, count: 8 }];
    let beyond = session.at_once(&[Groups { ask: ask(None), groups, start: Time::ZERO }]);
    let error = beyond.unwrap_err().to_string();
    assert!(error.contains("is not within the 64 ranks"), "{error}");
    let empty = Groups { ask: ask(None), groups: Vec::new(), start: Time::ZERO };
    assert!(session.at_once(&[empty]).unwrap().ranks.iter().all(|time| *time == Time::ZERO));
    assert!(session.at_once(&[]).is_err());
}
