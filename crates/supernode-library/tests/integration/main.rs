//! Integration tests of the library models.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod choose;
mod estimate;
mod expert;
mod graph;
mod hccl;
mod hccl_calls;
mod rccl;
mod schedule;
mod software;
mod symmetric;
mod versions;

use supernode_library::nccl::{Constants, Cpu, Gpu, Machine, Tuner};

/// The constants of 2.29.
fn constants() -> Constants {
    Constants::of("2.29".parse().unwrap()).unwrap()
}

/// `nodes` nodes of 8 GPUs, `links` links each, and 8 NICs.
fn hgx(gpu: Gpu, links: u32, nodes: u32, gbit: u32) -> Machine {
    Machine::hgx(gpu, Cpu::IntelSapphireRapids, links, nodes, gbit, &constants().tables.links)
}

fn h100(nodes: u32) -> Machine {
    hgx(Gpu::Hopper, 18, nodes, 400)
}

fn a100(nodes: u32) -> Machine {
    hgx(Gpu::Ampere, 12, nodes, 200)
}

fn b200(nodes: u32) -> Machine {
    hgx(Gpu::Blackwell, 18, nodes, 400)
}

fn tuner(machine: Machine) -> Tuner {
    Tuner::new(constants(), machine).unwrap()
}
