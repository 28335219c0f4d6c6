//! The world's chips, pods and clusters as data, every value with its source.
//!
//! ```
//! use supernode_catalog::{Catalog, End};
//!
//! let catalog = Catalog::builtin()?;
//! let system = catalog.system("dgx-h100")?;
//! let chip = catalog.chip_of(system)?;
//! let fabric = system.fabric(chip, End::Middle)?;
//! assert_eq!(fabric.devices(), 8);
//!
//! let error = catalog.system("dgx-h10").unwrap_err().to_string();
//! assert!(error.starts_with("unknown system `dgx-h10` (did you mean `dgx-h100`"));
//! # Ok::<(), supernode_catalog::CatalogError>(())
//! ```
//!
//! A user's own file has the same schema ([`Catalog::add`]); unknown keys, missing units and
//! impossible sizes are errors with line and column.
//!
//! Modules: `files` (the data), `catalog` (names), `system` (the schema), `words`
//! (transports and processors), `validate` (what the schema cannot say), `limits` (figures that no machine has), `place` (line and column of an
//! error), `set` (overrides), `model` (from data to a fabric), `ranges` (what is not known better),
//! `figure` (arithmetic over values), `claims` (published ratios and whether they reproduce).

mod catalog;
pub mod claims;
mod error;
mod figure;
mod files;
mod limits;
mod model;
mod place;
mod ranges;
mod set;
mod suggest;
mod system;
mod validate;
mod words;

pub use catalog::Catalog;
pub use error::CatalogError;
pub use model::End;
pub use ranges::RangeNote;
pub use suggest::nearest;
pub use system::{KindName, LevelSpec, Published, SpreadName, System, SystemKind};
pub use words::{Cpu, Transport};
