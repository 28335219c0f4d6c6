//! Whole comparisons.

use supernode_catalog::Catalog;
use supernode_strategy::{Assumptions, Basis, Comparison, Row, Subject, Turn, Workload, compare};
use supernode_units::{Precision, Value};

const WORKLOAD: Workload =
    Workload { params: 70_000_000_000, tokens: 4_000_000, seq: 8192, precision: Precision::Fp8 };

fn run(catalog: &Catalog, a: &str, b: &str) -> Comparison {
    compare(catalog, a, b, &WORKLOAD, &Assumptions::default()).expect("both systems are complete")
}

fn row(comparison: &Comparison, basis: Basis) -> &Row {
    comparison.rows.iter().find(|row| row.basis == basis).expect("the basis has a row")
}

fn ends(value: Value<f64>) -> (f64, f64) {
    value.low().zip(value.high()).expect("a known figure")
}

#[test]
fn order_does_not_matter() {
    let catalog = Catalog::builtin().unwrap();
    let forth = run(&catalog, "cloudmatrix-384", "gb200-nvl72");
    let back = run(&catalog, "gb200-nvl72", "cloudmatrix-384");
    for (a, b) in forth.rows.iter().zip(&back.rows) {
        if a.ratio().is_unknown() {
            assert!(b.ratio().is_unknown());
            continue;
        }
        let ((low, high), (back_low, back_high)) = (ends(a.ratio()), ends(b.ratio()));
        assert!((low * back_high - 1.0).abs() < 1e-9, "{}", a.basis);
        assert!((high * back_low - 1.0).abs() < 1e-9, "{}", a.basis);
    }
}

#[test]
fn a_machine_does_not_beat_itself() {
    let catalog = Catalog::builtin().unwrap();
    let same = run(&catalog, "vr-nvl144", "vr-nvl144");
    for row in same.rows.iter().filter(|row| row.basis != Basis::Price) {
        let (low, high) = ends(row.ratio());
        assert!(low <= 1.0 && high >= 1.0, "{}: {low}..{high}", row.basis);
    }
}

#[test]
fn the_smaller_machine_is_replicated_until_the_totals_match() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    for basis in [Basis::Compute, Basis::Power, Basis::MemoryCapacity, Basis::MemoryBandwidth] {
        let ratio = row(&result, basis).match_ratio.unwrap();
        assert!((0.9..1.1).contains(&ratio), "{basis}: {ratio}");
    }
    let [Ok(pod), Ok(racks)] = &row(&result, Basis::Compute).sides else { panic!("both train") };
    // 8,192 x 973 TFLOP/s against 72 x 16.667 PFLOP/s.
    assert_eq!((pod.chips, racks.chips), (8192, 7 * 72));
}

#[test]
fn unknown_prices_make_an_unknown_row_and_nothing_else() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let [Err(why), Err(_)] = &row(&result, Basis::Price).sides else { panic!("nobody sells it") };
    assert_eq!(why, "unknown for atlas-950-superpod");
    assert!(result.rows.iter().filter(|row| row.ratio().is_unknown()).count() == 1);
}

#[test]
fn precisions_that_differ_get_a_row_of_equal_precision() {
    let catalog = Catalog::builtin().unwrap();
    // The 910C has no fp8.
    let result = run(&catalog, "cloudmatrix-384", "gb200-nvl72");
    let [Ok(a), Ok(b)] = &row(&result, Basis::SamePrecision).sides else { panic!("both train") };
    assert_eq!((a.precision, b.precision), (Precision::Bf16, Precision::Bf16));
    let both_fp8 = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    assert!(both_fp8.rows.iter().all(|row| row.basis != Basis::SamePrecision));
}

#[test]
fn the_verdict_turns_at_the_flip_point() {
    let mut catalog = Catalog::builtin().unwrap();
    let (a, b) = ("atlas-950-superpod", "vr-nvl144");
    let result = run(&catalog, a, b);
    let flip = result
        .flips
        .iter()
        .find(|flip| matches!(&flip.subject, Subject::Latency(path) if path == "pod.latency"));
    let flip = flip.unwrap();
    assert_eq!(flip.leader, 0);
    let (Turn::At(bad), Turn::At(good)) = (flip.bad, flip.good) else { panic!("{flip:?}") };
    assert!(bad < good);
    let mut at = |seconds: f64| {
        catalog.set(a, "pod.latency", &format!("{}ns", (seconds * 1e9).round())).unwrap();
        ends(run(&catalog, a, b).rows[0].ratio())
    };
    assert!(at(bad * 0.98).0 > 1.0, "below the lower point it wins at both ends");
    assert!(at(bad * 1.02).0 < 1.0, "above it the bad end is lost");
    assert!(at(good * 0.98).1 > 1.0, "below the upper point the good end still wins");
    assert!(at(good * 1.02).1 < 1.0, "above it everything is lost");
}

#[test]
fn failures_grow_with_chips() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let [pod, rack] = result.failures;
    assert!(pod.mean_hours.high() < rack.mean_hours.low());
    assert!(pod.goodput.high() < rack.goodput.low());
}

#[test]
fn names_and_workloads_are_checked_first() {
    let catalog = Catalog::builtin().unwrap();
    let assumptions = Assumptions::default();
    let error = compare(&catalog, "atlas-95", "vr-nvl144", &WORKLOAD, &assumptions).unwrap_err();
    assert!(error.to_string().contains("did you mean"), "{error}");
    let empty = Workload { tokens: 10, ..WORKLOAD };
    assert!(compare(&catalog, "dgx-h100", "vr-nvl144", &empty, &assumptions).is_err());
}
