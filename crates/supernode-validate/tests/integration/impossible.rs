use std::fmt::Write;

use supernode_catalog::Catalog;
use supernode_validate::{Bench, Given, Log, Quality, builtin, read_log_given};

#[test]
fn no_builtin_row_is_impossible() {
    let curves = builtin().unwrap();
    let bench = Bench::new(&Catalog::builtin().unwrap(), &curves);
    assert_eq!(bench.impossible, []);
}

/// An OSU table of times in microseconds, of ranks on H100 servers.
fn osu(rows: &[(u64, f64)], ranks: u32) -> Log {
    let mut text =
        "# OSU MPI-CUDA Allreduce Latency Test v7.4\n# Size  Avg Latency(us)\n".to_owned();
    for (bytes, us) in rows {
        let _ = writeln!(text, "{bytes} {us:.3}");
    }
    let nodes = Some(ranks.div_ceil(8));
    let hardware = Some("DGX H100".to_owned());
    let given = Given { ranks: Some(ranks), nodes, hardware, ..Given::default() };
    let mut log = read_log_given(&text, &given).expect("the table reads");
    for curve in &mut log.curves {
        "NCCL".clone_into(&mut curve.library);
    }
    log
}

fn left_out(mut log: Log) -> (usize, Vec<String>) {
    let catalog = Catalog::builtin().expect("the catalog reads");
    let system = catalog.system("dgx-h100").ok();
    let impossible = Bench::on(&catalog, &log.curves, |_| system).impossible;
    log.leave_out(&impossible);
    assert_eq!(log.curves[0].rows.len(), log.places[0].len());
    (log.curves[0].rows.len(), log.left_out.iter().map(ToString::to_string).collect())
}

#[test]
fn times_that_no_machine_reaches_are_left_out_by_line() {
    // 64 MiB in milliseconds among microseconds; then seconds.
    let (rows, left) = left_out(osu(&[(1024, 20.0), (1 << 26, 0.4), (1 << 28, 1200.0)], 8));
    assert_eq!(rows, 2);
    assert_eq!(left, ["line 4: 0.4 us is less than any kernel takes (1 us): another unit?"]);
    let (rows, left) = left_out(osu(&[(1024, 20.0), (1 << 28, 12.0), (1 << 30, 4000.0)], 8));
    assert_eq!(rows, 2);
    let expected = "line 4: 268435456 bytes in 12 us need 22370 GB/s, and the ports of a device of \
                    dgx-h100 carry 450: another unit, or another machine?";
    assert_eq!(left, [expected]);
}

#[test]
fn rows_before_an_impossible_one_are_not_slow() {
    let log = || osu(&[(1024, 20.0), (1 << 20, 60.0), (1 << 28, 12.0), (1 << 29, 9.0)], 8);
    let suspect = |log: &Log| {
        let rows = log.curves[0].rows.iter();
        (rows.filter(|row| row.quality == Quality::Suspect).count(), log.remarks.len())
    };
    assert_eq!(suspect(&log()), (3, 3));
    let mut log = log();
    let system = Catalog::builtin().unwrap();
    let impossible = Bench::on(&system, &log.curves, |_| system.system("dgx-h100").ok()).impossible;
    log.leave_out(&impossible);
    assert_eq!(suspect(&log), (0, 0));
    assert_eq!((log.curves[0].rows.len(), log.left_out.len()), (2, 2));
}

#[test]
fn nodes_are_held_to_their_nics() {
    // 1 GiB in 2 ms is what the links of a node carry, but not the NICs between two.
    let rows = [(1024, 20.0), (1 << 30, 2000.0)];
    assert_eq!(left_out(osu(&[(1024, 20.0), (1 << 30, 2400.0)], 8)).1, [""; 0]);
    let (kept, left) = left_out(osu(&rows, 16));
    assert_eq!(kept, 1);
    assert!(left[0].contains("the NICs of a node of dgx-h100 carry 400"), "{left:?}");
}
