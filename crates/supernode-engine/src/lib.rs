//! Virtual-time engines: how long a schedule takes on a fabric.
mod clock;
mod error;
pub mod ports;
mod switch;
pub use clock::{InFlight, land, launch, take};
pub use error::EngineError;
