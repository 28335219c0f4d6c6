//! What switches reduce: NVLS within a node, `NVLSTree` with trees between nodes, `CollNet` in the network.

use super::{GB_S, Predictor, tree_passes};
use crate::Function;
use crate::costs::{Chip, Common, Network};
use crate::nccl::{Call, Choice, Protocol};

impl Predictor<'_> {
    pub(super) fn nvls(&self, call: &Call, choice: &Choice) -> f64 {
        let rate = self.nvls_rate(call, choice);
        let fill = self.chip(Chip::NvlsFill) * self.round_bytes(call, choice) / rate;
        self.chip(Chip::NvlsBase) + fill + self.rounds(call, choice, rate)
    }

    pub(super) fn nvls_tree(&self, call: &Call, choice: &Choice) -> f64 {
        let nics = self.nics(Protocol::Simple);
        let depth = f64::from(self.nodes().ilog2());
        let latency = 2.0 * depth * self.network_step(choice, 0.0);
        // The first round of chunks passes every level of the tree before the next follows it.
        let fill = self.common(Common::Fill) * depth * self.round_bytes(call, choice) / nics;
        let rate = slower(self.nvls_rate(call, choice), nics / tree_passes(self.nodes()));
        self.chip(Chip::NvlsBase) + latency + fill + self.rounds(call, choice, rate)
    }

    pub(super) fn collnet(&self, call: &Call, choice: &Choice) -> f64 {
        let nics = self.nics_gb_s * GB_S * self.network(Network::Collnet);
        let latency = 2.0 * self.network_step(choice, 0.0);
        let rate = slower(self.link(Protocol::Simple, choice.channels), nics);
        self.chip(Chip::NvlsBase) + latency + self.rounds(call, choice, rate)
    }

    /// Bytes of the call per microsecond that the switch of a node sustains.
    fn nvls_rate(&self, call: &Call, choice: &Choice) -> f64 {
        let port = match call.function {
            Function::AllReduce => self.link_gb_s * GB_S * self.chip(Chip::NvlsRate),
            _ => self.link(Protocol::Simple, choice.channels),
        };
        // The own block does not pass the port.
        let ranks = f64::from(self.per_node().max(2));
        port * ranks / (ranks - 1.0)
    }

    /// Rounds of chunks, one chunk of every head and channel at a time.
    fn rounds(&self, call: &Call, choice: &Choice, rate: f64) -> f64 {
        let round = self.round_bytes(call, choice);
        // Other rounds are under way meanwhile, which hides most of the shorter of the two.
        call.bytes as f64 / round * self.chip(Chip::NvlsStep).hypot(round / rate)
    }

    /// Bytes of a round: one chunk of every head and channel, or all there are.
    fn round_bytes(&self, call: &Call, choice: &Choice) -> f64 {
        let heads = f64::from(self.per_node().min(self.tables().search.nvls_arity));
        let round = f64::from(choice.channels) * heads * choice.chunk_bytes as f64;
        round.min(call.bytes as f64)
    }
}

/// The rate of two stages, one after the other, on the same bytes: a little below the slower one.
fn slower(one: f64, other: f64) -> f64 {
    (one.powi(-3) + other.powi(-3)).cbrt().recip()
}
