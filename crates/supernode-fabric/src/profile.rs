//! What software adds to the hardware.

use supernode_units::Time;

/// How a collective is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LaunchMode {
    /// Enqueued on a stream, call by call.
    #[default]
    Stream,
    /// Replayed from a captured graph.
    Graph,
    /// Started by the device itself.
    Device,
}

/// What each rank pays once per collective, by launch mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LaunchCost {
    /// Enqueued on a stream.
    pub stream: Time,
    /// Replayed from a graph.
    pub graph: Time,
    /// Started by the device.
    pub device: Time,
}

/// How payload travels (NCCL's names).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Full-rate data, separate flags.
    #[default]
    Simple,
    /// Every 8 bytes carry 4 bytes of flag.
    Ll,
    /// Every 128 bytes carry 8 bytes of flag.
    Ll128,
}

impl Protocol {
    /// Bytes on the wire for `bytes` of payload.
    pub fn wire_bytes(self, bytes: u64) -> u64 {
        match self {
            Self::Simple => bytes,
            Self::Ll => bytes.saturating_mul(2),
            Self::Ll128 => bytes.saturating_add(bytes.div_ceil(120).saturating_mul(8)),
        }
    }
}

/// Costs of a communication library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name, as printed with every result.
    pub name: String,
    /// Launch cost by mode.
    pub call: LaunchCost,
    /// How collectives are launched.
    pub launch: LaunchMode,
    /// From a lane reaching a send to the message being ready.
    pub send_overhead: Time,
    /// From the last byte to the lane going on.
    pub recv_overhead: Time,
    /// Flag or semaphore per message.
    pub sync: Time,
    /// Least time between two messages on a port.
    pub gap: Time,
    /// Transfers are cut into slices of this many bytes; the last one's reduction is not hidden.
    pub slice_bytes: u64,
    /// How payload travels.
    pub protocol: Protocol,
}

impl Profile {
    /// The ideal: hardware latency and full rates, no software.
    pub fn wire() -> Self {
        Self {
            name: "wire".to_owned(),
            call: LaunchCost::default(),
            launch: LaunchMode::Stream,
            send_overhead: Time::ZERO,
            recv_overhead: Time::ZERO,
            sync: Time::ZERO,
            gap: Time::ZERO,
            slice_bytes: 0,
            protocol: Protocol::Simple,
        }
    }

    /// The launch cost of the chosen mode.
    pub fn call_time(&self) -> Time {
        match self.launch {
            LaunchMode::Stream => self.call.stream,
            LaunchMode::Graph => self.call.graph,
            LaunchMode::Device => self.call.device,
        }
    }
}
