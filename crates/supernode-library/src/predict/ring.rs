//! Rings: every chunk travels all ranks; the step over the network and the slowest link count.

use super::Predictor;
use crate::Function;
use crate::costs::{Chip, Common, Network};
use crate::nccl::{Call, Choice, Protocol};

impl Predictor<'_> {
    pub(super) fn ring(&self, call: &Call, choice: &Choice) -> f64 {
        let (ranks, nodes) = (f64::from(self.ranks()), f64::from(self.nodes()));
        let rounds = if call.function == Function::AllReduce { 2.0 } else { 1.0 };
        let steps = rounds * (ranks - 1.0);
        let far = if self.nodes() > 1 { rounds * (nodes - 1.0) } else { 0.0 };
        let ends = match call.function {
            Function::AllReduce => Common::AllReduceEnds,
            _ => Common::Ends,
        };
        let channels = f64::from(choice.channels);
        // Bytes of a step, of all channels together, and the loops it takes.
        let share = call.bytes as f64 / ranks;
        let loops = (share / channels / choice.chunk_bytes as f64).ceil().max(1.0);
        let chunk = share / loops;
        let slices = self.slices(choice.protocol, chunk / channels);
        let wire = self.near(chunk, choice.protocol);
        let near = self.step(choice.protocol) * slices + wire;
        let copies = self.common(ends) * wire;
        let path = if self.nodes() == 1 {
            steps * near + copies
        } else {
            let wire = chunk / self.nics(choice.protocol);
            let step =
                self.network(Network::Ring) * self.network_step(choice.protocol, choice.channels);
            // The way of a chunk around the ring, unless the NICs are busy for longer.
            let way = (steps - far) * near + far * (step + wire / slices) + copies;
            way.max(steps * wire)
        };
        self.chip(Chip::Base) + loops * path
    }

    /// Broadcast and reduce: the bytes pass along the ring in slices.
    pub(super) fn chain(&self, call: &Call, choice: &Choice) -> f64 {
        let ranks = f64::from(self.ranks());
        let hops = ranks - 1.0;
        let far = f64::from(self.nodes() - 1);
        let mut rate =
            if self.per_node() == 1 { f64::INFINITY } else { self.link(choice.protocol) };
        let mut latency = (hops - far) * self.step(choice.protocol);
        if self.nodes() > 1 {
            rate = rate.min(self.nics(choice.protocol));
            latency += far * self.network_step(choice.protocol, choice.channels);
        }
        let channels = f64::from(choice.channels);
        let slice = (call.bytes as f64 / channels).min(choice.slice_bytes as f64) * channels;
        let fill = if choice.protocol == Protocol::Simple { hops * slice / rate } else { 0.0 };
        let moving = call.bytes as f64 / rate;
        self.chip(Chip::Base) + latency + moving + fill.min(moving)
    }

    /// Slices of a chunk of `bytes` on one channel, each with a flag of its own.
    fn slices(&self, protocol: Protocol, bytes: f64) -> f64 {
        match protocol {
            Protocol::Simple if bytes > self.tables().launch.least_slice as f64 => 2.0,
            _ => 1.0,
        }
    }
}
