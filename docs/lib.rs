//! The book of supernode and its README: each page is a module here, so that its Rust blocks run as
//! doctests. Console blocks run as transcripts of the command, in `crates/supernode/tests`.

#![doc = include_str!("../README.md")]
#![allow(clippy::doc_markdown, reason = "pages are prose; product names are not code")]

#[doc = include_str!("src/first-steps.md")]
pub mod first_steps {}

#[doc = include_str!("src/own-machine.md")]
pub mod own_machine {}

#[doc = include_str!("src/compare.md")]
pub mod compare {}

#[doc = include_str!("src/proof.md")]
pub mod proof {}

#[doc = include_str!("src/cost-model.md")]
pub mod cost_model {}

#[doc = include_str!("src/catalog.md")]
pub mod catalog {}

#[doc = include_str!("src/architecture.md")]
pub mod architecture {}

#[doc = include_str!("src/design.md")]
pub mod design {}

#[cfg(test)]
mod tests {
    use supernode::catalog::{Catalog, claims};

    #[test]
    fn the_page_of_claims_is_what_the_catalog_says() {
        let table = claims::markdown(&Catalog::builtin().unwrap()).unwrap();
        let page = include_str!("src/claims.md");
        assert!(page.ends_with(&table), "run `cargo xtask claims` to renew docs/src/claims.md");
    }

    #[test]
    fn every_page_is_in_the_summary() {
        let summary = include_str!("src/SUMMARY.md");
        let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        for entry in std::fs::read_dir(pages).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let Some(page) = name.strip_suffix(".md") else { continue };
            assert!(
                page == "SUMMARY" || summary.contains(&format!("({name})")),
                "{name} is missing"
            );
        }
    }
}
