//! Ring: the whole kernel is steps, of which those between nodes are slower.

use supernode_collectives::{Algorithm, Collective, Tuning};

use super::Scheduled;
use super::Work;
use super::parts::Steps;
use crate::LibraryError;
use crate::costs::Network;

pub(super) fn schedule(work: &Work<'_>) -> Result<Scheduled, LibraryError> {
    let predictor = work.communicator.predictor();
    let (choice, (nodes, per_node)) = (work.choice, work.shape());
    let ranks = nodes * per_node;
    let (call, shrink) = work.time.call(predictor.base(choice.protocol));
    let steps_us = (work.time.kernel - predictor.base(choice.protocol)).max(0.0) * shrink;
    let rounds = if work.collective == Collective::AllReduce { 2.0 } else { 1.0 };
    let steps = rounds * f64::from(ranks - 1);
    // A step moves the share of the whole call: the library's loops follow one another.
    let share = work.bytes() / f64::from(ranks);
    let near_wire = share / predictor.link(choice.protocol, choice.channels);
    let far_wire = share / predictor.nics(choice.protocol);
    let chunk = work.chunk(ranks) as f64;
    let level = |name, size, step: f64, wire: f64| {
        let wire = wire.min(step);
        let rate = Some(chunk / wire.max(1e-9));
        Steps { name, size, sync: step - wire, rate, in_switch: None }
    };
    let levels = if nodes == 1 {
        vec![level("node", per_node, steps_us / steps, near_wire)]
    } else if per_node == 1 {
        vec![level("network", nodes, steps_us / steps, far_wire)]
    } else {
        let loops = choice.loops(work.count * work.width).max(1) as f64;
        let sync =
            predictor.rates.network(Network::Ring) + predictor.network_step(choice, share / loops);
        let crossings = (steps * f64::from(nodes) / f64::from(ranks)).ceil();
        let inside = steps - crossings;
        let most = (steps_us - inside * near_wire * shrink).max(0.0) / crossings;
        let far = ((loops * sync).max(far_wire) * shrink).min(most);
        let near = (steps_us - crossings * far) / inside;
        vec![
            level("node", per_node, near, near_wire * shrink),
            level("network", nodes, far.max(far_wire * shrink), far_wire * shrink),
        ]
    };
    work.on(Algorithm::Ring, Tuning::default(), &levels, call)
}
