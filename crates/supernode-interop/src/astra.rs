//! The analytical back ends of ASTRA-sim, exact to the nanosecond where a closed form is known to be.
//!
//! ASTRA-sim 2 times a collective as messages between NPUs, over one of two network models, and
//! truncates every step to whole nanoseconds. For collectives that run in lock-step the result is a
//! closed form in the same truncated steps; those here were checked against runs of ASTRA-sim, up to
//! 8,192 NPUs. Everything else is refused by name ([`AstraError::Unsupported`]), never approximated.
//!
//! With `B` the bandwidth in bytes per nanosecond, `L` the latency, `h` the links of a message (1 to a
//! neighbour of a ring or in a full mesh, 2 through a switch), `m` its bytes and `tr` truncation:
//!
//! | | a message takes |
//! |---|---|
//! | congestion-unaware | `tr(h L + m / B)` |
//! | congestion-aware, idle links | `h tr(L + m / B)`: stored and forwarded at every link |
//!
//! To know when reading its numbers: a GB of `bandwidth` is 2^30 bytes, one of `local-mem-bw` 10^9; the
//! unaware model lets any number of messages share a link at full rate; the aware one pays the
//! serialisation once per link.

mod collective;
mod direct;
mod error;
mod halving;
mod model;
mod network;
mod predict;
mod ring;
mod system;

pub use collective::Collective;
pub use error::AstraError;
pub use model::Backend;
pub use network::{Dimension, Network, Topology};
pub use predict::{Prediction, predict};
pub use system::{Optimization, System};
