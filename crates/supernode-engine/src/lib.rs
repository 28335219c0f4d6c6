//! Virtual-time engines: how long a schedule takes on a fabric.
//!
//! ```
//! use supernode_collectives::{Algorithm, Chunks, Collective, Tuning};
//! use supernode_engine::{formula, ports};
//! # use supernode_fabric::{CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile};
//! # use supernode_units::{Bandwidth, Time};
//! # let node = Level { name: "node".into(), kind: LevelKind::Switch, size: 8,
//! #     bandwidth: Bandwidth::from_gb_per_s(450), port_group: "node".into(),
//! #     latency: Time::from_us(1), hop: Hop::default(), efficiency_ppm: 1_000_000,
//! #     fan_out_loss_ppm: 0, in_switch: None };
//! # let fabric = Fabric::new(FabricConfig { levels: vec![node], device_bandwidth: None })?;
//! # let fast = Bandwidth::from_gb_per_s(3_000);
//! # let rates = DeviceRates { reduce: fast, copy: fast };
//! let cost = CostModel::new(fabric, Profile::wire(), rates)?; // eight devices on a switch
//!
//! let (collective, bytes) = (Collective::AllReduce, 1 << 20);
//! let ring = Algorithm::Ring.schedule(collective, 8, &Tuning::default())?;
//! let chunks = Chunks::new(ring.shape(), bytes / 4, 4);
//! let timed = ports::run(&*ring, &chunks, &cost)?;
//! // 14 steps of 1 us and 128 KiB at 450 GB/s.
//! assert_eq!(timed.time(), (Time::from_us(1) + Time::from_ps(291_272)) * 14);
//! let closed = formula::time(Algorithm::Ring, collective, bytes, &Tuning::default(), &cost);
//! assert_eq!(closed, Ok(timed.time()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Modules: `clock` (the rules of time, shared with the emulator), `order` (in which order ports
//! serve), `ports` (every schedule: in windows of time, or plainly in order of time), `links` (the same where messages
//! share links; `wire` is what lies between ports for either), `sweep` and `folded` (exact
//! engines for schedules that go in step, both on `lockstep`), `choose` (the cheapest exact one),
//! `concurrent` (several collectives at once), `noise` (delays of every step, over many seeds), `record` (a run step by step, and its critical path),
//! `session` (answers from memory for other simulators),
//! `formula` (closed forms for any size), `bound` (what none of them may go below), `tune` (levels, slices and the choice of the
//! algorithm), `switch` (what a reducing switch costs).

pub mod bound;
pub mod choose;
mod clock;
pub mod concurrent;
mod error;
pub mod folded;
pub mod formula;
pub mod links;
mod lockstep;
pub mod noise;
mod order;
pub mod ports;
pub mod record;
mod session;
pub mod sweep;
mod switch;
mod tune;
mod windows;
mod wire;

pub use clock::{InFlight, Landed, issue, land, launch, take, work};
pub use error::{EngineError, Unfit};
pub use order::in_program_order;
pub use session::{Answer, Ask, Groups, Session};
pub use tune::{by_time, fastest, hierarchy, tune};
