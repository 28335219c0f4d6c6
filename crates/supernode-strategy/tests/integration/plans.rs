//! The plan search on every system of the catalog.

use proptest::prelude::*;
use supernode_catalog::{Catalog, End};
use supernode_strategy::{Assumptions, Machine, Step, StrategyError, Workload, best_plan};
use supernode_units::Precision;

const WORKLOAD: Workload =
    Workload { params: 70_000_000_000, tokens: 4_000_000, seq: 8192, precision: Precision::Bf16 };

fn step(machine: &Machine, workload: &Workload, end: End) -> Result<Step, StrategyError> {
    let precision = machine.chip.native(workload.precision)?;
    best_plan(machine, workload, precision, &Assumptions::default().middle(), end)
}

/// What every plan has to keep, whatever the machine.
fn check(machine: &Machine, workload: &Workload, step: &Step) {
    let (plan, name) = (step.plan, machine.name());
    assert!(workload.shape().heads.is_multiple_of(plan.tensor), "{name}: {plan}");
    assert!(plan.tensor <= machine.domain(), "{name}: {plan} leaves the scale-up domain");
    assert!(u64::from(plan.replicas) <= workload.sequences(), "{name}: {plan}");
    assert!(plan.devices() <= u64::from(machine.devices()), "{name}: {plan}");
    let need = plan.need(workload);
    let capacity = machine.chip.memory.capacity.value.low().map_or(0.0, |c| c.bytes() as f64);
    let capacity = capacity / f64::from(machine.chip.devices);
    assert!(need.state + need.activations <= capacity, "{name}: {plan} does not fit");
    let efficiency = Assumptions::default().gemm_efficiency.high;
    assert!(step.mfu > 0.0 && step.mfu <= efficiency + 1e-9, "{name}: MFU {}", step.mfu);
    let parts = step.compute + step.tensor + step.data + step.tax;
    assert!((parts / step.seconds - 1.0).abs() < 1e-9, "{name}: parts do not add up");
}

#[test]
fn every_system_has_a_lawful_plan_and_its_good_end_is_no_slower() {
    let catalog = Catalog::builtin().unwrap();
    let mut trained = 0;
    for system in catalog.systems() {
        let machine = Machine::new(&catalog, &system.id).unwrap();
        let Ok(best) = step(&machine, &WORKLOAD, End::Best) else { continue };
        let worst = step(&machine, &WORKLOAD, End::Worst).unwrap();
        check(&machine, &WORKLOAD, &best);
        check(&machine, &WORKLOAD, &worst);
        assert!(best.seconds <= worst.seconds, "{}", system.id);
        trained += 1;
    }
    // The others lack a bf16 rate or a memory figure, or are too small for 70B.
    assert!(trained >= 20, "only {trained} systems can train");
}

#[test]
fn what_does_not_fit_says_why() {
    let catalog = Catalog::builtin().unwrap();
    let machine = Machine::new(&catalog, "dgx-h100").unwrap();
    let workload = Workload { params: 1_000_000_000_000, ..WORKLOAD };
    let error = step(&machine, &workload, End::Best).unwrap_err().to_string();
    assert!(error.starts_with("no plan fits dgx-h100: the closest, tensor"), "{error}");
    assert!(error.contains("80 GB are there per device"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn plans_stay_lawful_for_any_workload_and_any_part_of_a_machine(
        system in prop::sample::select(vec![
            "dgx-h100", "cloudmatrix-384", "gb200-nvl72", "atlas-950-superpod", "ironwood-pod",
            "colossus", "trn2-ultraserver",
        ]),
        params in 1_000_000_u64..2_000_000_000_000,
        sequences in 1_u64..5000,
        seq in 128_u64..40_000,
        copies in 1_u64..5,
        limit in prop::option::of(1_u32..1000),
    ) {
        let catalog = Catalog::builtin().expect("the catalog loads");
        let machine = Machine::new(&catalog, system).expect("a known system");
        let machine = machine.replicated(copies).expect("few copies");
        let machine = Machine { limit, ..machine };
        let workload =
            Workload { params, tokens: sequences * seq, seq, precision: Precision::Bf16 };
        match step(&machine, &workload, End::Middle) {
            Ok(step) => check(&machine, &workload, &step),
            Err(error) => prop_assert!(matches!(error, StrategyError::NothingFits { .. }), "{error}"),
        }
    }
}
