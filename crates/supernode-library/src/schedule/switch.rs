//! NVLS and `NVLSTree`: the switch of a node reduces and multicasts.

use supernode_collectives::{Algorithm, Collective, InSwitch, Inner, LevelPlan, Tuning};

use super::parts::Steps;
use super::{Scheduled, Work};
use crate::LibraryError;
use crate::costs::Chip;
use crate::nccl::Protocol;

/// Slices below this size gain nothing.
const SLICE_BYTES: u64 = 512 << 10;
const SLICES: u64 = 128;

/// One node: barrier, requests and answers are hops, everything else is the switch at work.
pub(super) fn nvls(work: &Work<'_>) -> Result<Scheduled, LibraryError> {
    let predictor = work.communicator.predictor();
    let (_, per_node) = work.shape();
    let base = predictor.rates.chip(Chip::NvlsBase);
    let (call, shrink) = work.time.call(base);
    let busy_us = (work.time.kernel - base).max(0.0) * shrink;
    let slices = (work.count * work.width / u64::from(per_node) / SLICE_BYTES).clamp(1, SLICES);
    let tuning = Tuning { slices: slices as u32, ..Tuning::default() };
    // What passes a port, and the hops before and after it, as the schedule has them.
    let (n, s) = (f64::from(per_node), slices as f64);
    let depth = s.min(f64::from(InSwitch::DEPTH));
    let (hops, passes) = match work.collective {
        Collective::AllReduce => (4.0, (n + 1.0) * s + depth * (n - 2.0)),
        Collective::ReduceScatter => (3.0, n * s),
        _ => (2.0, (n - 1.0) * s),
    };
    let sync = (predictor.rates.chip(Chip::NvlsStep) * shrink / hops).min(busy_us / hops / 2.0 / s);
    let pass_us = (busy_us - hops * sync) / passes;
    let slice = work.chunks(Algorithm::InSwitch, &tuning).map_or(0, |chunks| chunks.elements);
    // The rate is that of an all-reduce, of which (n + 1)/n passes a port.
    let rate = (slice * work.width) as f64 * n / (n + 1.0) / pass_us.max(1e-9);
    let node = Steps { name: "node", size: per_node, sync, rate: None, in_switch: Some(rate) };
    work.on(Algorithm::InSwitch, tuning, &[node], call)
}

/// Several nodes: the switch within, everyone to everyone between. Each half of the exchange between
/// nodes stands for the tree's way up or down, with the filling of its pipeline.
pub(super) fn nvls_tree(work: &Work<'_>) -> Result<Scheduled, LibraryError> {
    let predictor = work.communicator.predictor();
    let (nodes, per_node) = work.shape();
    let (n, count) = (f64::from(per_node.max(2)), f64::from(nodes));
    let base = predictor.rates.chip(Chip::NvlsBase);
    let (call, shrink) = work.time.call(base);
    let faster = shrink.max(1e-3);
    let port = predictor.link_gb_s * 1e3 * predictor.rates.chip(Chip::NvlsRate) * n / (n - 1.0);
    // Every device has its share of the NICs, and sends as much as it takes.
    let nics = predictor.nics(Protocol::Simple);
    let bytes = work.bytes();
    let moving = bytes / port + 2.0 * (count - 1.0) / count * bytes / nics;
    let within = predictor.rates.chip(Chip::NvlsStep) / 4.0;
    let least = predictor.network_step(work.choice, 0.0);
    let between = ((work.time.kernel - base - moving - 4.0 * within) / 2.0).max(least);
    let levels = [
        Steps {
            name: "node",
            size: per_node,
            sync: within * shrink,
            rate: None,
            in_switch: Some(port / faster),
        },
        Steps {
            name: "network",
            size: nodes,
            sync: between * shrink,
            rate: Some(nics / f64::from(per_node) / faster),
            in_switch: None,
        },
    ];
    let level = |size, inner| LevelPlan { size, inner };
    let levels_of = vec![level(per_node, Inner::InSwitch), level(nodes, Inner::Direct)];
    let tuning = Tuning { levels: levels_of, ..Tuning::default() };
    work.on(Algorithm::Hierarchical, tuning, &levels, call)
}
