//! What the schema alone cannot say: sizes that multiply, kinds that have what they need, figures
//! that a machine can have, names that can be printed.

use supernode_chip::Chip;
use supernode_fabric::FabricError;

use crate::limits::Limit;
use crate::model::End;
use crate::place::Place;
use crate::system::{KindName, LevelSpec, SpreadName, System};
use crate::{CatalogError, limits};

/// Devices of one package.
const MAX_DEVICES: u32 = 1024;

/// Checks `chip`, the table at `place`.
pub(crate) fn chip(chip: &Chip, place: Place<'_>) -> Result<(), CatalogError> {
    ids(&chip.id, &chip.aliases, place)?;
    texts([("name", &chip.name), ("vendor", &chip.vendor), ("status", &chip.status)], place)?;
    if chip.dies == 0 {
        return Err(place.key("dies").invalid("a package has at least 1 die".to_owned()));
    }
    if !(1..=MAX_DEVICES).contains(&chip.devices) {
        let what = format!("a package has 1 to {MAX_DEVICES} devices, not {}", chip.devices);
        return Err(place.key("devices").invalid(what));
    }
    if chip.devices > 1 && chip.on_package.is_none() {
        let what = format!(
            "{} devices need a [chip.{}.on-package] table with `bandwidth` and `latency`",
            chip.devices, chip.id
        );
        return Err(place.key("devices").invalid(what));
    }
    possible(limits::of_chip(chip), place)
}

/// Checks `system`, the table at `place`, which is made of `chip`.
pub(crate) fn system(system: &System, chip: &Chip, place: Place<'_>) -> Result<(), CatalogError> {
    ids(&system.id, &system.aliases, place)?;
    texts([("name", &system.name), ("vendor", &system.vendor), ("status", &system.status)], place)?;
    measured_as(&system.measured_as, place.key("measured-as"))?;
    possible(limits::of_totals(&system.published), place.key("published"))?;
    let chips = place.key("chips");
    if system.levels.is_empty() {
        return Err(chips.invalid("a system needs at least one [[level]]".to_owned()));
    }
    let mut product = 1_u64;
    for (index, level) in system.levels.iter().enumerate() {
        let place = place.key("level").index(index);
        let Some(name) = &level.name else {
            return Err(place.key("kind").invalid("a level needs a `name`".to_owned()));
        };
        level_name(name, place.key("name"))?;
        if system.levels[..index].iter().any(|other| other.name() == name) {
            let what = format!("two levels are called `{name}`");
            return Err(place.key("name").invalid(what));
        }
        if level.size.is_none() {
            return Err(place.key("kind").invalid(format!("level `{name}` needs a `size`")));
        }
        if level.size() == 0 {
            let what = format!("level `{name}` has size 0; a level joins at least 1 child");
            return Err(place.key("size").invalid(what));
        }
        product = product.saturating_mul(u64::from(level.size()));
        check_level(level, place)?;
    }
    if product != u64::from(system.chips()) {
        let what = format!(
            "level sizes multiply to {product}, but `chips` is {}; make them equal",
            system.chips()
        );
        return Err(chips.invalid(what));
    }
    if system.network_cabinets.unwrap_or(0) > system.cabinets.unwrap_or(0) {
        let what = "`network-cabinets` are part of `cabinets` and cannot be more".to_owned();
        return Err(place.key("network-cabinets").invalid(what));
    }
    if let Some(level) = &system.scale_out {
        let place = place.key("scale-out");
        if level.name.is_some() || level.size.is_some() {
            let what = "a scale-out network has no `name` and no `size`".to_owned();
            return Err(place.key("kind").invalid(what));
        }
        check_level(level, place)?;
    }
    if product * u64::from(chip.devices) > u64::from(u32::MAX) {
        let limit = u32::MAX / chip.devices;
        return Err(chips.invalid(format!("at most {limit} chips `{}` can be joined", chip.id)));
    }
    compose(system, chip, place)
}

/// What only shows when all levels meet on a device: ports that are shared or add up.
fn compose(system: &System, chip: &Chip, place: Place<'_>) -> Result<(), CatalogError> {
    match system.fabric(chip, End::Best) {
        // A value that nobody published is an error only where it is needed.
        Ok(_) | Err(CatalogError::Missing { .. }) => Ok(()),
        Err(CatalogError::Fabric { error, .. }) => {
            let named = match &error {
                FabricError::SharedLinks { level, .. } | FabricError::NoBandwidth { level, .. } => {
                    system.levels.iter().position(|spec| spec.name() == level)
                }
                _ => None,
            };
            let level = |index| place.key("level").index(index);
            Err(named.map_or(place, level).invalid(error.to_string()))
        }
        Err(CatalogError::Ports { chip, sum, total, .. }) => {
            let what = format!(
                "the ports of the levels add up to {sum} a device, but chip `{chip}` has {total}; \
                 lower a `bandwidth`, let levels share a `port`, or describe a chip with wider ports"
            );
            Err(place.key("chip").invalid(what))
        }
        Err(error) => Err(place.invalid(error.to_string())),
    }
}

fn check_level(level: &LevelSpec, place: Place<'_>) -> Result<(), CatalogError> {
    let (name, kind) = (level.name(), *level.kind.get_ref());
    let clos = kind == KindName::Clos;
    let leaves = clos || kind == KindName::Rail;
    let meshed = matches!(kind, KindName::FullMesh | KindName::Torus);
    let stray = [
        ("dims", level.dims.is_some() && !meshed),
        ("tiers", level.tiers.is_some() && !clos),
        ("planes", level.planes.is_some() && !clos),
        ("leaf", level.leaf.is_some() && !leaves),
        ("oversubscription", level.oversubscription.is_some() && !leaves),
        ("spread", level.spread != SpreadName::default() && !clos),
        ("in-switch", !level.in_switch.value.is_unknown() && kind != KindName::Switch),
    ];
    if let Some((key, _)) = stray.into_iter().find(|(_, stray)| *stray) {
        let what = format!("level `{name}` is a {kind}, which has no `{key}`");
        return Err(place.key(key).invalid(what));
    }
    if level.tiers.is_some_and(|tiers| !(2..=3).contains(&tiers)) {
        let what = format!("level `{name}`: a clos has 2 or 3 tiers; one tier is a `switch`");
        return Err(place.key("tiers").invalid(what));
    }
    for (key, count) in [("planes", level.planes), ("leaf", level.leaf)] {
        if count == Some(0) {
            let what = format!("level `{name}` has `{key}` 0; write 1 or more");
            return Err(place.key(key).invalid(what));
        }
    }
    if kind == KindName::Torus && level.dims.is_none() {
        let what = format!("level `{name}` is a torus and needs `dims`");
        return Err(place.key("kind").invalid(what));
    }
    check_dims(level, place.key("dims"))?;
    if let Some(text) = &level.oversubscription
        && parse_oversubscription(text.get_ref()).is_none()
    {
        let what = format!("`{}` is no oversubscription; write it like `2:1`", text.get_ref());
        return Err(place.key("oversubscription").invalid(what));
    }
    possible(limits::of_level(level), place)
}

fn check_dims(level: &LevelSpec, place: Place<'_>) -> Result<(), CatalogError> {
    let Some(dims) = &level.dims else { return Ok(()) };
    let (name, dims) = (level.name(), dims.get_ref());
    if *level.kind.get_ref() == KindName::Torus && !(1..=3).contains(&dims.len()) {
        let what = format!("level `{name}` has {} dims; a torus has 1, 2 or 3", dims.len());
        return Err(place.invalid(what));
    }
    if dims.is_empty() || dims.contains(&0) {
        let what = format!("dims of level `{name}` are not all 1 or more");
        return Err(place.invalid(what));
    }
    let product = dims.iter().try_fold(1_u64, |all, dim| all.checked_mul(u64::from(*dim)));
    if product != Some(u64::from(level.size())) {
        let product = product.map_or_else(|| "more than 2^64".to_owned(), |p| p.to_string());
        let what = format!(
            "dims of level `{name}` multiply to {product}, but its size is {}",
            level.size()
        );
        return Err(place.invalid(what));
    }
    Ok(())
}

/// `2:1` as (down, up).
pub(crate) fn parse_oversubscription(text: &str) -> Option<(u32, u32)> {
    let (down, up) = text.split_once(':')?;
    let (down, up) = (down.trim().parse().ok()?, up.trim().parse().ok()?);
    (up > 0 && down >= up).then_some((down, up))
}

fn possible<K: AsRef<str>>(
    broken: Option<(K, Limit)>,
    place: Place<'_>,
) -> Result<(), CatalogError> {
    broken.map_or(Ok(()), |(key, limit)| {
        let key = key.as_ref();
        Err(place.path(key).invalid(format!("`{key}` {limit}")))
    })
}

/// Ids and aliases go into paths, CSV fields and comments.
fn ids(id: &str, aliases: &[String], place: Place<'_>) -> Result<(), CatalogError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let check = |id: &str, place: Place<'_>| {
        if !id.is_empty() && id.chars().all(allowed) {
            return Ok(());
        }
        let id = printable(id);
        Err(place.invalid(format!("`{id}` is no id; write it with a-z, 0-9, `-`, `.` and `_`")))
    };
    check(id, place)?;
    let places = (0..).map(|index| place.key("aliases").index(index));
    aliases.iter().zip(places).try_for_each(|(alias, place)| check(alias, place))
}

/// Each name is printed in a line of its own and stands for something once.
fn measured_as(names: &[String], place: Place<'_>) -> Result<(), CatalogError> {
    for (index, name) in names.iter().enumerate() {
        let place = place.index(index);
        if name.is_empty() || name.contains(char::is_control) {
            let what = "a name in `measured-as` is empty or has a control character".to_owned();
            return Err(place.invalid(what));
        }
        if names[..index].contains(name) {
            return Err(place.invalid(format!("`measured-as` lists `{name}` twice")));
        }
    }
    Ok(())
}

/// A level's name is one step of a path, and `scale-out` is taken.
fn level_name(name: &str, place: Place<'_>) -> Result<(), CatalogError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if name == "scale-out" {
        let what = "`scale-out` is the network between systems; call the level something else";
        return Err(place.invalid(what.to_owned()));
    }
    if name.is_empty() || !name.chars().all(allowed) {
        let name = printable(name);
        let what = format!("`{name}` is no level name; write it with a-z, 0-9, `-` and `_`");
        return Err(place.invalid(what));
    }
    Ok(())
}

/// A bad name as an error shows it, without its line breaks.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}

/// Texts that are printed within a line.
fn texts<const N: usize>(
    texts: [(&str, &String); N],
    place: Place<'_>,
) -> Result<(), CatalogError> {
    match texts.into_iter().find(|(_, text)| text.contains(char::is_control)) {
        Some((key, _)) => {
            let what = format!("`{key}` has a line break or another control character");
            Err(place.key(key).invalid(what))
        }
        None => Ok(()),
    }
}
