//! What is taken for granted of curves, and curves that nobody can have measured.

use proptest::prelude::*;
use supernode_catalog::Catalog;
use supernode_library::costs::Costs;
use supernode_validate::{Bench, Curve, Given, Operation, read_log_given};

fn curve(ranks: u32, nodes: Option<u32>) -> Curve {
    let text = "# OSU MPI-CUDA Allreduce Latency Test v7.4\n# Size  Avg Latency(us)\n1024 40.0\n";
    let given = Given { ranks: Some(ranks), nodes, ..Given::default() };
    let mut curve = read_log_given(text, &given).expect("the table reads").curves.remove(0);
    "NCCL".clone_into(&mut curve.library);
    curve
}

#[test]
fn what_is_assumed_is_counted() {
    let catalog = Catalog::builtin().unwrap();
    let system = catalog.system("dgx-h100").ok();
    let assumed = |curve: Curve| {
        let curves = [curve];
        let bench = Bench::on(&catalog, &curves, |_| system);
        let all = bench.assumptions();
        assert!(all.iter().all(|found| (found.rows, found.curves) == (1, 1)), "{all:?}");
        let refusal = bench.refusal(0).map(str::to_owned);
        (all.into_iter().map(|found| found.what).collect::<Vec<_>>(), refusal)
    };
    let told = ["NCCL 2.30", "launch stream"].map(str::to_owned).to_vec();
    assert_eq!(assumed(curve(16, Some(2))), (told.clone(), None));
    let mut filled = told.clone();
    filled.push("nodes filled one after the other".to_owned());
    assert_eq!(assumed(curve(16, None)), (filled, None));
    // Nine ranks would be one and a bit of a node.
    let uneven = Some("its ranks are not the same number on every node".to_owned());
    assert_eq!(assumed(curve(9, None)), (Vec::new(), uneven));
    let mut newer = curve(8, Some(1));
    "2.99.1".clone_into(&mut newer.version);
    assert_eq!(assumed(newer), (told, None));
}

#[test]
fn a_library_is_refused_where_it_does_not_run() {
    let catalog = Catalog::builtin().unwrap();
    let refusal = |library: &str, system: &str| {
        let mut curve = curve(8, Some(1));
        library.clone_into(&mut curve.library);
        let system = catalog.system(system).ok();
        let curves = [curve];
        Bench::on(&catalog, &curves, |_| system).refusal(0).map(str::to_owned)
    };
    let refused = |library: &str, system: &str| refusal(library, system).unwrap_or_default();
    assert!(refused("NCCL", "mi300x-x8").ends_with("cdna3 chips; use --profile rccl"));
    assert!(refused("vLLM", "mi300x-x8").contains("nccl does not run on cdna3"));
    assert!(refused("RCCL", "dgx-h100").ends_with("hopper chips; use --profile nccl"));
    assert_eq!((refusal("NCCL", "dgx-h100"), refusal("RCCL", "mi300x-x8")), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_curve_makes_the_model_panic(
        ranks in prop_oneof![1u32..100, Just(1 << 20), Just(u32::MAX)],
        nodes in proptest::option::of(prop_oneof![1u32..20, Just(u32::MAX)]),
        operation in proptest::sample::select(Operation::ALL.to_vec()),
        bytes in prop_oneof![1u64..100, Just(1 << 20), Just(1 << 40)],
        notes in proptest::sample::select(vec!["", "NCCL_MAX_CTAS=1", "NCCL_MIN_CTAS=4294967295"]),
        algo in proptest::sample::select(vec!["auto", "^Ring", "Tree,Ring", "PAT", "allreduce:nvls"]),
        system in proptest::sample::select(vec!["dgx-h100", "gb200-nvl72", "mi300x-x8"]),
    ) {
        let mut curve = curve(ranks, nodes);
        curve.operation = operation;
        curve.rows[0].bytes = Some(bytes);
        notes.clone_into(&mut curve.notes);
        algo.clone_into(&mut curve.algo);
        if system == "mi300x-x8" {
            "RCCL".clone_into(&mut curve.library);
        }
        let catalog = Catalog::builtin().unwrap();
        let found = catalog.system(system).ok();
        let curves = [curve];
        let bench = Bench::on(&catalog, &curves, |_| found);
        let costs = Costs::builtin().unwrap();
        for case in &bench.cases {
            prop_assert!(bench.predict(case, &costs).as_us_f64() > 0.0);
        }
        let all = bench.cases.len() + bench.impossible.len();
        prop_assert_eq!(all, usize::from(bench.refusal(0).is_none()));
    }
}
