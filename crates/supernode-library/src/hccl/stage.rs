use std::fmt;

use crate::Function;

/// What happens on one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// A collective of its own.
    Do(Function),
    /// The root hands every rank a block.
    Scatter,
    /// The root takes a block of every rank.
    Gather,
}

/// One stage of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Whether it runs between servers, else within each.
    pub between: bool,
    /// What it does.
    pub phase: Phase,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.phase {
            Phase::Do(function) => function.name(),
            Phase::Scatter => "scatter",
            Phase::Gather => "gather",
        };
        write!(f, "{name} {} servers", if self.between { "between" } else { "within" })
    }
}

const fn within(phase: Phase) -> Stage {
    Stage { between: false, phase }
}

const fn between(function: Function) -> Stage {
    Stage { between: true, phase: Phase::Do(function) }
}

/// The stages of a single call over servers (910B), in their order.
pub const fn stages(function: Function) -> &'static [Stage] {
    use Function::{AllGather, AllReduce, AllToAll, Broadcast, Reduce, ReduceScatter, SendRecv};
    const SCATTER: Stage = within(Phase::Do(ReduceScatter));
    const GATHER: Stage = within(Phase::Do(AllGather));
    match function {
        ReduceScatter => const { &[between(ReduceScatter), SCATTER] },
        AllGather => const { &[GATHER, between(AllGather)] },
        AllReduce => const { &[SCATTER, between(AllReduce), GATHER] },
        Broadcast => const { &[within(Phase::Scatter), between(Broadcast), GATHER] },
        Reduce => const { &[SCATTER, between(Reduce), within(Phase::Gather)] },
        AllToAll => const { &[within(Phase::Do(AllToAll)), between(AllToAll)] },
        SendRecv => const { &[between(SendRecv)] },
    }
}
