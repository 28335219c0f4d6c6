//! What the columns of a file of measured curves mean.

use supernode_units::{Bandwidth, Time};

use super::Record;
use crate::launch::{launch_of, processes_of};
use crate::row::MOST_BYTES;
use crate::{Curve, Launch, Processes, Quality, Row};

/// Columns that hold for a whole curve.
pub(crate) const OF_CURVE: [&str; 17] = [
    "curve_id",
    "source_url",
    "source_kind",
    "hardware",
    "chips_total",
    "nodes",
    "chips_per_node",
    "scale_up",
    "scale_up_gbps_per_dir_per_chip",
    "nic_per_node",
    "nic_gbps",
    "collective",
    "algo",
    "proto",
    "library",
    "version",
    "dtype",
];

/// Columns of a row, but for its note.
pub(crate) const OF_ROW: [&str; 6] =
    ["in_place", "size_bytes", "time_us", "algbw_gbps", "busbw_gbps", "quality"];

/// Columns that say what the notes may tell, too.
pub(crate) const OPTIONAL: [&str; 2] = ["launch", "processes"];

/// The curve that a record describes, without rows.
pub(crate) fn curve(record: &Record<'_>, notes: &str) -> Result<Curve, String> {
    let text = |column| record.text(column).to_owned();
    let count = |column| record.given(column, "a number above zero", positive);
    let id = text("curve_id");
    if id.is_empty() {
        return Err(record.refused("curve_id", "the name of a curve"));
    }
    let named = |column, expected| {
        let read = |text: &str| Some(text.to_owned());
        record.given(column, expected, read)
    };
    let launch = named("launch", "a launch mode")?
        .map(|name| Launch::ALL.into_iter().find(|launch| launch.name() == name))
        .map(|launch| launch.ok_or_else(|| record.refused("launch", "stream, graph or host")));
    let processes = named("processes", "an arrangement")?
        .map(|name| Processes::ALL.into_iter().find(|processes| processes.name() == name))
        .map(|found| {
            found.ok_or_else(|| record.refused("processes", "per_device, per_node or threads"))
        });
    let library = text("library");
    Ok(Curve {
        chips: count("chips_total")?
            .ok_or_else(|| record.refused("chips_total", "a number above zero"))?,
        nodes: count("nodes")?,
        chips_per_node: count("chips_per_node")?,
        scale_up: text("scale_up"),
        scale_up_rate: record.given(
            "scale_up_gbps_per_dir_per_chip",
            "a rate in 10^9 bytes per second",
            |text| Some(Bandwidth::new((number(text)? * 1e9).round() as u64)),
        )?,
        nics_per_node: count("nic_per_node")?,
        nic_rate: record.given("nic_gbps", "a rate in 10^9 bits per second", |text| {
            Some(Bandwidth::new((number(text)? * 1e9 / 8.0).round() as u64))
        })?,
        operation: record
            .text("collective")
            .parse()
            .map_err(|_| record.refused("collective", "an operation, such as all_reduce"))?,
        algo: text("algo"),
        proto: text("proto"),
        version: text("version"),
        dtype: text("dtype"),
        source_url: text("source_url"),
        source_kind: text("source_kind"),
        hardware: text("hardware"),
        launch: launch.transpose()?.or_else(|| launch_of(&id, notes, &library)),
        processes: processes.transpose()?.or_else(|| processes_of(notes)),
        notes: notes.to_owned(),
        rows: Vec::new(),
        id,
        library,
    })
}

/// The row that a record describes.
pub(crate) fn row(record: &Record<'_>, note: &str) -> Result<Row, String> {
    let rate = |column| record.given(column, "a rate in 10^9 bytes per second", number);
    let whether = |text: &str| match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    let quality = |text: &str| {
        [Quality::Ok, Quality::Suspect].into_iter().find(|quality| quality.name() == text)
    };
    Ok(Row {
        bytes: record.given("size_bytes", "a number of bytes from 1 to 1 TiB", |text| {
            text.parse().ok().filter(|bytes| (1..=MOST_BYTES).contains(bytes))
        })?,
        in_place: record
            .given("in_place", "0 or 1", whether)?
            .ok_or_else(|| record.refused("in_place", "0 or 1"))?,
        time: record.given("time_us", "a time in microseconds above zero", |text| {
            let time = Time::from_secs_f64(number(text)? * 1e-6);
            (time > Time::ZERO && time < Time::MAX).then_some(time)
        })?,
        algbw: rate("algbw_gbps")?,
        busbw: rate("busbw_gbps")?,
        quality: record
            .given("quality", "ok or suspect", quality)?
            .ok_or_else(|| record.refused("quality", "ok or suspect"))?,
        note: note.to_owned(),
    })
}

/// A finite number that is not negative.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

fn positive(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number > 0)
}
