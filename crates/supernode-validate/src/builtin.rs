//! The measured set inside the crate: `data/curves.csv` has one line a curve, with its source;
//! `data/rows.csv` one line a size, with the number of its curve. Sizes are in bytes, times in
//! microseconds, GB = 10^9 bytes (`nic_gbps` alone counts bits); empty is what the source did not
//! print.

use crate::csv::{OF_CURVE, OF_ROW, Table, curve, row};
use crate::{Curve, ReadError};

const CURVES: &str = include_str!("../data/curves.csv");
const ROWS: &str = include_str!("../data/rows.csv");

/// The built-in measured curves: real hardware, published by third parties, each with its source.
///
/// # Errors
/// None for the data as released; a changed file is refused like a user's.
pub fn builtin() -> Result<Vec<Curve>, ReadError> {
    let columns: Vec<&str> = OF_CURVE.into_iter().chain(["notes"]).collect();
    let table = Table::read(CURVES, &columns, &[])?;
    let mut curves = Vec::new();
    for record in table.records() {
        curves.push(curve(&record, record.text("notes"))?);
    }
    let columns: Vec<&str> = OF_ROW.into_iter().chain(["curve", "note"]).collect();
    let table = Table::read(ROWS, &columns, &[])?;
    for record in table.records() {
        let number: Option<usize> = record.text("curve").parse().ok();
        let owner = number.and_then(|number| curves.get_mut(number.checked_sub(1)?));
        let owner = owner.ok_or_else(|| record.refused("curve", "the number of a curve"))?;
        owner.rows.push(row(&record, record.text("note"))?);
    }
    Ok(curves)
}
