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
