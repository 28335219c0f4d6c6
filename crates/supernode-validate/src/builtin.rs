//! The measured set inside the crate: `data/curves.csv` has one line a curve, with its source;
//! `data/rows.csv` one line a size, with the number of its curve. Sizes are in bytes, times in
//! microseconds, GB = 10^9 bytes (`nic_gbps` alone counts bits); empty is what the source did not
//! print.

use crate::csv::{OF_CURVE, OF_ROW, Record, Table, curve, row};
use crate::{Curve, Place, ReadError};

const CURVES: &str = include_str!("../data/curves.csv");
const ROWS: &str = include_str!("../data/rows.csv");

/// The built-in measured curves: real hardware, published by third parties, each with its source.
///
/// # Errors
/// None for the data as released; in a changed file a row that cannot be read is an error.
pub fn builtin() -> Result<Vec<Curve>, ReadError> {
    let columns: Vec<&str> = OF_CURVE.into_iter().chain(["notes"]).collect();
    let table = Table::read(CURVES, &columns, &[])?;
    let mut curves = Vec::new();
    for (line, record) in table.records() {
        let curve = record.map_err(str::to_owned).and_then(|r| curve(&r, r.text("notes")));
        curves.push(curve.map_err(|what| malformed(line, what))?);
    }
    let columns: Vec<&str> = OF_ROW.into_iter().chain(["curve", "note"]).collect();
    let table = Table::read(ROWS, &columns, &[])?;
    for (line, record) in table.records() {
        let added = record.map_err(str::to_owned).and_then(|record| add(&mut curves, &record));
        added.map_err(|what| malformed(line, what))?;
    }
    Ok(curves)
}

/// Adds the row that a record describes to its curve.
fn add(curves: &mut [Curve], record: &Record<'_>) -> Result<(), String> {
    let number: Option<usize> = record.text("curve").parse().ok();
    let owner = number.and_then(|number| curves.get_mut(number.checked_sub(1)?));
    let owner = owner.ok_or_else(|| record.refused("curve", "the number of a curve"))?;
    owner.rows.push(row(record, record.text("note"))?);
    Ok(())
}

fn malformed(line: usize, what: String) -> ReadError {
    ReadError::Malformed { place: Place::Line(line), what }
}
