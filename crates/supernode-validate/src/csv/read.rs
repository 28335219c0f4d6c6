use std::collections::{BTreeMap, BTreeSet};

use super::columns::{OF_CURVE, OF_ROW, OPTIONAL};
use super::{Record, Table, columns};
use crate::log::{Notes, Remark};
use crate::{Curve, Place, ReadError};

/// What was read so far.
#[derive(Default)]
struct Reading {
    /// Curves, each with the lines of its rows.
    curves: Vec<(Curve, Vec<usize>)>,
    /// What each curve's first record says of the whole curve.
    firsts: Vec<Vec<String>>,
    places: BTreeMap<String, usize>,
    sizes: BTreeSet<(usize, u64, bool)>,
}

/// Reads curves from comma-separated values, one line a row, each curve with the lines of its rows:
/// the columns of the built-in set, found by name in any order, all of them there. `launch`
/// (`stream`, `graph`, `host`) and `processes` (`per_device`, `per_node`, `threads`) may be added;
/// without them the notes are searched. Rows that cannot be read are left out.
///
/// The notes of a curve stand in its first row; notes of later rows, and what starts with `spike:` or
/// `arith:`, belong to the row.
///
/// The error is one of the header: a column is missing or unknown.
pub(crate) fn read(text: &str, notes: &mut Notes) -> Result<Vec<(Curve, Vec<usize>)>, ReadError> {
    let required: Vec<&str> = OF_CURVE.into_iter().chain(OF_ROW).chain(["notes"]).collect();
    let table = Table::read(text, &required, &OPTIONAL)?;
    let mut reading = Reading::default();
    for (line, record) in table.records() {
        let added = record.map_err(str::to_owned).and_then(|record| reading.add(line, &record));
        if let Err(what) = added {
            notes.left_out.push(Remark { place: Place::Line(line), what });
        }
    }
    reading.curves.retain(|(curve, _)| !curve.rows.is_empty());
    Ok(reading.curves)
}

impl Reading {
    fn add(&mut self, line: usize, record: &Record<'_>) -> Result<(), String> {
        let id = record.text("curve_id");
        let place = self.places.get(id).copied().unwrap_or(self.curves.len());
        let (of_curve, of_row) = split_notes(record.text("notes"));
        let names = OF_CURVE.iter().chain(&OPTIONAL);
        let shared: Vec<String> = names.clone().map(|name| record.text(name).to_owned()).collect();
        let note = match self.firsts.get(place) {
            None => {
                self.curves.push((columns::curve(record, &of_curve)?, Vec::new()));
                self.places.insert(id.to_owned(), place);
                self.firsts.push(shared);
                of_row
            }
            Some(first) => {
                let mut fields = names.zip(first.iter().zip(&shared));
                if let Some((column, _)) = fields.find(|(_, (a, b))| a != b) {
                    return Err(format!(
                        "`{column}` differs from the first row of curve `{id}`; use another id"
                    ));
                }
                record.text("notes").to_owned()
            }
        };
        let row = columns::row(record, &note)?;
        if let Some(bytes) = row.bytes
            && !self.sizes.insert((place, bytes, row.in_place))
        {
            return Err(format!(
                "curve `{id}` has {bytes} bytes twice; remove one or use another id"
            ));
        }
        let (curve, lines) = &mut self.curves[place];
        curve.rows.push(row);
        lines.push(line);
        Ok(())
    }
}

/// Parts notes into those of the curve and those of the row.
fn split_notes(notes: &str) -> (String, String) {
    let of_row = |part: &&str| part.starts_with("spike:") || part.starts_with("arith:");
    let (row, curve): (Vec<&str>, Vec<&str>) = notes.split("; ").partition(of_row);
    (curve.join("; "), row.join("; "))
}
