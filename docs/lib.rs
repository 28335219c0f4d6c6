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

#[doc = include_str!("src/own-algorithm.md")]
pub mod own_algorithm {}

#[doc = include_str!("src/faults.md")]
pub mod faults {}

#[doc = include_str!("src/cost-model.md")]
pub mod cost_model {}

#[doc = include_str!("src/own-curves.md")]
pub mod own_curves {}

#[doc = include_str!("src/presets.md")]
pub mod presets {}

#[doc = include_str!("src/engines.md")]
pub mod engines {}

#[doc = include_str!("src/shared-links.md")]
pub mod shared_links {}

#[doc = include_str!("src/results.md")]
pub mod results {}

#[doc = include_str!("src/catalog.md")]
pub mod catalog {}

#[doc = include_str!("src/architecture.md")]
pub mod architecture {}

#[doc = include_str!("src/design.md")]
pub mod design {}

#[cfg(test)]
mod tests {
    use supernode::catalog::{Catalog, claims};
    use supernode::library::costs::Costs;
    use supernode::validate::{Bench, validity};

    #[test]
    fn the_page_of_claims_is_what_the_catalog_says() {
        let table = claims::markdown(&Catalog::builtin().unwrap()).unwrap();
        let page = include_str!("src/claims.md");
        assert!(page.ends_with(&table), "run `cargo xtask claims` to renew docs/src/claims.md");
    }

    /// What takes a minute, the errors without the machine, is checked by `cargo xtask ci`.
    #[test]
    fn the_page_of_errors_is_of_the_measured_set_and_the_shipped_constants() {
        let page = include_str!("src/validity.md");
        let curves = supernode::validate::builtin().unwrap();
        let bench = Bench::new(&Catalog::builtin().unwrap(), &curves);
        let costs = Costs::builtin().unwrap();
        let parts = [
            validity::never(&bench),
            validity::compared(&bench),
            validity::fitted(&bench, &costs),
            validity::parameters(&bench, &costs),
        ];
        for part in parts {
            let renew = "run `cargo xtask validity` to renew docs/src/validity.md";
            assert!(page.contains(part.trim_end()), "{renew}; it lacks:\n{part}");
        }
    }

    #[test]
    fn the_readme_has_the_figures_of_the_page() {
        let [begin, end] = validity::MARKS;
        let between = |text: &'static str| text.split_once(begin)?.1.split_once(end).map(|p| p.0);
        let figures = between(include_str!("../README.md"));
        assert!(figures.is_some_and(|figures| figures.contains("predicted")));
        let renew = "run `cargo xtask validity` to renew README.md";
        assert_eq!(figures, between(include_str!("src/validity.md")), "{renew}");
    }

    /// Each line is an algorithm: rejected and equivalent mutants by kind, in brackets.
    #[test]
    fn the_page_of_proofs_has_the_count_of_mutants() {
        let (mut rejected, mut equivalent) = (0_u32, 0_u32);
        for row in include_str!("../crates/supernode-collectives/tests/data/mutants.txt").lines() {
            let mut lists = row.split('[').skip(1).map(|list| -> u32 {
                let numbers = list.trim().trim_end_matches(']').split(", ");
                numbers.map(|number| number.parse::<u32>().unwrap()).sum()
            });
            rejected += lists.next().unwrap();
            equivalent += lists.next().unwrap();
        }
        let grouped = |number: u32| format!("{},{:03}", number / 1000, number % 1000);
        let [some, all, rest] = [rejected, rejected + equivalent, equivalent].map(grouped);
        let words = format!("{some} of {all} mutants are rejected. The {rest} that pass");
        assert!(include_str!("src/proof.md").contains(&words), "docs/src/proof.md lacks: {words}");
    }

    /// Names in backticks: a file, then tests that it has.
    #[test]
    fn the_tests_of_the_checklist_exist() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let (mut source, mut tests) = (String::new(), 0);
        for row in include_str!("src/checklist.md").lines().filter(|row| row.starts_with('|')) {
            for name in row.split('`').skip(1).step_by(2) {
                if name.contains('/') {
                    source = std::fs::read_to_string(format!("{root}/{name}"))
                        .unwrap_or_else(|error| panic!("{name}: {error}"));
                } else {
                    let test = format!("fn {name}(");
                    let (before, _) =
                        source.split_once(&test).unwrap_or_else(|| panic!("no {test}"));
                    assert!(before.trim_end().ends_with("#[test]"), "{name} is no test");
                    tests += 1;
                }
            }
        }
        assert!(tests > 30, "the page names {tests} tests");
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
