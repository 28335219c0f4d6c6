//! How a benchmark or a program calls a library: known conditions, never fitted.

/// How kernels are launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Launch {
    /// Call after call on a stream.
    #[default]
    Stream,
    /// Replayed from a captured graph.
    Graph,
    /// By a runtime that waits for every call.
    Host,
}

/// Which process launches for which rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Processes {
    /// A process or a thread for every rank: launches overlap.
    #[default]
    PerDevice,
    /// One process and thread for all ranks of a node: it launches one after the other.
    PerNode,
}

/// How a call is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Launched {
    /// How kernels are launched.
    pub by: Launch,
    /// Which process launches for which rank.
    pub processes: Processes,
}
