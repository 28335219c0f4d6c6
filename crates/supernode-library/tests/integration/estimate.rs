//! Estimates against the figures that are known.

use supernode_library::Function::{self, AllReduce};
use supernode_library::nccl::{Algorithm, Cpu, Gpu, Machine, NicPath, NvSwitch, Protocol};
use supernode_units::{Bandwidth, Time};

use crate::{a100, constants, h100, tuner};

/// Latency of an all-reduce in microseconds, within its printed precision.
fn check(machine: Machine, algorithm: Algorithm, protocol: Protocol, us: f64, within: f64) {
    let tuner = tuner(machine);
    let latency = tuner.latency_us(AllReduce, algorithm, protocol).unwrap();
    assert!((latency - us).abs() <= within, "{latency} instead of {us}");
}

fn gh200(nodes: u32) -> Machine {
    Machine {
        cpu: Cpu::Arm,
        ranks_per_node: 4,
        nics_per_node: 4,
        nic_path: NicPath::Pxn,
        switch: NvSwitch::None,
        ..crate::hgx(Gpu::Hopper, 18, nodes, 200)
    }
}

fn polaris(nodes: u32) -> Machine {
    Machine { cpu: Cpu::Amd, ranks_per_node: 4, nics_per_node: 2, ..a100(nodes) }
}

#[test]
fn smallest_sizes() {
    check(h100(2), Algorithm::Tree, Protocol::Ll, 25.2, 1e-9);
    check(h100(4), Algorithm::Tree, Protocol::Ll, 35.2, 1e-9);
    check(h100(1), Algorithm::Ring, Protocol::Ll, 15.0, 1e-9);
    for (nodes, us) in [(1, 10.4), (2, 20.4), (4, 30.4), (8, 40.4), (16, 50.4), (32, 60.4)] {
        check(gh200(nodes), Algorithm::Tree, Protocol::Ll, us, 1e-9);
    }
    // Published without decimals.
    check(polaris(2), Algorithm::Tree, Protocol::Ll, 20.0, 0.5);
    check(polaris(8), Algorithm::Tree, Protocol::Ll, 40.0, 0.5);
    check(a100(2), Algorithm::Ring, Protocol::Ll, 40.0, 1e-9);
}

#[test]
fn a_forced_ring_has_two_kinds_of_steps() {
    let base = 14.0;
    let steps = 896.0 * 1.9 + 126.0 * 4.0;
    check(h100(64), Algorithm::Ring, Protocol::Ll128, base + steps, 1e-9);
}

#[test]
fn an_amd_host_posts_slower_and_so_does_what_the_user_says() {
    let machine = Machine { cpu: Cpu::Amd, ..h100(2) };
    check(machine, Algorithm::Ring, Protocol::Ll, 6.6 + 28.0 * 2.0 + 2.0 * 2.7, 1e-9);
    let mut tuner = tuner(h100(2));
    tuner.net_overhead = Some(Time::from_us(3));
    let latency = tuner.latency_us(AllReduce, Algorithm::Ring, Protocol::Simple).unwrap();
    assert!((latency - (8.4 + 28.0 * 9.0 + 2.0 * 14.0)).abs() < 1e-9, "{latency}");
}

/// Bus bandwidth of an all-reduce in GB/s.
fn busbw(machine: Machine, algorithm: Algorithm) -> f64 {
    let ranks = f64::from(machine.ranks());
    let rate = tuner(machine).bandwidth_gb_s(AllReduce, algorithm, Protocol::Simple).unwrap();
    rate * 2.0 * (ranks - 1.0) / ranks
}

#[test]
fn large_sizes() {
    assert!((busbw(a100(1), Algorithm::Ring) - 240.0).abs() < 1e-9);
    assert!((busbw(h100(1), Algorithm::Ring) - 360.0).abs() < 1e-9);
    assert!((busbw(crate::b200(1), Algorithm::Ring) - 720.0).abs() < 1e-9);
    // SimAI's asymptote for NVLS on H100 is 475.
    assert!((busbw(h100(1), Algorithm::Nvls) - 476.0).abs() < 1e-9);
    // Two nodes exceed what the NICs carry, four do not.
    let nics = 8.0 * 48.0;
    assert!(busbw(h100(2), Algorithm::NvlsTree) > nics);
    let four = busbw(h100(4), Algorithm::NvlsTree);
    assert!((four - 8.0 * 45.5).abs() < 1e-9 && four < nics, "{four}");
}

#[test]
fn the_plateau_of_the_ring_depends_on_size() {
    let tuner = tuner(h100(2));
    let time = |bytes| {
        let simple = Protocol::Simple;
        tuner.estimate(AllReduce, bytes, Algorithm::Ring, simple).unwrap().as_us_f64()
            - bytes as f64
                / (1000.0 * tuner.bandwidth_gb_s(AllReduce, Algorithm::Ring, simple).unwrap())
    };
    // 16 channels, 16 ranks, 64 bytes each.
    assert!((time(16 * 16 * 64) / time(16 * 16 * 64 - 1) - 1.4).abs() < 1e-6);
}

#[test]
fn rooted_calls_pass_one_step_when_all_channels_are_alike() {
    let one = tuner(h100(1));
    let ring = |t: &supernode_library::nccl::Tuner, p| {
        t.latency_us(Function::Broadcast, Algorithm::Ring, p).unwrap()
    };
    assert!((ring(&one, Protocol::Ll) - (6.6 + 0.6)).abs() < 1e-9);
    let two = tuner(h100(2));
    assert!((ring(&two, Protocol::Ll) - (6.6 + 16.0 * 2.7)).abs() < 1e-9);
    assert!((ring(&two, Protocol::Simple) - (8.4 + 16.0 * 14.0)).abs() < 1e-9);
}

#[test]
fn impossible_machines_are_refused() {
    let refuse = |machine| supernode_library::nccl::Tuner::new(constants(), machine).unwrap_err();
    let alone = Machine { ranks_per_node: 1, ..h100(1) };
    assert_eq!(refuse(alone).to_string(), "the number of ranks is 1; it has to be from 2 to 2^20");
    let cut = Machine { nics_per_node: 0, ..h100(2) };
    assert!(refuse(cut).to_string().contains("on several nodes"));
    let dark = Machine { nvlink: Bandwidth::new(0), ..h100(1) };
    assert!(refuse(dark).to_string().contains("NVLink"));
}
