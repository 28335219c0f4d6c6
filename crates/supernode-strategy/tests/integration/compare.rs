//! Whole comparisons.

use supernode_catalog::Catalog;
use supernode_strategy::{
    Assumptions, Basis, Comparison, Row, Side, Subject, Turn, Verdict, Workload, compare,
};
use supernode_units::{Precision, Value};

const WORKLOAD: Workload =
    Workload { params: 70_000_000_000, tokens: 4_000_000, seq: 8192, precision: Precision::Fp8 };

fn run(catalog: &Catalog, a: &str, b: &str) -> Comparison {
    compare(catalog, a, b, &WORKLOAD, &Assumptions::default()).expect("both systems are complete")
}

fn row(comparison: &Comparison, basis: Basis) -> &Row {
    comparison.wire.rows.iter().find(|row| row.basis == basis).expect("the basis has a row")
}

fn sides(row: &Row) -> [&Side; 2] {
    let [Ok(a), Ok(b)] = &row.pairings()[0].sides else { panic!("{}: both train", row.basis) };
    [a, b]
}

fn ends(value: Value<f64>) -> (f64, f64) {
    value.low().zip(value.high()).expect("a known figure")
}

#[test]
fn order_does_not_matter() {
    let catalog = Catalog::builtin().unwrap();
    let forth = run(&catalog, "cloudmatrix-384", "gb200-nvl72");
    let back = run(&catalog, "gb200-nvl72", "cloudmatrix-384");
    for (a, b) in forth.wire.rows.iter().zip(&back.wire.rows) {
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
fn the_smaller_machine_is_replicated_until_the_totals_match() {
    let catalog = Catalog::builtin().unwrap();
    for (a, b) in [
        ("atlas-950-superpod", "vr-nvl144"),
        ("cloudmatrix-384", "gb200-nvl72"),
        ("atlas-950-superpod", "atlas-900-supercluster"),
    ] {
        let result = run(&catalog, a, b);
        for row in &result.wire.rows {
            for pairing in row.pairings() {
                let ratio = pairing.match_ratio;
                assert!((0.99..1.01).contains(&ratio), "{a} {b} {}: {ratio}", row.basis);
            }
        }
    }
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let [pod, racks] = sides(row(&result, Basis::Compute));
    // 8,192 x 973 TFLOP/s against 478 x 16.667 PFLOP/s.
    assert_eq!((pod.machine.chips(), racks.machine.chips()), (8192, 478));
    assert_eq!(racks.machine.name(), "6.64 x vr-nvl144");
}

#[test]
fn a_basis_that_is_a_range_is_taken_at_both_ends() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let pairings = row(&result, Basis::Power).pairings();
    let racks = pairings.iter().map(|pairing| pairing.sides[1].as_ref().unwrap().machine.chips());
    // 8 MW in racks of 220 kW, and 13 MW in racks of 150 kW.
    assert_eq!(racks.collect::<Vec<_>>(), [2618, 6240]);
    let power = |side: &Side| ends(side.machine.power());
    let [pod, racks] = sides(row(&result, Basis::Power));
    assert!((power(pod).0 - 8e6).abs() < 1.0 && (power(pod).1 - 8e6).abs() < 1.0);
    assert!((power(racks).0 / 8e6 - 1.0).abs() < 1e-3);
}

#[test]
fn what_no_range_can_turn_is_decided_at_one_value_of_each_assumption() {
    // Twice as slow at any efficiency: the range of the efficiency is no excuse.
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "cloudmatrix-384", "gb200-nvl72");
    let (low, high) = ends(result.wire.rows[0].ratio());
    assert!(high / low < 1.1, "{low}..{high}");
    let verdict = result.wire.rows[0].verdict();
    assert!(matches!(verdict, Verdict::Wins { winner: 1, .. }), "{verdict:?}");
    assert_eq!(result.wire.flips.unwrap().leader, 1);
}

#[test]
fn one_machine_too_small_is_a_victory_of_the_other() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "dgx-h100", "atlas-950-superpod");
    assert_eq!(result.wire.rows[0].verdict(), Verdict::Alone { winner: 1 });
    assert!(result.wire.flips.is_none());
    let why = result.wire.rows[0].errors()[0].to_string();
    assert!(why.starts_with("no plan fits dgx-h100"), "{why}");
    let both = run(&catalog, "dgx-h100", "dgx-a100");
    assert_eq!(both.wire.rows[0].verdict(), Verdict::Neither);
}

#[test]
fn unknown_prices_make_an_unknown_row_and_nothing_else() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let price = row(&result, Basis::Price);
    assert_eq!(price.verdict(), Verdict::Unknown);
    let errors = price.errors();
    assert_eq!(errors.len(), 2);
    for (error, id) in errors.iter().zip(["atlas-950-superpod", "vr-nvl144"]) {
        let text = error.to_string();
        assert!(text.contains(&format!("supply it with `--set {id}.price=")), "{text}");
    }
    assert!(result.wire.rows.iter().filter(|row| row.ratio().is_unknown()).count() == 1);
}

#[test]
fn what_every_row_needs_is_an_error() {
    let catalog = Catalog::builtin().unwrap();
    let fp64 = Workload { precision: Precision::Fp64, ..WORKLOAD };
    let assumptions = Assumptions::default();
    let error = compare(&catalog, "cloudmatrix-384", "gb200-nvl72", &fp64, &assumptions);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("`--set ascend-910c.compute.fp64="), "{error}");
}

#[test]
fn there_is_a_row_of_equal_precision() {
    let catalog = Catalog::builtin().unwrap();
    // The 910C has no fp8.
    let result = run(&catalog, "cloudmatrix-384", "gb200-nvl72");
    let [a, b] = sides(row(&result, Basis::SamePrecision));
    assert_eq!((a.precision, b.precision), (Precision::Bf16, Precision::Bf16));
    let both_fp8 = run(&catalog, "atlas-950-superpod", "vr-nvl144");
    let same = row(&both_fp8, Basis::SamePrecision);
    assert_eq!(same.ratio(), both_fp8.wire.rows[0].ratio());
}

#[test]
fn the_verdict_turns_at_the_flip_point() {
    let mut catalog = Catalog::builtin().unwrap();
    let (a, b) = ("atlas-950-superpod", "vr-nvl144");
    let result = run(&catalog, a, b);
    let flips = result.wire.flips.unwrap();
    assert_eq!(flips.leader, 0);
    let flip = flips.points.iter().find(
        |flip| matches!(&flip.subject, Subject::Latency(path) if path.ends_with(".pod.latency")),
    );
    let flip = flip.unwrap();
    let (Turn::At(bad), Turn::At(good)) = (flip.bad, flip.good) else { panic!("{flip:?}") };
    assert!(bad < good);
    let mut at = |seconds: f64| {
        catalog.set(a, "pod.latency", &format!("{}ns", (seconds * 1e9).round())).unwrap();
        ends(run(&catalog, a, b).wire.rows[0].ratio())
    };
    assert!(at(bad * 0.98).0 > 1.0, "below the lower point it wins at both ends");
    assert!(at(bad * 1.02).0 < 1.0, "above it the bad end is lost");
    assert!(at(good * 0.98).1 > 1.0, "below the upper point the good end still wins");
    assert!(at(good * 1.02).1 < 1.0, "above it everything is lost");
}

#[test]
fn the_verdict_turns_at_the_batch() {
    let catalog = Catalog::builtin().unwrap();
    let (a, b) = ("atlas-950-superpod", "vr-nvl144");
    let result = run(&catalog, a, b);
    let flip = result.wire.flips.unwrap().batch;
    let least = flip.bad.below.expect("a single sequence is too little for the pod");
    let at = |tokens: u64| {
        let workload = Workload { tokens, ..WORKLOAD };
        compare(&catalog, a, b, &workload, &Assumptions::default()).unwrap()
    };
    assert_eq!(at(least).wire.rows[0].verdict().winner(), Some(0));
    assert_ne!(at(least / 2).wire.rows[0].verdict().winner(), Some(0));
    // 488 sequences leave half of the pod idle.
    assert!(sides(&result.wire.rows[0])[0].batch_limited());
    assert!(!sides(&result.wire.rows[0])[1].batch_limited());
}

#[test]
fn interruptions_count() {
    let catalog = Catalog::builtin().unwrap();
    let assumptions = Assumptions { checkpoint_s: 0.0, ..Assumptions::default() };
    let (a, b) = ("atlas-950-superpod", "vr-nvl144");
    let free = compare(&catalog, a, b, &WORKLOAD, &assumptions).unwrap();
    let paid = run(&catalog, a, b);
    for (free, paid) in free.wire.rows.iter().zip(&paid.wire.rows) {
        if !free.ratio().is_unknown() {
            let [pod, racks] = sides(paid);
            assert!(pod.goodput().high() < Some(1.0) && racks.goodput().high() < Some(1.0));
            let [free_pod, _] = sides(free);
            assert!(pod.tokens_per_s().high() < free_pod.tokens_per_s().high());
        }
    }
}

#[test]
fn guesses_are_marked_and_give_their_reason() {
    let catalog = Catalog::builtin().unwrap();
    let result = run(&catalog, "atlas-950-superpod", "dgx-h100");
    let fact = |name: &str| result.facts.iter().find(|fact| fact.name == name).unwrap();
    assert!(fact("facility power").figures[0].unwrap().modelled);
    assert!(!fact("dense fp8").figures[0].unwrap().modelled);
    let power = result.modelled.iter().find(|m| m.path == "atlas-950-superpod.power").unwrap();
    assert!(!power.reason.is_empty());
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
