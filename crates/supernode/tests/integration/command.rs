//! The command, transcript by transcript, those of the README and of the book included.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}

#[test]
fn readme_and_book() {
    trycmd::TestCases::new().case("../../README.md").case("../../docs/src/*.md");
}

/// A reader that has seen enough (`| head -1`) ends the command quietly.
#[test]
fn early_closed_pipes_are_no_failure() {
    for arguments in [
        &[
            "bench",
            "all-reduce",
            "--system",
            "dgx-h100",
            "--engine",
            "formula",
            "-b1",
            "-e64K",
            "-i1",
        ][..],
        &[
            "bench",
            "all-reduce",
            "--system",
            "dgx-h100",
            "--format",
            "json",
            "--engine",
            "formula",
            "-b1",
            "-e64K",
            "-i1",
        ],
        &["compare", "dgx-h100", "dgx-a100"],
        &["list", "systems"],
        &["explain", "all-reduce", "-n", "64"],
        &["verify", "all-reduce", "--ranks", "2..64"],
        &["show", "system", "dgx-h100"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_supernode"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::with_capacity(16, stdout).read_line(&mut first).expect("a line is there");
        let output = child.wait_with_output().expect("the command ends");
        assert!(output.status.success(), "{arguments:?}: {:?}", output.status);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

/// `benchmark | supernode validate --curves -` is what the file would give.
#[test]
fn curves_come_from_standard_input() {
    let path = "tests/cmd/validate.in/h100.log";
    let run = |curves: &str, input: Stdio| {
        let output = Command::new(env!("CARGO_BIN_EXE_supernode"))
            .args(["validate", "--curves", curves])
            .stdin(input)
            .output()
            .expect("the command runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), output.stderr)
    };
    let file = std::fs::File::open(path).expect("the log is there");
    let (code, piped, _) = run("-", Stdio::from(file));
    let (_, named, _) = run(path, Stdio::null());
    assert_eq!(code, Some(0));
    assert_eq!(piped.replace("standard input", path), named);
    let (code, out, error) = run("-", Stdio::null());
    assert_eq!((code, out.as_str()), (Some(2), ""));
    let error = String::from_utf8_lossy(&error).into_owned();
    assert!(error.starts_with("error: standard input: no known format"), "{error}");
}

/// A name from a user's file is printed without what would move a terminal's cursor.
#[test]
fn names_in_curves_cannot_command_a_terminal() {
    let header = "curve_id,source_url,source_kind,hardware,chips_total,nodes,chips_per_node,scale_up,\
                  scale_up_gbps_per_dir_per_chip,nic_per_node,nic_gbps,collective,algo,proto,library,\
                  version,dtype,in_place,size_bytes,time_us,algbw_gbps,busbw_gbps,quality,notes";
    let row = "my\u{1b}[2Jcurve,,log,DGX H100,8,1,8,,,,,all_reduce,auto,auto,NCCL,2.27.3,float,0,1024,16.2,,,ok,";
    let mut child = Command::new(env!("CARGO_BIN_EXE_supernode"))
        .args(["validate", "--curves", "-", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    write!(stdin, "{header}\n{row}\n").expect("the command reads");
    drop(stdin);
    let output = child.wait_with_output().expect("the command ends");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("my [2Jcurve"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}
