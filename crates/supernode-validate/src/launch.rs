//! How a benchmark was started: known conditions of a measurement, never fitted.

use serde::Serialize;

/// How calls reach the devices. It decides the time of small messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Launch {
    /// Calls are put in a stream, back to back: the default of nccl-tests and rccl-tests.
    Stream,
    /// A captured graph of calls is replayed: hardly any launch cost.
    Graph,
    /// The host's own launch is inside the time.
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

    /// What a curve's id, notes and library tell; none where they do not.
    pub fn told_by(id: &str, notes: &str, library: &str) -> Option<Self> {
        let notes = notes.to_ascii_lowercase();
        if id.ends_with("-graph") || notes.contains("graph replay") || notes.contains("graph mode")
        {
            return Some(Self::Graph);
        }
        if notes.contains("incl. host launch") {
            return Some(Self::Host);
        }
        let warmup =
            notes.split("-w").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let harness = warmup || notes.contains("nccl-tests") || notes.contains("rccl-tests");
        let torch = library.contains("torch") || notes.contains("torch");
        let nccl = library.starts_with("NCCL") || library.starts_with("RCCL");
        (nccl && !torch && (harness || !notes.contains("busbw only"))).then_some(Self::Stream)
    }
}

/// How ranks are laid on processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Processes {
    /// A process per device: `-g 1` under MPI.
    PerDevice,
    /// A process per node, one thread for all of its devices, launched one after another: `-g 8`.
    PerNode,
    /// A process per node, a thread per device: `-t 8`.
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

    /// What a curve's notes tell; none where they do not.
    pub fn told_by(notes: &str) -> Option<Self> {
        if notes.contains("-t n threads") {
            return Some(Self::Threads);
        }
        let per_node = ["single process -g", "1 process/node -g", "nccl-tests -g 8"];
        per_node.iter().any(|words| notes.contains(words)).then_some(Self::PerNode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_notes_tell_the_launch() {
        let check = |id, notes, library, expected| {
            assert_eq!(Launch::told_by(id, notes, library), expected, "{id} {notes}");
        };
        check("mi300x-graph", "", "RCCL", Some(Launch::Graph));
        check("x", "CUDA-graph replay of 5 ops", "TensorRT-LLM", Some(Launch::Graph));
        check("x", "HIP graph mode (-G 1)", "RCCL", Some(Launch::Graph));
        check("x", "median of 5 XLA executions incl. host launch", "XLA", Some(Launch::Host));
        check("x", "nccl-tests -w5 -n20", "NCCL", Some(Launch::Stream));
        check("x", "torch all_reduce_bench.py", "NCCL", None);
        check("x", "", "HCCL", None);
    }

    #[test]
    fn notes_tell_the_processes() {
        assert_eq!(Processes::told_by("single process -t n threads"), Some(Processes::Threads));
        assert_eq!(Processes::told_by("single process -g 12"), Some(Processes::PerNode));
        assert_eq!(Processes::told_by("-w5 -n20"), None);
    }
}
