use super::Notes;
use crate::check::{Cell, Printed, audit};
use crate::csv::read_with_lines;
use crate::{Curve, Place, ReadError, Row};

/// Reads comma-separated curves and holds their figures against each other. The quality of a row is
/// what the file says, unless it contradicts itself.
pub(super) fn read(text: &str, notes: &mut Notes) -> Result<Vec<Curve>, ReadError> {
    let mut curves = Vec::new();
    for (mut curve, lines) in read_with_lines(text)? {
        let cells: Vec<Cell> =
            curve.rows.iter().zip(lines).map(|(row, line)| cell(row, Place::Line(line))).collect();
        audit(&mut curve, &cells, &mut notes.remarks)?;
        curves.push(curve);
    }
    Ok(curves)
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
