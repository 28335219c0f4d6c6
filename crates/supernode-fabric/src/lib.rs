//! Fabrics of supernodes: levels, routes by arithmetic, and what a message costs on its way.
//!
//! A fabric is a list of [`Level`]s, innermost first: the board, the cabinet, the pod, the
//! scale-out network. A route between two of a million devices is a few divisions; nothing here
//! grows with the square of anything. [`CostModel`] is the one interface that engines use.
//!
//! ```
//! use supernode_fabric::{CostModel, DeviceRates, Fabric, FabricConfig, Hop, Level, LevelKind, Profile};
//! use supernode_units::{Bandwidth, Time};
//!
//! let node = Level {
//!     name: "node".into(),
//!     kind: LevelKind::Switch,
//!     size: 8,
//!     bandwidth: Bandwidth::from_gb_per_s(450),
//!     port_group: "nvlink".into(),
//!     latency: Time::from_us(1),
//!     hop: Hop::default(),
//!     efficiency_ppm: 1_000_000,
//!     fan_out_loss_ppm: 0,
//!     in_switch: None,
//! };
//! let fabric = Fabric::new(FabricConfig { levels: vec![node], device_bandwidth: None })?;
//! let fast = Bandwidth::from_gb_per_s(3_000);
//! let rates = DeviceRates { reduce: fast, copy: fast };
//! let cost = CostModel::new(fabric, Profile::wire(), rates)?;
//!
//! let route = cost.route(0, 5);
//! assert_eq!(route.latency, Time::from_us(1));
//! // 1 MiB at 450 GB/s, rounded up to the picosecond.
//! assert_eq!(cost.occupancy(&route, 1 << 20, 1), Time::from_ps(2_330_169));
//! # Ok::<(), supernode_fabric::FabricError>(())
//! ```
//!
//! Modules: `level` (one layer), `fabric` (composition; routes; capacity; hashed uplinks; links that
//! messages share; symmetry; some of the ranks),
//! `placement` (ranks on devices), `profile` (what software adds), `noise` (seeded delays by the
//! distributions of `jitter`, and slow devices), `mix` (random numbers by counting), `cost` (what a
//! message costs).

mod cost;
mod error;
mod fabric;
mod faults;
mod jitter;
mod level;
mod mix;
mod noise;
mod placement;
mod profile;

pub use cost::{CostModel, DeviceRates};
pub use error::FabricError;
pub use fabric::{Fabric, FabricConfig, Leg, Links, Path, Route, SwitchDomain};
pub use faults::{FaultyLink, LinkFault, LinkState};
pub use jitter::{Distribution, Jitter};
pub use level::{Hop, Level, LevelKind, Oversubscription, Spread, SwitchRate};
pub use noise::{Noise, ONCE_PPM, Slow, Who, slowed};
pub use placement::Placement;
pub use profile::{LaunchCost, LaunchMode, Profile, Protocol};
