//! Tree: a double binary tree over all ranks, cut as the library cuts it.

use supernode_collectives::{Algorithm, Tuning};

use super::parts::Steps;
use super::{Scheduled, Work};
use crate::LibraryError;
use crate::costs::Network;

/// Slices of a pipeline; more change nothing but the number of messages.
const SLICES: u64 = 64;

pub(super) fn schedule(work: &Work<'_>) -> Result<Scheduled, LibraryError> {
    let predictor = work.communicator.predictor();
    let (choice, (nodes, per_node)) = (work.choice, work.shape());
    let (call, shrink) = work.time.call(predictor.base(choice.protocol));
    let slices = choice.loops(work.count * work.width).clamp(1, SLICES) as u32;
    let tuning = Tuning { slices, ..Tuning::default() };
    let level = |name, size, sync: f64, rate: f64| Steps {
        name,
        size,
        sync: sync * shrink,
        rate: Some(rate / shrink.max(1e-3)),
        in_switch: None,
    };
    // Of what the library moves at a time each of the two trees has half.
    let step_bytes = work.bytes() / choice.loops(work.count * work.width).max(1) as f64 / 2.0;
    let nics = predictor.nics(choice.protocol) * predictor.rates.network(Network::TreeRate);
    let levels = [
        level(
            "node",
            per_node,
            predictor.step(choice.protocol),
            predictor.link(choice.protocol, choice.channels),
        ),
        level("network", nodes, predictor.network_step(choice, step_bytes), nics),
    ];
    work.on(Algorithm::DoubleBinaryTree, tuning, &levels, call)
}
