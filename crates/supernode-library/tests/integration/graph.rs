//! The channel search.

use crate::{a100, b200, h100, tuner};
use supernode_library::nccl::{Cpu, Gpu, IntraPath, Machine, NvSwitch};

#[test]
fn one_node_of_h100_has_the_trees_that_nccl_logs() {
    // "nChannels 12, bw 30/30" (NVIDIA/nccl issue 1197).
    let tree = tuner(h100(1)).graphs.tree;
    assert!(tree.channels == 12 && (tree.bw_intra - 30.0).abs() < 1e-9, "{tree:?}");
}

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
    // Trees leave out a link of the chain, and are faster within a node than between two.
    let tree = |machine, intra: f64, inter: f64| {
        let tree = tuner(machine).graphs.tree;
        assert!((tree.bw_intra - intra).abs() < 1e-9, "{tree:?}");
        assert!((tree.bw_inter - inter).abs() < 1e-9, "{tree:?}");
    };
    tree(h100(4), 48.0, 48.0);
    tree(a100(4), 30.0, 24.0);
}

#[test]
fn two_gpus_of_a_node_have_the_rings_that_nccl_logs() {
    // H20: "nChannels 4, bw 24/24" (NVIDIA/nccl issue 1189).
    let machine = Machine { ranks_per_node: 2, nics_per_node: 2, ..h100(2) };
    check(machine, 4, 24.0, 8);
}

#[test]
fn few_fast_rings_of_hopper_are_split_or_doubled_twice() {
    check(Machine { nics_per_node: 4, ..h100(2) }, 8, 24.0, 16);
    check(Machine { nics_per_node: 6, ..h100(2) }, 6, 48.0, 24);
}

#[test]
fn pcie_cards_share_their_slot_or_the_hop_between_sockets() {
    let links = crate::constants().tables.links;
    let card = Machine {
        intra: IntraPath::Pci,
        switch: NvSwitch::None,
        nvlink: Gpu::Sm89.nvlinks(0, &links),
        pcie: Machine::pcie_of(4, 16, &links),
        ..crate::hgx(Gpu::Sm89, 0, 1, 200)
    };
    check(card.clone(), 2, 12.0, 4);
    check(Machine { intra: IntraPath::Sys, cpu: Cpu::Amd, ..card }, 1, 15.0, 2);
}

#[test]
fn multicast_draws_from_every_gpu() {
    let check = |machine, channels: u32, intra: f64, inter: f64| {
        let nvls = tuner(machine).graphs.nvls;
        assert_eq!(nvls.channels, channels, "{nvls:?}");
        assert!((nvls.bw_intra - intra).abs() < 1e-9, "{nvls:?}");
        assert!((nvls.bw_inter - inter).abs() < 1e-9, "{nvls:?}");
    };
    // NCCL's log of an H100 node says "nChannels 8, bw 40/60" (NVIDIA/nccl issue 1197).
    check(h100(1), 8, 40.0, 60.0);
    check(h100(4), 8, 40.0, 48.0);
    check(b200(1), 8, 80.0, 90.0);
    assert_eq!(tuner(a100(1)).graphs.nvls.channels, 0);
}
