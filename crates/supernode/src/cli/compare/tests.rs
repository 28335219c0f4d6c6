//! The printed comparison.

use proptest::prelude::*;
use supernode::catalog::Catalog;
use supernode::strategy::{Assumptions, Workload, compare};
use supernode::units::Precision;

use super::{Format, records, same_file, table};

fn print(a: &str, b: &str, workload: &Workload, checkpoint_s: f64, format: Format) -> String {
    let catalog = Catalog::builtin().expect("the catalog loads");
    let assumptions = Assumptions { checkpoint_s, ..Assumptions::default() };
    let comparison = compare(&catalog, a, b, workload, &assumptions).expect("complete systems");
    let mut out = Vec::new();
    match format {
        Format::Table => table::write(&mut out, &comparison),
        Format::Csv => records::csv(&mut out, &comparison),
        Format::Json => records::json(&mut out, &comparison),
        Format::Jsonl => records::jsonl(&mut out, &comparison),
    }
    .expect("memory takes all");
    String::from_utf8(out).expect("text")
}

const WORKLOAD: Workload =
    Workload { params: 70_000_000_000, tokens: 4_000_000, seq: 8192, precision: Precision::Fp8 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn every_printed_number_is_finite(
        systems in prop::sample::subsequence(
            vec!["dgx-h100", "cloudmatrix-384", "gb200-nvl72", "vr-nvl144", "mi300x-x8"], 2),
        params in 1_000_000_u64..3_000_000_000_000,
        sequences in 1_u64..5000,
        seq in 1_u64..100_000,
        checkpoint_s in prop::sample::select(vec![0.0, 60.0, 1e6]),
    ) {
        let workload = Workload { params, tokens: sequences * seq, seq, ..WORKLOAD };
        for format in [Format::Table, Format::Csv] {
            let text = print(systems[0], systems[1], &workload, checkpoint_s, format);
            let words = text.split(|c: char| !c.is_alphanumeric());
            let bad = words.filter(|word| ["inf", "NaN", "18446744073709551615"].contains(word));
            prop_assert_eq!(bad.count(), 0, "{}", text);
        }
    }
}

#[test]
fn records_carry_all_that_the_table_says() {
    let text = print("cloudmatrix-384", "cloudmatrix-384", &WORKLOAD, 60.0, Format::Json);
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["simulated"], true);
    assert_eq!(document["profiles"], serde_json::json!(["wire", "library"]));
    let records = document["records"].as_array().expect("an array");
    for section in [
        "about",
        "workload",
        "assumption",
        "modelled",
        "machine",
        "all-reduce",
        "training",
        "failures",
        "verdict",
        "flip",
        "not-modelled",
    ] {
        assert!(records.iter().any(|record| record["section"] == section), "no {section}");
    }
    // A machine against itself: the sides tell the records apart.
    for (index, record) in records.iter().enumerate() {
        assert!(!records[..index].contains(record), "{record}");
    }
    let lines = print("cloudmatrix-384", "cloudmatrix-384", &WORKLOAD, 60.0, Format::Jsonl);
    assert_eq!(lines.lines().count(), records.len());
}

#[test]
fn csv_has_nine_fields_a_line() {
    let text = print("cloudmatrix-384", "gb200-nvl72", &WORKLOAD, 60.0, Format::Csv);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut quoted = false;
        let commas = line.chars().filter(|c| {
            quoted ^= *c == '"';
            *c == ',' && !quoted
        });
        assert_eq!(commas.count(), 8, "{line}");
    }
}

#[test]
fn one_file_under_two_names_is_one_file() {
    assert!(same_file("Cargo.toml", "./Cargo.toml"));
    assert!(!same_file("Cargo.toml", "src/main.rs"));
    assert!(!same_file("dgx-h100", "dgx-h100"));
}
