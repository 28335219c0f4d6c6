//! Emulator.
mod check;
mod error;
mod inputs;
mod mailbox;
mod memory;
mod payload;
mod rank;
mod run;
mod timing;
pub use check::count_wrong;
pub use error::{EmulatorError, Waiting};
pub use inputs::InputSpec;
pub use memory::Output;
pub use run::{Emulator, Job, Report, Results};
