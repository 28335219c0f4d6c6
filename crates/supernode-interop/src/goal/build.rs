//! Builds the flat arrays, rank by rank.

use super::{ANY, Goal, GoalError, Kind, Op};

/// Operations are numbered with 31 bits, so that an event and its kind fit 32.
const MAX_OPS: u32 = i32::MAX as u32;

/// An operation of the rank under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpId(pub(super) u32);

/// Makes a [`Goal`] rank by rank.
///
/// ```
/// use supernode_interop::goal::{GoalBuilder, Op};
///
/// let mut builder = GoalBuilder::new();
/// for rank in 0..2 {
///     builder.rank();
///     let send = builder.op(Op::send(8, 1 - rank))?;
///     let recv = builder.op(Op::recv(8, 1 - rank))?;
///     let calc = builder.op(Op::calc(100))?;
///     builder.requires(calc, recv)?;
///     builder.irequires(calc, send)?;
/// }
/// let goal = builder.finish()?;
/// assert_eq!((goal.ranks(), goal.messages(), goal.dependencies()), (2, 2, 4));
/// # Ok::<(), supernode_interop::goal::GoalError>(())
/// ```
#[derive(Debug, Default)]
pub struct GoalBuilder {
    first: Vec<u32>,
    ops: Vec<Op>,
    at: Vec<u32>,
    successors: Vec<u32>,
    /// Dependencies of the rank under construction: twice the operation that comes first, plus one
    /// if it has to be done, and the operation that waits.
    edges: Vec<(u32, u32)>,
}

impl GoalBuilder {
    /// A builder without ranks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the rank under construction and starts the next.
    pub fn rank(&mut self) {
        self.close();
        self.first.push(self.ops.len() as u32);
    }

    /// Number of ranks, the one under construction included.
    pub fn ranks(&self) -> u32 {
        self.first.len() as u32
    }

    /// Adds an operation to the rank under construction, whose number it takes as its own.
    ///
    /// # Errors
    /// If there are too many to be numbered.
    pub fn op(&mut self, op: Op) -> Result<OpId, GoalError> {
        let id = self.ops.len() as u32;
        if id == MAX_OPS {
            return Err(GoalError::TooMany { what: "operations", limit: MAX_OPS });
        }
        if self.first.is_empty() {
            self.rank();
        }
        self.ops.push(Op { rank: self.ranks() - 1, ..op });
        Ok(OpId(id))
    }

    /// `op` may start once `before` is done.
    ///
    /// # Errors
    /// If there are too many dependencies to be numbered.
    pub fn requires(&mut self, op: OpId, before: OpId) -> Result<(), GoalError> {
        self.edge(2 * before.0 + 1, op)
    }

    /// `op` may start once `before` has started.
    ///
    /// # Errors
    /// If there are too many dependencies to be numbered.
    pub fn irequires(&mut self, op: OpId, before: OpId) -> Result<(), GoalError> {
        self.edge(2 * before.0, op)
    }

    fn edge(&mut self, row: u32, op: OpId) -> Result<(), GoalError> {
        if self.successors.len() + self.edges.len() >= u32::MAX as usize {
            return Err(GoalError::TooMany { what: "dependencies", limit: u32::MAX });
        }
        self.edges.push((row, op.0));
        Ok(())
    }

    /// The schedule.
    ///
    /// # Errors
    /// If a message names a rank that does not exist.
    pub fn finish(self) -> Result<Goal, GoalError> {
        let ranks = self.ranks();
        for (id, op) in self.ops.iter().enumerate() {
            let any = op.kind == Kind::Recv && op.peer == ANY;
            if op.kind != Kind::Calc && !any && op.peer >= ranks {
                let operation = id as u32 - self.first[op.rank as usize] + 1;
                let Op { rank, peer, .. } = *op;
                return Err(GoalError::NoSuchPeer { rank, operation, peer, ranks });
            }
        }
        Ok(self.finish_checked(false))
    }

    /// The schedule, whose peers were checked.
    pub(super) fn finish_checked(mut self, unclosed: bool) -> Goal {
        self.close();
        let Self { mut first, ops, mut at, successors, .. } = self;
        first.push(ops.len() as u32);
        at.push(successors.len() as u32);
        Goal { first, ops, at, successors, unclosed }
    }

    /// Appends the successor lists of the rank under construction: a counting sort by what comes
    /// first that keeps the order of the statements.
    fn close(&mut self) {
        let Some(&first) = self.first.last() else { return };
        let (base, rows) = (self.at.len(), 2 * (self.ops.len() as u32 - first) as usize);
        let start = self.successors.len();
        self.at.resize(base + rows, 0);
        self.successors.resize(start + self.edges.len(), 0);
        let at = &mut self.at[base..];
        let row_of = |row: u32| (row - 2 * first) as usize;
        for &(row, _) in &self.edges {
            at[row_of(row)] += 1;
        }
        let mut next = start as u32;
        for count in at.iter_mut() {
            next += *count;
            *count = next;
        }
        // Filled from behind, each row's end moves to its start.
        for &(row, op) in self.edges.iter().rev() {
            let end = &mut at[row_of(row)];
            *end -= 1;
            self.successors[*end as usize] = op;
        }
        self.edges.clear();
    }
}
