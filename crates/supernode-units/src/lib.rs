//! Units of supernode: integer time, sizes, rates and values with a source.
//!
//! Four traps make published comparisons of AI machines wrong by factors of two. The types here
//! make them hard to fall into: time is integer picoseconds ([`Time`]), so results are equal to the
//! bit on every machine; message sizes are binary ([`MessageSize`]: `128M` is 128 MiB, `128MB` is
//! refused) while memory and rates are decimal ([`Capacity`], [`Bandwidth`]); bandwidth is per
//! direction and FLOP rates are dense unless a name says otherwise; and a figure that nobody
//! published is a range or unknown ([`Value`]), never a silent guess.
//!
//! ```
//! use supernode_units::{Bandwidth, MessageSize, Time, Value};
//!
//! let size: MessageSize = "128M".parse()?;
//! let rate: Bandwidth = "450GB/s".parse()?;
//! let wire = rate.time_for(size.bytes())?;
//! assert_eq!(wire, Time::from_ps(298_261_618));
//!
//! let latency: Value<Time> = "1us..3us".parse()?;
//! assert_eq!(latency.high(), Some(Time::from_us(3)));
//! assert!("128MB".parse::<MessageSize>().is_err());
//! # Ok::<(), supernode_units::UnitError>(())
//! ```
//!
//! Modules: `time`, `size`, `rate`, `power`, `ratio` hold one quantity each; `value` adds ranges and
//! sources; `dtype` and `op` name what a collective computes; `parse` splits numbers from units; `words`
//! declares enums that data files spell out.

mod dtype;
mod error;
mod op;
mod parse;
mod power;
mod rate;
mod ratio;
mod size;
mod time;
mod value;
mod words;

pub use dtype::{DType, Precision};
pub use error::UnitError;
pub use op::ReduceOp;
pub use power::{Power, Price};
pub use rate::{Bandwidth, FlopRate};
pub use ratio::Ratio;
pub use size::{Capacity, MessageSize, parse_count};
pub use time::Time;
pub use value::{Confidence, Sourced, THIS_CATALOG, Value};
