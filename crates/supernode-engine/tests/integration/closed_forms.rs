//! Virtual time equals the closed form wherever the alpha-beta model holds.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Chunks, Inner};
use supernode_engine::formula;
use supernode_fabric::Profile;
use supernode_units::Time;

use crate::machines::{pairs, switch, time, tuning};

/// So fast that reductions and copies hide behind any arrival.
const ENGINE_GB: u64 = 1_000_000_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ports_equal_alphas_and_chunks(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=65,
        bytes in 1_u64..1 << 22,
        latency_ns in 1_u64..5_000,
        gb in 1_u64..2_000,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct]),
    ) {
        let (algorithm, collective) = pair;
        let tuning = tuning(ranks, 1, inner);
        let Some(closed) = algorithm.closed_form(collective, ranks, &tuning) else {
            return Ok(());
        };
        let latency = Time::from_ns(latency_ns);
        let cost = switch(ranks, gb, latency, Profile::wire(), ENGINE_GB);
        let schedule = algorithm.schedule(collective, ranks, &tuning).unwrap();
        let got = time(&*schedule, bytes, &cost);
        if ranks == 1 {
            prop_assert_eq!(got, cost.copy_time(bytes));
            return Ok(());
        }
        let nominal = Chunks::new(schedule.shape(), bytes, 1).elements;
        let chunk = cost.occupancy(&cost.route(0, 1), nominal, 1);
        let messages = chunk * closed.chunks;
        let expected = (latency * closed.alphas + messages).as_ps();
        // A message of several chunks is rounded up once, not chunk by chunk; a local copy, however
        // fast, takes a picosecond.
        let (less, more) = (closed.chunks, u64::from(schedule.steps(0, 0)));
        let got = got.as_ps();
        prop_assert!((expected - less..=expected + more).contains(&got), "{} of {}", got, expected);
    }

    #[test]
    fn the_formula_of_a_ring_is_the_engine(
        ranks in 2_u32..=65,
        bytes in 0_u64..1 << 22,
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
        for collective in supernode_collectives::Collective::ALL {
            let tuning = tuning(ranks, 1, Inner::Ring);
            let schedule = Algorithm::Ring.schedule(collective, ranks, &tuning).unwrap();
            let engine = time(&*schedule, bytes, &cost);
            let formula = formula::time(Algorithm::Ring, collective, bytes, &tuning, &cost).unwrap();
            // The rank's own block may take longer to copy than everybody else's to arrive.
            let own = cost.copy_time(bytes.div_ceil(u64::from(ranks)));
            prop_assert!(engine >= formula, "{} < {}", engine, formula);
            prop_assert!(engine <= formula + own, "{} > {}", engine, formula + own);
        }
    }
}
