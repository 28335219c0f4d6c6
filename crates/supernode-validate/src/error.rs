use std::fmt;

use serde::{Serialize, Serializer};
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
    /// A record that has to be there cannot be read.
    #[error("{place}: {what}")]
    Malformed {
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
    },
    /// The text is none of the formats that are known.
    #[error(
        "no known format: neither the columns of measured curves, nor output of nccl-tests, \
         rccl-tests (text with its `#` header lines, or JSON) or OSU (with its `# OSU` lines)"
    )]
    Unrecognised,
    /// The results were simulated; a model is not held against itself.
    #[error("these results are simulated, not measured; give a log of a real machine")]
    Simulated,
    /// JSON that cannot be read, mostly a file that is cut.
    #[error("not readable as JSON: {what}; is the file cut?")]
    Json {
        /// What the parser says, with the place.
        what: String,
    },
    /// A benchmark that is not one of those that are understood.
    #[error("{place}: {what} is not understood; leave it out")]
    Unsupported {
        /// Where.
        place: Place,
        /// The benchmark.
        what: String,
    },
    /// A column is in an unexpected unit.
    #[error("{place}: unit `{unit}` where (B), (us) and (GB/s) are expected; convert the file")]
    Unit {
        /// Where.
        place: Place,
        /// The unit.
        unit: String,
    },
    /// The log does not say what was measured; supply the operation.
    #[error("{place}: the log does not tell which operation this is; supply it")]
    MissingOperation {
        /// Where the table starts.
        place: Place,
    },
    /// The log does not say between how many ranks; supply their number.
    #[error("{place}: the log does not tell the number of ranks; supply it")]
    MissingRanks {
        /// Where the table starts.
        place: Place,
    },
    /// More than half of the rows contradict themselves; the file is not what it says.
    #[error("{place} and {others} other rows of {of}: {what}; correct the file, or leave it out")]
    Contradiction {
        /// The first such row.
        place: Place,
        /// How many more there are.
        others: usize,
        /// Of how many rows.
        of: usize,
        /// What is wrong with it.
        what: String,
    },
    /// No row can be used.
    #[error("no row can be used; {left_out} were left out, the first: {first}")]
    NoRows {
        /// Number of rows left out.
        left_out: usize,
        /// Where the first was, and why; `the table is empty`.
        first: String,
    },
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A line of a text, from 1.
    Line(usize),
    /// An entry of `results` in a JSON document, from 1.
    Result(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Result(result) => write!(f, "result {result}"),
        }
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
