//! Formats and numbers of other simulators, read and reproduced exactly.
//!
//! [`goal`] reads GOAL, the schedules of LogGOPSim, and [`loggops`] times them to the nanosecond as
//! LogGOPSim does:
//!
//! ```
//! use supernode_interop::goal;
//! use supernode_interop::loggops::{Parameters, simulate};
//!
//! let goal = goal::parse(
//!     "num_ranks 2
//! rank 0 {
//! l1: send 8b to 1
//! }
//! rank 1 {
//! l1: recv 8b from 0
//! l2: calc 100
//! l2 requires l1
//! }
//! ",
//! )?;
//! let outcome = simulate(&goal, &Parameters::default())?;
//! // Two overheads of 1,500 ns, a latency of 2,500 ns, 7 further bytes at 6 ns each; then 100 ns.
//! assert_eq!(outcome.finish_ns, [1_500, 5_642]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`astra`] times collectives as the analytical back ends of ASTRA-sim do, from its network YAML and
//! system JSON, where an exact closed form is known, and refuses by name where not.
//!
//! Units are those of the tools: nanoseconds and bytes.

pub mod astra;
pub mod goal;
pub mod loggops;
