//! The six numbers of the model.

/// Parameters of the model; LogGOPSim's letter in parentheses, its defaults as [`Default`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameters {
    /// Latency of the network in nanoseconds (`L`).
    pub latency_ns: u64,
    /// Processor time per message at each end in nanoseconds (`o`).
    pub overhead_ns: u64,
    /// Least time between two messages at an interface in nanoseconds (`g`).
    pub gap_ns: u64,
    /// Interface time per byte in nanoseconds (`G`).
    pub gap_per_byte_ns: u64,
    /// Processor time per byte in nanoseconds (`O`).
    pub overhead_per_byte_ns: u64,
    /// The largest eager message in bytes (`S`); a larger one waits for its receive.
    pub eager_bytes: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            latency_ns: 2500,
            overhead_ns: 1500,
            gap_ns: 1000,
            gap_per_byte_ns: 6,
            overhead_per_byte_ns: 0,
            eager_bytes: 65_535,
        }
    }
}

impl Parameters {
    /// Time per byte of a whole message on a processor; 0 bytes wrap around, as in LogGOPSim.
    pub(super) fn cpu_bytes(&self, size: u64) -> u64 {
        size.wrapping_sub(1).wrapping_mul(self.overhead_per_byte_ns)
    }

    /// The same on an interface.
    pub(super) fn nic_bytes(&self, size: u64) -> u64 {
        size.wrapping_sub(1).wrapping_mul(self.gap_per_byte_ns)
    }
}
