//! Every algorithm is right, on every number of ranks that an ordinary test run has time for.

use supernode_collectives::prove::{Options, Proof, prove, prove_algorithm};
use supernode_collectives::{
    Action, Algorithm, Collective, CollectiveError, Inner, LevelPlan, Ring, Tuning, fit_levels,
};

/// All-reduce, and the halves that it is made of.
const ALL_REDUCE_AND_HALVES: [Collective; 3] =
    [Collective::AllReduce, Collective::ReduceScatter, Collective::AllGather];

#[track_caller]
fn proof(algorithm: Algorithm, collective: Collective, ranks: u32, tuning: &Tuning) -> Proof {
    let proof = prove_algorithm(algorithm, collective, ranks, tuning, &Options::default());
    let proof = proof.unwrap_or_else(|error| panic!("{algorithm} {collective} {ranks}: {error}"));
    let wrong: Vec<String> = proof.findings.iter().map(ToString::to_string).collect();
    assert!(proof.holds(), "{algorithm} {collective} {ranks} {tuning:?}: {wrong:#?}");
    // A promise that is not made although it could be is no error, but it is worth knowing.
    assert_eq!(proof.summation.bit_identical, proof.shape.bit_identical, "{algorithm} {ranks}");
    // Nothing beats a lower bound, or takes more than all there is.
    let (cost, shape) = (&proof.cost, &proof.shape);
    assert!(cost.scratch <= u64::from(shape.scratch_chunks), "{algorithm} {ranks}: {cost:?}");
    assert!(cost.sent_to_one <= cost.sent, "{algorithm} {collective} {ranks}: {cost:?}");
    assert!(cost.latency_share(shape) <= 1.0, "{algorithm} {collective} {ranks}: {cost:?}");
    assert!(cost.bandwidth_share(shape) <= 1.0, "{algorithm} {collective} {ranks}: {cost:?}");
    proof
}

fn all_ranks(algorithm: Algorithm, depth: impl Fn(Collective, u32) -> u32) {
    for collective in Collective::ALL {
        let tuning = Tuning { slices: 3, ..Tuning::default() };
        if algorithm.schedule(collective, 2, &tuning).is_err() {
            continue;
        }
        for ranks in 1..=64 {
            if let Err(CollectiveError::RanksForbidden { .. }) =
                algorithm.schedule(collective, ranks, &tuning)
            {
                continue;
            }
            let proof = proof(algorithm, collective, ranks, &tuning);
            let expected = if ranks == 1 { 0 } else { depth(collective, ranks) };
            assert_eq!(proof.least_depth, Some(expected), "{algorithm} {collective} {ranks}");
            // On few ranks, or where the root stands well, many a sum happens to be in order.
            if ranks > 4 && collective.root().is_none() {
                let (proved, said) = (proof.summation.in_rank_order, proof.shape.in_rank_order);
                assert_eq!(proved, said, "{algorithm} {collective} {ranks}");
            }
        }
    }
}

#[test]
fn ring() {
    // All start with a send, and a fused step takes a slot for what it sends before it takes.
    all_ranks(Algorithm::Ring, |collective, ranks| match (collective, ranks) {
        (Collective::ReduceScatter | Collective::AllGather, 2) => 1,
        _ => 2,
    });
}

#[test]
fn recursive_doubling() {
    all_ranks(Algorithm::RecursiveDoubling, |_, _| 0);
}

#[test]
fn double_binary_tree() {
    all_ranks(Algorithm::DoubleBinaryTree, |_, _| 0);
}

#[test]
fn one_shot() {
    all_ranks(Algorithm::OneShot, |_, _| 1);
}

#[test]
fn two_shot() {
    all_ranks(Algorithm::TwoShot, |_, _| 1);
}

#[test]
fn in_switch() {
    all_ranks(Algorithm::InSwitch, |_, _| 0);
}

/// The copy of an odd block, or of the own one, splits the first exchange in two.
#[test]
fn rounds_of_log_two() {
    for algorithm in [Algorithm::Circulant, Algorithm::Nhr, Algorithm::Nb] {
        all_ranks(algorithm, |collective, ranks| {
            u32::from(collective == Collective::AllGather || ranks % 2 == 1)
        });
    }
}

#[test]
fn rings_of_all_kinds() {
    let two = |collective, ranks| match (collective, ranks) {
        (Collective::ReduceScatter | Collective::AllGather, 2) => 1,
        _ => 2,
    };
    all_ranks(Algorithm::BidirectionalRing, two);
    // A thousand links a rank and more take their time.
    for (ranks, collective) in [2, 3, 5, 7, 8, 9, 10, 11, 12, 15, 16, 17, 25]
        .into_iter()
        .flat_map(|ranks| ALL_REDUCE_AND_HALVES.map(|collective| (ranks, collective)))
    {
        proof(Algorithm::FullMeshRings, collective, ranks, &Tuning::default());
    }
    // As many slices more are under way.
    all_ranks(Algorithm::SegmentedRing, |_, _| 4);
    for (inner, outer) in [(2, 2), (3, 4), (4, 3), (5, 6), (3, 3), (4, 8), (8, 4), (5, 5), (9, 3)] {
        let level = |size| LevelPlan { size, inner: Inner::Ring };
        let tuning =
            Tuning { slices: 1, levels: vec![level(inner), level(outer)], ..Tuning::default() };
        for algorithm in [Algorithm::MeshRings, Algorithm::TorusRings] {
            for collective in ALL_REDUCE_AND_HALVES {
                match algorithm.schedule(collective, inner * outer, &tuning) {
                    Err(error) => assert!(matches!(error, CollectiveError::RanksForbidden { .. })),
                    Ok(_) => drop(proof(algorithm, collective, inner * outer, &tuning)),
                }
            }
        }
    }
}

#[test]
fn recursive_multiplying() {
    for radix in [2, 3, 4, 7, 64, 100] {
        for ranks in 1..=64 {
            let tuning = Tuning { radix, ..Tuning::default() };
            proof(Algorithm::RecursiveMultiplying, Collective::AllReduce, ranks, &tuning);
            proof(Algorithm::RecursiveExchange, Collective::AllReduce, ranks, &tuning);
        }
    }
}

#[test]
fn recursive_exchange() {
    all_ranks(Algorithm::RecursiveExchange, |_, _| 1);
    for (radix, ranks) in [(3, 27), (4, 16), (5, 5), (8, 64)] {
        let tuning = Tuning { radix, ..Tuning::default() };
        for collective in ALL_REDUCE_AND_HALVES {
            proof(Algorithm::RecursiveExchange, collective, ranks, &tuning);
        }
    }
}

/// On 2^(h+1) - 2 ranks as many messages in a row as the paper says, or fewer.
#[test]
fn dual_root() {
    all_ranks(Algorithm::DualRoot, |_, _| 0);
    for (height, slices) in (1..6).flat_map(|height| [(height, 1), (height, 2), (height, 9)]) {
        let tuning = Tuning { slices, ..Tuning::default() };
        let ranks = (2 << height) - 2;
        let cost = proof(Algorithm::DualRoot, Collective::AllReduce, ranks, &tuning).cost;
        assert!(
            cost.rounds <= 4 * height - 3 + 3 * (slices - 1),
            "{ranks} {slices}: {}",
            cost.rounds
        );
    }
}

/// One block more than a multiple of the rounds, whatever is asked for.
#[test]
fn circulant_broadcast() {
    all_ranks(Algorithm::CirculantBroadcast, |_, _| 0);
    for (slices, ranks) in [1, 2, 7, 16].into_iter().flat_map(|b| (2..=33).map(move |n| (b, n))) {
        for root in [0, ranks / 2, ranks - 1] {
            let tuning = Tuning { slices, ..Tuning::default() };
            let (algorithm, collective) =
                (Algorithm::CirculantBroadcast, Collective::Broadcast { root });
            let cost = proof(algorithm, collective, ranks, &tuning).cost;
            // Blocks - 1 + L rounds, in each of which a port passes one block each way at most.
            let (log, schedule) =
                ((ranks - 1).ilog2() + 1, algorithm.schedule(collective, ranks, &tuning));
            let rounds = cost.chunks as u32 - 1 + log;
            let steps = |rank| schedule.as_ref().unwrap().steps(rank, 0);
            assert_eq!(steps(root), rounds + 1, "{ranks} {slices}");
            assert!((0..ranks).all(|rank| rank == root || steps(rank) <= rounds));
            assert_eq!((cost.sent, cost.received), (rounds.into(), cost.chunks));
        }
    }
}

#[test]
fn straggler_aware() {
    for ranks in 1..=64 {
        let all_reduce = Collective::AllReduce;
        let proof = proof(Algorithm::StragglerAware, all_reduce, ranks, &Tuning::default());
        // Whoever takes a whole vector and gives one away is the least that any all-reduce asks for.
        let last =
            Algorithm::StragglerAware.schedule(all_reduce, ranks, &Tuning::default()).unwrap();
        let sends = (0..last.steps(ranks - 1, 0))
            .filter(|at| matches!(last.step(ranks - 1, 0, *at).action, Action::Send { .. }))
            .count();
        assert_eq!(sends as u64, if ranks == 1 { 0 } else { proof.cost.chunks }, "{ranks}");
    }
}

#[test]
fn hccl_pipeline() {
    for (inner, groups) in [(2, 2), (2, 5), (5, 2), (3, 4), (4, 3), (8, 4), (4, 16)] {
        let level = |size| LevelPlan { size, inner: Inner::Ring };
        let levels = vec![level(inner), level(groups)];
        let tuning = Tuning { levels, ..Tuning::default() };
        for collective in ALL_REDUCE_AND_HALVES {
            proof(Algorithm::HcclPipeline, collective, inner * groups, &tuning);
        }
    }
}

#[test]
fn scatter_all_gather() {
    all_ranks(Algorithm::ScatterAllGather, |_, _| 0);
}

#[test]
fn multi_port_bucket() {
    for sizes in [&[][..], &[5], &[4, 4], &[2, 3], &[3, 5], &[2, 3, 4], &[3, 1, 3], &[2, 2, 2, 2]] {
        let level = |size: &u32| LevelPlan { size: *size, inner: Inner::Direct };
        let tuning =
            Tuning { slices: 1, levels: sizes.iter().map(level).collect(), ..Tuning::default() };
        let ranks = sizes.iter().product::<u32>().max(4);
        proof(Algorithm::MultiPortBucket, Collective::AllReduce, ranks, &tuning);
    }
}

/// Rounds, and most sent and received in percent of the vector, as an independent generator counted.
#[test]
fn unequal_groups() {
    let of = |sizes: &[u32]| {
        let level = |size: &u32| LevelPlan { size: *size, inner: Inner::Ring };
        let tuning =
            Tuning { slices: 1, levels: sizes.iter().map(level).collect(), ..Tuning::default() };
        let ranks = sizes.iter().sum();
        proof(Algorithm::UnequalGroups, Collective::AllReduce, ranks, &tuning)
    };
    for (sizes, rounds, messages, percent) in [
        (&[2, 3][..], 6, 28, 167),
        (&[4, 4], 8, 56, 175),
        (&[3, 5, 2], 10, 122, 187),
        (&[4, 6], 12, 108, 183),
    ] {
        let cost = of(sizes).cost;
        assert_eq!((cost.rounds, cost.messages), (rounds, messages), "{sizes:?}");
        for chunks in [cost.sent, cost.received] {
            let all = cost.chunks;
            assert_eq!((chunks * 100 + all / 2) / all, percent, "{sizes:?}");
        }
    }
    for sizes in
        [&[1][..], &[1, 1], &[1, 2, 3], &[7], &[1, 6], &[5, 5, 4], &[8, 8, 8, 1], &[3, 4, 7, 2]]
    {
        of(sizes);
    }
}

/// All parts of a step are sent before any is taken.
#[test]
fn swing() {
    for collective in ALL_REDUCE_AND_HALVES {
        for ranks in (2..=64).step_by(2) {
            let proof = proof(Algorithm::Swing, collective, ranks, &Tuning::default());
            assert!(proof.least_depth > Some(0), "{ranks}");
        }
    }
}

#[test]
fn bine() {
    all_ranks(Algorithm::Bine, |_, _| 0);
}

#[test]
fn pat() {
    all_ranks(Algorithm::Pat, |_, _| 1);
    for slices in [1, 2, 4, 8, 16, 32] {
        for ranks in 1..=64 {
            let tuning = Tuning { slices, ..Tuning::default() };
            proof(Algorithm::Pat, Collective::AllGather, ranks, &tuning);
        }
    }
}

#[test]
fn rabenseifner() {
    all_ranks(Algorithm::Rabenseifner, |_, _| 0);
}

#[test]
fn census() {
    all_ranks(Algorithm::Census, |_, _| 0);
}

#[test]
fn neighbour_exchange() {
    all_ranks(Algorithm::NeighbourExchange, |_, _| 1);
}

#[test]
fn linear() {
    all_ranks(Algorithm::Linear, |_, _| 0);
}

#[test]
fn binomial() {
    all_ranks(Algorithm::Binomial, |_, _| 0);
}

#[test]
fn chain() {
    all_ranks(Algorithm::Chain, |_, _| 0);
}

#[test]
fn pairwise() {
    all_ranks(Algorithm::Pairwise, |_, _| 0);
}

/// The copy splits the first exchange in two.
#[test]
fn bruck() {
    all_ranks(Algorithm::Bruck, |_, _| 1);
}

#[test]
fn by_dimension() {
    all_ranks(Algorithm::ByDimension, |_, _| 1);
    for sizes in [&[5][..], &[4, 4], &[2, 3], &[3, 5], &[2, 3, 4], &[4, 1, 3], &[2, 2, 2, 2]] {
        let level = |size: &u32| LevelPlan { size: *size, inner: Inner::Direct };
        let levels = sizes.iter().map(level).collect();
        let tuning = Tuning { levels, ..Tuning::default() };
        proof(Algorithm::ByDimension, Collective::AllToAll, sizes.iter().product(), &tuning);
    }
}

#[test]
fn dissemination() {
    all_ranks(Algorithm::Dissemination, |_, _| 1);
}

#[test]
fn send_recv() {
    all_ranks(Algorithm::TwoSided, |_, _| 1);
    all_ranks(Algorithm::OneSided, |_, _| 0);
}

/// Every root for small numbers of ranks, the last and the middle one for others.
#[test]
fn every_root() {
    for collective in Collective::ALL.into_iter().filter(|c| c.root().is_some()) {
        for algorithm in Algorithm::ALL {
            let tuning = Tuning { slices: 3, ..Tuning::default() };
            if algorithm.schedule(collective, 2, &tuning).is_err() {
                continue;
            }
            for ranks in 1..=40 {
                let roots: Vec<u32> =
                    if ranks <= 12 { (0..ranks).collect() } else { vec![ranks / 2, ranks - 1] };
                for root in roots {
                    proof(algorithm, collective.with_root(root), ranks, &tuning);
                }
            }
            let error = algorithm.schedule(collective.with_root(5), 5, &tuning).unwrap_err();
            assert!(error.to_string().contains("use 0 to 4"), "{error}");
        }
    }
}

#[test]
fn every_radix() {
    for algorithm in [Algorithm::Binomial, Algorithm::Dissemination, Algorithm::Bruck] {
        for collective in Collective::ALL {
            for (radix, ranks) in (2..=9).flat_map(|radix| (1..=40).map(move |n| (radix, n))) {
                let tuning = Tuning { radix, ..Tuning::default() };
                let collective = collective.with_root(ranks / 3);
                if algorithm.schedule(collective, ranks, &tuning).is_ok() {
                    proof(algorithm, collective, ranks, &tuning);
                }
            }
        }
    }
}

#[test]
fn hierarchical() {
    for inner in [Inner::Ring, Inner::Direct, Inner::InSwitch] {
        for collective in ALL_REDUCE_AND_HALVES {
            for ranks in 1..=64 {
                let levels = fit_levels(ranks, &[(4, inner), (3, Inner::Direct), (5, Inner::Ring)]);
                let tuning = Tuning { slices: 1, levels, ..Tuning::default() };
                proof(Algorithm::Hierarchical, collective, ranks, &tuning);
            }
        }
    }
}

#[test]
fn every_pair_of_levels() {
    let inners = [Inner::Ring, Inner::Direct, Inner::InSwitch];
    for (inner, outer) in inners.into_iter().flat_map(|a| inners.map(|b| (a, b))) {
        for (a, b) in [(2, 2), (2, 5), (4, 3), (3, 8), (8, 3)] {
            let levels = vec![LevelPlan { size: a, inner }, LevelPlan { size: b, inner: outer }];
            let tuning = Tuning { slices: 1, levels, ..Tuning::default() };
            for collective in ALL_REDUCE_AND_HALVES {
                proof(Algorithm::Hierarchical, collective, a * b, &tuning);
            }
        }
    }
}

#[test]
fn slices_do_not_matter() {
    for slices in [1, 2, 5, 8] {
        for ranks in [2, 3, 7, 12, 33] {
            let tuning = Tuning { slices, ..Tuning::default() };
            proof(Algorithm::DoubleBinaryTree, Collective::AllReduce, ranks, &tuning);
            for collective in ALL_REDUCE_AND_HALVES {
                proof(Algorithm::InSwitch, collective, ranks, &tuning);
            }
        }
    }
}

/// A thousand ranks: 2,095,104 messages.
#[test]
fn ring_of_a_thousand() {
    let ring = Ring::new(Collective::AllReduce, 1024).unwrap();
    let proof = prove(&ring, &Options::default()).unwrap();
    assert!(proof.holds(), "{:?}", proof.findings);
    assert_eq!((proof.cost.messages, proof.cost.rounds), (2_095_104, 2046));
    assert_eq!((proof.least_depth, proof.summation.depth), (Some(2), 1023));
}
