use supernode_validate::{Quality, ReadError, builtin, read_log, write_csv};

use super::write::{END, head, row};

/// Five good rows of eight ranks, changed.
fn changed(change: impl Fn(&mut Vec<String>)) -> String {
    let sizes: [(u64, f64); 5] =
        [(1 << 10, 18.0), (1 << 15, 20.0), (1 << 20, 40.0), (1 << 25, 180.0), (1 << 30, 4800.0)];
    let text = head("all_reduce_perf", 8, "NVIDIA H100");
    let rows: String = sizes.iter().map(|(bytes, us)| row(*bytes, *us, 8)).collect();
    let mut lines: Vec<String> = (text + &rows + END).lines().map(str::to_owned).collect();
    change(&mut lines);
    lines.join("\n") + "\n"
}

/// Index of the first row in the lines.
const FIRST: usize = 16;

#[test]
fn bad_rows_are_left_out_and_named() {
    let check = |change: &dyn Fn(&mut String), expected: &str| {
        let text = changed(|lines| change(&mut lines[FIRST + 2]));
        let log = read_log(&text).unwrap();
        let first = log.left_out[0].to_string();
        // One side of a row, or both at once.
        let gone = if first.contains("place: ") { 1 } else { 2 };
        assert_eq!((log.curves[0].rows.len(), log.left_out.len()), (10 - gone, 1), "{first}");
        assert!(first.starts_with("line 19: ") && first.contains(expected), "{first}");
    };
    check(&|line| *line = line.replace("1048576", "1M"), "size `1M` is not in bytes");
    check(&|line| line.truncate(60), "fields where 13 belong: is the line cut?");
    check(
        &|line| *line = line.replacen("    40.00", "   -40.00", 1),
        "out-of-place: time -40 is impossible",
    );
    check(
        &|line| *line = line.replacen("    40.00", "     0.00", 1),
        "out-of-place: time 0 is impossible",
    );
    check(
        &|line| *line = line.replacen("    40.00", "      nan", 1),
        "out-of-place: time NaN is impossible",
    );
    check(
        &|line| *line = line.replacen("    40.00", "     0.04", 1),
        "the time looks like milliseconds",
    );
    check(&|line| *line = line.replacen("  26.21", "  24.41", 1), "algbw looks like GiB/s");
    check(&|line| *line = line.replacen("  45.88", "  49.15", 1), "16 ranks would fit");
    check(&|line| *line = format!("{}7", line.trim_end()), "in-place: 7 wrong elements");
    check(&|line| *line = line.replacen("      0", "      3", 1), "out-of-place: 3 wrong elements");
}

#[test]
fn sizes_grow() {
    let text = changed(|lines| lines[FIRST + 2] = lines[FIRST + 1].clone());
    let log = read_log(&text).unwrap();
    assert_eq!(log.left_out[0].to_string(), "line 19: out-of-place: 32768 bytes twice");
    let text = changed(|lines| lines.swap(FIRST + 2, FIRST + 3));
    let log = read_log(&text).unwrap();
    assert_eq!(
        log.left_out[0].to_string(),
        "line 20: out-of-place: size goes back from 33554432 to 1048576: another run?"
    );
}

#[test]
fn slow_rows_are_suspect() {
    let text = changed(|lines| lines[FIRST + 1] = row(1 << 15, 60.0, 8).trim_end().to_owned());
    let log = read_log(&text).unwrap();
    let suspect = |row: &&supernode_validate::Row| row.quality == Quality::Suspect;
    let rows: Vec<_> = log.curves[0].rows.iter().filter(suspect).map(|row| row.bytes).collect();
    assert_eq!(rows, [Some(32_768), Some(32_768)]);
    let remark = log.remarks.iter().find(|remark| remark.what.contains("suspect")).unwrap();
    assert!(remark.to_string().starts_with("line 18: 32768 bytes are slower"));
}

#[test]
fn truncated_logs_say_so() {
    let whole = changed(|_| {});
    let end = whole.find("# Out of").unwrap();
    // Cut within the last row, then behind it.
    let log = read_log(&whole[..end - 30]).unwrap();
    assert_eq!(log.left_out[0].to_string(), "line 21: the text ends within this row");
    assert_eq!(log.curves[0].rows.len(), 8);
    let log = read_log(&whole[..end]).unwrap();
    assert!(log.left_out.is_empty());
    assert!(log.remarks[0].what.contains("closing line"), "{:?}", log.remarks);
    // Rows that are missing in the middle show in the average.
    let mean = "# Avg bus bandwidth    : 153.3";
    let fix = |lines: &mut Vec<String>| {
        for line in lines.iter_mut().filter(|line| line.starts_with("# Avg")) {
            mean.clone_into(line);
        }
    };
    let missing = |lines: &mut Vec<String>| {
        fix(lines);
        lines.remove(FIRST + 3);
    };
    assert!(read_log(&changed(missing)).unwrap().remarks[0].what.contains("rows are missing"));
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let check = |change: &dyn Fn(&mut Vec<String>), expected: &str| {
        let error = read_log(&changed(change)).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    // A device list of seven ranks: rows say eight.
    check(&|lines| drop(lines.remove(11)), "8 ranks would fit");
    let unit = |from: &'static str, to: &'static str| {
        move |lines: &mut Vec<String>| lines[FIRST - 1] = lines[FIRST - 1].replacen(from, to, 1)
    };
    check(&unit("(us)", "(ms)"), "line 16: unit `(ms)`");
    check(&unit("(GB/s)", "(GiB/s)"), "line 16: unit `(GiB/s)`");
    // Times in milliseconds under a header of microseconds.
    let ms = |lines: &mut Vec<String>| {
        for (index, time) in ["18.00", "20.00", "40.00", "180.00", "4800.00"].iter().enumerate() {
            let ms = format!("{:.5}", time.parse::<f64>().unwrap_or(0.0) / 1e3);
            lines[FIRST + index] = lines[FIRST + index].replace(time, &ms);
        }
    };
    check(&ms, "the time looks like milliseconds");
    check(&|lines| lines.truncate(FIRST), "the table is empty");
    let all_wrong = |lines: &mut Vec<String>| {
        for line in &mut lines[FIRST..FIRST + 5] {
            *line = line.replace("      0", "      1");
        }
    };
    check(&all_wrong, "10 were left out, the first: line 17: out-of-place: 1 wrong elements");
    let cpu =
        |lines: &mut Vec<String>| lines[FIRST - 2] = lines[FIRST - 2].replace("   time", "cputime");
    check(&cpu, "CPU times");
}

#[test]
fn what_is_no_log_is_refused() {
    for text in ["", "hello", "a,b\n1,2\n", "# nothing\n", "1 2 3\n"] {
        assert_eq!(read_log(text), Err(ReadError::Unrecognised), "{text}");
    }
    let ours = "# nThread 1\n# times are simulated, not measured\n";
    assert_eq!(read_log(ours), Err(ReadError::Simulated));
}

#[test]
fn csv_rows_are_held_against_themselves() {
    let curves = builtin().unwrap();
    let log = read_log(&write_csv(&curves)).unwrap();
    assert!(log.remarks.is_empty() && log.left_out.is_empty(), "{:?}", log.remarks);
    assert_eq!(log.curves, curves);
    let text = write_csv(&curves[..1]);
    let log = read_log(&text.replace(",10.05,", ",100.5,")).unwrap();
    assert!(log.remarks[0].to_string().starts_with("line 3: suspect: 1024 bytes in 100.5 us"));
    assert_eq!(log.curves[0].rows[1].quality, Quality::Suspect);
    let error = read_log(&text.replace(",2,1,2,", ",4,1,4,")).unwrap_err();
    assert!(error.to_string().contains("2 ranks would fit"), "{error}");
}
