use std::collections::{BTreeMap, BTreeSet};

use super::columns::{OF_CURVE, OF_ROW, OPTIONAL};
use super::{Table, columns};
use crate::{Curve, ReadError};

/// Reads curves from comma-separated values, one line a row: the columns of the built-in set, found
/// by name in any order, all of them there. `launch` (`stream`, `graph`, `host`) and `processes`
/// (`per_device`, `per_node`, `threads`) may be added; without them the notes are searched.
///
/// The notes of a curve stand in its first row; notes of later rows, and what starts with `spike:` or
/// `arith:`, belong to the row.
///
/// # Errors
/// Names the line and what to do: a column is missing or unknown, a field cannot be read, rows of one
/// id disagree on their machine, a size stands twice.
pub fn read_csv(text: &str) -> Result<Vec<Curve>, ReadError> {
    Ok(read_with_lines(text)?.into_iter().map(|(curve, _)| curve).collect())
}

/// Reads curves, each with the lines of its rows.
pub(crate) fn read_with_lines(text: &str) -> Result<Vec<(Curve, Vec<usize>)>, ReadError> {
    let required: Vec<&str> = OF_CURVE.into_iter().chain(OF_ROW).chain(["notes"]).collect();
    let table = Table::read(text, &required, &OPTIONAL)?;
    let mut curves: Vec<(Curve, Vec<usize>)> = Vec::new();
    let mut firsts: Vec<Vec<String>> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sizes = BTreeSet::new();
    for record in table.records() {
        let id = record.text("curve_id");
        let place = places.get(id).copied().unwrap_or(curves.len());
        let (of_curve, of_row) = split_notes(record.text("notes"));
        let shared: Vec<String> =
            OF_CURVE.iter().chain(&OPTIONAL).map(|name| record.text(name).to_owned()).collect();
        let note = match firsts.get(place) {
            None => {
                places.insert(id.to_owned(), place);
                curves.push((columns::curve(&record, &of_curve)?, Vec::new()));
                firsts.push(shared);
                of_row
            }
            Some(first) => {
                let names = OF_CURVE.iter().chain(&OPTIONAL);
                let differs = names.zip(first.iter().zip(&shared)).find(|(_, (a, b))| a != b);
                if let Some((column, _)) = differs {
                    let id = id.to_owned();
                    return Err(ReadError::Differs { line: record.line, id, column });
                }
                record.text("notes").to_owned()
            }
        };
        let row = columns::row(&record, &note)?;
        if let Some(bytes) = row.bytes
            && !sizes.insert((place, bytes, row.in_place))
        {
            return Err(ReadError::Repeated { line: record.line, id: id.to_owned(), bytes });
        }
        if let Some((curve, lines)) = curves.get_mut(place) {
            curve.rows.push(row);
            lines.push(record.line);
        }
    }
    Ok(curves)
}

/// Parts notes into those of the curve and those of the row.
fn split_notes(notes: &str) -> (String, String) {
    let of_row = |part: &&str| part.starts_with("spike:") || part.starts_with("arith:");
    let (row, curve): (Vec<&str>, Vec<&str>) = notes.split("; ").partition(of_row);
    (curve.join("; "), row.join("; "))
}
