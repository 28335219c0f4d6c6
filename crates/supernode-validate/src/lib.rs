//! Measured curves, and the error of a model against them.
//!
//! ```
//! use supernode_units::Time;
//! use supernode_validate::{Class, Options, Prediction, Set, builtin, score};
//!
//! // A crude model: 20 us and 200 GB/s, and one 8-chip machine that it was fitted on.
//! let curves = builtin()?;
//! let scores = score(&curves, Options::default(), |curve, row| {
//!     if curve.nodes != Some(1) {
//!         return Err("more than one node".to_owned());
//!     }
//!     let factor = curve.operation.busbw_factor(curve.chips);
//!     let wire = row.bytes.unwrap_or(0) as f64 * factor / 200e9;
//!     let trained = curve.id == "aws-p5-h100-1n8g-all_reduce" && curve.unfit(row).is_none();
//!     Ok(Prediction { time: Time::from_us(20) + Time::from_secs_f64(wire), trained })
//! });
//! let [.., bandwidth] = scores.figures("H100", Set::Predicted, |point| {
//!     point.curve.family() == "H100"
//! });
//! assert_eq!(bandwidth.class, Class::Bandwidth);
//! assert!(bandwidth.votes >= 5 && bandwidth.median > Some(0.1));
//! let report = scores.report(&curves, 10);
//! assert_eq!(report.unpredicted[0].reason, "more than one node");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Sizes are in bytes, times in [`supernode_units::Time`], rates in 10^9 bytes per second unless a
//! name says otherwise. Errors are |predicted / measured - 1|, as a share of 1.
//!
//! **One vote per machine, operation and source.** Sources have between one row and thousands; a
//! median over rows would be the median of one source. The rows of a vote are reduced to their
//! median first, and figures are medians and 90th percentiles over votes. Rows that a model was
//! fitted on and rows that it was not are never in one figure.
//!
//! Modules: `curve`, `row`, `operation`, `launch` and `family` (what was measured and how),
//! `builtin` (the set inside the crate), `csv` (the same columns from a user's file), `log` and `check`
//! (what nccl-tests, rccl-tests and OSU print, and what is wrong with it), `class`,
//! `score`, `vote` and `stats` (errors by size class and vote), `twins` (what an error is worth),
//! `report` (all of it), `case` (rows as a library's profile is asked for them), `resemble` (which system
//! stands for a machine), `fit`, `train` and `cross` (constants from rows, all of them or all but a
//! fold), `held` (a library's profile held against rows), `shipped` and `validity` (the files that
//! are made of it).

mod builtin;
mod case;
mod check;
mod class;
mod cross;
mod csv;
mod curve;
mod error;
mod family;
mod fit;
mod held;
mod kind;
mod launch;
mod log;
mod operation;
mod report;
mod resemble;
mod row;
mod score;
mod shipped;
mod stats;
mod train;
mod twins;
pub mod validity;
mod vote;

pub use builtin::builtin;
pub use case::{Assumption, Bench, Case, Impossible};
pub use class::Class;
pub use cross::{By, cross};
pub use csv::write_csv;
pub use curve::Curve;
pub use error::{Place, ReadError};
pub use fit::fit;
pub use held::{Group, Held, Section};
pub use kind::Kind;
pub use log::{Format, Given, Log, Remark, read_log, read_log_given};
pub use operation::{Operation, UnknownOperation};
pub use report::{JudgedVote, Report, WorstRow};
pub use resemble::resembling;
pub use row::{Quality, Row, Timing, Unfit};
pub use score::{NotAsked, Options, Point, Prediction, Scores, Set, Unpredicted, score};
pub use shipped::{Fitted, costs_toml, fitted_groups};
pub use supernode_library::{Launch, Processes};
pub use train::{Fold, Training};
pub use twins::{HARNESSES, Miss, TWINS, Twin, twins, twins_of};
pub use vote::{Figure, Vote};
