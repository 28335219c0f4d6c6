use supernode_units::Time;
use supernode_validate::{Format, Given, Operation, ReadError, read_log, read_log_given};

const ALLGATHER: &str = "
# OSU MPI-CUDA Allgather Latency Test v7.4
# Datatype: MPI_CHAR.
# Size       Avg Latency(us)   Min Latency(us)   Max Latency(us)  Iterations
1024                   30.00             29.00             31.00        1000
2048                   31.50             30.00             33.00        1000
4096                   29.00             28.00             30.00        1000
";

#[test]
fn sizes_become_those_of_the_whole() {
    assert!(matches!(read_log(ALLGATHER), Err(ReadError::MissingRanks { .. })));
    let given = Given { ranks: Some(8), nodes: Some(2), ..Given::default() };
    let log = read_log_given(ALLGATHER, &given).unwrap();
    let curve = &log.curves[0];
    assert_eq!((log.format, curve.operation), (Format::Osu, Operation::AllGather));
    assert_eq!((curve.chips_per_node, curve.library.as_str()), (Some(4), "MPI-CUDA"));
    assert_eq!(curve.rows[0].bytes, Some(8192));
    assert_eq!(curve.rows[0].time, Some(Time::from_us(30)));
    assert_eq!((curve.rows.len(), log.left_out.len()), (3, 0));
}

#[test]
fn rates_of_pairs_give_derived_times() {
    let text = "# OSU MPI Bandwidth Test v5.9\n# Size      Bandwidth (MB/s)\n\
                1048576  12000.00\n4194304  12288.00\n# OSU MPI Latency Test v5.9\n\
                # Size          Latency (us)\n0  1.00\n8  1.10\n";
    let log = read_log(text).unwrap();
    let [rates, times] = log.curves.as_slice() else { panic!("two tables") };
    assert_eq!((rates.operation, rates.chips), (Operation::SendRecv, 2));
    let timing = rates.timing(&rates.rows[0]).unwrap();
    assert!(timing.derived);
    assert!((timing.time.as_us_f64() - 1_048_576.0 / 12e3).abs() < 1e-3);
    assert_eq!(times.rows.len(), 1);
    assert_eq!(log.left_out[0].to_string(), "line 7: out-of-place: a message of no bytes");
}

#[test]
fn bad_tables_are_named() {
    let given = Given { ranks: Some(8), ..Given::default() };
    let cut = ALLGATHER.trim_end().strip_suffix("1000").unwrap().trim_end();
    let log = read_log_given(cut, &given).unwrap();
    assert_eq!(log.left_out[0].to_string(), "line 7: the text ends within this row");
    let error = read_log_given(&ALLGATHER.replace("(us)", "(ms)"), &given).unwrap_err();
    assert_eq!(error.to_string().split(" where").next(), Some("line 4: unit `(ms)`"));
    let other = ALLGATHER.replace("Allgather", "Barrier");
    assert!(matches!(read_log_given(&other, &given), Err(ReadError::Unsupported { .. })));
    let text = ALLGATHER.replace("2048  ", "2K    ");
    let log = read_log_given(&text, &given).unwrap();
    assert!(log.left_out[0].to_string().starts_with("line 6: `2K "));
}
