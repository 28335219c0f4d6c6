use super::{Found, Notes, Remark};
use crate::check::{Cell, Printed, audit};
use crate::{Place, ReadError, Row};

/// Reads comma-separated curves and holds their figures against each other. The quality of a row is
/// what the file says, unless it contradicts itself; a curve that does so in most rows is left out.
pub(super) fn read(text: &str, notes: &mut Notes) -> Result<Vec<Found>, ReadError> {
    let mut found = Vec::new();
    for (mut curve, lines) in crate::csv::read(text, notes)? {
        let places: Vec<Place> = lines.into_iter().map(Place::Line).collect();
        let cells: Vec<Cell> =
            curve.rows.iter().zip(&places).map(|(row, place)| cell(row, *place)).collect();
        match audit(&mut curve, &cells, &mut notes.remarks) {
            Ok(()) => found.push(Found { curve, places }),
            Err(error) => {
                let what = format!("curve `{}`: {error}", curve.id);
                let out = |place| Remark { place, what: what.clone() };
                notes.left_out.extend(places.into_iter().map(out));
            }
        }
    }
    Ok(found)
}

fn cell(row: &Row, place: Place) -> Cell {
    // Many sources round to two decimals, or to three digits.
    let figure = |value: f64| Printed { value, step: 0.005 + 0.01 * value };
    let known = row.bytes.is_some() && row.quality == crate::Quality::Ok;
    let rate = |value: Option<f64>| value.filter(|_| known).map(figure);
    let time = row.time.filter(|_| known).map(|time| Printed::exact(time.as_us_f64()));
    Cell {
        place,
        bytes: row.bytes.unwrap_or(0),
        in_place: row.in_place,
        time,
        algbw: rate(row.algbw),
        busbw: rate(row.busbw),
        wrong: 0.0,
    }
}
