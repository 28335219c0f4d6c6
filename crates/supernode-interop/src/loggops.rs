//! LogGOPSim's model, exact to the nanosecond.
//!
//! The model is LogGOPS (Hoefler, Schneider, Lumsdaine, "LogGOPSim: simulating large-scale
//! applications in the LogGOPS model", 2010) as spcl/LogGOPSim at 76451de computes it. Each rank has
//! processors and network interfaces that sends and receives share; all times are whole nanoseconds.
//! With `m` the bytes of a message and `t` the time of an event:
//!
//! | event | needs | then |
//! |---|---|---|
//! | `calc d` | processor free | processor until `t + d`; started and done |
//! | `send` | processor free, interface free to send | started; processor until `t + o + (m-1) O`, interface until `t + g + (m-1) G`; arrives at `t + o + L`; done, if `m <= S` |
//! | arrival | processor free, interface free to receive | processor until `t + o + (m-1) max(O, G)`, interface until `t + g + (m-1) G`; takes the first receive posted for its source and tag, which is done |
//! | `recv` | nothing | posted; done at once if its message is there |
//!
//! A message of more than `S` bytes makes its sender wait (rendezvous): the send is done when it is
//! matched, and the sender's processor and interface are busy until then. What is released starts at
//! the time at which its resources are free. Events are served in order of time and, at equal times,
//! of creation; what is too early is put off until its resources are free. Operations released
//! together are created sends first, then receives, then calculations, each in the order of their
//! dependencies' statements.
//!
//! Two things differ on purpose. LogGOPSim sorts the released operations with an unstable sort, so
//! with more than 16 of them at a time its order, and with it matching, is arbitrary: here the order
//! is stable. And LogGOPSim only looks whether messages and receives are left over in the end, not
//! whether all operations ran: here [`simulate`] fails and says what is [`Stuck`].
//!
//! Quirks that are kept: the processor and interface that an arrival occupies at the receiver have
//! the sender's numbers, and a message of 0 bytes costs `m - 1 = -1` of `O` and `G`.
//!
//! The engine works on flat arrays: 24 bytes an operation, intrusive lists for matching, events of 16
//! bytes in a radix queue ordered by time, and lines for what waits for a busy rank. Nothing is
//! allocated or hashed per message.

mod engine;
mod error;
mod lines;
mod matching;
mod outcome;
mod parameters;
mod queue;
mod stuck;

pub use error::LoggopsError;
pub use outcome::{Outcome, simulate};
pub use parameters::Parameters;
pub use stuck::{Blocked, Stuck, Why};
