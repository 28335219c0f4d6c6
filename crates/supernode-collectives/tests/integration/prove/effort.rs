//! What a proof takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use supernode_collectives::prove::{Options, memory_needed, operations, prove};
use supernode_collectives::{Algorithm, Collective, Tuning};

/// In the switch every rank signals, asks and tells all others: quadratic in ranks, and cubic with the
/// clocks of all of them.
#[test]
fn a_switch_takes_far_more_operations_than_steps() {
    let of = |ranks| {
        let tuning = Tuning { slices: 2, ..Tuning::default() };
        let schedule = Algorithm::InSwitch.schedule(Collective::AllReduce, ranks, &tuning).unwrap();
        (memory_needed(&*schedule).1, operations(&*schedule))
    };
    let ((few, small), (many, large)) = (of(512), of(4096));
    assert_eq!(many, 8 * few);
    assert!(small > 1000 * few && large > 200 * small, "{small} {large}");
}

proptest! {
    /// Each run takes every step once, so a proof that ends at its second depth takes them two to three
    /// times.
    #[test]
    fn progress_counts_the_steps_of_all_runs(
        algorithm in prop::sample::select(Algorithm::ALL.to_vec()),
        collective in prop::sample::select(Collective::ALL.to_vec()),
        ranks in 1_u32..12,
    ) {
        let Ok(schedule) = algorithm.schedule(collective, ranks, &Tuning::default()) else {
            return Ok(());
        };
        let taken: Arc<AtomicU64> = Arc::default();
        let options = Options { progress: Some(taken.clone()), ..Options::default() };
        let proof = prove(&*schedule, &options).expect("it is small");
        let runs = 2 + proof.deadlocks.len() as u64;
        let counted = taken.load(Ordering::Relaxed);
        prop_assert!((2 * proof.steps..=runs * proof.steps).contains(&counted), "{counted}");
        prop_assert!(operations(&*schedule) >= memory_needed(&*schedule).1);
    }
}
