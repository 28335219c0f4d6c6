//! NCCL: its tuning constants by version, its channel search, its choice of algorithm and protocol.

mod algorithm;
mod bandwidth;
mod constants;
mod cpu;
mod gpu;
mod graph;
mod latency;
mod machine;
pub mod tables;
mod tuner;

pub use algorithm::{Algorithm, Protocol};
pub use constants::{Constants, Tables};
pub use cpu::Cpu;
pub use gpu::{Generation, Gpu};
pub use graph::{Graph, Graphs};
pub use machine::{CollNet, IntraPath, Machine, NicPath, NvSwitch};
pub use tuner::Tuner;
