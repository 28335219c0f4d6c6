//! What a proof can find wrong, in words that name where.

use std::fmt;

use super::Deadlock;
use crate::{Buf, Rank};

/// A step of a lane of a rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The rank.
    pub rank: Rank,
    /// Its lane.
    pub lane: u32,
    /// Index of the step.
    pub step: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} lane {} step {}", self.rank, self.lane, self.step)
    }
}

/// One side of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The step that touches the chunk.
    pub at: Place,
    /// Whether it writes.
    pub writes: bool,
    /// Whether the write lands later than the step: that of a switch, or into another rank.
    pub lands_later: bool,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match (self.writes, self.lands_later) {
            (false, _) => "a read",
            (true, false) => "a write",
            (true, true) => "a write that lands later",
        };
        write!(f, "{what} by {}", self.at)
    }
}

/// Something that is wrong with a schedule.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The buffers of the shape do not fit the collective.
    Shape {
        /// What does not fit.
        what: String,
    },
    /// A step that makes no sense by itself; nothing was run.
    Malformed {
        /// The step.
        at: Place,
        /// What is wrong with it.
        what: String,
    },
    /// A message that does not fit the step that takes it; the run ended there.
    Mismatch {
        /// The step that takes the message.
        at: Place,
        /// The step that sent it.
        sender: Place,
        /// What does not fit.
        what: String,
    },
    /// A step reads what no step has written.
    Undefined {
        /// The step.
        at: Place,
        /// The rank whose buffer it is.
        owner: Rank,
        /// The buffer.
        buf: Buf,
        /// The chunk.
        chunk: u32,
    },
    /// Messages or signals that nobody takes.
    LeftOver {
        /// The step that sent the first of them.
        sender: Place,
        /// The receiver.
        to: Rank,
        /// How many there are.
        count: usize,
    },
    /// The schedule does not end, however many messages a connection holds.
    Stuck(Deadlock),
    /// An output chunk is not made of what the collective asks for.
    Contributions {
        /// The rank.
        rank: Rank,
        /// The output chunk.
        chunk: u32,
        /// The step that wrote it last; absent if none did.
        writer: Option<Place>,
        /// Ranks whose contribution is missing.
        missing: Vec<Rank>,
        /// Ranks whose contribution was added more than once.
        twice: Vec<Rank>,
        /// The step that added the first of `twice` again.
        doubled_at: Option<Place>,
        /// Contributions (rank, input chunk) that do not belong there.
        foreign: Vec<(Rank, u32)>,
    },
    /// A rank leaves a barrier that others may not have come to yet.
    NotHeard {
        /// The rank.
        rank: Rank,
        /// Those that it has not heard of.
        missing: Vec<Rank>,
    },
    /// Two accesses to a chunk, one of them a write, that nothing puts in order.
    Race {
        /// The rank whose buffer it is.
        owner: Rank,
        /// The buffer.
        buf: Buf,
        /// The chunk.
        chunk: u32,
        /// The access that came first in this run.
        first: Access,
        /// The other access.
        second: Access,
    },
    /// The shape promises the same bits on every rank, but the sums differ.
    NotIdentical {
        /// The output chunk.
        chunk: u32,
        /// Two ranks that add in different orders.
        ranks: (Rank, Rank),
    },
    /// Where blocks have counts of their own, a chunk is not as long as its place, or as what it is added to.
    Length {
        /// The step that stores or adds it.
        at: Place,
        /// Its elements.
        got: u64,
        /// Elements of its place.
        wanted: u64,
    },
    /// The shape promises sums in rank order, but an addition joins what are no neighbouring runs.
    OutOfOrder {
        /// The rank that gets the sum.
        rank: Rank,
        /// The output chunk.
        chunk: u32,
        /// The step that adds.
        at: Place,
        /// First and last member of the lower operand.
        low: (u32, u32),
        /// First and last member of the other.
        high: (u32, u32),
    },
    /// The schedule ends, but not with connections of any depth that was tried.
    Depth {
        /// The greatest depth that was tried.
        tried: u32,
        /// What happens at that depth.
        deadlock: Deadlock,
    },
    /// The cost is not what the closed formula of the algorithm says.
    Formula {
        /// Which cost.
        what: &'static str,
        /// As counted.
        counted: String,
        /// As stated.
        stated: String,
    },
}

const fn name(buf: Buf) -> &'static str {
    match buf {
        Buf::Input => "input",
        Buf::Output => "output",
        Buf::Scratch => "scratch",
    }
}

/// The first few of a list, and how many more there are.
fn list<T>(items: &[T], show: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = items.iter().take(8).map(show).collect();
    let more = items.len() - shown.len();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &tail
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { what } => write!(f, "shape: {what}"),
            Self::Malformed { at, what } => write!(f, "{at}: {what}"),
            Self::Mismatch { at, sender, what } => {
                write!(f, "{at} takes a message of {sender}: {what}")
            }
            Self::Undefined { at, owner, buf, chunk } => write!(
                f,
                "{at} reads {} chunk {chunk} of rank {owner}, which nobody has written",
                name(*buf)
            ),
            Self::LeftOver { sender, to, count } => {
                write!(f, "{count} messages to rank {to} are never taken, first that of {sender}")
            }
            Self::Stuck(deadlock) => write!(f, "never ends at any depth: {deadlock}"),
            Self::Contributions { rank, chunk, writer, missing, twice, doubled_at, foreign } => {
                write!(f, "output chunk {chunk} of rank {rank}")?;
                match writer {
                    Some(at) => write!(f, " (written at lane {} step {})", at.lane, at.step)?,
                    None => return write!(f, " is never written"),
                }
                let ranks = |ranks: &[Rank]| list(ranks, Rank::to_string);
                if !missing.is_empty() {
                    write!(f, " lacks the contributions of ranks {}", ranks(missing))?;
                }
                if !twice.is_empty() {
                    write!(f, " has the contributions of ranks {} more than once", ranks(twice))?;
                }
                if let Some(at) = doubled_at {
                    write!(f, " (added again at {at})")?;
                }
                if !foreign.is_empty() {
                    let each =
                        |(rank, chunk): &(Rank, u32)| format!("chunk {chunk} of rank {rank}");
                    write!(f, " has what belongs elsewhere: {}", list(foreign, each))?;
                }
                Ok(())
            }
            Self::NotHeard { rank, missing } => write!(
                f,
                "rank {rank} leaves the barrier without having heard of ranks {}",
                list(missing, Rank::to_string)
            ),
            Self::Race { owner, buf, chunk, first, second } => write!(
                f,
                "race on {} chunk {chunk} of rank {owner}: {first} and {second} are in no order",
                name(*buf)
            ),
            Self::NotIdentical { chunk, ranks: (a, b) } => write!(
                f,
                "output chunk {chunk} is added in different orders on ranks {a} and {b}, but the \
                 shape promises the same bits everywhere"
            ),
            Self::Length { at, got, wanted } => write!(
                f,
                "{at}: a chunk of {got} elements does not fit one of {wanted}; the schedule needs equal \
                 blocks"
            ),
            Self::OutOfOrder { rank, chunk, at, low, high } => write!(
                f,
                "output chunk {chunk} of rank {rank}: {at} adds the contributions of ranks {}..{} and \
                 {}..{}, which are no neighbours, but the shape promises sums in rank order",
                low.0, low.1, high.0, high.1
            ),
            Self::Depth { tried, deadlock } => {
                write!(f, "deadlock although connections hold {tried} messages: {deadlock}")
            }
            Self::Formula { what, counted, stated } => {
                write!(f, "{what}: counted {counted}, but the closed formula says {stated}")
            }
        }
    }
}
