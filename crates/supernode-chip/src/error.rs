use supernode_units::{Precision, UnitError};
use thiserror::Error;

/// Why a chip model gives no answer.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChipError {
    /// A value that is needed is not published; supply it.
    #[error("`{chip}.{key}` is unknown; supply it with `--set {chip}.{key}={example}`")]
    Unknown {
        /// Chip id.
        chip: String,
        /// Key of the value in the catalog.
        key: String,
        /// A valid spelling.
        example: &'static str,
    },
    /// The chip has no rate for the precision nor for a wider one.
    #[error(
        "`{chip}` has no known compute rate for {precision} or wider; supply one with `--set {chip}.compute.{precision}=1PFLOP/s`"
    )]
    NoRate {
        /// Chip id.
        chip: String,
        /// What was asked for.
        precision: Precision,
    },
    /// A quantity does not fit its type.
    #[error(transparent)]
    Unit(#[from] UnitError),
}
