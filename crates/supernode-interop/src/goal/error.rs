use thiserror::Error;

/// Why a schedule cannot be read or built.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GoalError {
    /// The text breaks a rule; the place is given.
    #[error("line {line}, column {column}: {what}")]
    Text {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong there and what to write.
        what: String,
    },
    /// The file is the binary form.
    #[error(
        "this is binary GOAL (the output of `txt2bin`), which is not read; give the text file that it \
         was made from"
    )]
    Binary,
    /// The file is no text at all.
    #[error("no text: byte {at} is not UTF-8; GOAL text is ASCII and starts with `num_ranks`")]
    NotText {
        /// Position of the byte, from 0.
        at: usize,
    },
    /// A message names a rank that does not exist; text says so with its line instead.
    #[error("rank {rank}, operation {operation}: there is no rank {peer} among {ranks} ranks")]
    NoSuchPeer {
        /// The rank of the operation.
        rank: u32,
        /// The operation within the rank, from 1.
        operation: u32,
        /// The rank that it names.
        peer: u32,
        /// How many there are.
        ranks: u32,
    },
    /// More operations or dependencies than can be numbered.
    #[error("more than {limit} {what}; split the schedule")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is taken.
        limit: u32,
    },
}
