//! No schedule beats the lower bound, and no faster link slows a schedule with fixed ports.

use proptest::prelude::*;
use supernode_collectives::{Algorithm, Inner, LowerBound, Ports};
use supernode_engine::{fastest, formula, tune};
use supernode_fabric::{LevelKind, Profile, Skew};
use supernode_units::Time;

use crate::machines::{level, model, pairs, switch, time, tuning};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn time_never_beats_the_lower_bound(
        pair in prop::sample::select(pairs()),
        ranks in 1_u32..=40,
        bytes in 0_u64..1 << 22,
        latency_ns in 0_u64..5_000,
        gb in 1_u64..2_000,
        slices in 1_u32..5,
        inner in prop::sample::select(vec![Inner::Ring, Inner::Direct, Inner::InSwitch]),
    ) {
        let (algorithm, collective) = pair;
        let tuning = tuning(ranks, slices, inner);
        let latency = Time::from_ns(latency_ns);
        let cost = switch(ranks, gb, latency, Profile::wire(), 10_000);
        let schedule = algorithm.schedule(collective, ranks, &tuning).unwrap();
        let got = time(&*schedule, bytes, &cost);
        let in_network = algorithm == Algorithm::InSwitch
            || algorithm == Algorithm::Hierarchical && inner == Inner::InSwitch;
        let bound = LowerBound::new(collective, ranks, bytes, ranks, in_network);
        let wire = cost.occupancy(&cost.route(0, ranks - 1), bound.bytes, 1);
        if ranks > 1 {
            prop_assert!(got >= latency * bound.rounds, "{} against {:?}", got, bound);
            prop_assert!(got >= wire, "{} against {:?}", got, bound);
        }
        let closed = formula::time(algorithm, collective, bytes, &tuning, &cost).unwrap();
        prop_assert!(closed >= latency * bound.rounds && (ranks == 1 || closed >= wire), "{}", closed);
    }

    /// A plain FIFO with several senders can be slowed by a faster link (an anomaly of list
    /// scheduling); with fixed ports every clock is a longest path, which cannot.
    #[test]
    fn a_faster_link_never_slows_fixed_ports(
        pair in prop::sample::select(pairs()),
        ranks in 2_u32..=40,
        bytes in 0_u64..1 << 20,
        rates in (1_u64..500, 1_u64..500, 1_u64..500),
        more in (0_u64..500, 0_u64..500, 0_u64..500),
        latencies in (0_u64..3_000, 0_u64..3_000, 0_u64..3_000),
        less in (0_u64..1_000, 0_u64..1_000, 0_u64..1_000),
        seed in any::<u64>(),
    ) {
        let (algorithm, collective) = pair;
        let tuning = tuning(ranks, 1, Inner::Ring);
        let schedule = algorithm.schedule(collective, ranks, &tuning).unwrap();
        if schedule.shape().ports == Ports::Contended {
            return Ok(());
        }
        let machine = |rates: [u64; 3], latencies: [u64; 3]| {
            let ns = |i: usize| Time::from_ns(latencies[i]);
            let levels = vec![
                level("board", LevelKind::Switch, 4, rates[0], ns(0)),
                level("cabinet", LevelKind::FullMesh { dims: vec![3] }, 3, rates[1], ns(1)),
                level("pod", LevelKind::Torus { dims: vec![2, 2] }, 4, rates[2], ns(2)),
            ];
            let cost = model(levels, Profile::wire(), 300);
            let jitter = Time::from_ns(500);
            let skew = Skew { seed, jitter, slow_ppm: 100_000, slow_step: Time::from_us(1) };
            let fabric = cost.fabric.place(supernode_fabric::Placement::Random { seed }, ranks);
            supernode_fabric::CostModel {
                fabric: fabric.expect("48 devices"),
                skew: Some(skew),
                ..cost
            }
        };
        let slow = machine(rates.into(), latencies.into());
        let fast = machine(
            [rates.0 + more.0, rates.1 + more.1, rates.2 + more.2],
            [
                latencies.0.saturating_sub(less.0),
                latencies.1.saturating_sub(less.1),
                latencies.2.saturating_sub(less.2),
            ],
        );
        let (slow, fast) = (time(&*schedule, bytes, &slow), time(&*schedule, bytes, &fast));
        prop_assert!(fast <= slow, "{} > {}", fast, slow);
    }

    #[test]
    fn the_choice_is_the_fastest_of_the_formulas(
        ranks in 1_u32..=64,
        bytes in 0_u64..1 << 30,
        latency_ns in 0_u64..5_000,
    ) {
        let cost = switch(ranks, 100, Time::from_ns(latency_ns), Profile::wire(), 2_000);
        for collective in supernode_collectives::Collective::ALL {
            let (_, _, best) = fastest(collective, bytes, &cost, None);
            for (algorithm, other) in pairs() {
                if other == collective {
                    let tuning = tune(algorithm, collective, bytes, &cost, None);
                    let time = formula::time(algorithm, collective, bytes, &tuning, &cost).unwrap();
                    prop_assert!(best <= time, "{} is faster", algorithm);
                }
            }
        }
    }
}
