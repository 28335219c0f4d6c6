//! RCCL's estimate.

use supernode_library::Function::{AllGather, AllReduce, Broadcast, SendRecv};
use supernode_library::nccl::{Algorithm, Protocol};
use supernode_library::rccl::{Constants, Gpu, IntraPath, Machine, choose, estimate};
use supernode_units::Bandwidth;

fn mi300x(nodes: u32) -> Machine {
    Machine {
        gpu: Gpu::Gfx942,
        amd_host: true,
        nodes,
        ranks_per_node: 8,
        intra: IntraPath::Xgmi,
        intra_bandwidth: Bandwidth::from_gb_per_s(336),
        inter_bandwidth: Bandwidth::from_gb_per_s(384),
        ll128: false,
        same_channels: nodes == 1,
    }
}

#[test]
fn latencies_follow_nccls_formulas_with_rccls_tables() {
    let constants = Constants::builtin().unwrap();
    let check = |nodes, algorithm, protocol, us: f64| {
        let time = estimate(&constants, &mi300x(nodes), AllReduce, 0, algorithm, protocol).unwrap();
        assert!((time.as_us_f64() - us).abs() < 1e-6, "{time} {us}");
    };
    check(1, Algorithm::Ring, Protocol::Ll, 12.0 + 14.0 * 0.8);
    check(1, Algorithm::Tree, Protocol::Ll, 12.0 + 14.0 * 0.9);
    check(2, Algorithm::Tree, Protocol::Ll, 12.0 + 2.0 * (7.0 * 0.9 + 10.5));
    check(2, Algorithm::Ring, Protocol::Simple, 17.0 + 28.0 * 6.0 + 2.0 * 320.0);
}

#[test]
fn small_calls_are_ll_and_large_ones_rings() {
    let constants = Constants::builtin().unwrap();
    let check = |nodes, function, bytes, want| {
        let choice = choose(&constants, &mi300x(nodes), function, bytes).unwrap();
        assert_eq!(choice.map(|c| (c.algorithm, c.protocol)), want, "{function} {bytes}");
    };
    check(1, AllReduce, 1024, Some((Algorithm::Ring, Protocol::Ll)));
    check(1, AllReduce, 1 << 30, Some((Algorithm::Ring, Protocol::Simple)));
    check(4, AllReduce, 1 << 30, Some((Algorithm::Ring, Protocol::Simple)));
    check(1, AllGather, 1 << 30, Some((Algorithm::Ring, Protocol::Simple)));
    check(1, Broadcast, 64, Some((Algorithm::Ring, Protocol::Ll)));
    check(1, SendRecv, 64, None);
    let simple = estimate(&constants, &mi300x(1), AllReduce, 1, Algorithm::Tree, Protocol::Simple);
    assert_eq!(simple, None);
    let dark = Machine { intra_bandwidth: Bandwidth::new(0), ..mi300x(1) };
    assert!(choose(&constants, &dark, AllReduce, 1).is_err());
    assert!("gfx90a".parse::<Gpu>().is_err());
}
