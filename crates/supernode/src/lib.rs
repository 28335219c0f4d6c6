//! Emulates collective communication on AI supernodes, fast and exactly.
//!
//! The facade of the workspace: every crate under one name, and the `supernode` command.
//!
//! ```
//! use std::sync::Arc;
//!
//! use supernode::catalog::{Catalog, End};
//! use supernode::collectives::{Algorithm, Chunks, Collective, Tuning};
//! use supernode::emulator::{Emulator, InputSpec, Job, Results, count_wrong};
//! use supernode::fabric::{CostModel, Placement, Profile};
//! use supernode::units::{DType, ReduceOp};
//!
//! // Eight H100 on one NVSwitch, without software costs.
//! let catalog = Catalog::builtin()?;
//! let system = catalog.system("dgx-h100")?;
//! let chip = catalog.chip_of(system)?;
//! let fabric = system.fabric(chip, End::Middle)?.place(Placement::Packed, 8)?;
//! let rates = system.device_rates(chip, End::Middle)?;
//! let cost = Arc::new(CostModel::new(fabric, Profile::wire(), rates)?);
//!
//! // A ring all-reduce of 1 MiB, on real bytes.
//! let schedule = Algorithm::Ring.schedule(Collective::AllReduce, 8, &Tuning::default())?;
//! let job = Job {
//!     schedule: Arc::from(schedule),
//!     count: 262_144,
//!     dtype: DType::F32,
//!     op: ReduceOp::Sum,
//!     cost,
//!     results: Results::Own,
//!     progress: None,
//! };
//! let shape = job.schedule.shape();
//! let chunks = Chunks::new(shape, job.count, job.dtype.bytes());
//! let spec = InputSpec { shape, chunks, dtype: job.dtype, op: job.op, seed: 0 };
//! let inputs = spec.generate_all(1);
//! let report = Emulator::new(1, 1 << 30)?.run(&job, inputs.clone())?;
//! assert_eq!(count_wrong(&spec, &inputs, &report.outputs, 1), 0);
//! println!("{} in virtual time", report.time());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules are the crates: [`units`], [`chip`], [`fabric`], [`collectives`], [`kernels`],
//! [`engine`], [`emulator`], [`catalog`], [`library`], [`strategy`], [`validate`],
//! [`interop`].

pub use supernode_catalog as catalog;
pub use supernode_chip as chip;
pub use supernode_collectives as collectives;
pub use supernode_emulator as emulator;
pub use supernode_engine as engine;
pub use supernode_fabric as fabric;
pub use supernode_interop as interop;
pub use supernode_kernels as kernels;
pub use supernode_library as library;
pub use supernode_strategy as strategy;
pub use supernode_units as units;
pub use supernode_validate as validate;
