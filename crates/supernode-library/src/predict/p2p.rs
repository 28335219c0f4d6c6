//! Sends and receives: every pair for itself.

use super::{GB_S, Predictor};
use crate::Function;
use crate::costs::{Chip, Network};
use crate::nccl::{Call, Choice, Protocol};

impl Predictor<'_> {
    pub(super) fn p2p(&self, call: &Call, choice: &Choice) -> f64 {
        let bytes = call.bytes as f64;
        let (ranks, per_node) = (f64::from(self.ranks()), f64::from(self.per_node()));
        // Bytes that a rank sends within its node, and beyond.
        let (near, far, peers) = match call.function {
            Function::AllToAll => {
                (bytes * (per_node - 1.0) / ranks, bytes * (ranks - per_node) / ranks, ranks - 1.0)
            }
            // Around a ring of all ranks, one of each node sends beyond.
            _ if self.nodes() > 1 => (0.0, bytes, 1.0),
            _ => (bytes, 0.0, 1.0),
        };
        let start = self.chip(Chip::P2pBase) + self.chip(Chip::P2pPeer) * (peers - 1.0);
        let channels = f64::from(choice.channels) * self.chip(Chip::P2pChannel);
        let rate = (self.link_gb_s * self.chip(Chip::P2pRate)).min(channels);
        let flags = match choice.protocol {
            Protocol::Simple => self.chip(Chip::P2pStep),
            Protocol::Ll | Protocol::Ll128 => 0.0,
        };
        let within = if near > 0.0 { near / rate / GB_S } else { 0.0 };
        if self.nodes() == 1 {
            return start + flags + within;
        }
        let (bytes, rate, posts) = if call.function == Function::AllToAll {
            let rate = self.nics_gb_s * GB_S * self.network(Network::CrossRate);
            (far * per_node, rate, ranks - per_node)
        } else {
            // A single sender has its own NIC only.
            let nics = f64::from(self.tuner.machine.nics_per_node.max(1));
            (far, self.nics(Protocol::Simple) / nics, 1.0)
        };
        let outside = bytes / rate;
        let step = self.network(Network::Simple) + self.network(Network::Peer) * posts;
        start + flags + within.max(step + outside)
    }
}
