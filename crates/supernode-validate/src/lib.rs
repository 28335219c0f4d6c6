//! Measured curves, and the error of a model against them.
//!
//! ```
//! use supernode_validate::{Operation, builtin};
//!
//! let curves = builtin()?;
//! let h100 = curves.iter().find(|curve| curve.id == "aws-p5-h100-1n8g-all_reduce").unwrap();
//! assert_eq!((h100.operation, h100.chips, h100.family()), (Operation::AllReduce, 8, "H100"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sizes are in bytes, times in [`supernode_units::Time`], rates in 10^9 bytes per second unless a
//! name says otherwise.
//!
//! Modules: `curve`, `row`, `operation`, `launch` and `family` (what was measured and how), `builtin` (the set
//! inside the crate), `csv` (the same columns from a user's file).

mod builtin;
mod csv;
mod curve;
mod error;
mod family;
mod launch;
mod operation;
mod row;

pub use builtin::builtin;
pub use csv::{read_csv, write_csv};
pub use curve::Curve;
pub use error::ReadError;
pub use launch::{Launch, Processes};
pub use operation::{Operation, UnknownOperation};
pub use row::{Quality, Row, Timing, Unfit};
