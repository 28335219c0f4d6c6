//! RCCL: NCCL's decision rule with AMD's own tables.
//!
//! What differs from NCCL: a share of the graph's bandwidth per algorithm and protocol instead of
//! caps, corrections by size for trees and (on several nodes) rings, other latencies, no NVLS. The
//! channels of a topology come from RCCL's models of whole machines, so a [`Machine`] states them.
//! RCCL's overrides of the protocol by size per rank, and its MSCCL schedules, are not modelled.

mod constants;
mod estimate;

pub use constants::{Constants, Correction, Gpu, Latency, Model, Pair};
pub use estimate::{Choice, IntraPath, Machine, choose, estimate};
