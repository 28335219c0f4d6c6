//! Closed formulas against the time-ordered engine on catalog systems.

use supernode::collectives::{Algorithm, Collective};
use supernode::engine::formula::Elements;
use supernode::engine::{fastest, formula, tune};
use supernode::fabric::Profile;

use crate::machine::{cost, micros};

const MACHINES: [(&str, u32); 11] = [
    ("dgx-h100", 8),
    ("gb200-nvl72", 72),
    ("cloudmatrix-384", 32),
    ("cloudmatrix-384", 96),
    ("atlas-950-superpod", 64),
    ("atlas-950-superpod", 256),
    ("ironwood-pod", 64),
    ("mi300x-x8", 8),
    ("colossus", 64),
    ("trn2-ultraserver", 64),
    ("ub-mesh-pod", 128),
];
/// Counts that fill no level: groups of unequal size meet at the ports.
const ODD: [(&str, u32); 4] = [
    ("atlas-950-supercluster", 61),
    ("ub-mesh-pod", 61),
    ("trn2-ultraserver", 61),
    ("atlas-900-supercluster", 13),
];
const SIZES: [u64; 3] = [1 << 10, 1 << 18, 1 << 26];

/// Formula over engine for every size on every machine.
fn check(algorithm: Algorithm, collective: Collective, low: f64, high: f64) {
    check_on(&MACHINES, algorithm, collective, low, high);
}

fn check_on(
    machines: &[(&str, u32)],
    algorithm: Algorithm,
    collective: Collective,
    low: f64,
    high: f64,
) {
    for &(system, ranks) in machines {
        let cost = cost(system, ranks, Profile::wire());
        for bytes in SIZES {
            let tuning = tune(algorithm, collective, bytes, &cost, None);
            let elements = Elements { count: bytes / 4, width: 4 };
            let Ok(time) = formula::time(algorithm, collective, elements, &tuning, &cost) else {
                continue;
            };
            let ratio = time.as_us_f64() / micros(algorithm, collective, bytes, &cost);
            assert!(
                (low..=high).contains(&ratio),
                "{algorithm} {collective} of {bytes} bytes on {ranks} of {system}: {ratio:.2}"
            );
        }
    }
}

#[test]
fn rings_and_hierarchies_are_nearly_exact() {
    for collective in Collective::ALL {
        check(Algorithm::Ring, collective, 0.99, 1.03);
        check(Algorithm::Hierarchical, collective, 0.999, 1.001);
    }
}

#[test]
fn contended_algorithms_are_estimates() {
    for collective in Collective::ALL {
        check(Algorithm::InSwitch, collective, 0.99, 1.2);
        check(Algorithm::RecursiveDoubling, collective, 0.99, 1.25);
        check(Algorithm::OneShot, collective, 0.9, 1.15);
        check(Algorithm::TwoShot, collective, 0.9, 1.2);
    }
    check(Algorithm::DoubleBinaryTree, Collective::AllReduce, 0.85, 1.3);
}

#[test]
fn odd_counts_are_rough_estimates() {
    for collective in Collective::ALL {
        check_on(&ODD, Algorithm::Ring, collective, 0.9, 1.1);
        for algorithm in [Algorithm::OneShot, Algorithm::TwoShot, Algorithm::Hierarchical] {
            check_on(&ODD, algorithm, collective, 0.65, 1.4);
        }
        check_on(&ODD, Algorithm::RecursiveDoubling, collective, 0.6, 1.4);
    }
    check_on(&ODD, Algorithm::DoubleBinaryTree, Collective::AllReduce, 0.6, 1.5);
}

/// The choice by formulas costs little against the choice by the engine.
#[test]
fn the_automatic_choice_is_nearly_the_best() {
    for (system, ranks) in MACHINES {
        let cost = cost(system, ranks, Profile::wire());
        for (bytes, collective) in SIZES.into_iter().flat_map(|b| Collective::ALL.map(|c| (b, c))) {
            let (chosen, _, _) = fastest(collective, bytes, &cost, None);
            let chosen = micros(chosen, collective, bytes, &cost);
            let best = Algorithm::ALL
                .into_iter()
                .filter(|a| {
                    let tuning = tune(*a, collective, bytes, &cost, None);
                    formula::time(*a, collective, bytes, &tuning, &cost).is_ok()
                })
                .map(|a| micros(a, collective, bytes, &cost))
                .fold(f64::INFINITY, f64::min);
            assert!(
                chosen <= best * 1.1,
                "{collective} on {ranks} of {system}, {bytes} bytes: {chosen} > {best}"
            );
        }
    }
}
