//! Overrides from the command line: `--set pod.latency=3us`.

use std::str::FromStr;

use supernode_chip::Chip;
use supernode_units::{Confidence, Sourced, UnitError};
use toml::Spanned;

use crate::limits::{self, Limit};
use crate::suggest::nearest;
use crate::system::{KindName, LevelSpec, System, SystemKind};
use crate::validate::parse_oversubscription;
use crate::{Catalog, CatalogError};

/// Keys of a level that can be set.
const LEVEL_KEYS: [&str; 9] = [
    "bandwidth",
    "latency",
    "switch-latency",
    "fec-latency",
    "efficiency",
    "fan-out-loss",
    "in-switch",
    "oversubscription",
    "spread",
];
/// Totals of a system that can be set.
const SYSTEM_KEYS: [&str; 2] = ["power", "price"];
/// Name of the network that joins several of a system.
const SCALE_OUT: &str = "scale-out";
/// What a system without a scale-out network gets as soon as one of its values is set.
const SCALE_OUT_TABLE: &str = r#"
kind = "rail"
latency = { value = "1.5us..5us", source = "--set", confidence = "modelled", note = "no network is described; those of the catalog take 1.5 us (InfiniBand, one leaf) to 5 us (RoCE, several tiers)" }
"#;

impl Catalog {
    /// Sets `path` to `text` as if the catalog said so, with confidence `user`. Gives the id of the
    /// system or chip that it changed; after an error nothing has changed.
    ///
    /// The path is `[SYSTEM.]LEVEL.KEY`, `[SYSTEM.]power`, `[SYSTEM.]price` or `CHIP.TABLE.KEY`;
    /// without a system it means `system`.
    ///
    /// # Errors
    /// [`CatalogError::UnknownKey`] with the nearest keys, [`CatalogError::Set`] for a malformed
    /// value, [`CatalogError::Limit`] for one that no machine has.
    pub fn set(&mut self, system: &str, path: &str, text: &str) -> Result<String, CatalogError> {
        let default = self.system(system)?;
        let lower = path.to_ascii_lowercase();
        let limit = |limit: Limit| CatalogError::Limit {
            path: path.to_owned(),
            text: text.to_owned(),
            limit: limit.to_string(),
        };
        let malformed = |error| CatalogError::Set { path: path.to_owned(), error };
        let systems = self.systems.values().map(|system| (&system.id, &system.aliases, system));
        let chips = self.chips.values().map(|chip| (&chip.id, &chip.aliases, chip));
        let named = owner(&lower, systems);
        if named.is_none()
            && let Some((chip, key)) = owner(&lower, chips)
        {
            let mut chip = chip.clone();
            let done = chip.set(key, text);
            done.ok_or_else(|| unknown_key(path, &chip_keys(&chip.id)))?.map_err(malformed)?;
            if let Some((_, broken)) = limits::of_chip(&chip) {
                return Err(limit(broken));
            }
            let id = chip.id.clone();
            self.chips.insert(id.clone(), chip);
            return Ok(id);
        }
        let (system, key) = named.unwrap_or((default, &lower));
        let prefix = &lower[..lower.len() - key.len()];
        let mut system = system.clone();
        let done = set_in_system(&mut system, key, text);
        done.ok_or_else(|| unknown_key(path, &system_keys(&system, prefix)))?.map_err(malformed)?;
        let mut levels = system.levels.iter().chain(&system.scale_out);
        let in_level = levels.find_map(limits::of_level);
        if let Some((_, broken)) = in_level.or_else(|| limits::of_totals(&system.published)) {
            return Err(limit(broken));
        }
        let id = system.id.clone();
        self.systems.insert(id.clone(), system);
        Ok(id)
    }
}

/// The chip or system whose id or alias `path` starts with, and the rest; ids may hold dots, so
/// the longest name wins.
fn owner<'a, 'p, T>(
    path: &'p str,
    named: impl Iterator<Item = (&'a String, &'a Vec<String>, T)>,
) -> Option<(T, &'p str)> {
    named
        .filter_map(|(id, aliases, item)| {
            let rest = |name: &String| path.strip_prefix(name.as_str())?.strip_prefix('.');
            let rest =
                std::iter::once(id).chain(aliases).filter_map(rest).min_by_key(|r| r.len())?;
            Some((item, rest))
        })
        .min_by_key(|(_, rest)| rest.len())
}

fn unknown_key(path: &str, keys: &[String]) -> CatalogError {
    let nearest = nearest(path, keys.iter().map(String::as_str));
    CatalogError::UnknownKey { path: path.to_owned(), nearest }
}

/// Everything that can be set for `system`, named as the user does, and for its chip.
fn system_keys(system: &System, prefix: &str) -> Vec<String> {
    let mut keys: Vec<String> = SYSTEM_KEYS.map(|key| format!("{prefix}{key}")).to_vec();
    let grows = system.kind != SystemKind::Cluster || system.scale_out.is_some();
    for level in &system.levels {
        let known = LEVEL_KEYS.into_iter().filter(|key| has_key(level, key));
        keys.extend(known.map(|key| format!("{prefix}{}.{key}", level.name())));
    }
    if grows {
        // A network that is not described is one of rails.
        let known = |key: &&str| match &system.scale_out {
            Some(level) => has_key(level, key),
            None => *key != "spread",
        };
        let known = LEVEL_KEYS.into_iter().filter(known);
        keys.extend(known.map(|key| format!("{prefix}{SCALE_OUT}.{key}")));
    }
    keys.extend(chip_keys(system.chip_id()));
    keys
}

fn chip_keys(chip: &str) -> Vec<String> {
    Chip::keys().into_iter().map(|key| format!("{chip}.{key}")).collect()
}

fn set_in_system(system: &mut System, path: &str, text: &str) -> Option<Result<(), UnitError>> {
    match path {
        "power" => return Some(replace(&mut system.published.power, text)),
        "price" => return Some(replace(&mut system.published.price, text)),
        _ => {}
    }
    let (level, key) = path.split_once('.')?;
    // A cluster grows at its outermost level and has no use for a further network.
    if level == SCALE_OUT && system.scale_out.is_none() && system.kind != SystemKind::Cluster {
        system.scale_out = Some(toml::from_str(SCALE_OUT_TABLE).expect("the schema is kept"));
    }
    let mut levels = system.levels.iter_mut().chain(&mut system.scale_out);
    set_in_level(levels.find(|spec| spec.name() == level)?, key, text)
}

/// Whether a level has a key: those of leaf switches, and of uplinks to choose from, are not for all.
fn has_key(level: &LevelSpec, key: &str) -> bool {
    match (key, *level.kind.get_ref()) {
        ("oversubscription", kind) => matches!(kind, KindName::Clos | KindName::Rail),
        ("spread", kind) => kind == KindName::Clos,
        _ => true,
    }
}

fn set_in_level(level: &mut LevelSpec, key: &str, text: &str) -> Option<Result<(), UnitError>> {
    if !has_key(level, key) {
        return None;
    }
    Some(match key {
        "oversubscription" => oversubscribe(level, text),
        "spread" => text.parse().map(|spread| level.spread = spread),
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

fn oversubscribe(level: &mut LevelSpec, text: &str) -> Result<(), UnitError> {
    if parse_oversubscription(text).is_none() {
        return Err(UnitError::Malformed {
            text: text.to_owned(),
            what: "an oversubscription of at least 1:1",
            example: "2:1",
        });
    }
    level.oversubscription = Some(Spanned::new(0..0, text.to_owned()));
    Ok(())
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
