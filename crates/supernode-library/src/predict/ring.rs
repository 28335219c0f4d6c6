//! Rings: every chunk travels all ranks; the step over the network and the slowest link count.

use super::Predictor;
use crate::Function;
use crate::costs::{Common, Network};
use crate::nccl::{Call, Choice, Protocol};

impl Predictor<'_> {
    pub(super) fn ring(&self, call: &Call, choice: &Choice) -> f64 {
        let (ranks, nodes) = (f64::from(self.ranks()), f64::from(self.nodes()));
        let rounds = if call.function == Function::AllReduce { 2.0 } else { 1.0 };
        let steps = rounds * (ranks - 1.0);
        // A chunk goes around the ring and leaves every node on its way.
        let far = if self.nodes() > 1 { (steps * nodes / ranks).ceil() } else { 0.0 };
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
        let near = self.near(chunk, choice);
        let (copies, sync) = (self.common(ends) * near, self.step(choice.protocol));
        // The way of the first line or slice around the ring, and what a device does for each step:
        // threads of Simple wait for every slice, those of LL and LL128 for none.
        let (hop, mut busy) = match choice.protocol {
            Protocol::Simple => (sync + near / slices, near + sync * slices),
            Protocol::Ll | Protocol::Ll128 => (sync, near),
        };
        let mut way = (steps - far) * hop;
        if self.nodes() > 1 {
            let wire = chunk / self.nics(choice.protocol);
            let step = self.network(Network::Ring) + self.network_step(choice, chunk);
            way += far * (step + wire / slices);
            busy = busy.max(wire);
        }
        let work = steps * busy;
        let path = match choice.protocol {
            Protocol::Simple => way.max(work),
            Protocol::Ll | Protocol::Ll128 => way.hypot(work),
        };
        // An all-reduce copies while its next loop begins.
        let copied = if call.function == Function::AllReduce { 1.0 } else { loops };
        self.base(choice.protocol) + loops * path + copied * copies
    }

    /// Broadcast and reduce: the bytes pass along the ring in slices.
    pub(super) fn chain(&self, call: &Call, choice: &Choice) -> f64 {
        let ranks = f64::from(self.ranks());
        let hops = ranks - 1.0;
        let far = f64::from(self.nodes() - 1);
        let mut busy = self.near(call.bytes as f64, choice);
        let mut way = (hops - far) * self.step(choice.protocol);
        if self.nodes() > 1 {
            busy = busy.max(call.bytes as f64 / self.nics(choice.protocol));
            way += far * self.network_step(choice, 0.0);
        }
        self.base(choice.protocol) + way + busy
    }

    /// Slices of a chunk of `bytes` on one channel, each with a flag of its own.
    fn slices(&self, protocol: Protocol, bytes: f64) -> f64 {
        match protocol {
            Protocol::Simple if bytes > self.tables().launch.least_slice as f64 => 2.0,
            _ => 1.0,
        }
    }
}
