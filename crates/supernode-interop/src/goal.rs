//! GOAL: a schedule of sends, receives and calculations per rank, with dependencies.
//!
//! GOAL ("group operation assembly language") is the input of LogGOPSim and of its successor ATLAHS;
//! `schedgen` writes it. [`parse`] reads its text form by the rules of LogGOPSim's own converter
//! (`txt2bin`, spcl/LogGOPSim at 76451de):
//!
//! ```text
//! file  := "num_ranks" N, then rank 0 .. rank N-1 in order
//! rank  := "rank" INT "{", statements of one line each, "}"
//! stmt  := [LABEL ":"] op | LABEL ("requires" | "irequires") LABEL
//! op    := "send" INT "b" "to" INT          ["tag" T] ["cpu" INT] ["nic" INT]
//!        | "recv" INT "b" "from" (INT|"-1") ["tag" T] ["cpu" INT] ["nic" INT]
//!        | "calc" INT ["cpu" INT]
//! T     := INT | "-1"         -1 matches any tag, or a message from any rank
//! ```
//!
//! `a requires b`: `a` may start once `b` is done; `irequires`: once `b` has started. A label belongs
//! to its rank and stands before its use; of two equal labels the first counts. Comments (`// ..`,
//! `/* .. */`) stand where a statement may begin. Sizes are bytes, calculations nanoseconds. Unlike
//! `txt2bin`, comments and blank lines may also stand before, between and after ranks.
//!
//! Everything is kept in flat arrays: operations in order of rank, and beside them, per operation,
//! those that wait for it. [`GoalBuilder`] makes the same thing without text, and a [`Goal`] displays
//! as GOAL text that reads back as an equal one.

mod build;
mod cursor;
mod error;
mod op;
mod parse;
mod symbols;
mod write;

use std::ops::Range;

pub use build::{GoalBuilder, OpId};
pub use error::GoalError;
pub use op::{ANY, Kind, Op};
pub use parse::{from_bytes, parse};

/// A schedule in flat arrays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Where the operations of each rank start in `ops`, and the end.
    first: Vec<u32>,
    ops: Vec<Op>,
    /// Where the successors of an operation start: at `2 * op` those that wait for its start, at
    /// `2 * op + 1` those that wait for its end; and the end.
    at: Vec<u32>,
    successors: Vec<u32>,
    unclosed: bool,
}

impl Goal {
    /// Number of ranks.
    pub fn ranks(&self) -> u32 {
        (self.first.len() - 1) as u32
    }

    /// All operations, rank by rank.
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Where the operations of `rank` stand in [`Goal::ops`].
    ///
    /// # Panics
    /// If there is no such rank.
    pub fn range(&self, rank: u32) -> Range<usize> {
        let rank = rank as usize;
        self.first[rank] as usize..self.first[rank + 1] as usize
    }

    /// The operations, by their place in [`Goal::ops`], that may start once `op` has started
    /// (`irequires`), in the order of their statements.
    ///
    /// # Panics
    /// If there is no such operation.
    pub fn after_start(&self, op: usize) -> &[u32] {
        &self.successors[self.at[2 * op] as usize..self.at[2 * op + 1] as usize]
    }

    /// The operations, by their place in [`Goal::ops`], that may start once `op` is done
    /// (`requires`), in the order of their statements.
    ///
    /// # Panics
    /// If there is no such operation.
    pub fn after_end(&self, op: usize) -> &[u32] {
        &self.successors[self.at[2 * op + 1] as usize..self.at[2 * op + 2] as usize]
    }

    /// Number of messages, which is the number of sends.
    pub fn messages(&self) -> u64 {
        self.ops.iter().filter(|op| op.kind == Kind::Send).count() as u64
    }

    /// Number of dependencies.
    pub fn dependencies(&self) -> usize {
        self.successors.len()
    }

    /// Whether the text ended without the last `}`, which LogGOPSim's converter warns about: the file
    /// may have been cut off.
    pub fn is_unclosed(&self) -> bool {
        self.unclosed
    }
}
