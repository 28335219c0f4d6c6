//! The chips and systems by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use supernode_chip::Chip;

use crate::CatalogError;
use crate::files::FILES;
use crate::place::{Source, malformed};
use crate::suggest::nearest;
use crate::system::System;
use crate::validate;

/// Chips and systems, built in or from a user's file.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    pub(crate) chips: BTreeMap<String, Chip>,
    pub(crate) systems: BTreeMap<String, System>,
}

/// The top level of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    chip: BTreeMap<String, Chip>,
    #[serde(default)]
    system: BTreeMap<String, System>,
}

impl Catalog {
    /// The built-in catalog.
    ///
    /// # Errors
    /// Never for a released crate: its tests load every file.
    pub fn builtin() -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        for (file, text) in FILES {
            catalog.add(file, text)?;
        }
        Ok(catalog)
    }

    /// Adds the chips and systems of a file; gives the ids of its systems.
    ///
    /// # Errors
    /// When the text is malformed, describes something impossible, or names something twice. The
    /// message shows file, line and column.
    pub fn add(&mut self, file: &str, text: &str) -> Result<Vec<String>, CatalogError> {
        let source = Source::parse(file, text)?;
        let parsed: File = toml::from_str(text).map_err(|error| malformed(file, error))?;
        for (id, mut chip) in parsed.chip {
            let place = source.table("chip", &id);
            let names = chip.aliases.iter().chain([&id]);
            if let Some(name) = names.into_iter().find(|name| self.find_chip(name).is_some()) {
                return Err(place.invalid(format!("a chip called `{name}` exists already")));
            }
            chip.id.clone_from(&id);
            validate::chip(&chip, place)?;
            chip.inherit();
            self.chips.insert(id, chip);
        }
        let mut added = Vec::new();
        for (id, mut system) in parsed.system {
            let place = source.table("system", &id);
            let names = system.aliases.iter().chain([&id]);
            if let Some(name) = names.into_iter().find(|name| self.find_system(name).is_some()) {
                return Err(place.invalid(format!("a system called `{name}` exists already")));
            }
            system.id.clone_from(&id);
            let chip = self.chip(system.chip_id());
            let chip = chip.map_err(|error| place.key("chip").invalid(error.to_string()))?;
            validate::system(&system, chip, place)?;
            let taken = system.measured_as.iter().enumerate().find_map(|(index, hardware)| {
                self.measured_as(hardware).map(|other| (index, hardware, &other.id))
            });
            if let Some((index, hardware, other)) = taken {
                let what = format!("`{other}` stands for the measurements of `{hardware}` already");
                return Err(place.key("measured-as").index(index).invalid(what));
            }
            system.inherit();
            self.systems.insert(id.clone(), system);
            added.push(id);
        }
        Ok(added)
    }

    fn find_chip(&self, name: &str) -> Option<&Chip> {
        let called = |chip: &&Chip| is_called(name, &chip.id, &chip.aliases);
        self.chips.get(name).or_else(|| self.chips.values().find(called))
    }

    fn find_system(&self, name: &str) -> Option<&System> {
        let called = |system: &&System| is_called(name, &system.id, &system.aliases);
        self.systems.get(name).or_else(|| self.systems.values().find(called))
    }

    /// The chip called `name`, in capitals or not.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] with the nearest names.
    pub fn chip(&self, name: &str) -> Result<&Chip, CatalogError> {
        self.find_chip(name).ok_or_else(|| {
            let aliases = self.chips.values().flat_map(|chip| &chip.aliases);
            let names = self.chips.keys().chain(aliases).map(String::as_str);
            CatalogError::Unknown {
                kind: "chip",
                name: name.to_owned(),
                nearest: nearest(name, names),
            }
        })
    }

    /// The system called `name`, in capitals or not.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] with the nearest names.
    pub fn system(&self, name: &str) -> Result<&System, CatalogError> {
        self.find_system(name).ok_or_else(|| {
            let aliases = self.systems.values().flat_map(|system| &system.aliases);
            let names = self.systems.keys().chain(aliases).map(String::as_str);
            CatalogError::Unknown {
                kind: "system",
                name: name.to_owned(),
                nearest: nearest(name, names),
            }
        })
    }

    /// The system that stands for `hardware`, as a published measurement calls it.
    pub fn measured_as(&self, hardware: &str) -> Option<&System> {
        let stands = |system: &&System| system.measured_as.iter().any(|name| name == hardware);
        self.systems.values().find(stands)
    }

    /// The chip of `system`.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`] if the chip is not in the catalog.
    pub fn chip_of(&self, system: &System) -> Result<&Chip, CatalogError> {
        self.chip(system.chip_id())
    }

    /// All chips by id.
    pub fn chips(&self) -> impl Iterator<Item = &Chip> {
        self.chips.values()
    }

    /// All systems by id.
    pub fn systems(&self) -> impl Iterator<Item = &System> {
        self.systems.values()
    }
}

fn is_called(name: &str, id: &str, aliases: &[String]) -> bool {
    id.eq_ignore_ascii_case(name) || aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
}
