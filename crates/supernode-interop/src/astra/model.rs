//! What one message and one reduction take.

use super::{AstraError, Dimension, System, Topology};

/// Which network model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A message takes as long as if it were alone.
    Unaware,
    /// Links serve one message at a time, in order; one dimension only.
    Aware,
}

/// One dimension with all that its steps depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub(super) backend: Backend,
    pub(super) dimension: Dimension,
    /// Endpoint delay in nanoseconds.
    pub(super) delay: u128,
    local_mem_gb_per_s: Option<f64>,
}

impl Model {
    pub(super) fn new(backend: Backend, dimension: Dimension, system: &System) -> Self {
        Self {
            backend,
            dimension,
            delay: system.endpoint_delay_ns.into(),
            local_mem_gb_per_s: system.local_mem_gb_per_s,
        }
    }

    pub(super) fn npus(&self) -> u128 {
        self.dimension.npus.into()
    }

    /// Links of a message to the rank `distance` further.
    pub(super) fn hops(&self, distance: u32) -> u64 {
        let Dimension { topology, npus, .. } = self.dimension;
        match topology {
            Topology::Ring => distance.min(npus - distance).into(),
            Topology::FullyConnected => 1,
            Topology::Switch => 2,
        }
    }

    /// A message over that many links, alone.
    pub(super) fn message(&self, hops: u64, bytes: u64) -> Result<u128, AstraError> {
        let (latency, serial) = (self.dimension.latency_ns, self.serial_exact(bytes));
        match self.backend {
            Backend::Unaware => truncated(hops as f64 * latency + serial),
            Backend::Aware => Ok(u128::from(hops) * truncated(latency + serial)?),
        }
    }

    /// How long a message occupies a link.
    pub(super) fn serial(&self, bytes: u64) -> Result<u128, AstraError> {
        truncated(self.serial_exact(bytes))
    }

    fn serial_exact(&self, bytes: u64) -> f64 {
        // In this order of operations, as ASTRA-sim does: the result is truncated.
        let bytes_per_ns =
            self.dimension.bandwidth_gib_per_s * f64::from(1 << 30) / 1_000_000_000.0;
        bytes as f64 / bytes_per_ns
    }

    /// Reducing that many bytes: two reads and a write of local memory.
    pub(super) fn reduction(&self, bytes: u64) -> Result<u128, AstraError> {
        let Some(rate) = self.local_mem_gb_per_s else {
            let what = "`local-mem-bw` is missing, which a reduction divides by; give GB/s";
            return Err(AstraError::system(what));
        };
        Ok(3 * truncated(bytes as f64 / (rate * 1e9) * 1e9)?)
    }
}

/// Whole nanoseconds, as long as a float holds them exactly.
fn truncated(ns: f64) -> Result<u128, AstraError> {
    if ns < 2_f64.powi(53) { Ok(ns as u128) } else { Err(AstraError::TooLong) }
}
