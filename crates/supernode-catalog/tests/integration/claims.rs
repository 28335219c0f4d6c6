//! Published claims as tests of arithmetic; none of them validates a model.

use supernode_catalog::Catalog;
use supernode_catalog::claims::{Claim, ClaimKind, Reproduces};
use supernode_units::Value;

fn recomputed(claim: &Claim, catalog: &Catalog) -> f64 {
    match claim.recompute(catalog).expect("operands are figures") {
        Value::Point(ratio) => ratio,
        other => panic!("{}: operands give {other:?}, not one figure", claim.id),
    }
}

#[test]
fn every_claim_recomputes_from_its_operands() {
    let catalog = Catalog::builtin().unwrap();
    let claims = Claim::all().unwrap();
    assert_eq!(claims.len(), 79);
    for claim in claims {
        let ratio = recomputed(&claim, &catalog);
        let error = (ratio / claim.recomputed - 1.0).abs();
        assert!(error <= 1e-3, "{}: operands give {ratio}, stored {}", claim.id, claim.recomputed);
    }
}

#[test]
fn rows_that_reproduce_are_within_their_tolerance_and_the_others_are_not() {
    let catalog = Catalog::builtin().unwrap();
    for claim in Claim::all().unwrap() {
        let ratio = recomputed(&claim, &catalog);
        let expected = claim.reproduces != Reproduces::No;
        if claim.is_test() {
            assert_eq!(
                claim.agrees(ratio),
                expected,
                "{}: {ratio} and {}",
                claim.id,
                claim.published
            );
        }
    }
}

/// One unit in the last printed digit is no test where there is only one digit.
#[test]
fn equalities_that_reproduce_do_so_within_three_percent() {
    for claim in Claim::all().unwrap() {
        if claim.kind != ClaimKind::Equality || claim.reproduces != Reproduces::Yes {
            continue;
        }
        // "About one third" is 0.312.
        let limit = if claim.id == "C31" { 0.07 } else { 0.03 };
        assert!(claim.tolerance <= limit, "{} allows {}", claim.id, claim.tolerance);
    }
}

#[test]
fn headline_ratios() {
    let catalog = Catalog::builtin().unwrap();
    let claims = Claim::all().unwrap();
    let check = |id: &str, published: f64, reproduces| {
        let claim = claims.iter().find(|claim| claim.id == id).unwrap();
        assert!((claim.published - published).abs() < 1e-12, "{id}");
        assert_eq!(claim.reproduces, reproduces, "{id}");
        assert_eq!(claim.agrees(recomputed(claim, &catalog)), reproduces == Reproduces::Yes);
    };
    check("C01", 56.8, Reproduces::Yes);
    check("C02", 6.7, Reproduces::Yes);
    check("C02b", 6.7, Reproduces::No);
    check("C03", 15.0, Reproduces::Yes);
    check("C04", 62.0, Reproduces::Yes);
    check("C19", 1.3, Reproduces::Yes);
    check("C29", 1.7, Reproduces::Yes);
    check("C35", 5.3, Reproduces::Yes);
    check("C38", 2.6, Reproduces::No);
}

#[test]
fn circular_claims_do_not_count() {
    let claims = Claim::all().unwrap();
    let circular = claims.iter().filter(|claim| claim.kind == ClaimKind::Circular);
    assert_eq!(circular.clone().count(), 2);
    assert!(circular.clone().all(|claim| !claim.is_test()));
    let counted = claims.iter().filter(|claim| claim.is_test()).count();
    assert_eq!(counted, 67);
}

#[test]
fn verdicts_are_as_many_as_the_rows_were_checked_for() {
    let claims = Claim::all().unwrap();
    let count = |verdict| claims.iter().filter(|claim| claim.reproduces == verdict).count();
    assert_eq!(count(Reproduces::Yes), 61);
    assert_eq!(count(Reproduces::Partial), 8);
    assert_eq!(count(Reproduces::Derived), 6);
    assert_eq!(count(Reproduces::No), 4);
}

#[test]
fn rows_use_the_catalogs_figure_where_it_has_one() {
    let catalog = Catalog::builtin().unwrap();
    let claims = Claim::all().unwrap();
    let check = |id: &str, expected: f64| {
        let claim = claims.iter().find(|claim| claim.id == id).unwrap();
        let Value::Point(own) = claim.own_ratio(&catalog).unwrap() else {
            panic!("{id}: no point")
        };
        assert!((own / expected - 1.0).abs() < 1e-9, "{id}: {own}");
    };
    // The page of 2026 is that of vr-nvl72, not of the rack announced a year before.
    check("C60", 3600.0);
    check("C63", 8.0);
    // 1.68 TB/s are 15 of 18 ports: the bin that ships.
    check("C55", 1.72032);
    // 281 GB/s over six links.
    check("C69", 512.0 * 281.0 / 6e3);
}

#[test]
fn the_catalogs_own_ratio_is_printed_beside_each_claim() {
    let catalog = Catalog::builtin().unwrap();
    let table = supernode_catalog::claims::markdown(&catalog).unwrap();
    assert_eq!(table.lines().count(), 2 + 79);
    let row = table.lines().find(|line| line.starts_with("| C02 |")).unwrap();
    // 8,192 chips of 973 TFLOP/s against the published 1.2 EFLOP/s.
    assert!(row.contains("| 6.7 x | 6.667 | 6.642 | yes |"), "{row}");
}
