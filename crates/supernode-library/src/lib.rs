//! What NCCL, RCCL and HCCL would do: which algorithm, protocol, channels and chunk sizes for which
//! size, ranks and topology.
//!
//! ```
//! use supernode_library::Function;
//! use supernode_library::nccl::{Algorithm, Call, Constants, Cpu, Gpu, Machine, Protocol, Tuner};
//!
//! let constants = Constants::of("2.29".parse()?)?;
//! let links = &constants.tables.links;
//! let machine = Machine::hgx(Gpu::Hopper, Cpu::IntelSapphireRapids, 18, 1, 400, links);
//! let tuner = Tuner::new(constants, machine)?;
//! // 12 rings of 30 GB/s, and a copy of each.
//! assert_eq!((tuner.graphs.ring.channels, tuner.graphs.channels), (12, 24));
//!
//! let time = tuner.estimate(Function::AllReduce, 8, Algorithm::Ring, Protocol::Ll);
//! assert_eq!(time.map(|t| t.to_string()).as_deref(), Some("15us"));
//!
//! let small = tuner.choose(&Call::new(Function::AllReduce, "8".parse()?));
//! let large = tuner.choose(&Call::new(Function::AllReduce, "1G".parse()?));
//! assert_eq!((small.name(), small.channels), ("Ring/LL".to_owned(), 1));
//! assert_eq!((large.name(), large.channels), ("NVLS/Simple".to_owned(), 16));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Constants are data files by version, each table with its source.
//!
//! Modules: `function` (what is called), `element` (of what), `version`; [`nccl`], [`rccl`], [`hccl`];
//! `communicator` (a whole machine's ranks), `software` (any group of devices of a machine, by the
//! library of its chips, at either end of what is not known).

mod call;
mod communicator;
pub mod costs;
mod element;
mod error;
pub mod expert;
mod function;
pub mod hccl;
mod named;
pub mod nccl;
mod platform;
mod predict;
mod profile;
pub mod rccl;
mod schedule;
mod software;
mod version;

pub use call::{Launch, Launched, Processes};
pub use communicator::{Basis, Communicator};
pub use element::Element;
pub use error::LibraryError;
pub use function::Function;
pub use platform::Platform;
pub use predict::Predictor;
pub use profile::{Library, ProfileFile};
pub use schedule::Scheduled;
pub use software::{Group, Installation, Software};
pub use version::Version;
