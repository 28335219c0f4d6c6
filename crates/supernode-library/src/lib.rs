//! What NCCL, RCCL and HCCL would do: which algorithm, protocol, channels and chunk sizes for which
//! size, ranks and topology.
//!
//! ```
//! use supernode_library::Function;
//! use supernode_library::nccl::{Algorithm, Constants, Cpu, Gpu, Machine, Protocol, Tuner};
//!
//! let constants = Constants::of("2.29".parse()?)?;
//! let links = &constants.tables.links;
//! let machine = Machine::hgx(Gpu::Hopper, Cpu::IntelSapphireRapids, 18, 1, 400, links);
//! let tuner = Tuner::new(constants, machine)?;
//! assert_eq!((tuner.graphs.ring.channels, tuner.graphs.channels), (12, 24));
//! let time = tuner.estimate(Function::AllReduce, 8, Algorithm::Ring, Protocol::Ll);
//! assert_eq!(time.map(|t| t.to_string()).as_deref(), Some("15us"));
//! # Ok::<(), supernode_library::LibraryError>(())
//! ```
//!
//! Constants are data files by version, each table with its source.
//!
//! Modules: `function` (what is called), `element` (of what), `version`; [`nccl`], [`rccl`], [`hccl`].

mod element;
mod error;
mod function;
pub mod hccl;
pub mod nccl;
pub mod rccl;
mod version;

pub use element::Element;
pub use error::LibraryError;
pub use function::Function;
pub use version::Version;
