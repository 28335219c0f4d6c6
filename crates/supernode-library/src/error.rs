use thiserror::Error;

/// Why a library gives no answer.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LibraryError {
    /// A built-in data file is malformed; a bug of this crate.
    #[error("{file}: {what}")]
    Data {
        /// File name.
        file: &'static str,
        /// What the parser says.
        what: String,
    },
    /// The text is no version; write it as `2.27`.
    #[error("`{text}` is no version; write it like `2.27` or `2.27.3`")]
    Version {
        /// What was given.
        text: String,
    },
    /// The profile has no versions; leave the version out.
    #[error("`{text}`: {library} has the same tables in all versions; write {library}")]
    Versionless {
        /// The library.
        library: String,
        /// What was given.
        text: String,
    },
    /// The version is older than any whose constants are known; choose a newer one.
    #[error("the constants of {library} {version} are not known; the oldest that are is {oldest}")]
    TooOld {
        /// `NCCL` or another library.
        library: &'static str,
        /// What was asked for.
        version: String,
        /// The oldest version that is known.
        oldest: String,
    },
    /// The name is not one of a closed set.
    #[error("unknown {what} `{name}`; known: {known}")]
    Unknown {
        /// What kind of name.
        what: &'static str,
        /// What was given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The machine cannot exist, or has nothing to communicate; change the figure.
    #[error("{what} is {value}; it has to be {allowed}")]
    Machine {
        /// The figure.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The catalog does not say enough of the system; add what is missing, or choose another.
    #[error("no library profile for {system}: {why}")]
    Platform {
        /// Catalog id.
        system: String,
        /// What is missing.
        why: String,
    },
    /// The choice has no schedule that an engine could run; the engine `profile` prices it.
    #[error("{choice} has no schedule that engines could run; use the engine `profile`")]
    Unscheduled {
        /// Algorithm and protocol.
        choice: String,
    },
    /// No library's model prices the collective; use the profile wire.
    #[error("no library's profile knows {collective}; they know {known}; use the profile wire")]
    Unmodelled {
        /// The collective that was asked for.
        collective: supernode_collectives::Collective,
        /// The collectives that are modelled.
        known: String,
    },
    /// The library has no such algorithm for the collective.
    #[error("{algorithm} has no {function}; it has {has}")]
    Unsupported {
        /// The algorithm.
        algorithm: &'static str,
        /// The collective that was asked for.
        function: crate::Function,
        /// What the algorithm computes.
        has: &'static str,
    },
}
