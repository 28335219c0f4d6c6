//! Prints the page that says how far to trust the library profiles: `cargo xtask validity`.
//!
//! This example demonstrates in particular: a profile held against rows that its constants were not
//! fitted on, by machine, by family and by scale ([`Evidence::gather`]).

#![allow(clippy::print_stdout, reason = "an example prints")]

use supernode_catalog::Catalog;
use supernode_library::costs::Costs;
use supernode_validate::validity::Evidence;
use supernode_validate::{Bench, builtin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let curves = builtin()?;
    let bench = Bench::new(&Catalog::builtin()?, &curves);
    let costs = Costs::builtin()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    print!("{}", Evidence::gather(&bench, &Costs::priors()?, &costs, threads).page(&costs));
    Ok(())
}
