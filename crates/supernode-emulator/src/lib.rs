//! Runs collectives for real: one tokio task per chip, real bytes, virtual time.
//!
//! Each rank's task interprets its lanes of a schedule. Messages carry their payload
//! (`bytes::Bytes`) and the virtual time at which they arrive, so a rank's clock follows from the
//! messages it takes and not from the order in which the host runs the tasks: results and times are
//! equal to the bit on any number of worker threads.
//!
//! What makes it fast: the hop that reduces owns the bytes, so a chunk travels around a ring in the
//! buffer it was first added into; finished chunks are shared by reference count, inputs are not
//! even counted; each thread runs a block of consecutive ranks, whose messages pass through plain
//! queues; what a rank sends to many at once is one list, of which each receiver reads its part;
//! machines, queues and buffers are kept from run to run; and a rank takes up to 64 steps before others
//! get a turn, so that messages change hands in batches.
//!
//! ```
//! use std::sync::Arc;
//!
//! use supernode_collectives::{Algorithm, Chunks, Collective, Tuning};
//! use supernode_emulator::{Emulator, InputSpec, Job, Results, count_wrong};
//! use supernode_units::{DType, ReduceOp};
//! # use supernode_fabric::{CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile};
//! # use supernode_units::{Bandwidth, Time};
//! # let node = Level { name: "node".into(), kind: LevelKind::Switch, size: 5,
//! #     bandwidth: Bandwidth::from_gb_per_s(450), port_group: "node".into(),
//! #     latency: Time::from_us(1), hop: Hop::default(), efficiency_ppm: 1_000_000,
//! #     fan_out_loss_ppm: 0, in_switch: None };
//! # let fabric = Fabric::new(FabricConfig { levels: vec![node], device_bandwidth: None })?;
//! # let fast = Bandwidth::from_gb_per_s(3_000);
//! # let rates = DeviceRates { reduce: fast, copy: fast };
//! let cost = CostModel::new(fabric, Profile::wire(), rates)?; // five devices on a switch
//! let schedule = Algorithm::Ring.schedule(Collective::AllReduce, 5, &Tuning::default())?;
//! let job = Job {
//!     schedule: Arc::from(schedule),
//!     count: 1_000,
//!     dtype: DType::Bf16,
//!     op: ReduceOp::Sum,
//!     cost: Arc::new(cost),
//!     results: Results::Own,
//!     progress: None,
//! };
//! let shape = job.schedule.shape();
//! let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
//! let spec = InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed: 7 };
//! let inputs = spec.generate_all(1);
//!
//! let report = Emulator::new(2, 1 << 30)?.run(&job, inputs.clone())?;
//! assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 1), 0);
//! assert_eq!(report.messages, 5 * 8);
//! // Eight steps of 1 us and 400 bytes at 450 GB/s.
//! assert_eq!(report.time(), (Time::from_us(1) + Time::from_ps(889)) * 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules: `run` (jobs and how they are dealt out), `workers` (the threads), `estimate` (what a job
//! will need), `block` (the ranks of one thread), `task` (the task of one rank), `rank` (its
//! interpreter), `timing` (its clock), `inbox`, `fan` and `post` (its messages, alone or to many at once, their delivery, deadlocks),
//! `memory`, `payload` and `settle` (its buffers, what messages carry, and copies at the end),
//! `program` (collectives of your own as an `async fn`: recorded as a schedule, or run live),
//! `inputs` and `check` (exact inputs and the reference they are checked against; `fp8` converts
//! for both).

#![allow(clippy::inline_always, reason = "a message should be written where it will stand")]

mod block;
mod check;
mod error;
mod estimate;
mod fan;
mod fp8;
mod inbox;
mod inputs;
mod memory;
mod payload;
mod post;
mod program;
mod rank;
mod run;
mod settle;
mod task;
mod timing;
mod workers;

pub use check::count_wrong;
pub use error::{EmulatorError, Waiting};
pub use inputs::InputSpec;
pub use memory::{Output, Results};
pub use program::{Live, LiveReport, RankHandle, record};
pub use run::{Emulator, Job, Report};
