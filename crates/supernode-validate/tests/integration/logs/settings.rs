use supernode_validate::{Launch, Operation, Processes, read_log};

use super::write::{COLUMNS, END, head, row};

/// Three rows of eight ranks under lines that tell of the run.
fn run(lines: &str) -> String {
    let rows: String = [1 << 10, 1 << 20, 1 << 30].map(|bytes| row(bytes, 50.0, 8)).concat();
    lines.to_owned() + COLUMNS + &rows + END
}

#[test]
fn what_the_environment_forces_is_known_of_the_curve() {
    let device = head("all_reduce_perf", 8, "NVIDIA H100").replace(COLUMNS, "");
    let check = |line: &str, algo: &str, proto: &str, notes: &str, remark: &str| {
        let log = read_log(&run(&format!("{device}{line}\n"))).unwrap();
        let curve = &log.curves[0];
        let found = (curve.algo.as_str(), curve.proto.as_str(), curve.notes.as_str());
        assert_eq!(found, (algo, proto, notes), "{line}");
        let remarks: Vec<String> = log.remarks.iter().map(ToString::to_string).collect();
        assert!(remarks.iter().any(|found| found == remark), "{line}: {remarks:?}");
    };
    let ring = "line 14: NCCL_ALGO=Ring: taken into the model";
    check("# NCCL_ALGO=Ring", "Ring", "auto", "", ring);
    check("export NCCL_ALGO=\"Ring\"", "Ring", "auto", "", ring);
    check("n1:7:7 [0] NCCL INFO NCCL_ALGO set by environment to Ring.", "Ring", "auto", "", ring);
    let simple = "line 14: NCCL_PROTO=^LL,LL128: taken into the model";
    check("mpirun -x NCCL_PROTO=^LL,LL128 -n 8", "auto", "^LL,LL128", "", simple);
    let channels = "line 14: NCCL_MAX_NCHANNELS=4: taken into the model";
    check("NCCL_MAX_NCHANNELS=4", "auto", "auto", "NCCL_MAX_NCHANNELS=4", channels);
    let unknown = "line 14: NCCL_ALGO=Rnig: seen, but not modelled";
    check("NCCL_ALGO=Rnig", "auto", "auto", "", unknown);
    let cards = "line 14: NCCL_IB_HCA=mlx5_0,mlx5_1: seen, but not modelled";
    check("NCCL_DEBUG=INFO NCCL_IB_HCA=mlx5_0,mlx5_1", "auto", "auto", "", cards);
}

#[test]
fn only_what_is_exported_holds_for_the_next_run() {
    let device = head("all_reduce_perf", 8, "NVIDIA H100").replace(COLUMNS, "");
    let first = run(&format!("export NCCL_PROTO=LL\nNCCL_ALGO=Tree\n{device}"));
    let log = read_log(&(first + &run(&device))).unwrap();
    let forced: Vec<(&str, &str)> =
        log.curves.iter().map(|curve| (curve.algo.as_str(), curve.proto.as_str())).collect();
    assert_eq!(forced, [("Tree", "LL"), ("auto", "LL")]);
}

#[test]
fn the_command_tells_what_a_log_without_a_head_does_not() {
    let log = read_log(&run("$ ./all_reduce_perf -b 1K -e 1G -f 1024 -g 8 -G 1 -m 4\n")).unwrap();
    let curve = &log.curves[0];
    assert_eq!((curve.operation, curve.chips), (Operation::AllReduce, 8));
    assert_eq!((curve.launch, curve.processes), (Some(Launch::Graph), Some(Processes::PerNode)));
    let grouped = "line 1: -m 4 (several calls in one group): not modelled";
    assert!(log.remarks.iter().any(|remark| remark.to_string() == grouped), "{:?}", log.remarks);
    // The head's own words go before the command's.
    let head = head("all_gather_perf", 8, "NVIDIA H100").replace("agg iters: 1", "agg iters: 2");
    let log = read_log(&run(&("$ all_reduce_perf -t 8\n".to_owned() + &head))).unwrap_err();
    assert!(log.to_string().contains("for all_gather of 8 ranks"), "{log}");
}

#[test]
fn most_rows_say_whether_counts_are_those_of_a_rank() {
    // The last row is of another kind of rounding: its count is off.
    let rows: String = [1 << 10, 1 << 20, 1 << 30].map(|bytes| row(bytes, 50.0, 8)).concat();
    let text = COLUMNS.to_owned() + &rows.replacen("268435456", " 33554432", 1) + END;
    let log = read_log(&text).unwrap();
    assert_eq!((log.curves[0].operation, log.curves[0].chips), (Operation::AllReduce, 8));
}
