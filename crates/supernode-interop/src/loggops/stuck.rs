//! What never ran, and why.

use std::fmt;

use super::matching::{Matching, Waiting};
use crate::goal::{Goal, Op};

/// A schedule that does not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// How far each rank came, in nanoseconds.
    pub finish_ns: Vec<u64>,
    /// What is left over, rank by rank.
    pub blocked: Vec<Blocked>,
}

/// An operation that is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    /// The operation.
    pub op: Op,
    /// Its number within its rank, from 1.
    pub operation: u32,
    /// Why.
    pub why: Why,
}

/// Why an operation is left over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It never started, for it waits for an operation of its rank (its number, from 1).
    Waits(u32),
    /// A receive was posted, and no message matched it.
    NoMessage,
    /// A send is too large to be eager, and no receive matched it.
    NoReceive,
    /// A send is done, and nobody received its message.
    NotReceived,
    /// A send was too large to be eager, and the receive that took its message was not and came
    /// later: LogGOPSim asks the size of the receive then, and never calls the send done.
    NotFreed,
}

impl Stuck {
    /// Number of operations that never ran to their end.
    pub fn never_ran(&self) -> usize {
        self.blocked.iter().filter(|blocked| blocked.why != Why::NotReceived).count()
    }

    /// Number of messages that were sent and never received.
    pub fn not_received(&self) -> usize {
        self.blocked.len() - self.never_ran()
    }

    /// What is left over after a run.
    pub(super) fn find(goal: &Goal, left: &Left<'_>) -> Vec<Blocked> {
        let ops = goal.ops();
        let never_started = |op: usize| left.waiting[op].cast_signed() > 0;
        let mut reasons = vec![None; ops.len()];
        for op in left.matching.left(Waiting::Receives) {
            reasons[op as usize] = Some(Why::NoMessage);
        }
        for op in left.matching.left(Waiting::Messages) {
            let eager = ops[op as usize].size <= left.eager_bytes;
            reasons[op as usize] = Some(if eager { Why::NotReceived } else { Why::NoReceive });
        }
        for &op in left.unfreed {
            let awaited = !goal.after_end(op as usize).is_empty();
            reasons[op as usize] = awaited.then_some(Why::NotFreed);
        }
        let number = |op: usize| (op - goal.range(ops[op].rank).start) as u32 + 1;
        for op in 0..ops.len() {
            let not_done =
                matches!(reasons[op], Some(Why::NoMessage | Why::NoReceive | Why::NotFreed));
            let after_end = if not_done || never_started(op) { goal.after_end(op) } else { &[] };
            let after_start = if never_started(op) { goal.after_start(op) } else { &[] };
            for &after in after_end.iter().chain(after_start) {
                if never_started(after as usize) {
                    reasons[after as usize].get_or_insert(Why::Waits(number(op)));
                }
            }
        }
        let blocked = |(op, why): (usize, Option<Why>)| {
            Some(Blocked { op: ops[op], operation: number(op), why: why? })
        };
        reasons.into_iter().enumerate().filter_map(blocked).collect()
    }
}

/// What a run leaves behind.
#[derive(Debug)]
pub(super) struct Left<'a> {
    /// What each operation still waits for; negative where LogGOPSim counts a rendezvous twice.
    pub(super) waiting: &'a [u32],
    pub(super) matching: &'a Matching,
    /// Sends that were matched and never done.
    pub(super) unfreed: &'a [u32],
    pub(super) eager_bytes: u64,
}

impl Left<'_> {
    /// Whether everything ran and was received.
    pub(super) fn is_nothing(&self) -> bool {
        self.matching.left(Waiting::Receives).next().is_none()
            && self.matching.left(Waiting::Messages).next().is_none()
            && self.waiting.iter().all(|count| count.cast_signed() <= 0)
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { op, operation, why } = self;
        write!(f, "rank {}, operation {operation} ({op}) {why}", op.rank)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(operation) => write!(f, "waits for operation {operation}"),
            Self::NoMessage => f.write_str("got no message"),
            Self::NoReceive => f.write_str("found no receive"),
            Self::NotReceived => f.write_str("was sent and never received"),
            Self::NotFreed => f.write_str(
                "was taken by a later receive of at most S bytes, which never frees its sender",
            ),
        }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (never_ran, not_received) = (self.never_ran(), self.not_received());
        let never_ran = counted(never_ran, "operation");
        let lost = counted(not_received, "message");
        match (self.never_ran(), not_received) {
            (_, 0) => write!(f, "{never_ran} never ended")?,
            (0, _) => write!(f, "{lost} never received")?,
            _ => write!(f, "{never_ran} never ended, {lost} never received")?,
        }
        match self.blocked.iter().find(|blocked| !matches!(blocked.why, Why::Waits(_))) {
            Some(first) => write!(f, "; {first}"),
            None => f.write_str("; they wait for each other in a circle"),
        }
    }
}

impl std::error::Error for Stuck {}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
