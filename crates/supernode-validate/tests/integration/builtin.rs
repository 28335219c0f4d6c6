use std::collections::{BTreeMap, BTreeSet};

use supernode_validate::{Curve, Launch, Processes, Quality, Row, Unfit, builtin};

fn rows(curves: &[Curve]) -> impl Iterator<Item = (&Curve, &Row)> {
    curves.iter().flat_map(|curve| curve.rows.iter().map(move |row| (curve, row)))
}

#[test]
fn all_curves_and_rows_are_there() {
    let curves = builtin().unwrap();
    assert_eq!((curves.len(), rows(&curves).count()), (375, 6_223));
    let suspect = rows(&curves).filter(|(_, row)| row.quality == Quality::Suspect).count();
    assert_eq!(suspect, 700);
    let ids: BTreeSet<&str> = curves.iter().map(|curve| curve.id.as_str()).collect();
    assert_eq!(ids.len(), curves.len());
    assert!(curves.iter().all(|curve| !curve.source_url.is_empty() && !curve.rows.is_empty()));
}

#[test]
fn sizes_are_unique_and_grow() {
    for curve in builtin().unwrap() {
        for in_place in [false, true] {
            let rows = curve.rows.iter().filter(|row| row.in_place == in_place);
            let sizes: Vec<u64> = rows.filter_map(|row| row.bytes).collect();
            assert!(sizes.is_sorted_by(|a, b| a < b), "{}", curve.id);
        }
    }
}

/// Printed figures have two decimals at least where they are small.
#[test]
fn rows_that_are_ok_follow_arithmetic() {
    let curves = builtin().unwrap();
    let mut checked = 0;
    for (curve, row) in rows(&curves).filter(|(_, row)| row.quality == Quality::Ok) {
        let name = format!("{} {:?}", curve.id, row.bytes);
        let factor = curve.operation.busbw_factor(curve.chips);
        if let (Some(bytes), Some(time), Some(algbw)) = (row.bytes, row.time, row.algbw) {
            let computed = bytes as f64 / time.as_secs_f64() / 1e9;
            assert!((computed - algbw).abs() <= 0.0051 + 0.02 * algbw, "{name}");
            checked += 1;
        }
        if let (Some(algbw), Some(busbw)) = (row.algbw, row.busbw) {
            let rounding = 0.0051 + factor * 0.0051 + 0.01 * busbw;
            assert!((algbw * factor - busbw).abs() <= rounding, "{name}");
        }
    }
    assert_eq!(checked, 4_844);
}

#[test]
fn what_is_not_for_fitting_is_marked() {
    let curves = builtin().unwrap();
    let mut counts = BTreeMap::new();
    for (curve, row) in rows(&curves) {
        *counts.entry(curve.unfit(row)).or_insert(0) += 1;
    }
    let expected = [
        (None, 4_876),
        (Some(Unfit::Timeless), 58),
        (Some(Unfit::Suspect), 700),
        (Some(Unfit::Peak), 26),
        (Some(Unfit::Derived), 563),
    ];
    assert_eq!(counts, expected.into_iter().collect());
}

#[test]
fn conditions_are_read_from_notes() {
    let curves = builtin().unwrap();
    let find = |id: &str| curves.iter().find(|curve| curve.id == id).unwrap();
    let graph = find("mi300x-1n8g-all_reduce-rocmblog-graph");
    assert_eq!(graph.launch, Some(Launch::Graph));
    assert_eq!(find("mi300x-1n8g-all_reduce-rocmblog").launch, Some(Launch::Stream));
    assert_eq!(find("xla-sm90-1x8g-all_reduce").launch, Some(Launch::Host));
    assert_eq!(find("aicustom-a100_sxm-2g-all_reduce-trtllm").launch, Some(Launch::Graph));
    let threads = find("aic-a100_sxm-2g-all_reduce-2.27.3");
    assert_eq!(
        (threads.launch, threads.processes),
        (Some(Launch::Stream), Some(Processes::Threads))
    );
    assert_eq!(threads.source(), "https://github.com/ai-dynamo/aiconfigurator");
    assert_eq!(find("a100-1n8g-all_reduce-superbench").processes, Some(Processes::PerNode));
}
