//! Trees: a chain in every node, a double binary tree between nodes, pipelined.

use super::{Predictor, tree_passes};
use crate::costs::Network;
use crate::nccl::{Call, Choice, Protocol};

impl Predictor<'_> {
    pub(super) fn tree(&self, call: &Call, choice: &Choice) -> f64 {
        let bytes = call.bytes as f64;
        let channels = f64::from(choice.channels);
        let chunks = (bytes / channels / choice.chunk_bytes as f64).ceil().max(1.0);
        let hops = f64::from(self.per_node() - 1);
        let mut latency = hops * self.step(choice.protocol);
        // A rank of the chain sends all bytes up and down.
        let mut wire = self.near(2.0 * bytes, choice);
        if self.nodes() > 1 {
            let depth = f64::from(self.nodes().ilog2());
            latency += depth * self.network_step(choice, bytes / chunks);
            let nics = self.nics(choice.protocol) * self.network(Network::TreeRate);
            wire = wire.max(tree_passes(self.nodes()) * bytes / nics);
        }
        // The first chunk passes every hop up and down, then chunk after chunk follows.
        // LL and LL128 pass on lines as they come; Simple passes on whole chunks.
        let hop = match choice.protocol {
            Protocol::Simple => self.near(bytes / chunks, choice),
            Protocol::Ll | Protocol::Ll128 => 0.0,
        };
        let fill = 2.0 * (latency + hops * hop);
        let chunk = self.step(choice.protocol).hypot(wire / chunks);
        self.base(choice.protocol) + fill + chunks * chunk
    }

    /// All-gather and reduce-scatter between single GPUs of nodes: steps of doubling distance.
    pub(super) fn pat(&self, call: &Call, choice: &Choice) -> f64 {
        let (ranks, nodes) = (f64::from(self.ranks()), self.nodes().max(2));
        let steps = f64::from(nodes.next_power_of_two().ilog2());
        let wire = call.bytes as f64 * (ranks - 1.0) / ranks / self.nics(choice.protocol);
        let latency = steps * self.network_step(choice, 0.0);
        self.base(choice.protocol) + latency + wire
    }
}
