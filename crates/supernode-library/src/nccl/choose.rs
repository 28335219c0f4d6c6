//! What NCCL would run: the enabled pair with the least estimate, and how it is launched.

use supernode_units::Time;

use super::algorithm::{Algorithm, Protocol};
use super::call::Call;
use super::chunk::pieces;
use super::enable::{enabled, possible};
use super::launch::launch;
use super::p2p;
use super::tuner::Tuner;
use crate::Element;

/// What NCCL would run for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The algorithm; none for sends and receives.
    pub algorithm: Option<Algorithm>,
    /// The protocol.
    pub protocol: Protocol,
    /// Channels that work: blocks of the kernel.
    pub channels: u32,
    /// Threads of a channel.
    pub threads: u32,
    /// Data bytes that a channel hands on as one unit of the algorithm.
    pub chunk_bytes: u64,
    /// Data bytes of a chunk that have a flag of their own.
    pub slice_bytes: u64,
    /// Slices that the buffer between two ranks holds.
    pub slots: u32,
    /// Chunks of a channel per loop over the call's bytes: the ranks for a ring.
    pub chunks_per_loop: u32,
    /// NCCL's estimate; none for sends and receives.
    pub time: Option<Time>,
}

impl Choice {
    /// Loops that a channel makes over a call of `bytes`.
    pub const fn loops(&self, bytes: u64) -> u64 {
        let per_loop = self.channels as u64 * self.chunks_per_loop as u64 * self.chunk_bytes;
        bytes.div_ceil(per_loop)
    }

    /// `Ring/LL128`, or `P2P/Simple`.
    pub fn name(&self) -> String {
        let algorithm = self.algorithm.map_or("P2P", Algorithm::name);
        format!("{algorithm}/{}", self.protocol.name())
    }
}

/// A pair that NCCL considers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The protocol.
    pub protocol: Protocol,
    /// NCCL's estimate.
    pub time: Time,
    /// Whether NCCL avoids it whatever its time: rings of eight-bit floats on many ranks.
    pub avoided: bool,
}

impl Tuner {
    /// The pairs that NCCL considers for `call`, in its order; none for sends and receives.
    ///
    /// Where the user's lists leave nothing NCCL takes the ring with any protocol.
    pub fn candidates(&self, call: &Call) -> Vec<Candidate> {
        let pairs = || {
            Algorithm::ALL.into_iter().flat_map(|a| Protocol::ALL.into_iter().map(move |p| (a, p)))
        };
        let listed: Vec<_> = pairs().filter(|&(a, p)| enabled(self, call, a, p)).collect();
        let rings = || pairs().filter(|&(a, p)| a == Algorithm::Ring && possible(self, call, a, p));
        let left = if listed.is_empty() { rings().collect() } else { listed };
        left.into_iter().filter_map(|(a, p)| self.candidate(call, a, p)).collect()
    }

    fn candidate(
        &self,
        call: &Call,
        algorithm: Algorithm,
        protocol: Protocol,
    ) -> Option<Candidate> {
        let rules = &self.constants.tables.latency.rules;
        let calls = match algorithm {
            Algorithm::Ring => call.ops,
            _ => call.ops.div_ceil(rules.batch),
        };
        let us =
            self.estimate_us(call.function, call.bytes, algorithm, protocol, f64::from(calls))?;
        let avoided = algorithm == Algorithm::Ring
            && call.element == Element::Fp8
            && call.function.reduces()
            && self.machine.ranks() > rules.fp8_ring_ranks;
        Some(Candidate { algorithm, protocol, time: Time::from_secs_f64(us * 1e-6), avoided })
    }

    /// What NCCL would run for `call`. Of equal estimates it takes the first in its order.
    pub fn choose(&self, call: &Call) -> Choice {
        let factor = self.constants.tables.latency.rules.fp8_ring_factor as u64;
        let weighed = |c: &Candidate| c.time * if c.avoided { factor } else { 1 };
        match self.candidates(call).into_iter().min_by_key(weighed) {
            Some(best) => self.run(call, best),
            None => p2p::choose(self, call),
        }
    }

    /// How NCCL would launch `candidate`, were it chosen.
    pub fn run(&self, call: &Call, candidate: Candidate) -> Choice {
        let Candidate { algorithm, protocol, time, .. } = candidate;
        let (channels, threads) = launch(self, call, algorithm, protocol);
        let pieces = pieces(self, call, algorithm, protocol, channels);
        Choice {
            algorithm: Some(algorithm),
            protocol,
            channels,
            threads,
            chunk_bytes: pieces.chunk,
            slice_bytes: pieces.slice,
            slots: pieces.slots,
            chunks_per_loop: pieces.per_loop,
            time: Some(time),
        }
    }
}
