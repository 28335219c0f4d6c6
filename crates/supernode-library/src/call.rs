//! How a benchmark or a program calls a library: known conditions of a measurement, never fitted.

use serde::{Deserialize, Serialize};

/// How calls reach the devices. It decides the time of small messages.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Launch {
    /// Calls are put in a stream, back to back: the default of nccl-tests and rccl-tests.
    #[default]
    Stream,
    /// A captured graph of calls is replayed: hardly any launch cost.
    Graph,
    /// By a runtime that waits for every call: the host's own launch is inside the time.
    Host,
}

impl Launch {
    /// All launch modes.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Graph, Self::Host];

    /// The name in files of measured curves.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Graph => "graph",
            Self::Host => "host",
        }
    }
}

/// How ranks are laid on processes: which of them launches for which rank.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Processes {
    /// A process per device: `-g 1` under MPI. Launches overlap.
    #[default]
    PerDevice,
    /// A process per node, one thread for all of its devices, launched one after another: `-g 8`.
    PerNode,
    /// A process per node, a thread per device: `-t 8`. Launches overlap.
    Threads,
}

impl Processes {
    /// All arrangements.
    pub const ALL: [Self; 3] = [Self::PerDevice, Self::PerNode, Self::Threads];

    /// The name in files of measured curves.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerDevice => "per_device",
            Self::PerNode => "per_node",
            Self::Threads => "threads",
        }
    }
}

/// How a call is launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Launched {
    /// How calls reach the devices.
    pub by: Launch,
    /// Which process launches for which rank.
    pub processes: Processes,
}
