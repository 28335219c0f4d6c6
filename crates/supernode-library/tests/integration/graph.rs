//! The channel search.

use crate::{a100, b200, h100, tuner};
use supernode_library::nccl::Machine;

fn check(machine: Machine, channels: u32, speed: f64, communicator: u32) {
    let graphs = tuner(machine).graphs;
    let ring = graphs.ring;
    assert_eq!((ring.channels, graphs.channels), (channels, communicator), "{ring:?}");
    assert!((ring.bw_intra - speed).abs() < 1e-9, "{ring:?}");
    assert_eq!(graphs.tree.channels, channels);
}

#[test]
fn one_node_has_the_channels_that_nccl_logs() {
    check(a100(1), 12, 20.0, 24);
    check(h100(1), 12, 30.0, 24);
    check(b200(1), 16, 45.0, 32);
}

#[test]
fn on_several_nodes_a_channel_has_a_nic() {
    // 8 rings of 48 GB/s would need 384 GB/s of NVLink; H100 has 370.8.
    check(h100(4), 8, 45.0, 16);
    check(a100(4), 8, 24.0, 16);
    check(b200(4), 8, 48.0, 16);
    // Trees leave out a link of the chain.
    let tree = tuner(h100(4)).graphs.tree;
    assert_eq!(
        (tree.bw_intra.to_bits(), tree.bw_inter.to_bits()),
        (48f64.to_bits(), 48f64.to_bits())
    );
}

#[test]
fn few_fast_rings_of_hopper_are_split_or_doubled_twice() {
    check(Machine { nics_per_node: 4, ..h100(2) }, 8, 24.0, 16);
    check(Machine { nics_per_node: 6, ..h100(2) }, 6, 48.0, 24);
}

#[test]
fn multicast_draws_from_every_gpu() {
    let nvls = tuner(h100(1)).graphs.nvls;
    assert_eq!((nvls.channels, nvls.bw_intra.to_bits()), (8, 40f64.to_bits()));
    assert_eq!(tuner(a100(1)).graphs.nvls.channels, 0);
}
