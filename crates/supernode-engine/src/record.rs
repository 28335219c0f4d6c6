//! All that happened in a run of `ports`, and why it took as long as it did.
//!
//! Every moment of a lane follows from one that released it: the lane's own last moment, that of another
//! lane, or the moment in which a sender issued a message. A recorder keeps that moment and what
//! filled the time since, so the longest path is found by walking back, and its parts add up to the finish.

use supernode_collectives::{Chunks, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::EngineError;
use crate::ports::{self, Timed};

mod chain;
mod path;
mod recorder;

use chain::Chain;
pub use chain::Parts;
pub use path::{BusiestPort, CriticalPath, Hop};
pub(crate) use recorder::Recorder;

/// A run with all its steps and messages.
#[derive(Debug)]
pub struct Recording {
    /// When each rank finished.
    pub timed: Timed,
    /// Steps in the order in which they were complete.
    pub steps: Vec<StepRecord>,
    /// Messages in the order in which they were issued.
    pub messages: Vec<Message>,
    moments: Vec<Moment>,
    /// The moment in which the last rank finished.
    last: u32,
}

/// What a lane did at one go: a step, or receives that are awaited together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepRecord {
    /// The rank.
    pub rank: Rank,
    /// Its lane.
    pub lane: u32,
    /// The first step.
    pub step: u32,
    /// How many steps.
    pub count: u32,
    /// When the lane was through with the one before.
    pub begin: Time,
    /// When it was through.
    pub end: Time,
}

/// A message between two ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The rank whose port sent it.
    pub from: Rank,
    /// The rank that took it.
    pub to: Rank,
    /// The lane.
    pub lane: u32,
    /// The step that sent it or asked for it.
    pub step: u32,
    /// Bytes, as charged.
    pub bytes: u64,
    /// When the sender's port could have begun.
    pub ready: Time,
    /// When it did.
    pub tx: Time,
    /// How long each port was busy with it.
    pub busy: Time,
    /// When the first byte was at the receiver's port.
    pub head: Time,
    /// When that port began to receive it.
    pub rx: Time,
    /// The sender's port.
    pub tx_port: u16,
    /// The receiver's port.
    pub rx_port: u16,
    /// The moment in which it was issued.
    issued: u32,
}

impl Message {
    /// When the last byte was in.
    pub fn tail(&self) -> Time {
        self.rx + self.busy
    }
}

/// A moment of a lane, and what led to it.
#[derive(Debug, Clone, Copy)]
struct Moment {
    rank: Rank,
    lane: u32,
    step: u32,
    chain: Chain,
}

/// Runs `schedule` on the plain engine and keeps all that happens: some 300 bytes a message.
///
/// # Errors
/// As [`ports::run`].
pub fn record(
    schedule: &dyn Schedule,
    chunks: &Chunks,
    cost: &CostModel,
) -> Result<Recording, EngineError> {
    ports::record(schedule, chunks, cost)
}
