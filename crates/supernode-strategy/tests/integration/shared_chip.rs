//! Two machines of one chip: what is not known of it is the same on both sides.

use supernode_catalog::Catalog;
use supernode_strategy::{Assumptions, Basis, Comparison, Workload, compare};
use supernode_units::Precision;

const WORKLOAD: Workload =
    Workload { params: 8_000_000_000, tokens: 1_000_000, seq: 8192, precision: Precision::Bf16 };

/// Two switches of 16 and 32 chips, whose rate is known within a factor of two.
fn machines(first: &str, second: &str) -> String {
    let chip = |id: &str| {
        format!(
            "[chip.{id}]\nname = \"T\"\nvendor = \"T\"\nyear = 2026\nstatus = \"imagined\"\n\
             source = \"here\"\nconfidence = \"user\"\n\
             compute.bf16 = \"250TFLOP/s..500TFLOP/s\"\nmemory.capacity = \"192GB\"\n\
             memory.bandwidth = \"3TB/s..4TB/s\"\n\n"
        )
    };
    let system = |id: &str, chip: &str, chips: u32| {
        format!(
            "[system.{id}]\nname = \"T\"\nvendor = \"T\"\nkind = \"pod\"\nyear = 2026\n\
             status = \"imagined\"\nchip = \"{chip}\"\nchips = {chips}\nsource = \"here\"\n\
             confidence = \"user\"\n[[system.{id}.level]]\nname = \"pod\"\nkind = \"switch\"\n\
             size = {chips}\nbandwidth = \"400GB/s\"\nlatency = \"1us..2us\"\n\
             [system.{id}.scale-out]\nkind = \"clos\"\nbandwidth = \"50GB/s\"\nlatency = \"3us\"\n"
        )
    };
    let chips = if first == second { chip(first) } else { chip(first) + &chip(second) };
    chips + &system("small", first, 16) + &system("large", second, 32)
}

fn run(first: &str, second: &str) -> Comparison {
    let mut catalog = Catalog::builtin().expect("the catalog loads");
    catalog.add("pods.toml", &machines(first, second)).expect("the schema is kept");
    compare(&catalog, "large", "small", &WORKLOAD, &Assumptions::default()).expect("complete")
}

fn spread(comparison: &Comparison, basis: Basis) -> (f64, f64) {
    let row = comparison.wire.rows.iter().find(|row| row.basis == basis).expect("every basis");
    row.ratio().low().zip(row.ratio().high()).expect("both train")
}

#[test]
fn one_chip_is_at_one_end_of_its_ranges_on_both_sides() {
    let (low, high) = spread(&run("one", "one"), Basis::Machine);
    assert!((1.9..2.1).contains(&low) && (1.9..2.1).contains(&high), "{low}..{high}");
    // Two chips that are only alike may differ by their whole ranges.
    let (low, high) = spread(&run("one", "other"), Basis::Machine);
    assert!(low < 1.1 && high > 3.8, "{low}..{high}");
}

#[test]
fn what_is_made_equal_is_at_one_end_too() {
    for basis in [Basis::Compute, Basis::MemoryBandwidth] {
        let result = run("one", "one");
        let row = result.wire.rows.iter().find(|row| row.basis == basis).expect("every basis");
        for pairing in row.pairings() {
            let chips =
                pairing.sides.iter().map(|side| side.as_ref().expect("trains").machine.chips());
            assert_eq!(chips.collect::<Vec<_>>(), [32, 32], "{basis}");
        }
        let (low, high) = spread(&result, basis);
        assert!((0.9..1.1).contains(&low) && (0.9..1.2).contains(&high), "{basis} {low}..{high}");
    }
}

#[test]
fn its_own_figures_still_show_both_ends() {
    let result = run("one", "one");
    let side = result.wire.rows[0].pairings()[0].sides[0].as_ref().expect("trains");
    let tokens = side.tokens_per_s();
    assert!(tokens.high() > tokens.low().map(|low| low * 1.9), "{tokens:?}");
}
