use proptest::prelude::*;
use supernode_units::Time;
use supernode_validate::{
    Curve, Given, Operation, Quality, Row, builtin, read_log, read_log_given, write_csv,
};

use super::write::{COLUMNS, log};

/// Lines that get a reader going, and others.
fn line() -> impl Strategy<Value = String> {
    let known = COLUMNS.lines().map(str::to_owned).chain([
        "# nThread 1 nGpus 8 graph: 1".to_owned(),
        "#  Rank  4294967295 Group 9 Pid 1 on h device 0 [0] X".to_owned(),
        "# OSU MPI Allreduce Latency Test v7".to_owned(),
        "# Size  Avg Latency(us)".to_owned(),
        "# Avg bus bandwidth : nan".to_owned(),
        "curve_id,size_bytes".to_owned(),
        "{\"results\":[{\"size\":1}]}".to_owned(),
        "18446744073709551615 18446744073709551615 float sum -1 1e300 1e-300 nan inf 0 0 0 0"
            .to_owned(),
    ]);
    let known: Vec<String> = known.collect();
    prop_oneof![
        3 => proptest::sample::select(known),
        2 => "[0-9]{1,6} [0-9]{1,6} (float|half|) (sum|none|) (-1|0|)( [0-9.e+-]{1,8}){3,8}",
        1 => "\\PC{0,60}",
        1 => "[#\"\\[{,0-9 :a-z>]{0,40}",
    ]
}

fn curve(rows: &[(u16, f64)], ranks: u32) -> Curve {
    let mut curve = builtin().expect("the built-in set reads").remove(0);
    curve.operation = Operation::AllReduce;
    curve.chips = ranks;
    "NVIDIA H100".clone_into(&mut curve.hardware);
    "float".clone_into(&mut curve.dtype);
    curve.rows.clear();
    let (mut bytes, mut us) = (0u64, 10.0);
    for (step, slower) in rows {
        bytes += 4 * (1 + u64::from(*step)) * 1024;
        us = f64::round((us + slower) * 100.0) / 100.0;
        for in_place in [false, true] {
            let round = |rate: f64| (rate * 100.0).round() / 100.0;
            let algbw = bytes as f64 / us / 1e3;
            let row = Row {
                bytes: Some(bytes),
                in_place,
                time: Some(Time::from_secs_f64(us * 1e-6)),
                algbw: Some(round(algbw)),
                busbw: Some(round(algbw * Operation::AllReduce.busbw_factor(ranks))),
                quality: Quality::Ok,
                note: String::new(),
            };
            curve.rows.push(row);
        }
    }
    curve
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(lines in prop::collection::vec(line(), 0..25), given in any::<bool>()) {
        let text = lines.join("\n");
        let ranks = given.then_some(u32::MAX);
        let given = Given { ranks, operation: ranks.map(|_| Operation::AllGather), ..Given::default() };
        let _ = read_log_given(&text, &given);
    }

    #[test]
    fn a_log_reads_back_as_the_curve_it_was_written_from(
        rows in prop::collection::vec((any::<u16>(), 0.0..500.0f64), 1..20),
        ranks in 2u32..200,
    ) {
        let curve = curve(&rows, ranks);
        let log = read_log(&log(&curve, "all_reduce_perf")).unwrap();
        prop_assert!(log.left_out.is_empty() && log.remarks.is_empty(), "{:?}", log);
        prop_assert_eq!(&log.curves[0].rows, &curve.rows);
        prop_assert_eq!((log.curves[0].chips, log.curves[0].operation), (ranks, curve.operation));
        prop_assert_eq!(read_log(&write_csv(&log.curves)).unwrap().curves, log.curves);
    }
}
