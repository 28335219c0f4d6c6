//! NCCL's own closed estimate: for every algorithm and protocol a time, of which the least is taken.

use std::sync::Arc;

use supernode_units::Time;

use super::algorithm::{Algorithm, Protocol};
use super::bandwidth::{bandwidth, correction};
use super::constants::Constants;
use super::forced::Forced;
use super::graph::{Graph, Graphs};
use super::latency::{latency, plateau};
use super::machine::Machine;
use crate::{Function, LibraryError};

/// What NCCL knows of a communicator after its set-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuner {
    /// The constants.
    pub constants: Arc<Constants>,
    /// The machine.
    pub machine: Machine,
    /// Its channels.
    pub graphs: Graphs,
    /// What posting a ring step to the network costs instead of the version's constant
    /// (`NCCL_NET_OVERHEAD`).
    pub net_overhead: Option<Time>,
    /// What the user's lists allow (`NCCL_ALGO`, `NCCL_PROTO`).
    pub forced: Forced,
}

impl Tuner {
    /// Searches the channels of `machine`.
    ///
    /// # Errors
    /// What [`Machine::check`] says.
    pub fn new(
        constants: impl Into<Arc<Constants>>,
        machine: Machine,
    ) -> Result<Self, LibraryError> {
        machine.check()?;
        let constants = constants.into();
        let graphs = Graphs::search(&constants.tables, &machine);
        Ok(Self { constants, machine, graphs, net_overhead: None, forced: Forced::default() })
    }

    /// The channels of `algorithm`.
    pub const fn graph(&self, algorithm: Algorithm) -> &Graph {
        match algorithm {
            Algorithm::Tree => &self.graphs.tree,
            Algorithm::Ring | Algorithm::Pat => &self.graphs.ring,
            Algorithm::CollNetDirect => &self.graphs.collnet_direct,
            Algorithm::CollNetChain => &self.graphs.collnet_chain,
            Algorithm::Nvls | Algorithm::NvlsTree => &self.graphs.nvls,
        }
    }

    /// Latency of a call in microseconds, whatever its size; `None` where NCCL has no such pair.
    pub fn latency_us(
        &self,
        function: Function,
        algorithm: Algorithm,
        protocol: Protocol,
    ) -> Option<f64> {
        (algorithm.has(function) && algorithm.runs(protocol))
            .then(|| latency(self, function, algorithm, protocol))
    }

    /// Algorithm bandwidth in GB/s before the tree correction; `None` where NCCL has no such pair or
    /// the machine no channels for it.
    pub fn bandwidth_gb_s(
        &self,
        function: Function,
        algorithm: Algorithm,
        protocol: Protocol,
    ) -> Option<f64> {
        let rate = bandwidth(self, function, algorithm, protocol);
        (rate > 0.0).then_some(rate)
    }

    /// NCCL's estimate of one call of `bytes` (for all-gather and reduce-scatter those of all ranks
    /// together); `None` where NCCL has no such pair or the machine no channels for it. Whether
    /// NCCL would consider the pair is a matter of [`Tuner::choose`].
    pub fn estimate(
        &self,
        function: Function,
        bytes: u64,
        algorithm: Algorithm,
        protocol: Protocol,
    ) -> Option<Time> {
        self.estimate_us(function, bytes, algorithm, protocol, 1.0)
            .map(|us| Time::from_secs_f64(us * 1e-6))
    }

    /// The estimate in microseconds with the latency counted `calls` times.
    pub(crate) fn estimate_us(
        &self,
        function: Function,
        bytes: u64,
        algorithm: Algorithm,
        protocol: Protocol,
        calls: f64,
    ) -> Option<f64> {
        let rate = self.bandwidth_gb_s(function, algorithm, protocol)?
            * correction(self, function, algorithm, protocol, bytes);
        let latency = self.latency_us(function, algorithm, protocol)?
            * plateau(self, function, algorithm, protocol, bytes);
        Some(latency * calls + bytes as f64 / (1000.0 * rate))
    }
}
