use thiserror::Error;

/// Why a file of measurements was refused. Lines count from 1.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// A column that is needed is not in the header; add it.
    #[error("line {line}: the header has no column `{name}`; add it (its fields may be empty)")]
    MissingColumn {
        /// Line of the header, or 1 in an empty file.
        line: usize,
        /// The column.
        name: &'static str,
    },
    /// The header has a column that is not known, or one twice; remove it.
    #[error("line {line}: the header has an unknown or repeated column `{name}`; remove it")]
    UnknownColumn {
        /// Line of the header.
        line: usize,
        /// The column.
        name: String,
    },
    /// A line has more or fewer fields than the header.
    #[error("line {line}: {found} fields where the header has {expected}; is the file cut?")]
    Fields {
        /// Line of the record's start.
        line: usize,
        /// Fields found.
        found: usize,
        /// Fields of the header.
        expected: usize,
    },
    /// A quote is opened and not closed.
    #[error("line {line}: a quoted field is not closed; is the file cut?")]
    Quote {
        /// Line of the record's start.
        line: usize,
    },
    /// A field cannot be read.
    #[error("line {line}: `{text}` in column `{column}` is not {expected}")]
    Field {
        /// Line.
        line: usize,
        /// Column.
        column: &'static str,
        /// The text that was read.
        text: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Two rows of a curve disagree on what should hold for all of it; give it another id.
    #[error("line {line}: `{column}` differs from the first row of curve `{id}`; use another id")]
    Differs {
        /// Line.
        line: usize,
        /// Id of the curve.
        id: String,
        /// The column.
        column: &'static str,
    },
    /// A curve has a size twice for the same placement; remove one or use another id.
    #[error("line {line}: curve `{id}` has {bytes} bytes twice; remove one or use another id")]
    Repeated {
        /// Line of the second.
        line: usize,
        /// Id of the curve.
        id: String,
        /// The size.
        bytes: u64,
    },
}
