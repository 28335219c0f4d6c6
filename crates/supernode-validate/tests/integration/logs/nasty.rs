//! Files as they come from mail, spreadsheets and job systems: every oddity costs its own line.

use supernode_validate::{
    Curve, Given, Log, Operation, builtin, read_log, read_log_given, write_csv,
};

use super::write::{END, head, row};

fn left_out(log: &Log) -> Vec<String> {
    log.left_out.iter().map(ToString::to_string).collect()
}

fn sizes(curve: &Curve) -> Vec<u64> {
    curve.rows.iter().filter(|row| !row.in_place).filter_map(|row| row.bytes).collect()
}

#[test]
fn a_job_log_with_tabs_prefixes_and_a_torn_end() {
    let rows: String = [1 << 10, 1 << 20, 1 << 30].map(|bytes| row(bytes, 50.0, 16)).concat();
    let text = head("all_reduce_perf", 16, "NVIDIA H100 80GB HBM3") + &rows;
    let line = |line: &str| format!("[1,0]<stdout>:{}\r\n", line.replace("  ", "\t"));
    let whole: String = text.lines().map(line).collect();
    let log = read_log(&format!("\u{feff}{}", &whole[..whole.len() - 20])).unwrap();
    let curve = &log.curves[0];
    assert_eq!((curve.chips, curve.nodes, curve.operation), (16, Some(2), Operation::AllReduce));
    assert_eq!(sizes(curve), [1 << 10, 1 << 20]);
    assert_eq!(left_out(&log), ["line 27: the text ends within this row"]);
    assert!(log.remarks[0].what.contains("closing line"), "{:?}", log.remarks);
}

#[test]
fn a_spreadsheet_with_turned_columns_and_words_in_cells() {
    let mut curve = builtin().unwrap().remove(0);
    curve.rows.retain(|row| !row.in_place);
    curve.rows.truncate(8);
    "first line\nof two, \"quoted\"".clone_into(&mut curve.notes);
    let (launch, processes) = (curve.launch, curve.processes);
    let whole = write_csv(std::slice::from_ref(&curve));
    // `in_place`, `size_bytes` and `time_us` go to the front; lines end as on Windows.
    let turned = |line: &str| {
        let fields: Vec<&str> = line.splitn(21, ',').collect();
        let (front, rest) = (&fields[17..20], [&fields[..17], &fields[20..]].concat());
        [front, &rest].concat().join(",")
    };
    let mut lines: Vec<String> = whole.lines().map(str::to_owned).collect();
    // The notes of the first row, with their line break, stand in lines 2 and 3.
    for line in lines.iter_mut().filter(|line| line.matches(',').count() > 20) {
        *line = turned(line);
    }
    let swap = |line: &mut String, at: usize, cell: &str| {
        let mut fields: Vec<&str> = line.splitn(4, ',').collect();
        fields[at] = cell;
        *line = fields.join(",");
    };
    swap(&mut lines[3], 1, "1MB");
    swap(&mut lines[4], 2, "12.5 ms");
    swap(&mut lines[5], 2, "\"12,5\"");
    swap(&mut lines[6], 0, "no");
    let last = lines.len() - 1;
    lines[last].truncate(70);
    let log = read_log(&format!("\u{feff}{}", lines.join("\r\n"))).unwrap();
    let told = &log.curves[0];
    assert_eq!((told.rows.len(), told.launch, told.processes), (3, launch, processes));
    assert_eq!(told.notes, curve.notes);
    assert!(told.rows.iter().all(|row| curve.rows.contains(row)));
    let expected = [
        "line 4: `1MB` in column `size_bytes` is not a number of bytes from 1 to 1 TiB",
        "line 5: `12.5 ms` in column `time_us` is not a time in microseconds above zero",
        "line 6: `12,5` in column `time_us` is not a time in microseconds above zero",
        "line 7: `no` in column `in_place` is not 0 or 1",
        "line 10: 5 fields where the header has 26; is the line cut?",
    ];
    assert_eq!(left_out(&log), expected);
}

#[test]
fn a_log_of_several_hands_with_mixed_units() {
    let mut text = head("all_reduce_perf", 8, "NVIDIA H100");
    let all = [1 << 10, 1 << 16, 1 << 20, 1 << 24, 1 << 28, 1 << 30];
    for (bytes, us) in all.into_iter().zip([20.0, 22.0, 40.0, 120.0, 1100.0, 4000.0]) {
        text += &row(bytes, us, 8);
    }
    let text = text.replacen("     1048576 ", "         1MB ", 1);
    let text = text.replace("   120.00", "    0.120").replace("  1100.00", " 1.100000");
    let log = read_log(&(text + END)).unwrap();
    assert_eq!(sizes(&log.curves[0]), [1 << 10, 1 << 16, 1 << 30]);
    let left = left_out(&log);
    assert_eq!(left.len(), 5);
    assert_eq!(left[0], "line 19: size `1MB` is not in bytes");
    for (place, line) in left[1..].iter().zip([20, 20, 21, 21]) {
        assert!(place.starts_with(&format!("line {line}: ")), "{place}");
        assert!(place.ends_with("the time looks like milliseconds"), "{place}");
    }
}

#[test]
fn a_table_where_one_curve_has_the_busbw_of_another_collective() {
    let curves = builtin().unwrap();
    let complete = |row: &supernode_validate::Row| {
        row.time.is_some() && row.algbw.is_some_and(|rate| rate > 1.0) && row.busbw.is_some()
    };
    let good = |curve: &&Curve| {
        curve.operation == Operation::AllReduce
            && curve.chips == 8
            && curve.rows.iter().filter(|row| complete(row)).count() > 4
    };
    let mut both: Vec<Curve> = curves.iter().filter(good).take(2).cloned().collect();
    for curve in &mut both {
        curve.rows.retain(complete);
    }
    let rows = both[0].rows.len();
    for row in &mut both[0].rows {
        // That of an all-gather.
        row.busbw = row.busbw.map(|rate| rate / 2.0);
    }
    let log = read_log(&write_csv(&both)).unwrap();
    assert_eq!(log.curves, both[1..]);
    assert_eq!(log.left_out.len(), rows);
    for (index, left) in left_out(&log).iter().enumerate() {
        assert!(left.starts_with(&format!("line {}: curve `{}`: ", index + 2, both[0].id)));
        assert!(left.contains("but 1.7500 for all_reduce of 8 ranks"), "{left}");
    }
}

#[test]
fn an_osu_table_from_another_country() {
    let text = "\u{feff}# OSU MPI-CUDA Allreduce Latency Test v7.3\r\n\
                # Size\tAvg Latency(us)\r\n\
                0\t1.00\r\n1024\t20,5\r\n2048\t21.00\r\n4096\t0.00\r\n8K\t22.00\r\n\
                16384\t23.00\r\n16384\t23.10\r\n18446744073709551615\t90.00\r\n32768";
    let given = Given { ranks: Some(8), ..Given::default() };
    let log = read_log_given(text, &given).unwrap();
    assert_eq!(sizes(&log.curves[0]), [2048, 16384]);
    let expected = [
        "line 3: out-of-place: a message of no bytes",
        "line 4: `1024\t20,5` is not a size in bytes and a figure: is it cut?",
        "line 6: out-of-place: time 0 is impossible",
        "line 7: `8K\t22.00` is not a size in bytes and a figure: is it cut?",
        "line 9: out-of-place: 16384 bytes twice",
        "line 10: out-of-place: 18446744073709551615 bytes are more than 1 TiB",
        "line 11: the text ends within this row",
    ];
    assert_eq!(left_out(&log), expected);
}
