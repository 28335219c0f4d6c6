//! The constants of one version of NCCL: the tables of the newest, and what others have instead.

use serde::Deserialize;
use toml::Table;

use super::tables::{
    Bandwidths, Correction, Enable, Latencies, Launch, Links, NvlinkRates, Payload, Search,
    SpeedTables, Symmetric,
};
use crate::{LibraryError, Version};

const FILE: &str = "data/nccl.toml";

/// NCCL's tuning constants in one version, every table with its source.
#[derive(Debug, Clone, PartialEq)]
pub struct Constants {
    asked: Version,
    version: Version,
    /// What the version has.
    pub tables: Tables,
}

/// The tables of one version.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tables {
    /// Latencies, in microseconds.
    pub latency: Latencies,
    /// Bandwidth caps, in GB/s.
    pub bandwidth: Bandwidths,
    /// Factors on a tree's bandwidth by size.
    pub correction: Correction,
    /// What NCCL takes links for.
    pub links: Links,
    /// What one `NVLink` is counted for.
    pub nvlink_rates: NvlinkRates,
    /// What NICs carry.
    pub payload: Payload,
    /// Speeds the channel search tries.
    pub speeds: SpeedTables,
    /// Rules of the channel search.
    pub search: Search,
    /// Threads, channels, chunks and buffers.
    pub launch: Launch,
    /// Which algorithm is there at all.
    pub enable: Enable,
    /// Symmetric-memory kernels.
    pub symmetric: Symmetric,
}

/// What a range of versions has instead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    from: Version,
    to: Version,
    source: String,
    set: Table,
}

impl Constants {
    /// The newest version whose constants are built in.
    pub const NEWEST: Version = Version::new(2, 30);

    /// The constants of `version`; those of the nearest older known version where it is not known
    /// (see [`Constants::note`]).
    ///
    /// # Errors
    /// [`LibraryError::TooOld`] before 2.12.
    pub fn of(version: Version) -> Result<Self, LibraryError> {
        let mut file: Table =
            toml::from_str(include_str!("../../data/nccl.toml")).map_err(|e| data(&e))?;
        let known: Vec<Version> = take(&mut file, "known")?;
        let overrides: Vec<Override> = take(&mut file, "version")?;
        let Some(resolved) = known.iter().copied().filter(|&k| k <= version).max() else {
            return Err(LibraryError::TooOld {
                library: "NCCL",
                version: version.to_string(),
                oldest: known.iter().min().map(ToString::to_string).unwrap_or_default(),
            });
        };
        for change in overrides.iter().filter(|o| o.from <= resolved && resolved <= o.to) {
            merge(&mut file, &change.set, &change.source);
        }
        let tables = file.try_into().map_err(|e| data(&e))?;
        Ok(Self { asked: version, version: resolved, tables })
    }

    /// The version these constants are of.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What a reader has to know when the version asked for is not the one that is answered.
    pub fn note(&self) -> Option<String> {
        (self.asked != self.version).then(|| {
            let Self { asked, version, .. } = self;
            format!("the constants of NCCL {asked} are not known; those of {version} are used")
        })
    }
}

fn data(error: &toml::de::Error) -> LibraryError {
    LibraryError::Data { file: FILE, what: error.to_string() }
}

fn take<T: serde::de::DeserializeOwned>(file: &mut Table, key: &str) -> Result<T, LibraryError> {
    let missing = || LibraryError::Data { file: FILE, what: format!("`{key}` is missing") };
    file.remove(key).ok_or_else(missing)?.try_into().map_err(|e| data(&e))
}

/// Replaces values; a table that has a source and changes gets the source of the change.
fn merge(into: &mut Table, change: &Table, source: &str) {
    for (key, value) in change {
        match (into.get_mut(key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(change)) => {
                merge(inner, change, source);
            }
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
    if change.values().any(|value| !value.is_table()) && into.contains_key("source") {
        into.insert("source".to_owned(), toml::Value::String(source.to_owned()));
    }
}
