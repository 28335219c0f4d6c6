use thiserror::Error;

use crate::{Collective, Rank};

/// Chunks that a schedule may have.
const CHUNKS_MAX: u64 = 1 << 30;

impl CollectiveError {
    /// Whether `algorithm` has at least one rank, and no more chunks than are counted with
    /// `chunks` for each.
    pub(crate) fn check(algorithm: &'static str, ranks: u32, chunks: u32) -> Result<(), Self> {
        if ranks == 0 {
            return Err(Self::NoRanks);
        }
        if u64::from(ranks) * u64::from(chunks) >= CHUNKS_MAX {
            return Err(Self::TooManyChunks { algorithm, ranks });
        }
        Ok(())
    }
}

/// Why a schedule could not be made.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CollectiveError {
    /// A collective needs at least one rank.
    #[error("a collective needs at least 1 rank")]
    NoRanks,
    /// The root of the collective is not one of its ranks.
    #[error("rank {root} cannot be the root of {ranks} ranks; use 0 to {}", ranks - 1)]
    Root {
        /// The root that was given.
        root: Rank,
        /// The number of ranks, at least one.
        ranks: u32,
    },
    /// A drawing would have more ranks or arrows than anybody tells apart.
    #[error("{}", if ranks > max_ranks {
        format!("{ranks} ranks are too many to draw; at most {max_ranks} are drawn")
    } else {
        format!("{messages} messages are too many to draw; at most {max_messages} are drawn: use fewer ranks or slices")
    })]
    TooMuchToDraw {
        /// Number of ranks.
        ranks: u32,
        /// How many are drawn.
        max_ranks: u32,
        /// Number of messages.
        messages: usize,
        /// How many are drawn.
        max_messages: usize,
    },
    /// Steps that are written out make no sense, whatever they are to compute.
    #[error("this is no schedule: {what}")]
    Table {
        /// Which step, and why.
        what: String,
    },
    /// The name is not a collective of this crate.
    #[error("unknown collective `{name}`; known: {}", Collective::ALL.map(Collective::name).join(", "))]
    UnknownCollective {
        /// The name that was given.
        name: String,
    },
    /// The name is not an algorithm of this crate.
    #[error("unknown algorithm `{name}`; known: {known}")]
    UnknownAlgorithm {
        /// The name that was given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The algorithm does not define this collective; choose one that does.
    #[error("{algorithm} has no {collective}; {instead}")]
    Unsupported {
        /// The algorithm.
        algorithm: &'static str,
        /// The collective that was asked for.
        collective: Collective,
        /// What to do instead.
        instead: &'static str,
    },
    /// The level sizes of a hierarchical schedule do not multiply to the number of ranks.
    #[error("levels {levels:?} hold {product} ranks, but the collective has {ranks}")]
    LevelMismatch {
        /// The sizes that were given, innermost first.
        levels: Vec<u32>,
        /// Their product.
        product: u64,
        /// The number of ranks.
        ranks: u32,
    },
    /// The algorithm has no schedule on so many ranks.
    #[error(
        "{algorithm} runs on {allowed}, not on these {ranks} ranks; choose others, or another algorithm"
    )]
    RanksForbidden {
        /// The algorithm.
        algorithm: &'static str,
        /// The number of ranks that was asked for.
        ranks: u32,
        /// Which numbers it runs on.
        allowed: &'static str,
    },
    /// The schedule would need more chunks than 32 bits count.
    #[error("{algorithm} on {ranks} ranks needs more than 2^31 chunks; use fewer ranks or slices")]
    TooManyChunks {
        /// The algorithm.
        algorithm: &'static str,
        /// The number of ranks.
        ranks: u32,
    },
    /// Nothing to join; give at least one call.
    #[error("no collective is called; give at least one")]
    NoCalls,
    /// A group has another number of ranks than the schedule that runs in it.
    #[error("a group has {group} ranks, but its collective {schedule}")]
    GroupSize {
        /// Members of the group.
        group: u32,
        /// Ranks of the schedule.
        schedule: u32,
    },
    /// Only where each rank has a block of its own can blocks have counts of their own.
    #[error(
        "this {collective} has no blocks that could have counts of their own; use all-gather, \
         reduce-scatter, gather, scatter, or all-to-all by an algorithm without scratch"
    )]
    NoBlocks {
        /// The collective.
        collective: Collective,
    },
    /// There are more or fewer counts than blocks.
    #[error("{collective} of {ranks} ranks takes {wanted} counts, not {given}")]
    Counts {
        /// The collective.
        collective: Collective,
        /// The number of ranks.
        ranks: u32,
        /// One for each rank, or for each pair of ranks.
        wanted: usize,
        /// How many there are.
        given: usize,
    },
    /// Counts that add up to more than a machine holds.
    #[error("the counts of {ranks} ranks add up to 2^56 elements or more; use fewer")]
    TooManyElements {
        /// The number of ranks.
        ranks: u32,
    },
    /// A schedule does not compute what its collective asks for.
    #[error("the schedule is wrong: {what}")]
    Wrong {
        /// What the proof found first.
        what: String,
    },
    /// Contributions are not added in rank order, which an operator that does not commute needs.
    #[error(
        "this {collective} of {ranks} ranks does not add in rank order, which an operator that does not \
         commute needs; choose an algorithm that does"
    )]
    OutOfOrder {
        /// The collective.
        collective: Collective,
        /// The number of ranks.
        ranks: u32,
    },
    /// A member of a communicator does not exist, or comes twice.
    #[error("{}", if *twice {
        format!("rank {rank} is a member twice; name it once")
    } else {
        format!("rank {rank} is no rank of a machine of {machine}; use 0 to {}", machine.saturating_sub(1))
    })]
    Member {
        /// The rank.
        rank: u32,
        /// Ranks of the machine.
        machine: u32,
        /// Whether it exists, but comes twice.
        twice: bool,
    },
    /// A step names a group of members that are not equally spaced on the machine.
    #[error(
        "step {step} of lane {lane} of rank {rank} names members that are not equally spaced on the \
         machine; order them by rank, or use an algorithm that sends to one at a time"
    )]
    ScatteredGroup {
        /// The rank.
        rank: u32,
        /// Its lane.
        lane: u32,
        /// Index of the step.
        step: u32,
    },
    /// A group has no members, one of them twice, or some that the machine has not.
    #[error(
        "a group of {count} ranks from rank {first} on, {stride} apart, is not within the {ranks} ranks \
         of the machine"
    )]
    GroupRange {
        /// First member.
        first: u32,
        /// From one to the next.
        stride: u32,
        /// Members.
        count: u32,
        /// Ranks of the machine.
        ranks: u32,
    },
    /// Two groups of one call share a rank; make them two calls.
    #[error("rank {rank} is in two groups of one call; make them two calls")]
    GroupsMeet {
        /// The rank.
        rank: u32,
    },
}

impl CollectiveError {
    /// `algorithm` has no `collective`; names some that do.
    pub(crate) const fn unsupported(algorithm: &'static str, collective: Collective) -> Self {
        let instead = match collective {
            Collective::AllReduce | Collective::ReduceScatter | Collective::AllGather => {
                "use ring, recursive-doubling or hierarchical"
            }
            Collective::Broadcast { .. } | Collective::Reduce { .. } => {
                "use binomial, chain or linear"
            }
            Collective::AllToAll => "use direct or pairwise",
            Collective::Gather { .. } | Collective::Scatter { .. } => "use binomial or linear",
            Collective::SendRecv => "use two-sided or one-sided",
            Collective::Barrier => "use dissemination, binomial or linear",
        };
        Self::Unsupported { algorithm, collective, instead }
    }
}
