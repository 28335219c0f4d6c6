use supernode_collectives::{Action, Rank};
use supernode_units::{MessageSize, Time};
use thiserror::Error;

/// A rank that can never go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The rank.
    pub rank: Rank,
    /// Its lane.
    pub lane: u32,
    /// The step it stands at.
    pub step: u32,
    /// What the step waits for.
    pub action: Action,
    /// Since when, in virtual time; zero for schedules with several lanes.
    pub since: Time,
}

/// Why a run did not produce a result.
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum EmulatorError {
    /// The run would need more memory than it may use; use fewer ranks, a smaller message, or
    /// emulate sizes only.
    #[error("emulating {ranks} ranks x {} needs {}, but only {} may be used; use fewer ranks, a smaller size or the engine `emulate-sizes`", MessageSize::new(*bytes), MessageSize::new(*needed), MessageSize::new(*limit))]
    Memory {
        /// Number of ranks.
        ranks: u32,
        /// Bytes of the large buffer of each.
        bytes: u64,
        /// Bytes the run would need.
        needed: u64,
        /// Bytes it may use.
        limit: u64,
    },
    /// The inputs do not fit the schedule: wrong number, or wrong length on some rank.
    #[error("input of rank {rank} has {got} bytes, the schedule needs {want}")]
    Input {
        /// The rank, or the number of ranks if inputs are missing altogether.
        rank: Rank,
        /// Bytes that were given.
        got: u64,
        /// Bytes that are needed.
        want: u64,
    },
    /// The fabric holds another number of ranks than the schedule.
    #[error("the schedule has {schedule} ranks, but {fabric} are placed on the fabric")]
    Ranks {
        /// Ranks of the schedule.
        schedule: u32,
        /// Ranks placed on the fabric.
        fabric: u32,
    },
    /// Collectives that run at once share the job's element type and operator, which is not an average:
    /// each would divide by another number of ranks.
    #[error("collectives at once need elements of the job's size, and an operator other than avg")]
    Joined,
    /// No rank can go on: the schedule deadlocks. At most the first eight are named.
    #[error("deadlock: {count} ranks wait for ever; rank {} at lane {} step {} since {}: {:?}", first[0].rank, first[0].lane, first[0].step, first[0].since, first[0].action)]
    Deadlock {
        /// How many ranks wait.
        count: usize,
        /// The first of them; never empty.
        first: Vec<Waiting>,
    },
    /// A rank read another rank's output or scratch buffer, which only the `Input` allows.
    #[error(
        "rank {rank} reads a buffer of another rank that is not its input at lane {lane} step {step}; send it instead"
    )]
    RemoteRead {
        /// The reading rank.
        rank: Rank,
        /// Its lane.
        lane: u32,
        /// Its step.
        step: u32,
    },
    /// A program does what depends on more than its rank: it runs live, but no schedule says what it
    /// does.
    #[error(
        "rank {rank} {what} after {step} steps: that is not the same for all data and machines, and cannot be recorded; run it live"
    )]
    NotRecordable {
        /// The rank.
        rank: Rank,
        /// Steps that it had taken.
        step: usize,
        /// What it does.
        what: &'static str,
    },
    /// A step of a program cannot be taken.
    #[error("rank {rank}, after {step} steps: {what}")]
    Program {
        /// The rank.
        rank: Rank,
        /// Steps that it had taken.
        step: u32,
        /// What it does.
        what: String,
    },
    /// What a program recorded is no schedule.
    #[error(transparent)]
    Schedule(#[from] supernode_collectives::CollectiveError),
    /// The timing pass over a schedule with several lanes failed.
    #[error(transparent)]
    Engine(#[from] supernode_engine::EngineError),
    /// The host could not start the worker threads.
    #[error("could not start the worker threads: {0}")]
    Runtime(#[from] std::io::Error),
    /// A rank's task panicked: a bug.
    #[error("a rank's task panicked: {0}")]
    Panic(String),
}
