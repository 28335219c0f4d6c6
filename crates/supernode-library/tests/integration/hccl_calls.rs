//! Whole calls of HCCL on catalog systems.

use supernode_catalog::Catalog;
use supernode_library::Function::{self, AllGather, AllReduce, AllToAll, ReduceScatter};
use supernode_library::hccl::{Choice, Communicator, Kernel, Times, domains};

const MIB: u64 = 1 << 20;

fn on(system: &str, devices: u32, servers: u32, supernodes: u32) -> Communicator {
    let catalog = Catalog::builtin().unwrap();
    let system = catalog.system(system).unwrap();
    Communicator::new(&catalog, system, devices, servers, supernodes).unwrap()
}

fn times(made: &Communicator, function: Function, bytes: u64) -> (Choice, Times) {
    let choice = made.choose(function, bytes).unwrap();
    (choice, made.times(function, bytes, &choice).unwrap())
}

#[test]
fn systems_are_cut_into_servers_and_supernodes() {
    let catalog = Catalog::builtin().unwrap();
    for (system, server, supernode) in [
        ("atlas-800-a2", 8, u32::MAX),
        ("cloudmatrix-384", 16, 768),
        ("cloudmatrix-165k", 16, 768),
        ("atlas-900-supercluster", 8, u32::MAX),
        ("atlas-950-superpod", 8, 8192),
        ("atlas-950-supercluster", 8, 8192),
        ("atlas-960-supercluster", 1, 15488),
    ] {
        let found = catalog.system(system).unwrap();
        let chip = catalog.chip_of(found).unwrap();
        assert_eq!(domains(found, chip), (server, supernode), "{system}");
    }
}

#[test]
fn one_server_of_910b_is_a_mesh() {
    let made = on("atlas-800-a2", 8, 1, 1);
    let (choice, small) = times(&made, AllReduce, 1024);
    assert_eq!(choice.name(), "mesh-aiv");
    let (_, large) = times(&made, AllReduce, 1024 * MIB);
    // 2α, and 2n/8 over a link of 18.3 GB/s.
    let [(low, high), _] = made.steps_us();
    assert!((small.low.as_us_f64() - 2.0 * low).abs() < 0.1, "{small:?}");
    assert!((small.high.as_us_f64() - 2.0 * high).abs() < 0.1, "{small:?}");
    let wire = 2.0 * 1024.0 * MIB as f64 / 8.0 / 18.3e3;
    assert!((large.middle.as_us_f64() / wire - 1.0).abs() < 0.01, "{large:?}");
}

#[test]
fn an_all_reduce_is_a_reduce_scatter_and_an_all_gather() {
    for (system, devices, servers, supernodes) in
        [("cloudmatrix-384", 16, 48, 2), ("atlas-950-superpod", 8, 1024, 1)]
    {
        let made = on(system, devices, servers, supernodes);
        let bytes = 4096 * MIB;
        let [all, scatter, gather] =
            [AllReduce, ReduceScatter, AllGather].map(|function| times(&made, function, bytes).1);
        let halves = (scatter.middle + gather.middle).as_us_f64();
        let whole = all.middle.as_us_f64();
        assert!((whole / halves - 1.0).abs() < 0.01, "{system}: {whole} and {halves} us");
    }
}

#[test]
fn ends_hold_the_middle_and_supernodes_cost_more() {
    let (one, two) = (on("cloudmatrix-384", 16, 48, 1), on("cloudmatrix-384", 16, 48, 2));
    for bytes in [1024, MIB, 256 * MIB] {
        let (choice, ends) = times(&one, AllReduce, bytes);
        assert!(ends.low < ends.middle && ends.middle < ends.high, "{ends:?}");
        assert_eq!(choice.level2, None);
        let (two, more) = times(&two, AllReduce, bytes);
        assert!(two.level2.is_some());
        // Small calls of one supernode are one flat NHR, which has more steps between servers.
        let slower = more.high > ends.high && more.low > ends.low;
        assert!(slower || choice.kernel == Kernel::FlatNhr, "{more:?} and {ends:?}");
    }
}

#[test]
fn what_is_no_call_of_levels_is_refused() {
    let made = on("atlas-800-a2", 8, 1, 1);
    let choice = made.choose(AllToAll, MIB).unwrap();
    assert_eq!(choice.kernel, Kernel::Levels);
    assert!(made.times(AllToAll, MIB, &choice).is_err());
    let catalog = Catalog::builtin().unwrap();
    let h100 = catalog.system("dgx-h100").unwrap();
    let error = Communicator::new(&catalog, h100, 8, 1, 1).unwrap_err().to_string();
    assert_eq!(error, "no library profile for dgx-h100: hccl does not run on chip h100");
}
