use supernode_validate::{ReadError, builtin, read_log, write_csv};

#[test]
fn the_builtin_set_reads_back_as_written() {
    let curves = builtin().unwrap();
    let text = write_csv(&curves);
    let log = read_log(&text).unwrap();
    for (a, b) in curves.iter().zip(&log.curves) {
        assert_eq!(a, b);
    }
    assert_eq!((curves.len(), log.left_out.len()), (log.curves.len(), 0));
    let rows = |index: usize| (log.curves[index].rows.len(), log.places[index].len());
    assert!((0..curves.len()).map(rows).all(|(rows, places)| rows == places));
}

fn lines(count: usize) -> Vec<String> {
    let text = write_csv(&builtin().expect("the built-in set reads"));
    text.lines().take(count).map(str::to_owned).collect()
}

#[test]
fn a_header_that_cannot_be_read_is_refused() {
    let check = |from: &str, to: &str, expected: &str| {
        let mut lines = lines(4);
        lines[0] = lines[0].replace(from, to);
        let error = read_log(&lines.join("\n")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let unknown = "line 1: the header has an unknown or repeated column `time_ms`";
    check("time_us", "time_ms", unknown);
    check("quality,", "", "has no column `quality`");
}

#[test]
fn bad_lines_are_left_out_and_named() {
    let whole = read_log(&lines(4).join("\n")).unwrap();
    assert_eq!(whole.curves[0].rows.len(), 3);
    let check = |change: fn(&mut Vec<String>), expected: &str| {
        let mut lines = lines(4);
        change(&mut lines);
        let log = read_log(&lines.join("\n")).unwrap();
        let left_out: Vec<String> = log.left_out.iter().map(ToString::to_string).collect();
        assert!(left_out.len() == 1 && left_out[0].contains(expected), "{left_out:?}");
        // All others are there, as they were.
        let rows = &log.curves[0].rows;
        assert_eq!(rows.len(), lines.len() - 2);
        assert!(rows.iter().all(|row| whole.curves[0].rows.contains(row)));
    };
    check(
        |lines| lines[3] = lines[3][..100].to_owned(),
        "line 4: 2 fields where the header has 26",
    );
    check(
        |lines| lines[2] = lines[2].replace("10.05", "-10.05"),
        "line 3: `-10.05` in column `time_us` is not a time in microseconds above zero",
    );
    check(|lines| lines[2] = lines[2].replace("10.05", "NaN"), "line 3: `NaN`");
    check(|lines| lines[2] = lines[2].replace("10.05", "0"), "line 3: `0`");
    check(|lines| lines[2] = lines[2].replace(",1024,", ",1M,"), "line 3: `1M` in column `size");
    check(
        |lines| lines[2] = lines[2].replace(",1024,", ",18446744073709551615,"),
        "in column `size_bytes` is not a number of bytes from 1 to 1 TiB",
    );
    check(|lines| lines[2] = lines[2].replace("NVLink3", "PCIe"), "line 3: `scale_up` differs");
    check(|lines| lines.push(lines[3].clone()), "line 5: curve");
    check(|lines| lines[2] = lines[2].replace("all_reduce,", "allreduce,"), "line 3: ");
    // A first line without a time tells of the machine all the same.
    check(|lines| lines[1] = lines[1].replace("9.98", "fast"), "line 2: `fast` in column");
    check(|lines| lines[1] = lines[1].replace("all_reduce,", "sum,"), "line 2: `sum` in column");
}

#[test]
fn nothing_left_is_refused() {
    let mut lines = lines(3);
    for line in &mut lines[1..] {
        *line = line.replace(",all_reduce,", ",sum,");
    }
    let error = read_log(&lines.join("\n")).unwrap_err().to_string();
    assert!(error.starts_with("no row can be used; 2 were left out, the first: line 2: `sum`"));
}

#[test]
fn columns_may_come_in_any_order_and_comments_are_skipped() {
    let lines: Vec<String> =
        lines(2).iter().map(|line| line.replace('"', "").replace(", ", " ")).collect();
    let turned = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let text = format!("# mine\n{}\n{}\n", turned(&lines[0]), turned(&lines[1]));
    let read = |text: &str| read_log(text).unwrap().curves;
    assert_eq!(read(&text), read(&lines.join("\n")));
    let without = lines[0].replace("size_bytes,", "");
    let error = read_log(&without).unwrap_err();
    assert_eq!(error, ReadError::MissingColumn { line: 1, name: "size_bytes" });
}
