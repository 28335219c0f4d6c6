//! Collective algorithms as lazy schedules.
//!
//! An algorithm is written once, as a function from (rank, lane, index) to a [`Step`]; everything
//! else interprets it: the emulator moves real bytes, the engines compute when each rank finishes,
//! [`prove`](mod@prove) checks the data. A schedule for a million ranks costs nothing to create, because no
//! step exists until somebody asks for it.
//!
//! This crate names no chip, no fabric and no clock.
//!
//! ```
//! use supernode_collectives::{Action, Algorithm, Collective, Tuning};
//!
//! let ring = Algorithm::Ring.schedule(Collective::AllReduce, 1_048_576, &Tuning::default())?;
//! assert_eq!(ring.steps(7, 0), 2 * 1_048_576 - 1);
//! // The first step of every rank sends one chunk of its input to the next rank.
//! assert!(matches!(ring.step(7, 0, 0).action, Action::Send { to: 8, .. }));
//! # Ok::<(), supernode_collectives::CollectiveError>(())
//! ```
//!
//! Modules: `step` (what one step does), `schedule` (the trait, the shape, the layout of chunks),
//! `table` (schedules written out), `concurrent` (several collectives at once),
//! `communicator` (among some ranks of a machine, in an order of their own), `uneven` (blocks of unequal
//! counts),
//! `phase` (schedules that go in step, a phase of all ranks at a time),
//! `algorithm` (names and construction), `algorithms` (one file per algorithm), `plan` (levels for
//! any number of ranks), `collective` (what is computed, and busbw factors), `bound` (what no algorithm can beat),
//! [`prove`](mod@prove) (whether a schedule is right, without running data).

mod algorithm;
mod algorithms;
mod bound;
mod collective;
mod communicator;
mod concurrent;
mod error;
mod phase;
mod plan;
pub mod prove;
mod schedule;
mod step;
mod table;
mod uneven;

pub use algorithm::{Algorithm, Inner, LevelPlan, Tuning};
pub use algorithms::{
    Bine, Binomial, Bruck, ByDimension, Census, Chain, CirculantBroadcast, Direct, Dissemination,
    DoubleBinaryTree, DualRoot, Folded, HcclPipeline, Hierarchical, InSwitch, Linear,
    MultiPortBucket, NeighbourExchange, Pairwise, Pat, Rabenseifner, RecursiveDoubling, Ring,
    Rings, Rounds, ScatterAllGather, SegmentedRing, SendRecv, StragglerAware, Swing, UnequalGroups,
    WholeVectors, circulant, nb, nhr, recursive_exchange, recursive_multiplying,
};
pub use bound::LowerBound;
pub use collective::Collective;
pub use communicator::{Communicator, Members};
pub use concurrent::{Call, Concurrent};
pub use error::CollectiveError;
pub use phase::{Pattern, Phase};
pub use plan::{Fitted, fit_levels, fit_machine, gcd};
pub use schedule::{Chunks, Ports, Schedule, Shape, sample};
pub use step::{Action, Buf, Dep, Engine, Group, Rank, Span, Step};
pub use table::Table;
pub use uneven::Uneven;
