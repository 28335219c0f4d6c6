//! The chip that both machines have: its ranges are at one and the same end on both sides.

use supernode_catalog::End;
use supernode_chip::Chip;
use supernode_units::{Precision, Sourced, Value};

/// `chip` with every range that a training step depends on at its bad and at its good end; itself
/// where it has none.
pub(crate) fn ends(chip: &Chip, precision: Precision) -> Vec<Chip> {
    let [bad, good] = [End::Worst, End::Best].map(|end| pinned(chip, precision, end));
    match (bad, good) {
        (Some(bad), Some(good)) => vec![bad, good],
        _ => vec![chip.clone()],
    }
}

/// `None` if there is nothing to pin.
fn pinned(chip: &Chip, precision: Precision, end: End) -> Option<Chip> {
    let mut chip = chip.clone();
    let mut ranges = false;
    let high = end == End::Best;
    ranges |= pin(chip.compute.at_mut(precision), high);
    ranges |= pin(&mut chip.memory.bandwidth, high);
    ranges |= pin(&mut chip.engines.reduce, high);
    ranges |= pin(&mut chip.engines.copy, high);
    if let Some(link) = &mut chip.on_package {
        ranges |= pin(&mut link.bandwidth, high);
        ranges |= pin(&mut link.latency, !high);
    }
    ranges.then_some(chip)
}

/// Takes one end of a range; whether it was one.
fn pin<T: Copy>(value: &mut Sourced<T>, high: bool) -> bool {
    let Value::Range(low, top) = value.value else { return false };
    value.value = Value::Point(if high { top } else { low });
    true
}
