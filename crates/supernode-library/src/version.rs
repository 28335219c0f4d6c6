use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::LibraryError;

/// A library's version, major and minor: constants do not change with a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

impl Version {
    /// Version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.major, self.minor))
    }
}

impl FromStr for Version {
    type Err = LibraryError;
    /// Accepts `2.27`, `v2.27.3`, `2.27.3-1` and `2.27.3+cuda12.9`.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        let error = || LibraryError::Version { text: text.to_owned() };
        let numbers = text.trim().trim_start_matches('v');
        let numbers = numbers.split(['-', '+', ' ']).next().unwrap_or_default();
        let mut parts = numbers.split('.').map(str::parse::<u32>);
        let (Some(Ok(major)), Some(Ok(minor))) = (parts.next(), parts.next()) else {
            return Err(error());
        };
        if parts.any(|part| part.is_err()) {
            return Err(error());
        }
        Ok(Self { major, minor })
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
