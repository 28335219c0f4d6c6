//! Library against library.

use proptest::prelude::*;
use supernode_catalog::{Catalog, End};
use supernode_library::{Function, Software};
use supernode_strategy::{
    Assumptions, Comparison, Contest, Side, Subject, Turn, Verdict, Workload, compare,
};
use supernode_units::{Precision, Value};

const WORKLOAD: Workload =
    Workload { params: 70_000_000_000, tokens: 4_000_000, seq: 8192, precision: Precision::Fp8 };

fn run(catalog: &Catalog, a: &str, b: &str, workload: &Workload) -> Comparison {
    compare(catalog, a, b, workload, &Assumptions::default()).expect("both systems are complete")
}

fn library(comparison: &Comparison) -> &Contest {
    comparison.library.as_ref().expect("both machines have a library")
}

fn side(contest: &Contest, index: usize) -> &Side {
    contest.rows[0].pairings()[0].sides[index].as_ref().expect("it trains")
}

#[test]
fn a_machine_without_a_library_leaves_the_wire_alone() {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let result = run(&catalog, "gb200-nvl72", "trn2-ultraserver", &WORKLOAD);
    assert!(matches!(result.wire.rows[0].verdict(), Verdict::Wins { .. }));
    let missing = result.library.unwrap_err();
    let texts: Vec<_> = missing.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        ["no library profile for trn2-ultraserver: none is built in for neuroncore-v3 chips"]
    );
    assert!(result.libraries[0].is_some() && result.libraries[1].is_none());
    // Both lack one: both are named, a machine against itself once.
    let same = run(&catalog, "trn2-ultraserver", "trn2-ultraserver", &WORKLOAD);
    assert_eq!(same.library.unwrap_err().len(), 1);
}

#[test]
fn both_ends_of_what_nobody_published_are_evaluated() {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let result = run(&catalog, "cloudmatrix-384", "gb200-nvl72", &WORKLOAD);
    let system = catalog.system("cloudmatrix-384").expect("a known system");
    let chip = catalog.chip_of(system).expect("its chip");
    let hccl = Software::of(system, chip).expect("it has a library");
    let sizes = library(&result).all_reduce[0].as_ref().expect("768 ranks");
    for found in sizes {
        let at = |end| {
            let group = hccl.on(system, chip, end).and_then(|installed| installed.group(768, 1));
            group.and_then(|group| group.time(Function::AllReduce, found.bytes)).expect("a time")
        };
        assert_eq!(found.time, Value::Range(at(End::Best), at(End::Worst)));
    }
    let tokens = side(library(&result), 0).tokens_per_s();
    assert!(tokens.low() < tokens.high());
    whoever_is_ahead_gains_by_a_collective(&result);
}

/// A row in which a library has more than the wire is explained by a collective that takes it less, and
/// no such row is left out.
fn whoever_is_ahead_gains_by_a_collective(result: &Comparison) {
    for ahead in &result.ahead {
        let [library, wire] = ahead.seconds;
        assert!(ahead.by > 1.0 && library < wire && ahead.ranks > 1, "{ahead:?}");
    }
    let rows = library(result).rows.iter().zip(&result.wire.rows);
    let pairings = rows.flat_map(|(a, b)| a.pairings().iter().zip(b.pairings()));
    let (mut most, mut told) = (1.0_f64, 1.0_f64);
    for (fast, slow) in pairings {
        for (fast, slow) in fast.sides.iter().zip(&slow.sides) {
            let (Ok(fast), Ok(slow)) = (fast, slow) else { continue };
            let ends = fast.outcomes.iter().zip(&slow.outcomes);
            for (fast, slow) in ends.flat_map(|(fast, slow)| fast.iter().zip(slow)) {
                most = most.max(fast.tokens_per_s / slow.tokens_per_s);
            }
        }
    }
    for ahead in &result.ahead {
        told = told.max(ahead.by);
    }
    assert_eq!(most.to_bits(), told.to_bits());
}

#[test]
fn the_verdict_of_libraries_turns_at_their_steps() {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let result = run(&catalog, "atlas-950-superpod", "vr-nvl144", &WORKLOAD);
    // HCCL has no schedule that is better than all of ours, and links are those of the wire.
    assert!(result.ahead.iter().all(|ahead| ahead.index == 1), "{:?}", result.ahead);
    whoever_is_ahead_gains_by_a_collective(&result);
    let flips = library(&result).flips.as_ref().expect("both train");
    assert_eq!(flips.leader, 0);
    let is_latency = |subject: &Subject| matches!(subject, Subject::Latency(_));
    assert!(flips.points.iter().all(|point| !is_latency(&point.subject)));
    let steps = flips.points.iter().find(|point| matches!(point.subject, Subject::Step(_)));
    let steps = steps.expect("HCCL's steps are published of no machine");
    let (Turn::At(bad), Turn::At(good)) = (steps.bad, steps.good) else { panic!("{steps:?}") };
    // It wins over its whole range, 2.1 to 60 us.
    assert!(60e-6 < bad && bad < good, "{steps:?}");
    // What is fitted has no such point.
    let fitted = run(&catalog, "gb200-nvl72", "dgx-h100", &WORKLOAD);
    if let Some(flips) = &library(&fitted).flips {
        assert!(flips.points.iter().all(|point| !matches!(point.subject, Subject::Step(_))));
    }
}

/// A server of eight chips that HCCL runs on, fully meshed, whose links take no time of their own.
fn server(bandwidth: u64, efficiency: f64) -> String {
    format!(
        "[chip.free-chip]\nname = \"T\"\nvendor = \"T\"\nyear = 2026\nstatus = \"imagined\"\n\
         source = \"here\"\nconfidence = \"user\"\narchitecture = \"ascend-950\"\n\
         compute.bf16 = \"500TFLOP/s\"\nmemory.capacity = \"960GB\"\n\
         memory.bandwidth = \"300TB/s\"\n\n\
         [system.free]\nname = \"T\"\nvendor = \"T\"\nkind = \"server\"\nyear = 2026\n\
         status = \"imagined\"\nchip = \"free-chip\"\nchips = 8\nsource = \"here\"\n\
         confidence = \"user\"\n[[system.free.level]]\nname = \"node\"\nkind = \"full-mesh\"\n\
         size = 8\nbandwidth = \"{bandwidth}MB/s\"\nlatency = \"0ns\"\n\
         efficiency = {efficiency}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Within a mesh HCCL sends every block straight to its peer, as the fastest algorithm of the
    /// wire does. At the good end a step within a server takes the latency of its links: where that
    /// is nothing, software adds nothing.
    #[test]
    fn a_library_that_costs_nothing_is_the_wire(
        bandwidth in 7_000_u64..2_000_000,
        efficiency in 0.2_f64..1.0,
        params in 1_000_000_000_u64..100_000_000_000,
        sequences in 1_u64..200,
        seq in 512_u64..8192,
    ) {
        let mut catalog = Catalog::builtin().expect("the catalog loads");
        catalog.add("free.toml", &server(bandwidth, efficiency)).expect("the schema is kept");
        let precision = Precision::Bf16;
        let workload = Workload { params, tokens: sequences * seq, seq, precision };
        let result = run(&catalog, "free", "free", &workload);
        let sides = [&result.wire, library(&result)]
            .map(|contest| contest.rows[0].pairings()[0].sides[0].as_ref().ok());
        let [wire, hccl] = sides;
        prop_assert_eq!(wire.is_some(), hccl.is_some());
        for (wire, hccl) in wire.iter().zip(&hccl) {
            for (x, y) in wire.outcomes[1].iter().zip(&hccl.outcomes[1]) {
                let ratio = x.tokens_per_s / y.tokens_per_s;
                prop_assert!((ratio - 1.0).abs() < 1e-6, "{} {}", x.step.plan, y.step.plan);
            }
        }
    }
}
