use supernode_chip::ChipError;
use supernode_fabric::FabricError;
use supernode_units::{Bandwidth, UnitError};
use thiserror::Error;

/// What can be wrong with a catalog, or with what is asked of it.
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum CatalogError {
    /// The text is not TOML or does not follow the schema; the message shows line and column.
    #[error("{file}: {error}")]
    Toml {
        /// File name.
        file: String,
        /// What the parser says, with the place.
        error: Box<toml::de::Error>,
    },
    /// The text follows the schema, but what it describes is impossible.
    #[error("{file}:{line}:{column}: {what}")]
    Invalid {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong and what to do.
        what: String,
    },
    /// No chip or system of that name.
    #[error("unknown {kind} `{name}`{}; see `supernode list {kind}s`", suggestion(nearest))]
    Unknown {
        /// `chip` or `system`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest ids and aliases.
        nearest: Vec<String>,
    },
    /// A value that is needed is not published; supply it.
    #[error("`{path}` is unknown; supply it with `--set {path}={example}`")]
    Missing {
        /// Path of the value.
        path: String,
        /// A valid spelling.
        example: &'static str,
    },
    /// `--set` names no value.
    #[error("`{path}` is no value that can be set{}", suggestion(nearest))]
    UnknownKey {
        /// What was asked for.
        path: String,
        /// The nearest keys.
        nearest: Vec<String>,
    },
    /// `--set` gives a value that is malformed or impossible.
    #[error("cannot set `{path}`: {error}")]
    Set {
        /// The key.
        path: String,
        /// What is wrong with the value.
        error: UnitError,
    },
    /// `--set` gives a figure that no machine has.
    #[error("cannot set `{path}`: `{text}` {limit}")]
    Limit {
        /// The key.
        path: String,
        /// The value that was given.
        text: String,
        /// What is wrong with the value.
        limit: String,
    },
    /// An expression over catalog values names something that is no figure.
    #[error("`{term}` in `{expression}` is neither a number nor a figure of the catalog")]
    Expression {
        /// The whole expression.
        expression: String,
        /// The term.
        term: String,
    },
    /// The chip model gives no answer.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// The levels need more bandwidth than the chip's ports have; change either.
    #[error(
        "system `{system}`: the ports of its levels add up to {sum} a device, but chip `{chip}` has \
         {total}; lower a level's bandwidth, or raise `{chip}.ports.scale-up` (or `.scale-out`) \
         with `--set`, too"
    )]
    Ports {
        /// The system.
        system: String,
        /// Its chip.
        chip: String,
        /// Sum over port groups, a device and direction.
        sum: Bandwidth,
        /// What a device has.
        total: Bandwidth,
    },
    /// The levels do not make a fabric.
    #[error("system `{system}`: {error}")]
    Fabric {
        /// The system.
        system: String,
        /// What is wrong.
        error: FabricError,
    },
}

fn suggestion(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => {
            let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!(" (did you mean {}?)", quoted.join(" or "))
        }
    }
}
