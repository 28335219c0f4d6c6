//! NCCL: its tuning constants by version, its channel search, its choice of algorithm and protocol.

mod algorithm;
mod bandwidth;
mod call;
mod choices;
mod choose;
mod chunk;
mod constants;
mod cpu;
mod enable;
mod forced;
mod gpu;
mod graph;
mod latency;
mod launch;
mod machine;
mod p2p;
pub mod symmetric;
pub mod tables;
mod tuner;

pub use algorithm::{Algorithm, Protocol};
pub use call::Call;
pub use choices::Span;
pub use choose::{Candidate, Choice};
pub use constants::{Constants, Tables};
pub use cpu::Cpu;
pub use forced::{Forced, Lists};
pub use gpu::{Generation, Gpu};
pub use graph::{Graph, Graphs};
pub use machine::{CollNet, IntraPath, Machine, NicPath, NvSwitch};
pub use tuner::Tuner;
