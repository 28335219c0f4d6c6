//! Prints every published claim with its operands' ratio and the catalog's own, as Markdown.

use supernode_catalog::{Catalog, CatalogError, claims};

#[expect(clippy::print_stdout, reason = "an example prints")]
fn main() -> Result<(), CatalogError> {
    print!("{}", claims::markdown(&Catalog::builtin()?)?);
    Ok(())
}
