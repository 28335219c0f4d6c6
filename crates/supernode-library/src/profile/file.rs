//! A user's profile: a library, and the costs that differ from those that are built in.
//!
//! ```
//! use supernode_library::ProfileFile;
//!
//! let file = ProfileFile::parse("library = \"nccl:2.29\"\n[chip.hopper]\nbase = 7.5")?;
//! assert_eq!(file.library.to_string(), "nccl:2.29");
//! assert_eq!(file.changes, ["chip.hopper.base = 7.5"]);
//! # Ok::<(), supernode_library::LibraryError>(())
//! ```

use supernode_catalog::Transport;
use supernode_chip::Architecture;
use toml::{Table, Value};

use super::Library;
use crate::LibraryError;
use crate::costs::{Costs, DEFAULT};

/// What a user's file says.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileFile {
    /// Which library chooses.
    pub library: Library,
    /// The built-in costs with the changes.
    pub costs: Costs,
    /// The changes, as `group.constant = value`.
    pub changes: Vec<String>,
}

impl ProfileFile {
    /// Reads `library = "nccl:2.29"` and groups as in the built-in costs: `[chip.hopper]`,
    /// `[network.infiniband]`, `[common]`.
    ///
    /// # Errors
    /// [`LibraryError::Data`] for what is neither; what the names and values have to be.
    pub fn parse(text: &str) -> Result<Self, LibraryError> {
        let mut given: Table = text.parse().map_err(|e: toml::de::Error| data(e.to_string()))?;
        let library = match given.remove("library") {
            Some(Value::String(name)) => name.parse()?,
            Some(_) => return Err(data("`library` is a name like \"nccl:2.29\"".to_owned())),
            None => {
                return Err(data("`library` is missing; add library = \"nccl:2.29\"".to_owned()));
            }
        };
        let architectures = Architecture::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
        let transports = Transport::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
        check_groups(&given, "chip", &architectures)?;
        check_groups(&given, "network", &transports)?;
        let mut changes = Vec::new();
        list(&given, "", &mut changes);
        let mut costs: Table = include_str!("../../data/costs.toml")
            .parse()
            .map_err(|e: toml::de::Error| data(e.to_string()))?;
        merge(&mut costs, given);
        Ok(Self { library, costs: Costs::parse(&costs.to_string())?, changes })
    }
}

fn data(what: String) -> LibraryError {
    LibraryError::Data { file: "profile", what }
}

/// A group of a misspelt name would change nothing.
fn check_groups(given: &Table, kind: &'static str, known: &[&str]) -> Result<(), LibraryError> {
    let Some(Value::Table(groups)) = given.get(kind) else { return Ok(()) };
    match groups.keys().find(|name| *name != DEFAULT && !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(LibraryError::Unknown {
            what: if kind == "chip" { "architecture" } else { "transport" },
            name: name.clone(),
            known: known.join(", "),
        }),
    }
}

fn list(table: &Table, path: &str, changes: &mut Vec<String>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(inner) => list(inner, &path, changes),
            value => changes.push(format!("{path} = {value}")),
        }
    }
}

fn merge(into: &mut Table, change: Table) {
    for (key, value) in change {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(change)) => merge(inner, change),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for (text, part) in [
            ("[chip.hopper]\nbase = 7", "`library` is missing"),
            ("library = 3", "`library` is a name"),
            ("library = \"wire\"", "unknown profile `wire`"),
            ("library = \"nccl\"\n[chip.hoper]\nbase = 7", "unknown architecture `hoper`; known: "),
            ("library = \"nccl\"\n[network.ib]\nll = 7", "unknown transport `ib`; known: "),
            ("library = \"nccl\"\n[chip.hopper]\nbaze = 7", "unknown constant `baze`"),
            ("library = \"nccl\"\n[chip.hopper]\nbase = 700", "is not within 2 to 20 us"),
            ("library = \"nccl\"\n[chips.hopper]\nbase = 7", "unknown field `chips`"),
        ] {
            let error = ProfileFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
