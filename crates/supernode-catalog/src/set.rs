//! Overrides from the command line: `--set pod.latency=3us`.

use std::str::FromStr;

use supernode_chip::Chip;
use supernode_units::{Confidence, Sourced, UnitError};

use crate::suggest::nearest;
use crate::system::{LevelSpec, System};
use crate::{Catalog, CatalogError};

/// Keys of a level that can be set.
const LEVEL_KEYS: [&str; 7] = [
    "bandwidth",
    "latency",
    "switch-latency",
    "fec-latency",
    "efficiency",
    "fan-out-loss",
    "in-switch",
];
/// Totals of a system that can be set.
const SYSTEM_KEYS: [&str; 2] = ["power", "price"];

impl Catalog {
    /// Sets `path` to `text` as if the catalog said so, with confidence `user`.
    ///
    /// The path is `[SYSTEM.]LEVEL.KEY`, `[SYSTEM.]power`, `[SYSTEM.]price` or `CHIP.TABLE.KEY`;
    /// without a system it means `system`.
    ///
    /// # Errors
    /// [`CatalogError::UnknownKey`] with the nearest keys, [`CatalogError::Set`] for a bad value.
    pub fn set(&mut self, system: &str, path: &str, text: &str) -> Result<(), CatalogError> {
        let default = self.system(system)?.id.clone();
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let done = if let Ok(named) = self.system(first).map(|system| system.id.clone()) {
            self.systems.get_mut(&named).and_then(|system| set_in_system(system, rest, text))
        } else if let Ok(named) = self.chip(first).map(|chip| chip.id.clone()) {
            self.chips.get_mut(&named).and_then(|chip| chip.set(rest, text))
        } else {
            self.systems.get_mut(&default).and_then(|system| set_in_system(system, path, text))
        };
        let Some(result) = done else {
            let keys = self.keys(&default);
            let nearest = nearest(path, keys.iter().map(String::as_str));
            return Err(CatalogError::UnknownKey { path: path.to_owned(), nearest });
        };
        result.map_err(|error| CatalogError::Set { path: path.to_owned(), error })
    }

    /// Everything that can be set for `system` and its chip.
    fn keys(&self, system: &str) -> Vec<String> {
        let Some(system) = self.systems.get(system) else { return Vec::new() };
        let mut keys: Vec<String> = SYSTEM_KEYS.map(str::to_owned).to_vec();
        for level in system.levels.iter().chain(&system.scale_out) {
            keys.extend(LEVEL_KEYS.map(|key| format!("{}.{key}", level.name())));
        }
        let chip = system.chip_id();
        keys.extend(Chip::keys().into_iter().map(|key| format!("{chip}.{key}")));
        keys
    }
}

fn set_in_system(system: &mut System, path: &str, text: &str) -> Option<Result<(), UnitError>> {
    match path {
        "power" => return Some(replace(&mut system.published.power, text)),
        "price" => return Some(replace(&mut system.published.price, text)),
        _ => {}
    }
    let (level, key) = path.split_once('.')?;
    let mut levels = system.levels.iter_mut().chain(&mut system.scale_out);
    set_in_level(levels.find(|spec| spec.name() == level)?, key, text)
}

fn set_in_level(level: &mut LevelSpec, key: &str, text: &str) -> Option<Result<(), UnitError>> {
    Some(match key {
        "bandwidth" => replace(&mut level.bandwidth, text),
        "latency" => replace(&mut level.latency, text),
        "switch-latency" => replace(&mut level.switch_latency, text),
        "fec-latency" => replace(&mut level.fec_latency, text),
        "efficiency" => replace(&mut level.efficiency, text),
        "fan-out-loss" => replace(&mut level.fan_out_loss, text),
        "in-switch" => replace(&mut level.in_switch, text),
        _ => return None,
    })
}

fn replace<T>(value: &mut Sourced<T>, text: &str) -> Result<(), UnitError>
where
    T: FromStr<Err = UnitError> + PartialOrd,
{
    *value = Sourced {
        value: text.parse()?,
        source: Some("--set".to_owned()),
        confidence: Some(Confidence::User),
        note: None,
    };
    Ok(())
}
