//! Virtual time equals the closed form wherever the alpha-beta model holds.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Collective, Inner};
use supernode_engine::EngineError;
use supernode_engine::formula::{self, Elements};
use supernode_fabric::Profile;
use supernode_units::Time;

use crate::alpha_beta::closed_form;
use crate::machines::{ALL_REDUCE_AND_HALVES, pairs, schedule, switch, time, time_of, tuning};

/// So fast that reductions and copies hide behind any arrival.
const ENGINE_GB: u64 = 1_000_000_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ports_equal_alphas_and_chunks(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=65,
        count in 0_u64..1 << 20,
        width in 1_u64..=8,
        latency_ns in 1_u64..5_000,
        gb in 1_u64..2_000,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct]),
    ) {
        let (algorithm, collective) = pair;
        let tuning = tuning(ranks, 1, inner);
        let Some(closed) = closed_form(algorithm, collective, ranks, &tuning) else {
            return Ok(());
        };
        let latency = Time::from_ns(latency_ns);
        let cost = switch(ranks, gb, latency, Profile::wire(), ENGINE_GB);
        let Some(schedule) = schedule(pair, ranks, &tuning) else { return Ok(()) };
        let elements = Elements { count, width };
        let got = time_of(&*schedule, elements, &cost);
        if ranks == 1 {
            let bytes = if collective == Collective::Barrier { 0 } else { elements.bytes() };
            prop_assert_eq!(got, cost.copy_time(bytes));
            return Ok(());
        }
        let nominal = Chunks::new(schedule.shape(), count, width).elements * width;
        let chunk = cost.occupancy(&cost.route(0, 1), nominal, 1);
        let messages = chunk * closed.chunks;
        let expected = (latency * closed.alphas + messages).as_ps();
        // A message of several chunks is rounded up once, not chunk by chunk; a local copy, however
        // fast, takes a few picoseconds.
        let copy = cost.copy_time(elements.bytes()).as_ps().max(1);
        let (less, more) = (closed.chunks, u64::from(schedule.steps(0, 0)) * copy);
        let got = got.as_ps();
        prop_assert!(
            (expected.saturating_sub(less)..=expected + more).contains(&got),
            "{} of {}", got, expected
        );
        // The formula knows the local steps, too.
        match formula::time(algorithm, collective, elements, &tuning, &cost) {
            Err(EngineError::NoFormula(_)) => {}
            Ok(_) if algorithm == Algorithm::RecursiveDoubling && !ranks.is_power_of_two() => {}
            formula => prop_assert_eq!(formula.map(Time::as_ps), Ok(got)),
        }
    }

    #[test]
    fn the_formula_of_a_ring_is_the_engine(
        ranks in 2_u32..=65,
        count in 0_u64..1 << 20,
        width in 1_u64..=8,
        latency_ns in 0_u64..5_000,
        gb in 1_u64..2_000,
        engine_gb in 1_u64..5_000,
        overhead_ns in 0_u64..1_000,
        slice in 0_u64..20_000,
    ) {
        let profile = Profile {
            send_overhead: Time::from_ns(overhead_ns),
            recv_overhead: Time::from_ns(overhead_ns / 2),
            slice_bytes: slice,
            ..Profile::wire()
        };
        let cost = switch(ranks, gb, Time::from_ns(latency_ns), profile, engine_gb);
        for collective in ALL_REDUCE_AND_HALVES {
            let tuning = tuning(ranks, 1, Inner::Ring);
            let schedule = Algorithm::Ring.schedule(collective, ranks, &tuning).unwrap();
            let elements = Elements { count, width };
            let engine = time_of(&*schedule, elements, &cost);
            let formula = formula::time(Algorithm::Ring, collective, elements, &tuning, &cost);
            prop_assert_eq!(formula, Ok(engine));
        }
    }

    /// Nothing to send still has to be sent: latency alone.
    #[test]
    fn empty_trees_take_their_latency(ranks in 2_u32..=65, latency_ns in 0_u64..5_000) {
        let cost = switch(ranks, 100, Time::from_ns(latency_ns), Profile::wire(), ENGINE_GB);
        let (tree, collective) = (Algorithm::DoubleBinaryTree, Collective::AllReduce);
        let tuning = tuning(ranks, 1, Inner::Ring);
        let schedule = tree.schedule(collective, ranks, &tuning).unwrap();
        let engine = time(&*schedule, 0, &cost);
        prop_assert_eq!(formula::time(tree, collective, 0, &tuning, &cost), Ok(engine));
    }
}
