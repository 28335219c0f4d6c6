//! Files that are made from the measured set: shipped constants, the page of errors, figures in the
//! README.

use anyhow::{Context, Result, bail};
use xshell::{Shell, cmd};

const COSTS: &str = "crates/supernode-library/data/costs.toml";
const PAGE: &str = "docs/src/validity.md";
const README: &str = "README.md";

/// Where figures stand in the README and on the page; what is between them is replaced.
const MARKS: [&str; 2] = ["<!-- overall figures -->", "<!-- end of them -->"];

/// Refits all constants. The priors are the start, never the file itself, so that a second time
/// changes nothing.
pub(crate) fn fit() -> Result<()> {
    let sh = Shell::new()?;
    let text =
        cmd!(sh, "cargo run --quiet --release -p supernode-validate --example fit").read()?;
    sh.write_file(COSTS, text + "\n")?;
    Ok(())
}

/// Writes the page and what the README has of it.
pub(crate) fn validity() -> Result<()> {
    let sh = Shell::new()?;
    let (page, readme) = made(&sh)?;
    sh.write_file(PAGE, page)?;
    sh.write_file(README, readme)?;
    Ok(())
}

/// Refuses a page or a README that the command would write otherwise. It takes as long as writing
/// them, hence no test does it.
pub(crate) fn check_validity() -> Result<()> {
    let sh = Shell::new()?;
    let (page, readme) = made(&sh)?;
    for (path, text) in [(PAGE, page), (README, readme)] {
        if sh.read_file(path)? != text {
            bail!("{path} has errors of another model; run `cargo xtask validity`");
        }
    }
    Ok(())
}

fn made(sh: &Shell) -> Result<(String, String)> {
    let page = cmd!(sh, "cargo run --quiet --release -p supernode-validate --example validity")
        .read()?
        + "\n";
    let [_, figures, _] = parts(&page, PAGE)?;
    let readme = sh.read_file(README)?;
    let [above, _, below] = parts(&readme, README)?;
    let [begin, end] = MARKS;
    let readme = format!("{above}{begin}{figures}{end}{below}");
    Ok((page, readme))
}

/// What stands above, between and below the marks.
fn parts<'t>(text: &'t str, path: &str) -> Result<[&'t str; 3]> {
    let [begin, end] = MARKS;
    let lacks = || format!("{path} lacks `{begin}` or `{end}`; put them back");
    let (above, rest) = text.split_once(begin).with_context(lacks)?;
    let (between, below) = rest.split_once(end).with_context(lacks)?;
    Ok([above, between, below])
}
