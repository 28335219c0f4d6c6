//! What was never measured: the first thing to read.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Bench, Operation};

const NEVER: &str = "\
## What was never measured

- **No all-reduce sweep of any Ascend pod exists in public.** Neither a CloudMatrix 384 nor any Atlas
  SuperPoD was ever measured by size and ranks where others can read it. What the built-in set has of
  Ascend are transfers between two, a few sizes within one server and expert-parallel exchanges; the
  constants of the HCCL profile are those of its own selector, and nothing here was fitted on
  them. The weak side's figures carry ranges for that reason, and a verdict that depends on them says
  so.
- **Nothing of GB300, Rubin, MI400 or later.** They follow from their relatives: the architecture's
  constants, or what all architectures have in common.
- **No machine of more than 64 nodes.** Larger ones are extrapolated, and so are congestion and
  failures there.
- **No reduction in an InfiniBand switch on more than 8 nodes, and no TCPX cloud.** Few rows say at once
  which process launched what, on which version, with which NICs: what a source does not say is taken
  to be usual.
";

/// The section, with the chips that have rows and no prediction.
pub fn never(bench: &Bench<'_>) -> String {
    let predicted: BTreeSet<&str> =
        bench.cases.iter().map(|case| bench.curves[case.curve].family()).collect();
    let mut silent: BTreeMap<&str, (usize, BTreeSet<Operation>)> = BTreeMap::new();
    for curve in bench.curves.iter().filter(|curve| !predicted.contains(curve.family())) {
        let entry = silent.entry(curve.family()).or_default();
        entry.0 += curve.rows.len();
        entry.1.insert(curve.operation);
    }
    let list = silent.iter().map(|(family, (rows, operations))| {
        let operations: Vec<&str> = operations.iter().map(|operation| operation.name()).collect();
        format!("{family} ({rows} rows: {})", operations.join(", "))
    });
    let list: Vec<String> = list.collect();
    format!(
        "{NEVER}- **Measured, but not predicted**, as no profile covers what ran: {}.\n",
        list.join("; ")
    )
}
