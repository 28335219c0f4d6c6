use supernode_collectives::{Algorithm, CollectiveError, Rank};
use supernode_fabric::FabricError;
use thiserror::Error;

/// Why an engine that takes all ranks in step cannot run a schedule; others may.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The schedule is not one of rings and direct phases that all ranks go through in step.
    #[error("it does not go in step, phase by phase")]
    NoPhases,
    /// Noise delays single steps.
    #[error("noise makes no two ranks alike")]
    Noise,
    /// A message comes before one of an earlier phase at the same port.
    #[error("messages of different phases overtake each other at a port")]
    Overtaken,
    /// Messages of unequal length arrive at the same time, and the order depends on who sent them.
    #[error("unequal messages arrive at the same time")]
    Tie,
    /// Times come near what is counted.
    #[error("it may take more than a week")]
    Long,
    /// A direct phase has more messages than are kept at a time.
    #[error("too many messages are under way at a time")]
    Large,
}

/// Why an engine gives no time.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EngineError {
    /// Some lanes wait for messages that nobody sends: the schedule deadlocks.
    #[error("deadlock: {count} lanes wait for ever, first rank {rank} lane {lane} at step {step}")]
    Deadlock {
        /// How many lanes wait.
        count: usize,
        /// Rank of the first.
        rank: Rank,
        /// Its lane.
        lane: u32,
        /// The step it stands at.
        step: u32,
    },
    /// A step asks the switch to reduce or multicast, but the ranks do not share such a switch;
    /// choose another algorithm or a system whose level has an `in-switch` rate.
    #[error(
        "rank {rank} asks a switch to reduce for {members} ranks that share none; choose another algorithm or give the level an `in-switch` rate"
    )]
    NoSwitch {
        /// The asking rank.
        rank: Rank,
        /// Members of its group.
        members: u32,
    },
    /// The fabric holds another number of ranks than the schedule.
    #[error("the schedule has {schedule} ranks, but {fabric} are placed on the fabric")]
    Ranks {
        /// Ranks of the schedule.
        schedule: u32,
        /// Ranks placed on the fabric.
        fabric: u32,
    },
    /// The run passes the 213 days of virtual time that are counted; use a smaller size, fewer ranks
    /// or faster links.
    #[error("the run takes longer than the 213 days of virtual time that are counted")]
    TooLong,
    /// No closed form knows noise; use an engine that follows every message.
    #[error("no closed form knows noise; use an engine that follows every message")]
    Noise,
    /// No closed form knows faulty links; use an engine that follows every message.
    #[error("no closed form knows faulty links; use an engine that follows every message")]
    Faulty,
    /// No closed form of the algorithm is known on so many ranks; use an engine that follows every
    /// message.
    #[error("no closed form is known of {0} here; use an engine that follows every message")]
    NoFormula(Algorithm),
    /// The engine is not exact here; another one is.
    #[error("this engine cannot run the schedule: {0}")]
    Unfit(#[from] Unfit),
    /// No exact engine answers within the work that was allowed; allow more, or take an estimate.
    #[error("no exact engine answers in that time: {0}")]
    Impatient(String),
    /// The fabric is more than the engine can hold.
    #[error(transparent)]
    Fabric(#[from] FabricError),
    /// The algorithm does not define the collective, or its tuning does not fit.
    #[error(transparent)]
    Undefined(#[from] CollectiveError),
}
