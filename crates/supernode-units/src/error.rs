use thiserror::Error;

/// What can be wrong with a quantity. Every message repeats the text that was read.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// The text is not a number followed by a unit; write one, such as the example.
    #[error("`{text}` is not {what}; write it like `{example}`")]
    Malformed {
        /// The text that was read.
        text: String,
        /// The quantity that was expected.
        what: &'static str,
        /// A valid spelling.
        example: &'static str,
    },
    /// The number has no unit; a number without a unit is refused because it has several readings.
    #[error("`{text}` has no unit; write {what} like `{example}`")]
    MissingUnit {
        /// The text that was read.
        text: String,
        /// The quantity that was expected.
        what: &'static str,
        /// A valid spelling.
        example: &'static str,
    },
    /// KB, MB or GB as a message size: nccl-tests reads `128MB` as 128 MiB, so either reading would
    /// mislead someone.
    #[error(
        "message size `{text}` is ambiguous; write `{binary}` (binary, as nccl-tests reads it)"
    )]
    AmbiguousSize {
        /// The text that was read.
        text: String,
        /// The same number with a binary suffix.
        binary: String,
    },
    /// The quantity does not fit its integer type.
    #[error("`{text}` is too large for {what}")]
    TooLarge {
        /// The text that was read or computed.
        text: String,
        /// The quantity that was expected.
        what: &'static str,
    },
    /// A name is not one of a fixed list.
    #[error("unknown {what} `{text}`; known: {known}")]
    UnknownName {
        /// The text that was read.
        text: String,
        /// What was to be named.
        what: &'static str,
        /// The names that exist, separated by commas.
        known: String,
    },
    /// A range whose low end is above its high end.
    #[error("range `{text}` has its low end above its high end; swap them")]
    InvertedRange {
        /// The text that was read.
        text: String,
    },
    /// A rate of zero was asked for a time.
    #[error("a rate of zero cannot carry {bytes} bytes")]
    ZeroRate {
        /// The bytes that were to be carried.
        bytes: u64,
    },
}
