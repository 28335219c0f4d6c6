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
//! let [Ok(weak), Ok(strong)] = &result.rows[0].sides else { panic!("both machines have a plan") };
//! println!("{}: {}", weak.name, weak.best.plan);
//! println!("{}: {}", strong.name, strong.best.plan);
//! // Five times the chips, but bf16 against fp8.
//! assert_eq!((weak.chips, strong.chips), (384, 72));
//! assert!(result.rows[0].ratio().high() < Some(2.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The step is a closed form over the formulas of [`supernode_engine`]; what it assumes is in
//! [`Assumptions`], and what it leaves out in [`NOT_MODELLED`].
//!
//! Modules: `workload` (the model that is trained), `machine` (a system, replicated or cut down),
//! `plan` (tensor x sharded-data parallelism, and its memory), `step` (time of one step), `compare`
//! (the rows), `facts` (what machines are made of), `failures` (interruptions and goodput), `flip`
//! (where the verdict turns), `assumptions` (what no datasheet says).

mod assumptions;
mod compare;
mod error;
mod facts;
mod failures;
mod flip;
mod machine;
mod plan;
mod step;
mod workload;

pub use assumptions::{Assumptions, Bounds};
pub use compare::{AllReduce, Basis, Comparison, Row, Side, compare};
pub use error::StrategyError;
pub use facts::{Fact, Unit};
pub use failures::Failures;
pub use flip::{FlipPoint, LATENCY_MAX, Subject, Turn};
pub use machine::Machine;
pub use plan::{Need, Plan, Sharding, best_plan};
pub use step::Step;
pub use workload::{Shape, Workload};

/// What a comparison leaves out, for the reader of its verdict.
pub const NOT_MODELLED: &str = "pipeline, context and expert parallelism, decode, software costs, \
                                network congestion by others, optimizer arithmetic";
