//! Rows that are slower than larger sizes: a hiccup of the machine, or of the benchmark.

use std::collections::BTreeMap;

use supernode_units::Time;

use crate::log::Remark;
use crate::{Curve, Place, Quality};

const NOTE: &str = "spike: slower than a larger size";
const WHAT: &str = "bytes are slower than 1.3 times a larger size: suspect";

/// Marks rows as suspect that are slower than 1.3 times a larger size in the same place, and names
/// them.
pub(crate) fn mark(curve: &mut Curve, places: &[Place]) -> Vec<Remark> {
    let mut fastest = BTreeMap::new();
    let mut remarks = Vec::new();
    for (row, place) in curve.rows.iter_mut().zip(places).rev() {
        let (Some(bytes), Some(time)) = (row.bytes, row.time) else { continue };
        let least = fastest.entry(row.in_place).or_insert(Time::MAX);
        if time.as_secs_f64() > 1.3 * least.as_secs_f64() {
            row.quality = Quality::Suspect;
            NOTE.clone_into(&mut row.note);
            remarks.push(Remark { place: *place, what: format!("{bytes} {WHAT}") });
        }
        *least = time.min(*least);
    }
    remarks.reverse();
    remarks
}

/// Marks the rows of curves anew, those that were left out forgotten: a time that is far too short
/// makes all before it look slow.
pub(crate) fn mark_again(curves: &mut [Curve], places: &[Vec<Place>], remarks: &mut Vec<Remark>) {
    remarks.retain(|remark| !remark.what.ends_with(WHAT));
    for (curve, places) in curves.iter_mut().zip(places) {
        for row in curve.rows.iter_mut().filter(|row| row.note == NOTE) {
            row.quality = Quality::Ok;
            row.note.clear();
        }
        remarks.extend(mark(curve, places));
    }
}
