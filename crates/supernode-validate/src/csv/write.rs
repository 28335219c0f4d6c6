use std::borrow::Cow;
use std::fmt::Write;

use super::columns::{OF_CURVE, OF_ROW, OPTIONAL};
use supernode_units::Time;

use crate::Curve;

/// Writes curves so that [`crate::read_log`] reads the same ones.
pub fn write_csv(curves: &[Curve]) -> String {
    let header: Vec<&str> =
        OF_CURVE.into_iter().chain(OF_ROW).chain(["notes"]).chain(OPTIONAL).collect();
    let mut out = header.join(",") + "\n";
    for curve in curves {
        for (index, row) in curve.rows.iter().enumerate() {
            let notes = match (index, curve.notes.as_str(), row.note.as_str()) {
                (0, notes, "") => notes.to_owned(),
                (0, "", note) => note.to_owned(),
                (0, notes, note) => format!("{notes}; {note}"),
                (_, _, note) => note.to_owned(),
            };
            let fields = [
                curve.id.clone(),
                curve.source_url.clone(),
                curve.source_kind.clone(),
                curve.hardware.clone(),
                curve.chips.to_string(),
                shown(curve.nodes),
                shown(curve.chips_per_node),
                curve.scale_up.clone(),
                shown(curve.scale_up_rate.map(|rate| rate.bytes_per_s() as f64 / 1e9)),
                shown(curve.nics_per_node),
                shown(curve.nic_rate.map(|rate| rate.bytes_per_s() as f64 * 8.0 / 1e9)),
                curve.operation.to_string(),
                curve.algo.clone(),
                curve.proto.clone(),
                curve.library.clone(),
                curve.version.clone(),
                curve.dtype.clone(),
                u8::from(row.in_place).to_string(),
                shown(row.bytes),
                shown(row.time.map(Time::as_us_f64)),
                shown(row.algbw),
                shown(row.busbw),
                row.quality.name().to_owned(),
                notes,
                curve.launch.map_or("", |launch| launch.name()).to_owned(),
                curve.processes.map_or("", |processes| processes.name()).to_owned(),
            ];
            let line: Vec<Cow<'_, str>> = fields.iter().map(|field| quoted(field)).collect();
            let _ = writeln!(out, "{}", line.join(","));
        }
    }
    out
}

fn shown<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// The field, in quotes where it has to be.
fn quoted(field: &str) -> Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) || field.starts_with('#') {
        Cow::Owned(format!("\"{}\"", field.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(field)
    }
}
