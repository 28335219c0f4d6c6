//! HCCL: what its algorithms cost in α, β and γ, and which of them it selects.
//!
//! A step that moves `n` bytes costs α + nβ, and nγ more where it reduces. HCCL works level by
//! level: within a server, between servers, between supernodes.

mod ahc;
mod algorithm;
mod communicator;
mod constants;
mod cost;
mod kernel;
mod links;
mod machine;
mod select;
mod stage;

pub use ahc::{Groups, ahc};
pub use algorithm::Algorithm;
pub use communicator::{Communicator, Times};
pub use constants::{Constants, Kernels, Links, Selection, Steps};
pub use cost::{Link, cost, pipeline};
pub use kernel::Kernel;
pub use links::domains;
pub use machine::{Generation, Machine};
pub use select::{Choice, Level0, choose};
pub use stage::{Phase, Stage, stages};
