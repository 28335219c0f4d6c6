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
fn the_catalogs_own_ratio_is_printed_beside_each_claim() {
    let catalog = Catalog::builtin().unwrap();
    let table = supernode_catalog::claims::markdown(&catalog).unwrap();
    assert_eq!(table.lines().count(), 2 + 79);
    let row = table.lines().find(|line| line.starts_with("| C02 |")).unwrap();
    // 8,192 chips of 973 TFLOP/s against the published 1.2 EFLOP/s.
    assert!(row.contains("| 6.7 x | 6.667 | 6.642 | yes |"), "{row}");
}
