//! More, weaker chips or fewer, stronger ones: one training step on each of two machines.
//!
//! ```
//! use supernode_catalog::Catalog;
//! use supernode_strategy::{Assumptions, Workload, compare};
//! use supernode_units::Precision;
//!
//! let catalog = Catalog::builtin()?;
//! let workload = Workload {
//!     params: 70_000_000_000,
//!     tokens: 4_000_000,
//!     seq: 8192,
//!     precision: Precision::Fp8,
//! };
//! let result =
//!     compare(&catalog, "cloudmatrix-384", "gb200-nvl72", &workload, &Assumptions::default())?;
//! let [Ok(weak), Ok(strong)] = &result.wire.rows[0].pairings()[0].sides else { panic!("both fit") };
//! println!("{}: {}", weak.machine.name(), weak.best().step.plan);
//! println!("{}: {}", strong.machine.name(), strong.best().step.plan);
//! // Five times the chips, but bf16 against fp8.
//! assert_eq!((weak.machine.chips(), strong.machine.chips()), (384, 72));
//! assert!(result.wire.rows[0].ratio().high() < Some(2.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The step is a closed form over the formulas of [`supernode_engine`]; what it assumes is in
//! [`Assumptions`], and what it leaves out in [`NOT_MODELLED`].
//!
//! Every comparison is made twice: on the wire, which is hardware only, and by the libraries of both
//! chips ([`supernode_library`]) where they have one. The two never mix.
//!
//! Modules: `workload` (the model that is trained), `machine` (a system, replicated or cut down, on
//! the wire or by its library), `plan` (tensor x sharded-data parallelism, and its memory), `timing`
//! (its collectives), `step` (time of one step), `side` (one machine at both ends of its ranges),
//! `shared_chip` (ranges that both machines have), `basis` (what is made equal), `row` (both machines
//! on one basis), `verdict` (who wins), `flip` (where that turns), `contest` (all of these under one
//! profile), `ahead` (libraries that the wire does not bound), `failures` (interruptions and goodput), `facts` and `all_reduce` (what machines are made
//! of and do), `modelled` (values that nobody published), `assumptions` (what no datasheet says),
//! `compare` (all of it), `question` (what it is about).

mod ahead;
mod all_reduce;
mod assumptions;
mod basis;
mod compare;
mod contest;
mod error;
mod facts;
mod failures;
mod flip;
mod machine;
mod modelled;
mod plan;
mod question;
mod row;
mod shared_chip;
mod side;
mod step;
mod timing;
mod verdict;
mod workload;

pub use ahead::Ahead;
pub use all_reduce::AllReduce;
pub use assumptions::{Assumed, Assumptions, Bounds, CORNERS};
pub use basis::Basis;
pub use compare::{Comparison, Installed, compare};
pub use contest::Contest;
pub use error::StrategyError;
pub use facts::{Fact, Figure, Unit};
pub use failures::Failures;
pub use flip::{Batch, BatchFlip, FlipPoint, Flips, LATENCY_MAX, Subject, Turn};
pub use machine::Machine;
pub use modelled::Modelled;
pub use plan::{Need, Plan, Sharding, best_plan};
pub use row::{Pairing, Row};
pub use side::{Outcome, Side};
pub use step::Step;
pub use verdict::Verdict;
pub use workload::{Shape, Workload};

/// What a comparison leaves out, for the reader of its verdict.
pub const NOT_MODELLED: &str = "pipeline, context and expert parallelism, decode, \
                                network congestion by others, optimizer arithmetic";
