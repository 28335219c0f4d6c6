use thiserror::Error;

/// Why there is no prediction.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AstraError {
    /// The network YAML is wrong; correct it.
    #[error("network: {what}")]
    Network {
        /// What is wrong and what to write.
        what: String,
    },
    /// The system JSON is wrong; correct it.
    #[error("system: {what}")]
    System {
        /// What is wrong and what to write.
        what: String,
    },
    /// A name that does not exist.
    #[error(
        "unknown collective `{name}`; known: all-reduce, reduce-scatter, all-gather, all-to-all"
    )]
    UnknownCollective {
        /// The name.
        name: String,
    },
    /// No exact form is known; run ASTRA-sim itself, or ask for a case that is covered.
    #[error("{what}: no exact form is known, so it is refused; {instead}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// A step passes 2^53 ns (104 days) or the whole 2^63 ns; use fewer bytes.
    #[error("the time is too long to be exact; use fewer bytes or a faster network")]
    TooLong,
}

impl AstraError {
    pub(super) fn network(what: impl Into<String>) -> Self {
        Self::Network { what: what.into() }
    }

    pub(super) fn system(what: impl Into<String>) -> Self {
        Self::System { what: what.into() }
    }

    pub(super) fn unsupported(what: impl Into<String>, instead: &'static str) -> Self {
        Self::Unsupported { what: what.into(), instead }
    }
}
