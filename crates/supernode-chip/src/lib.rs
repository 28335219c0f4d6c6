//! Models of accelerator chips.
//!
//! A [`Chip`] is one package: dense compute by precision (sparse rates are kept apart), memory,
//! ports per direction, the engines that copy and reduce, launch costs, power and price. Every
//! value carries its source; one that nobody published is a range or unknown, and an unknown that
//! is needed is an error that says how to supply it.
//!
//! ```
//! use supernode_chip::Chip;
//! use supernode_units::{Precision, Time, Value};
//!
//! let mut chip: Chip = toml::from_str(r#"
//!     name = "Example 1"
//!     vendor = "Example"
//!     year = 2026
//!     status = "imagined"
//!     source = "this page"
//!     confidence = "user"
//!     [compute]
//!     bf16 = "1PFLOP/s"
//!     [memory]
//!     capacity = "128GB"
//!     bandwidth = "3TB/s"
//! "#)?;
//! chip.inherit();
//! // 10^12 operations over 1 GB: the arithmetic takes 1 ms, the memory a third of it.
//! let time = chip.time_for(1e12, 1_000_000_000, Precision::Bf16)?;
//! assert_eq!(time, Value::Point(Time::from_us(1_000)));
//! assert!(chip.time_for(1e12, 0, Precision::Fp4).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules: `chip` (the values and their schema), `architecture` (the families), `roofline` (times
//! that follow from the values).

mod architecture;
mod chip;
mod error;
mod roofline;

pub use architecture::Architecture;
pub use chip::{Chip, Compute, Economy, Engines, Entry, Launch, Memory, OnPackage, Ports};
pub use error::ChipError;
