use supernode_validate::{ReadError, builtin, read_csv, write_csv};

#[test]
fn the_builtin_set_reads_back_as_written() {
    let curves = builtin().unwrap();
    let text = write_csv(&curves);
    let read = read_csv(&text).unwrap();
    for (a, b) in curves.iter().zip(&read) {
        assert_eq!(a, b);
    }
    assert_eq!(curves.len(), read.len());
}

fn lines(count: usize) -> Vec<String> {
    let text = write_csv(&builtin().expect("the built-in set reads"));
    text.lines().take(count).map(str::to_owned).collect()
}

#[test]
fn bad_lines_are_named() {
    let check = |change: fn(&mut Vec<String>), expected: &str| {
        let mut lines = lines(4);
        change(&mut lines);
        let error = read_csv(&lines.join("\n")).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(
        |lines| lines[0] = lines[0].replace("time_us", "time_ms"),
        "line 1: the header has an unknown or repeated column `time_ms`",
    );
    check(|lines| lines[0] = lines[0].replace("quality,", ""), "has no column `quality`");
    check(|lines| lines[3] = lines[3][..100].to_owned(), "line 4: ");
    check(
        |lines| lines[2] = lines[2].replace("10.05", "-10.05"),
        "line 3: `-10.05` in column `time_us`",
    );
    check(|lines| lines[2] = lines[2].replace("10.05", "NaN"), "line 3: `NaN`");
    check(|lines| lines[2] = lines[2].replace("10.05", "0"), "line 3: `0`");
    check(|lines| lines[2] = lines[2].replace("NVLink3", "PCIe"), "line 3: `scale_up` differs");
    check(|lines| lines.push(lines[3].clone()), "line 5: curve");
    check(|lines| lines[2] = lines[2].replace("all_reduce,", "allreduce,"), "line 3: ");
}

#[test]
fn columns_may_come_in_any_order_and_comments_are_skipped() {
    let lines: Vec<String> =
        lines(2).iter().map(|line| line.replace('"', "").replace(", ", " ")).collect();
    let turned = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",");
    let text = format!("# mine\n{}\n{}\n", turned(&lines[0]), turned(&lines[1]));
    assert_eq!(read_csv(&text).unwrap(), read_csv(&lines.join("\n")).unwrap());
    assert_eq!(read_csv("").unwrap_err(), ReadError::MissingColumn { line: 1, name: "curve_id" });
}
