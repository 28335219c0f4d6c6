//! What holds for any two machines and any workload.

use proptest::prelude::*;
use supernode_catalog::Catalog;
use supernode_strategy::{
    Assumptions, Comparison, Contest, Row, StrategyError, Turn, Verdict, Workload, compare,
};
use supernode_units::{Precision, Value};

const SYSTEMS: [&str; 8] = [
    "dgx-h100",
    "hgx-b200",
    "cloudmatrix-384",
    "gb200-nvl72",
    "vr-nvl144",
    "mi300x-x8",
    "trn2-ultraserver",
    "ub-mesh-pod",
];

fn workloads() -> impl Strategy<Value = Workload> {
    let precisions = prop::sample::select(vec![Precision::Fp8, Precision::Fp4]);
    (100_000_000_u64..400_000_000_000, 1_u64..2000, 512_u64..16_384, precisions).prop_map(
        |(params, sequences, seq, precision)| Workload {
            params,
            tokens: sequences * seq,
            seq,
            precision,
        },
    )
}

fn run(catalog: &Catalog, a: &str, b: &str, workload: &Workload) -> Comparison {
    compare(catalog, a, b, workload, &Assumptions::default()).expect("both systems are complete")
}

/// The wire, and the libraries where both machines have one.
fn contests(comparison: &Comparison) -> Vec<&Contest> {
    std::iter::once(&comparison.wire).chain(comparison.library.as_ref().ok()).collect()
}

fn ends(value: Value<f64>) -> Option<(f64, f64)> {
    value.low().zip(value.high())
}

/// A switch of 64 chips that is `factor` times as fast in one respect.
fn twin(id: &str, respect: usize, factor: f64) -> String {
    let scale = |index: usize| if index == respect { factor } else { 1.0 };
    format!(
        "[chip.{id}-chip]\nname = \"T\"\nvendor = \"T\"\nyear = 2026\nstatus = \"imagined\"\n\
         source = \"here\"\nconfidence = \"user\"\n\
         compute.bf16 = \"{}TFLOP/s\"\nmemory.capacity = \"96GB\"\n\
         memory.bandwidth = \"{}GB/s\"\n\n\
         [system.{id}]\nname = \"T\"\nvendor = \"T\"\nkind = \"pod\"\nyear = 2026\n\
         status = \"imagined\"\nchip = \"{id}-chip\"\nchips = 64\nsource = \"here\"\n\
         confidence = \"user\"\n[[system.{id}.level]]\nname = \"pod\"\nkind = \"switch\"\n\
         size = 64\nbandwidth = \"{}GB/s\"\nlatency = \"{}ns\"\n",
        (500.0 * scale(0)).round(),
        (3000.0 * scale(1)).round(),
        (200.0 * scale(2)).round(),
        (2000.0 / scale(3)).round(),
    )
}

fn check_finite(row: &Row) {
    let finite = |what: &str, value: Value<f64>| {
        if let Some((low, high)) = ends(value) {
            assert!(low.is_finite() && high.is_finite(), "{} {what}: {value:?}", row.basis);
            assert!(low > 0.0 && low <= high, "{} {what}: {value:?}", row.basis);
        }
    };
    finite("ratio", row.ratio());
    finite("per megawatt", row.ratio_per_megawatt().unwrap_or(Value::Unknown));
    for pairing in row.pairings() {
        finite("match", Value::Point(pairing.match_ratio));
        for side in pairing.sides.iter().flatten() {
            finite("tokens/s", side.tokens_per_s());
            finite("per megawatt", side.per_megawatt().unwrap_or(Value::Unknown));
            finite("per chip", side.per_chip());
            finite("MFU", side.mfu());
            finite("step", side.step_s());
            finite("goodput", side.goodput());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_machine_is_exactly_even_with_itself(
        system in prop::sample::select(SYSTEMS.to_vec()),
        workload in workloads(),
    ) {
        let catalog = Catalog::builtin().expect("the catalog loads");
        let same = run(&catalog, system, system, &workload);
        for contest in contests(&same) {
            prop_assert!(contest.flips.is_none());
            for row in &contest.rows {
                let verdict = row.verdict();
                let ratio = row.ratio();
                match verdict {
                    Verdict::Even => prop_assert_eq!(ratio, Value::Point(1.0)),
                    Verdict::Neither | Verdict::Unknown => prop_assert!(ratio.is_unknown()),
                    _ => prop_assert!(false, "{}: {verdict:?}", row.basis),
                }
                if let (Ok(ratio), false) = (row.ratio_per_megawatt(), ratio.is_unknown()) {
                    prop_assert_eq!(ratio, Value::Point(1.0));
                }
            }
        }
    }

    #[test]
    fn a_better_machine_never_loses(
        respect in 0_usize..4,
        factor in 1.0_f64..8.0,
        workload in workloads(),
    ) {
        let mut catalog = Catalog::builtin().expect("the catalog loads");
        catalog.add("base.toml", &twin("base", 4, 1.0)).expect("the schema is kept");
        catalog.add("better.toml", &twin("better", respect, factor)).expect("the schema is kept");
        match compare(&catalog, "better", "base", &workload, &Assumptions::default()) {
            Ok(result) => {
                let low = result.wire.rows[0].ratio().low();
                prop_assert!(low.is_none_or(|low| low >= 1.0 - 1e-9), "{low:?}");
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

proptest! {
    // A pair of large machines takes seconds.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn swapping_the_machines_inverts_every_ratio_and_all_is_finite(
        a in prop::sample::select(SYSTEMS.to_vec()),
        b in prop::sample::select(SYSTEMS.to_vec()),
        workload in workloads(),
    ) {
        let catalog = Catalog::builtin().expect("the catalog loads");
        let (forth, back) = (run(&catalog, a, b, &workload), run(&catalog, b, a, &workload));
        prop_assert_eq!(forth.library.is_ok(), back.library.is_ok());
        for (forth, back) in contests(&forth).into_iter().zip(contests(&back)) {
            check_mirrored(forth, back);
        }
    }
}

/// One contest with the machines swapped.
fn check_mirrored(forth: &Contest, back: &Contest) {
    for (x, y) in forth.rows.iter().zip(&back.rows) {
        check_finite(x);
        assert_eq!(ends(x.ratio()).is_some(), ends(y.ratio()).is_some());
        if let Some((x, y)) = ends(x.ratio()).zip(ends(y.ratio())) {
            assert!((x.0 * y.1 - 1.0).abs() < 1e-9, "{x:?} {y:?}");
            assert!((x.1 * y.0 - 1.0).abs() < 1e-9, "{x:?} {y:?}");
        }
        let mirrored = y.verdict().winner().map(|winner| 1 - winner);
        assert_eq!(x.verdict().winner(), mirrored);
    }
    if let Some(flips) = &forth.flips {
        for point in &flips.points {
            for turn in [point.bad, point.good] {
                assert!(!matches!(turn, Turn::At(at) if !at.is_finite()));
            }
        }
        let leads = |leader| forth.rows[0].verdict().winner().is_none_or(|w| w == leader);
        assert!(leads(flips.leader), "the leader of the flip points is the winner");
    }
}

#[test]
fn copies_without_end_are_refused() {
    let mut catalog = Catalog::builtin().expect("the catalog loads");
    catalog.set("dgx-h100", "power", "1e9GW").expect("any positive power can be set");
    let workload = Workload {
        params: 1_000_000_000,
        tokens: 4_000_000,
        seq: 8192,
        precision: Precision::Bf16,
    };
    let result = run(&catalog, "dgx-h100", "dgx-a100", &workload);
    let refused = |error: &&StrategyError| matches!(error, StrategyError::TooManyCopies { .. });
    assert!(result.wire.rows.iter().any(|row| row.errors().iter().any(refused)));
}
