//! Chores of the workspace: `cargo xtask ci` runs everything that has to be green.

#![allow(clippy::print_stdout, reason = "a chore reports on standard output")]

mod exact;
mod measured;
mod prove;

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

const HELP: &str = "\
Usage: cargo xtask <CHORE>

Chores:
  ci        format, lints, documentation, the page of errors, then all tests; the last line is the
            test totals
  claims    renew the table of claims in the book from the catalog
  fit       refit the shipped constants of the libraries on the measured set
  validity  renew the page of errors in the book and the figures in the README (a minute)
  prove     prove random schedules, 100,000 or an hour of them, and renew the page of the book
            (--minutes N, --cases N, --seed N)
  exact     hold the folded engine against `ports` on random machines of up to 16,384 ranks
            (--minutes N, --cases N, --seed N; 10 minutes or 2,000 of them)
  pod       emulate a full 8,192-chip pod on real data and check every result (a minute, 6 GiB)
  bench     run the criterion benches, each beside its reference (about 10 minutes)
";

fn main() -> ExitCode {
    let chore = std::env::args().nth(1);
    let result = match chore.as_deref() {
        Some("ci") => ci(),
        Some("claims") => claims(),
        Some("fit") => measured::fit(),
        Some("validity") => measured::validity(),
        Some("prove") => prove::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("exact") => exact::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        Some("pod") => pod(),
        Some("bench") => bench(),
        _ => {
            println!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ci() -> Result<()> {
    let sh = Shell::new()?;
    cmd!(sh, "cargo fmt --all --check").run().context("run `cargo fmt --all`")?;
    cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings").run()?;
    cmd!(sh, "cargo doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings").run()?;
    measured::check_validity()?;
    test()
}

/// Runs the README's test command and sums the totals that cargo prints per test binary.
fn test() -> Result<()> {
    let mut child = Command::new("cargo")
        .args(["test", "--workspace"])
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start cargo test")?;
    let stdout = child.stdout.take().context("cargo test has no output")?;
    let (mut passed, mut failed) = (0_u64, 0_u64);
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        println!("{line}");
        if let Some(result) = line.strip_prefix("test result: ") {
            passed += count(result, "passed");
            failed += count(result, "failed");
        }
    }
    let status = child.wait()?;
    println!("{passed} passed, {failed} failed");
    if !status.success() || failed > 0 {
        bail!("cargo test failed");
    }
    Ok(())
}

/// The number before `word` in `ok. 11 passed; 0 failed; ...`.
fn count(result: &str, word: &str) -> u64 {
    let mut last = "0";
    for next in result.split([' ', ';']).filter(|w| !w.is_empty()) {
        if next == word {
            return last.parse().unwrap_or(0);
        }
        last = next;
    }
    0
}

/// Replaces the table at the end of the page; what stands above it stays.
fn claims() -> Result<()> {
    let sh = Shell::new()?;
    let page = "docs/src/claims.md";
    let table = cmd!(sh, "cargo run --quiet -p supernode-catalog --example claims").read()?;
    let text = sh.read_file(page)?;
    let (above, _) = text.split_once("| id |").context("the page has no table")?;
    sh.write_file(page, format!("{above}{table}\n"))?;
    Ok(())
}

fn pod() -> Result<()> {
    let sh = Shell::new()?;
    for algorithm in ["ring", "double-binary-tree", "hierarchical"] {
        cmd!(
            sh,
            "cargo run --release -p supernode -- bench all-reduce --system atlas-950-superpod
             --ranks 8192 --algo {algorithm} --engine emulate -b 256K -e 256K --dtype f32 --check 1"
        )
        .run()?;
    }
    Ok(())
}

fn bench() -> Result<()> {
    let sh = Shell::new()?;
    cmd!(sh, "cargo bench -p supernode-benches").run()?;
    Ok(())
}
