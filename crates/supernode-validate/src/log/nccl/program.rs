use crate::Operation;

/// Programs of nccl-tests and rccl-tests, as they are called.
const PROGRAMS: [(&str, Operation); 8] = [
    ("all_reduce_perf", Operation::AllReduce),
    ("all_gather_perf", Operation::AllGather),
    ("reduce_scatter_perf", Operation::ReduceScatter),
    ("alltoall_perf", Operation::AllToAll),
    ("broadcast_perf", Operation::Broadcast),
    // Within `all_reduce_perf`, which is looked for before it.
    ("reduce_perf", Operation::Reduce),
    ("sendrecv_perf", Operation::SendRecv),
    ("all_to_all_perf", Operation::AllToAll),
];

/// The operation of the program that a line names.
pub(in crate::log) fn operation_in(line: &str) -> Option<Operation> {
    let named = PROGRAMS.iter().find(|(name, _)| line.contains(name));
    named.map(|(_, operation)| *operation)
}

/// A version from the code that nccl.h gives it: 22703 is 2.27.3, 2804 is 2.8.4.
pub(in crate::log) fn version_of_code(code: u64) -> Option<String> {
    let (major, rest) = if code >= 10_000 { (10_000, 100) } else { (1_000, 100) };
    let (minor, patch) = (code % major / rest, code % rest);
    (code >= 1_000).then(|| format!("{}.{minor}.{patch}", code / major))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_versions() {
        assert_eq!(operation_in("./build/all_reduce_perf -b 8"), Some(Operation::AllReduce));
        assert_eq!(operation_in("reduce_perf"), Some(Operation::Reduce));
        assert_eq!(operation_in("# nThread 1"), None);
        assert_eq!(version_of_code(22_703).as_deref(), Some("2.27.3"));
        assert_eq!(version_of_code(2_804).as_deref(), Some("2.8.4"));
        assert_eq!(version_of_code(7), None);
    }
}
