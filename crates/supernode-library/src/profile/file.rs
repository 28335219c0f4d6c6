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

use std::collections::BTreeMap;

use serde::Deserialize;
use supernode_catalog::Transport;
use supernode_chip::Architecture;
use toml::Spanned;

use super::Library;
use crate::LibraryError;
use crate::costs::{Costs, DEFAULT, Kind};

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

/// Constants by name, each where it stands in the text.
type Group = BTreeMap<Spanned<String>, Spanned<f64>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    library: Option<Spanned<String>>,
    #[serde(default)]
    chip: BTreeMap<Spanned<String>, Group>,
    #[serde(default)]
    network: BTreeMap<Spanned<String>, Group>,
    #[serde(default)]
    common: Group,
}

impl ProfileFile {
    /// Reads `library = "nccl:2.29"` and groups as in the built-in costs: `[chip.hopper]`,
    /// `[network.infiniband]`, `[common]`.
    ///
    /// # Errors
    /// [`LibraryError::Data`] for what is neither, with its line; what the names and values have to
    /// be.
    pub fn parse(text: &str) -> Result<Self, LibraryError> {
        let data = |what: String| LibraryError::Data { file: "profile", what };
        let given: Given = toml::from_str(text).map_err(|error| data(error.to_string()))?;
        let at = |offset: usize, what: &str| {
            let line = text[..offset].matches('\n').count() + 1;
            data(format!("line {line}: {what}"))
        };
        let library = given
            .library
            .ok_or_else(|| data("`library` is missing; add library = \"nccl:2.29\"".to_owned()))?;
        let named = library.get_ref().parse();
        let named =
            named.map_err(|error: LibraryError| at(library.span().start, &error.to_string()))?;
        let mut costs = Costs::builtin()?;
        let mut changes = Vec::new();
        let mut change = |kind, group: &str, constants: &Group| {
            for (key, value) in constants {
                let changed = costs.change(kind, group, key.get_ref(), *value.get_ref());
                let name = changed.map_err(|what| at(key.span().start, &what))?;
                changes.push(format!("{name}.{} = {}", key.get_ref(), value.get_ref()));
            }
            Ok::<(), LibraryError>(())
        };
        let architectures = Architecture::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
        let transports = Transport::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>();
        for (kind, what, groups, known) in [
            (Kind::Chip, "architecture", &given.chip, &architectures),
            (Kind::Network, "transport", &given.network, &transports),
        ] {
            // What has no group of its own starts from the default's.
            let (default, others): (Vec<_>, Vec<_>) =
                groups.iter().partition(|(name, _)| name.get_ref() == DEFAULT);
            for (name, constants) in default.into_iter().chain(others) {
                let (group, offset) = (name.get_ref().as_str(), name.span().start);
                if group != DEFAULT && !known.contains(&group) {
                    // A group of a misspelt name would change nothing.
                    let known = known.join(", ");
                    return Err(at(offset, &format!("unknown {what} `{group}`; known: {known}")));
                }
                change(kind, group, constants)?;
            }
        }
        change(Kind::Common, "", &given.common)?;
        changes.sort();
        Ok(Self { library: named, costs, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::costs::Chip;

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for (text, part) in [
            ("[chip.hopper]\nbase = 7", "profile: `library` is missing"),
            ("library = 3", "line 1, column 11"),
            ("\nlibrary = \"wire\"", "line 2: unknown profile `wire`"),
            (
                "library = \"nccl\"\n[chip.hoper]\nbase = 7",
                "line 2: unknown architecture `hoper`; known: ",
            ),
            (
                "library = \"nccl\"\n\n[network.ib]\nll = 7",
                "line 3: unknown transport `ib`; known: ",
            ),
            (
                "library = \"nccl\"\r\n[chip.hopper]\r\nbaze = 7",
                "line 3: unknown constant `baze` in chip.hopper; known: ",
            ),
            (
                "library = \"nccl\"\n[chip.hopper]\nll = 1\n# slow\nbase = 700",
                "line 5: chip.hopper.base = 700 is not within 2 to 20 us",
            ),
            ("library = \"nccl\"\n[common]\nfill = nan", "line 3: common.fill = NaN is not within"),
            ("library = \"nccl\"\n[chips.hopper]\nbase = 7", "unknown field `chips`"),
            ("library = \"nccl\"\n[chip.hopper]\nbase = \"7\"", "line 3, column 8"),
        ] {
            let error = ProfileFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn what_has_no_group_starts_from_the_default() {
        let text = "library = \"rccl\"\n[chip.cdna5]\nll = 1\n[chip.default]\nbase = 9";
        let file = ProfileFile::parse(text).unwrap();
        assert_eq!(file.changes, ["chip.cdna5.ll = 1", "chip.default.base = 9"]);
        let rates = file.costs.rates(Architecture::Cdna5, None);
        let constants = [Chip::Base, Chip::Ll].map(|constant| rates.chip(constant).to_string());
        assert_eq!(constants, ["9", "1"]);
    }
}
