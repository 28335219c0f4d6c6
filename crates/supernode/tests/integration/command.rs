//! The command, transcript by transcript, those of the README and of the book included.

use std::io::{BufRead, BufReader};
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
