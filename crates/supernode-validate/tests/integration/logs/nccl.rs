use supernode_units::Time;
use supernode_validate::{
    Format, Given, Launch, Operation, Processes, Quality, ReadError, read_log, read_log_given,
};

use super::write::{COLUMNS, END, head, row};

#[test]
fn a_log_tells_what_it_is_of() {
    let device = "NVIDIA H100 80GB HBM3";
    let text =
        head("all_reduce_perf", 16, device) + &row(1024, 20.0, 16) + &row(2048, 21.0, 16) + END;
    let text = format!("nccl 0: NCCL version 2.21.5+cuda12.4\n{text}");
    let log = read_log(&text).unwrap();
    assert_eq!((log.format, log.left_out.len(), log.curves.len()), (Format::NcclTests, 0, 1));
    let curve = &log.curves[0];
    assert_eq!((curve.operation, curve.chips, curve.nodes), (Operation::AllReduce, 16, Some(2)));
    assert_eq!((curve.chips_per_node, curve.hardware.as_str()), (Some(8), device));
    assert_eq!((curve.library.as_str(), curve.version.as_str()), ("NCCL", "2.21.5"));
    assert_eq!(curve.launch, Some(Launch::Stream));
    assert_eq!(curve.processes, Some(Processes::PerDevice));
    assert_eq!((curve.family(), curve.dtype.as_str(), curve.rows.len()), ("H100", "float", 4));
    assert_eq!(curve.rows[1].time, Some(Time::from_us(20)));
    assert!(curve.rows[1].in_place && curve.rows.iter().all(|row| row.quality == Quality::Ok));
}

/// rccl-tests with colons, `error` columns and neither operator nor root, as releases of 2021 print.
#[test]
fn old_tables_read_too() {
    let text = "\
# nThread: 1 nGpus: 4 minBytes: 1024 maxBytes: 2048 step: 2(factor) warmupIters: 5 iters: 20 validation: 1
#
# Using devices
#   Rank  0 Pid  91 on mi device  0 [0x0c] AMD Instinct MI250X
#   Rank  1 Pid  91 on mi device  1 [0x22] AMD Instinct MI250X
#   Rank  2 Pid  91 on mi device  2 [0x38] AMD Instinct MI250X
#   Rank  3 Pid  91 on mi device  3 [0x5c] AMD Instinct MI250X
#
#                                             out-of-place                       in-place
#       size         count    type     time   algbw   busbw  error     time   algbw   busbw  error
#        (B)    (elements)             (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
       16384          1024   float    10.00    1.64    1.23  0e+00    10.24    1.60    1.20  0e+00
       32768          2048   float    10.00    3.28    2.46  4e-07    10.24    3.20    2.40  1e+00
# Out of bounds values : 0 OK
# Avg bus bandwidth    : 1.8225
";
    let missing = read_log(text).unwrap_err();
    assert!(matches!(missing, ReadError::MissingOperation { .. }), "{missing}");
    let given = Given { operation: Some(Operation::AllGather), ..Given::default() };
    let log = read_log_given(text, &given).unwrap();
    let curve = &log.curves[0];
    assert_eq!((curve.chips, curve.nodes, curve.library.as_str()), (4, Some(1), "RCCL"));
    assert_eq!((curve.processes, curve.family()), (Some(Processes::PerNode), "MI250X"));
    // An error of one in a sum of small numbers is a wrong result.
    assert_eq!((curve.rows.len(), log.left_out.len()), (3, 1));
    assert_eq!(log.left_out[0].to_string(), "line 13: in-place: 1 wrong elements");
    assert!(log.remarks.is_empty(), "{:?}", log.remarks);
}

#[test]
fn what_is_not_printed_is_inferred_from_counts_and_rates() {
    // Without a head: the operator and the root tell all-reduce, the rates eight ranks.
    let text = COLUMNS.to_owned() + &row(1 << 20, 40.0, 8) + &row(1 << 28, 1200.0, 8) + END;
    let log = read_log(&text).unwrap();
    assert_eq!((log.curves[0].operation, log.curves[0].chips), (Operation::AllReduce, 8));
    assert_eq!((log.curves[0].nodes, log.curves[0].hardware.as_str()), (None, ""));
    // The count of a rank's block tells 32 ranks and a reduce-scatter.
    let line = "33554432 262144 float sum -1 500.00 67.11 65.01 N/A 500.00 67.11 65.01 N/A\n";
    let log = read_log(&(COLUMNS.to_owned() + line + END)).unwrap();
    assert_eq!((log.curves[0].operation, log.curves[0].chips), (Operation::ReduceScatter, 32));
    // A broadcast does not depend on the ranks, so they have to be given.
    let line = "33554432 8388608 float none 0 500.00 67.11 67.11 0 500.00 67.11 67.11 0\n";
    let text = COLUMNS.to_owned() + line + END;
    assert!(matches!(read_log(&text), Err(ReadError::MissingRanks { .. })));
    let given = Given { ranks: Some(8), hardware: Some("mine".to_owned()), ..Given::default() };
    let curve = read_log_given(&text, &given).unwrap().curves.remove(0);
    assert_eq!((curve.operation, curve.hardware.as_str()), (Operation::Broadcast, "mine"));
}

#[test]
fn runs_and_types_are_told_apart() {
    let run = head("all_reduce_perf", 8, "X") + &row(1024, 20.0, 8);
    let half =
        row(1024, 20.0, 8).replace("float", "half").replace("          256", "          512");
    let end = END.replace("1.5 ", "0.1 ");
    let text = format!("{run}{half}{end}{run}{end}");
    let log = read_log(&text).unwrap();
    let ids: Vec<&str> = log.curves.iter().map(|curve| curve.id.as_str()).collect();
    assert_eq!(ids, ["all_reduce-1n8g-float", "all_reduce-1n8g-half", "all_reduce-1n8g-float-2"]);
    assert!(log.left_out.is_empty() && log.remarks.is_empty(), "{:?}", log.remarks);
}

#[test]
fn columns_per_iteration_time_stamps_and_tags_do_not_matter() {
    let text = "\
[1,0]<stdout>:# nccl-tests version 2.17.6 nccl-headers=22807 nccl-library=22807
[1,0]<stdout>:# Collective test starting: sendrecv_perf
[1,0]<stdout>:# nThread 1 nGpus 2 minBytes 8 maxBytes 8 step: 2(factor) graph: 10 unalign: 0
[1,0]<stdout>:#  Rank  0 Group  0 Pid  1 on a device  0 [0000:0f:00] NVIDIA GB200
[1,0]<stdout>:# size count type redop root time algbw busbw #wrong i_min i_max i_p99 i_cv% time algbw busbw #wrong i_min i_max i_p99 i_cv% timestamp
[1,0]<stdout>:# (B) (elements) (us) (GB/s) (GB/s) (us) (us) (us) (%) (us) (GB/s) (GB/s) (us) (us) (us) (%) %Y-%m-%d %H:%M:%S
[1,0]<stdout>:1024 256 float none -1 10.00 0.10 0.10 0 9.00 11.00 11.00 2.00 10.00 0.10 0.10 N/A 9.00 11.00 11.00 2.00 2025-01-01 00:00:00
[1,0]<stdout>:# Avg bus bandwidth    : 0.1
";
    let curve = read_log(text).unwrap().curves.remove(0);
    assert_eq!((curve.operation, curve.chips, curve.rows.len()), (Operation::SendRecv, 2, 2));
    assert_eq!((curve.launch, curve.version.as_str()), (Some(Launch::Graph), "2.28.7"));
}

/// Releases of 2019 print algbw of all-gather as busbw.
#[test]
fn scaled_algbw_is_dropped() {
    let line = "1048576 65536 float none -1 100.00 7.86 7.86 0 100.00 7.86 7.86 0\n";
    let text = head("all_gather_perf", 4, "V100") + line + END;
    let curve = read_log(&text).unwrap().curves.remove(0);
    assert_eq!((curve.rows[0].algbw, curve.rows[0].busbw), (None, Some(7.86)));
}

/// What a shell script and rccl-tests print around the tables of two runs.
#[test]
fn commands_and_chatter_between_runs_are_understood() {
    let head = "\
Running: ./build/all_gather_perf -b 8 -g 4
# nThread 1 nGpus 4 minBytes 8 maxBytes 8 step: 2(factor) warmup iters: 5 iters: 20 validation: 1
rccl-tests: Version develop:0123456
#   Rank  3 Pid  91 on 42-host device  3 [0x5c] AMD Instinct MI300X VF
RCCL version : 2.21.5-HEAD:0123456
#       size         count    type     time   algbw   busbw  error     time   algbw   busbw  error
42-host:91:91 [0] NCCL INFO Channel 00/0 : 0[0] -> 1[1]
       16384          1024   float    10.00    1.64    1.23  0e+00    10.24    1.60    1.20  2e-07*
# Errors with asterisks indicate errors that have exceeded the maximum threshold.
# Avg bus bandwidth    : 1.215
";
    let text = head.to_owned() + &head.replace("all_gather", "alltoall");
    let log = read_log(&text).unwrap();
    let operations: Vec<Operation> = log.curves.iter().map(|curve| curve.operation).collect();
    assert_eq!(operations, [Operation::AllGather, Operation::AllToAll]);
    let curve = &log.curves[1];
    assert_eq!((curve.version.as_str(), curve.library.as_str()), ("2.21.5", "RCCL"));
    let left_out: Vec<String> = log.left_out.iter().map(ToString::to_string).collect();
    assert_eq!(left_out.len(), 2, "{left_out:?}");
    assert_eq!(left_out[0], "line 8: in-place: 0.0000002 wrong elements");
    assert!(log.remarks.is_empty(), "{:?}", log.remarks);
}
