//! How a benchmark was started, as far as its id and notes tell.

use supernode_library::{Launch, Processes};

/// What a curve's id, notes and library tell of its launches; none where they do not.
pub(crate) fn launch_of(id: &str, notes: &str, library: &str) -> Option<Launch> {
    let notes = notes.to_ascii_lowercase();
    if id.ends_with("-graph") || notes.contains("graph replay") || notes.contains("graph mode") {
        return Some(Launch::Graph);
    }
    if notes.contains("incl. host launch") {
        return Some(Launch::Host);
    }
    let warmup =
        notes.split("-w").skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let harness = warmup || notes.contains("nccl-tests") || notes.contains("rccl-tests");
    let torch = library.contains("torch") || notes.contains("torch");
    let nccl = library.starts_with("NCCL") || library.starts_with("RCCL");
    (nccl && !torch && (harness || !notes.contains("busbw only"))).then_some(Launch::Stream)
}

/// What a curve's notes tell of its processes; none where they do not.
pub(crate) fn processes_of(notes: &str) -> Option<Processes> {
    if notes.contains("-t n threads") {
        return Some(Processes::Threads);
    }
    let per_node = ["single process -g", "1 process/node -g", "nccl-tests -g 8"];
    per_node.iter().any(|words| notes.contains(words)).then_some(Processes::PerNode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_notes_tell_the_launch() {
        let check = |id, notes, library, expected| {
            assert_eq!(launch_of(id, notes, library), expected, "{id} {notes}");
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
        assert_eq!(processes_of("single process -t n threads"), Some(Processes::Threads));
        assert_eq!(processes_of("single process -g 12"), Some(Processes::PerNode));
        assert_eq!(processes_of("-w5 -n20"), None);
    }
}
