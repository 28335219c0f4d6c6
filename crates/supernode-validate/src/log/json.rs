//! The document that nccl-tests writes with `-J FILE`. Numbers may be numbers or strings: the root is
//! a string, a rate that is none is `"nan"`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::command::Command;
use super::header::{Device, Header, Kind};
use super::nccl::version_of_code;
use super::settings::Settings;
use super::{Found, Given, Notes, Remark, name_apart};
use crate::check::{Cell, Printed, fill};
use crate::{Place, ReadError};

/// Reads the document.
pub(super) fn read(text: &str, given: &Given, notes: &mut Notes) -> Result<Vec<Found>, ReadError> {
    let document: Value =
        serde_json::from_str(text).map_err(|error| ReadError::Json { what: error.to_string() })?;
    if document.get("simulated").and_then(Value::as_bool) == Some(true) {
        return Err(ReadError::Simulated);
    }
    let results = document.get("results").and_then(Value::as_array);
    let results = results.ok_or(ReadError::Unrecognised)?;
    let header = header(&document);
    if document.get("average_bus_bandwidth").is_none() {
        let what = "`average_bus_bandwidth` is missing: the run did not end".to_owned();
        notes.remarks.push(Remark { place: Place::Result(results.len()), what });
    }
    let mut kinds: BTreeMap<Kind, Vec<(u64, Cell)>> = BTreeMap::new();
    for (index, result) in results.iter().enumerate() {
        let place = Place::Result(index + 1);
        match cells(result, place) {
            Ok((kind, cells)) => kinds.entry(kind).or_default().extend(cells),
            Err(what) => notes.left_out.push(Remark { place, what }),
        }
    }
    let mut curves = Vec::new();
    for (kind, cells) in kinds {
        let place = cells.first().map_or(Place::Result(1), |(_, cell)| cell.place);
        let curve = header.curve(given, &kind, &cells, place, notes)?;
        let cells: Vec<Cell> = cells.into_iter().map(|(_, cell)| cell).collect();
        curves.extend(fill(curve, &cells, notes)?);
    }
    name_apart(&mut curves);
    Ok(curves)
}

fn header(document: &Value) -> Header {
    let config = document.get("config").unwrap_or(&Value::Null);
    let count = |key: &str| whole(config.get(key)).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let words = |key: &str| document.get(key).and_then(Value::as_array).into_iter().flatten();
    let devices = document.get("devices").or_else(|| config.get("devices"));
    let devices = devices.and_then(Value::as_array).into_iter().flatten();
    let devices: Vec<Device> = devices.filter_map(device).collect();
    let version = whole(document.get("nccl_version")).and_then(version_of_code);
    let args: Vec<&str> = words("args").filter_map(Value::as_str).collect();
    let command = Command::read(&args.join(" "));
    let mut settings = Settings::default();
    for variable in words("env").filter_map(Value::as_str) {
        settings.read(Place::Result(1), variable);
    }
    let unmodelled = command.iter().flat_map(|command| command.unmodelled(Place::Result(1)));
    let unmodelled = unmodelled.collect();
    Header {
        operation: None,
        command,
        settings,
        unmodelled,
        threads: count("nthreads"),
        gpus: count("ngpus"),
        graph: count("graph") > 0,
        rccl: devices.iter().any(|device| device.name.contains("AMD")),
        version: version.unwrap_or_default(),
        devices,
    }
}

fn device(entry: &Value) -> Option<Device> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Device {
        rank: u32::try_from(whole(entry.get("rank"))?).ok()?,
        group: whole(entry.get("group")).and_then(|group| group.try_into().ok()).unwrap_or(0),
        host: text("hostname"),
        name: text("device_info"),
    })
}

/// The kind and the cells of one result. The error says why there are none.
fn cells(result: &Value, place: Place) -> Result<(Kind, Vec<(u64, Cell)>), String> {
    let bytes = whole(result.get("size")).ok_or("no `size` in bytes")?;
    let count = whole(result.get("count")).unwrap_or(0);
    let word = |key: &str| match result.get(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let kind = Kind { dtype: word("type"), redop: word("redop"), root: word("root") };
    let mut cells = Vec::new();
    for (key, in_place) in [("out_of_place", false), ("in_place", true)] {
        let Some(side) = result.get(key).filter(|side| side.is_object()) else { continue };
        if side.get("cpu_time").is_some() {
            return Err(format!("{key}: a CPU time (-C 1)"));
        }
        let figure = |name: &str| {
            let value = real(side.get(name)).ok_or_else(|| format!("{key}: no `{name}`"))?;
            Ok::<_, String>(Printed { step: 1e-6, ..Printed::exact(value) })
        };
        let cell = Cell {
            place,
            bytes,
            in_place,
            time: Some(figure("time")?),
            algbw: Some(figure("alg_bw")?),
            busbw: Some(figure("bus_bw")?),
            wrong: real(side.get("nwrong")).unwrap_or(0.0),
        };
        cells.push((count, cell));
    }
    if cells.is_empty() {
        Err("neither out_of_place nor in_place".to_owned())
    } else {
        Ok((kind, cells))
    }
}

fn whole(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_u64(),
    }
}

fn real(value: Option<&Value>) -> Option<f64> {
    match value? {
        Value::String(text) => text.trim().parse().ok(),
        number => number.as_f64(),
    }
}
