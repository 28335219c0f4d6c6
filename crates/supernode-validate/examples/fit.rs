//! Fits all costs on the built-in set and prints them as the library ships them: `cargo xtask fit`.
//!
//! This example demonstrates in particular: rows made ready for a model ([`Bench`]), and where a fit
//! starts ([`Costs::priors`]).

#![allow(clippy::print_stdout, reason = "an example prints")]

use supernode_catalog::Catalog;
use supernode_library::costs::Costs;
use supernode_validate::{Bench, builtin, costs_toml};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let curves = builtin()?;
    let bench = Bench::new(&Catalog::builtin()?, &curves);
    print!("{}", costs_toml(&bench, &Costs::priors()?));
    Ok(())
}
