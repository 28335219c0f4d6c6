//! Rows as they were printed, and what is wrong with them: what makes a row of a curve, what is left
//! out, and when a whole file is refused.

mod arithmetic;
mod printed;
pub(crate) mod spikes;

use std::collections::BTreeMap;

use supernode_units::Time;

use crate::log::{Found, Notes, Remark};
use crate::row::MOST_BYTES;
use crate::{Curve, Place, Quality, ReadError, Row};
use arithmetic::Contradiction;
pub(crate) use printed::Printed;

/// One measurement as a log prints it.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) place: Place,
    pub(crate) bytes: u64,
    pub(crate) in_place: bool,
    /// In microseconds.
    pub(crate) time: Option<Printed>,
    /// In 10^9 bytes per second.
    pub(crate) algbw: Option<Printed>,
    /// In 10^9 bytes per second.
    pub(crate) busbw: Option<Printed>,
    /// Wrong elements.
    pub(crate) wrong: f64,
}

/// Makes the rows of a curve; none where all are left out. What is goes to `notes`.
pub(crate) fn fill(
    mut curve: Curve,
    cells: &[Cell],
    notes: &mut Notes,
) -> Result<Option<Found>, ReadError> {
    refuse_contradictions(&curve, cells)?;
    let mut places = Vec::new();
    let mut largest: BTreeMap<bool, u64> = BTreeMap::new();
    for cell in cells {
        let before = largest.get(&cell.in_place).copied();
        match row(&curve, cell, before) {
            Ok(row) => {
                largest.insert(cell.in_place, cell.bytes);
                curve.rows.push(row);
                places.push(cell.place);
            }
            Err(why) => {
                let side = if cell.in_place { "in-place" } else { "out-of-place" };
                notes.left_out.push(Remark { place: cell.place, what: format!("{side}: {why}") });
            }
        }
    }
    notes.remarks.extend(spikes::mark(&mut curve, &places));
    Ok((!curve.rows.is_empty()).then_some(Found { curve, places }))
}

/// Marks rows as suspect that contradict themselves, and refuses the curve where they are most rows.
/// Each cell belongs to the row of the same index.
pub(crate) fn audit(
    curve: &mut Curve,
    cells: &[Cell],
    remarks: &mut Vec<Remark>,
) -> Result<(), ReadError> {
    refuse_contradictions(curve, cells)?;
    for (index, cell) in cells.iter().enumerate() {
        let found = arithmetic::contradiction(curve, cell);
        if let (Some(found), Some(row)) = (found, curve.rows.get_mut(index)) {
            row.quality = Quality::Suspect;
            row.note = format!("arith: {}", found.what());
            remarks.push(Remark { place: cell.place, what: format!("suspect: {}", found.what()) });
        }
    }
    Ok(())
}

/// Refuses the file where more than half of the rows contradict themselves in the same way.
fn refuse_contradictions(curve: &Curve, cells: &[Cell]) -> Result<(), ReadError> {
    let found: Vec<(Place, Contradiction)> = cells
        .iter()
        .filter(|cell| sound(cell).is_ok() && !arithmetic::is_scaled(curve, cell))
        .filter_map(|cell| Some((cell.place, arithmetic::contradiction(curve, cell)?)))
        .collect();
    let factors = found.iter().filter(|(_, found)| matches!(found, Contradiction::Factor(_)));
    let factors = factors.count();
    for (count, factor) in [(factors, true), (found.len() - factors, false)] {
        let same = |(_, what): &&(Place, _)| matches!(what, Contradiction::Factor(_)) == factor;
        if let Some((place, what)) = found.iter().rfind(same)
            && count > 1
            && count * 2 > cells.len()
        {
            let (others, of, what) = (count - 1, cells.len(), what.what().to_owned());
            return Err(ReadError::Contradiction { place: *place, others, of, what });
        }
    }
    Ok(())
}

/// Whether the figures of a row can be at all.
fn sound(cell: &Cell) -> Result<(), String> {
    let figures = [("time", cell.time), ("algbw", cell.algbw), ("busbw", cell.busbw)];
    for (name, figure) in figures {
        let value = figure.map_or(1.0, |figure| figure.value);
        let zero = if name == "time" { value <= 0.0 } else { value < 0.0 };
        if zero || !value.is_finite() {
            return Err(format!("{name} {value} is impossible"));
        }
    }
    Ok(())
}

fn row(curve: &Curve, cell: &Cell, before: Option<u64>) -> Result<Row, String> {
    let bytes = cell.bytes;
    if bytes == 0 {
        return Err("a message of no bytes".to_owned());
    }
    if bytes > MOST_BYTES {
        return Err(format!("{bytes} bytes are more than 1 TiB"));
    }
    sound(cell)?;
    if cell.wrong > 0.0 || cell.wrong.is_nan() {
        return Err(format!("{} wrong elements", cell.wrong));
    }
    match before {
        Some(before) if before == bytes => return Err(format!("{bytes} bytes twice")),
        Some(before) if before > bytes => {
            return Err(format!("size goes back from {before} to {bytes}: another run?"));
        }
        _ => {}
    }
    let scaled = arithmetic::is_scaled(curve, cell);
    if !scaled && let Some(contradiction) = arithmetic::contradiction(curve, cell) {
        return Err(contradiction.what().to_owned());
    }
    let time = cell.time.map(|time| Time::from_secs_f64(time.value * 1e-6));
    if time == Some(Time::ZERO) || time == Some(Time::MAX) {
        return Err("a time that is no time".to_owned());
    }
    let algbw = if scaled { None } else { cell.algbw };
    Ok(Row {
        bytes: Some(bytes),
        in_place: cell.in_place,
        time,
        algbw: algbw.map(|rate| rate.value),
        busbw: cell.busbw.map(|rate| rate.value),
        quality: Quality::Ok,
        note: if scaled {
            "algbw left out: printed scaled as busbw".to_owned()
        } else {
            String::new()
        },
    })
}
