//! HCCL's costs and choices.

use proptest::prelude::*;
use supernode_library::Function::{
    self, AllGather, AllReduce, AllToAll, Broadcast, Reduce, ReduceScatter,
};
use supernode_library::LibraryError;
use supernode_library::hccl::{
    Algorithm, Constants, Generation, Groups, Kernel, Level0, Link, Machine, ahc, choose, cost,
    pipeline, stages,
};
use supernode_units::{Bandwidth, Time};

const MIB: u64 = 1 << 20;

/// 10 us, 1 GB/s, 10 GB/s: a kilobyte is moved in 1 us.
fn link() -> Link {
    Link {
        alpha: Time::from_us(10),
        beta: Bandwidth::from_gb_per_s(1),
        gamma: Some(Bandwidth::from_gb_per_s(10)),
    }
}

#[test]
fn costs_are_those_of_the_table() {
    let check = |algorithm, function, ranks, us: f64| {
        let time = cost(algorithm, function, ranks, 80_000, &link()).unwrap();
        assert!((time.as_us_f64() - us).abs() < 1e-6, "{algorithm} {function}: {time}");
    };
    // n = 80 kB on 8 ranks: n/p β is 10 us, (p-1)/p nβ 70 us, (p-1)/p nγ 7 us.
    check(Algorithm::Mesh, ReduceScatter, 8, 10.0 + 10.0 + 7.0);
    check(Algorithm::Mesh, AllGather, 8, 10.0 + 10.0);
    check(Algorithm::Mesh, AllReduce, 8, 20.0 + 20.0 + 7.0);
    check(Algorithm::Ring, AllReduce, 8, 140.0 + 140.0 + 7.0);
    check(Algorithm::HalvingDoubling, AllReduce, 8, 60.0 + 140.0 + 7.0);
    check(Algorithm::Nhr, ReduceScatter, 8, 30.0 + 70.0 + 7.0);
    // 5 ranks: n/p β is 16 us.
    check(Algorithm::Nb, AllGather, 5, 30.0 + 64.0);
    check(Algorithm::HalvingDoubling, AllGather, 5, 20.0 + 64.0 + (10.0 + 80.0));
    check(Algorithm::Ring, Broadcast, 5, 4.0 * (10.0 + 80.0));
    check(Algorithm::Mesh, Broadcast, 5, 20.0 + 32.0);
    check(Algorithm::Star, Reduce, 5, 10.0 + 80.0);
    check(Algorithm::Pairwise, AllToAll, 5, 40.0 + 64.0);
    let error = cost(Algorithm::Nhr, AllToAll, 8, 1, &link()).unwrap_err();
    assert!(matches!(error, LibraryError::Unsupported { .. }));
    assert_eq!(
        error.to_string(),
        "NHR has no all-to-all; it has all-reduce, reduce-scatter and all-gather"
    );
}

#[test]
fn the_pipeline_takes_the_slower_way_in_every_step() {
    let fast = Link { alpha: Time::from_us(1), ..link() };
    let time = pipeline(Function::ReduceScatter, 32, 4, 320_000, &fast, &link()).unwrap();
    assert_eq!(time, Time::from_us(3 * 20 + 11));
    let twice = pipeline(Function::AllReduce, 32, 4, 320_000, &fast, &link()).unwrap();
    assert_eq!(twice, time * 2);
    assert!(pipeline(Function::Broadcast, 32, 4, 1, &fast, &link()).is_err());
}

#[test]
fn groups_of_different_sizes() {
    let groups = Groups { groups: 2, smallest: 3, more: 1, convergence: 2.0 };
    // 2(2 + 1)α, 2(3/4 + 2/6)n.
    let free = Link { gamma: None, ..link() };
    let time = ahc(&groups, 12_000, &free);
    assert!((time.as_us_f64() - (60.0 + 26.0)).abs() < 1e-6, "{time}");
    assert!((ahc(&groups, 12_000, &link()).as_us_f64() - (60.0 + 26.0 + 1.3)).abs() < 1e-6);
}

fn check(machine: Machine, bytes: u64, level1: Option<Algorithm>, kernel: Kernel) {
    let constants = Constants::builtin().unwrap();
    let choice = choose(&constants, &machine, Function::AllReduce, bytes).unwrap();
    assert_eq!((choice.level1, choice.kernel), (level1, kernel), "{machine:?}");
}

#[test]
fn a2_goes_from_vector_cores_to_the_pipeline() {
    let one = Machine::new(Generation::A2, 1);
    check(one, 16 * MIB - 1, None, Kernel::MeshAiv);
    check(one, 16 * MIB, None, Kernel::MeshAivLarge);
    let strict = Machine { deterministic: true, ..one };
    check(strict, 256 * 1024, None, Kernel::OneShotMesh);
    check(strict, 256 * 1024 + 1, None, Kernel::MeshLoop);
    let four = Machine::new(Generation::A2, 4);
    check(four, 190 * 1024, Some(Algorithm::Nhr), Kernel::SmallAivRdma);
    let three = Machine::new(Generation::A2, 3);
    check(three, 190 * 1024, Some(Algorithm::Ring), Kernel::MidAivRdma);
    check(four, 32 * MIB - 32, Some(Algorithm::Nhr), Kernel::MeshLoop);
    check(four, 32 * MIB, Some(Algorithm::Pipeline), Kernel::MeshLoop);
    check(Machine { rdma_lite: false, ..four }, 32 * MIB, Some(Algorithm::Nhr), Kernel::MeshLoop);
    check(
        Machine { deterministic: true, ..four },
        32 * MIB,
        Some(Algorithm::Nhr),
        Kernel::MeshLoop,
    );
}

#[test]
fn level_one_breaks_ties_in_favour_of_the_ring() {
    // Two servers: all three are one step.
    let machine = Machine { deterministic: true, ..Machine::new(Generation::A2, 2) };
    check(machine, MIB, Some(Algorithm::Ring), Kernel::MeshLoop);
    let constants = Constants::builtin().unwrap();
    let choice = choose(&constants, &machine, Function::AllReduce, 16_000_000).unwrap();
    // 2 x 60 us and 2 x 1/2 x 2 MB at 20 GB/s.
    assert_eq!(choice.level1_time, Some(Time::from_us(220)));
}

#[test]
fn other_generations() {
    check(Machine::new(Generation::A1, 4), MIB, Some(Algorithm::HalvingDoubling), Kernel::Levels);
    check(Machine::new(Generation::A1, 3), MIB, Some(Algorithm::Ring), Kernel::Levels);
    check(Machine::new(Generation::A5, 4), MIB, Some(Algorithm::Nhr), Kernel::Levels);
    let one = Machine::new(Generation::A3, 1);
    check(one, MIB, None, Kernel::MeshAiv);
    check(one, 16 * MIB, None, Kernel::OneShotMesh);
    check(one, 16 * MIB + 1, None, Kernel::FastDoubleRing);
    check(Machine { hccs_ports: 6, ..one }, 32 * MIB, None, Kernel::DoubleRing);
    let pod = Machine::new(Generation::A3, 24);
    check(pod, 96 * MIB, Some(Algorithm::Nhr), Kernel::FlatNhr);
    check(pod, 96 * MIB + 1, Some(Algorithm::Nhr), Kernel::FastDoubleRing);
    let constants = Constants::builtin().unwrap();
    let level2 = |supernodes| {
        let machine = Machine { supernodes, ..pod };
        choose(&constants, &machine, Function::AllReduce, MIB).unwrap().level2
    };
    assert_eq!(level2(1), None);
    assert_eq!(level2(3), Some(Algorithm::Ring));
    assert_eq!(level2(4), Some(Algorithm::HalvingDoubling));
    assert_eq!(level2(9), Some(Algorithm::HalvingDoubling));
    let choice = choose(&constants, &one, Function::AllGather, MIB).unwrap();
    assert_eq!((choice.level0, choice.kernel), (Level0::DoubleRing, Kernel::Levels));
    let nothing = Machine { devices: 1, ..Machine::new(Generation::A2, 1) };
    assert!(choose(&constants, &nothing, Function::AllReduce, MIB).is_err());
}

#[test]
fn a_call_runs_level_by_level() {
    let shown = |function| {
        let stages: Vec<_> = stages(function).iter().map(ToString::to_string).collect();
        stages.join(", ")
    };
    assert_eq!(
        shown(AllReduce),
        "reduce-scatter within servers, all-reduce between servers, all-gather within servers"
    );
    assert_eq!(
        shown(ReduceScatter),
        "reduce-scatter between servers, reduce-scatter within servers"
    );
    assert_eq!(
        shown(Broadcast),
        "scatter within servers, broadcast between servers, all-gather within servers"
    );
}

proptest! {
    #[test]
    fn costs_grow_with_bytes_and_ranks(ranks in 2..5000u32, bytes in 1..1u64 << 40) {
        for algorithm in [Algorithm::Ring, Algorithm::Nhr, Algorithm::Nb] {
            for function in [Function::AllReduce, Function::ReduceScatter, Function::AllGather] {
                let time = |r, b| cost(algorithm, function, r, b, &link()).unwrap();
                prop_assert!(time(ranks, bytes) <= time(ranks, bytes + bytes / 3));
                prop_assert!(time(ranks, bytes) <= time(ranks + 1, bytes));
            }
        }
    }

    #[test]
    fn all_reduce_is_reduce_scatter_and_all_gather(ranks in 2..5000u32, bytes in 1..1u64 << 30) {
        for algorithm in [Algorithm::Mesh, Algorithm::Ring, Algorithm::HalvingDoubling, Algorithm::Nhr] {
            let time = |f| cost(algorithm, f, ranks, bytes, &link()).unwrap().as_ps();
            let sum = time(Function::ReduceScatter) + time(Function::AllGather);
            prop_assert!(time(Function::AllReduce).abs_diff(sum) <= 4 + sum / 1_000_000_000);
        }
    }
}
