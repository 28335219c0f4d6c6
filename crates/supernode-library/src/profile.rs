//! Profiles: which library in which version, and what its software costs.

mod file;

use std::fmt;
use std::str::FromStr;

use supernode_chip::Architecture;

pub use file::ProfileFile;

use crate::nccl::Constants;
use crate::{LibraryError, Version};

/// A communication library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Library {
    /// NVIDIA's, in one version.
    Nccl(Version),
    /// AMD's.
    Rccl,
    /// Huawei's.
    Hccl,
}

impl Library {
    /// How profiles are written.
    pub const KNOWN: &'static str = "wire, nccl[:VERSION], rccl, hccl";

    /// The library that chips of `architecture` run; `None` where no profile is known.
    pub const fn of(architecture: Architecture) -> Option<Self> {
        use Architecture as A;
        Some(match architecture {
            A::Pascal
            | A::Volta
            | A::Ampere
            | A::Ada
            | A::Hopper
            | A::Blackwell
            | A::BlackwellClient
            | A::Rubin => Self::Nccl(Constants::NEWEST),
            A::Cdna2 | A::Cdna3 | A::Cdna4 => Self::Rccl,
            A::Davinci910b | A::Davinci910c | A::Ascend950 => Self::Hccl,
            _ => return None,
        })
    }

    /// The name without a version.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nccl(_) => "nccl",
            Self::Rccl => "rccl",
            Self::Hccl => "hccl",
        }
    }

    /// The version of NCCL whose tables it takes; RCCL has NCCL's algorithms, the newest.
    pub(crate) const fn nccl_version(self) -> Version {
        match self {
            Self::Nccl(version) => version,
            Self::Rccl | Self::Hccl => Constants::NEWEST,
        }
    }

    /// Says what to use on chips of `architecture` if this library does not run there.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] with the name of the profile that does.
    pub fn check(self, system: &str, architecture: Architecture) -> Result<(), LibraryError> {
        let own = Self::of(architecture);
        if own.is_some_and(|own| own.name() == self.name()) {
            return Ok(());
        }
        let instead = own.map_or("wire", Self::name);
        let name = self.name();
        Err(LibraryError::Platform {
            system: system.to_owned(),
            why: format!("{name} does not run on {architecture} chips; use --profile {instead}"),
        })
    }
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nccl(version) => f.pad(&format!("nccl:{version}")),
            other => f.pad(other.name()),
        }
    }
}

impl FromStr for Library {
    type Err = LibraryError;
    /// Accepts `nccl` (the newest version with tables), `nccl:2.29`, `rccl` and `hccl`, in any case.
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        let unknown = || LibraryError::Unknown {
            what: "profile",
            name: text.to_owned(),
            known: Self::KNOWN.to_owned(),
        };
        let lower = text.trim().to_ascii_lowercase();
        let (name, version) = match lower.split_once(':') {
            Some((name, version)) => (name, Some(version)),
            None => (lower.as_str(), None),
        };
        match (name, version) {
            ("nccl", None) => Ok(Self::Nccl(Constants::NEWEST)),
            ("nccl", Some(version)) => Ok(Self::Nccl(version.parse()?)),
            ("rccl", None) => Ok(Self::Rccl),
            ("hccl", None) => Ok(Self::Hccl),
            ("rccl" | "hccl", Some(_)) => {
                Err(LibraryError::Versionless { library: name.to_owned(), text: text.to_owned() })
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_and_without_a_version() {
        for (text, shown) in [
            ("nccl", "nccl:2.30"),
            ("NCCL:2.27.3", "nccl:2.27"),
            ("rccl", "rccl"),
            ("hccl", "hccl"),
        ] {
            assert_eq!(text.parse::<Library>().unwrap().to_string(), shown);
        }
        for (text, error) in [
            ("ncll", "unknown profile `ncll`; known: wire, nccl[:VERSION], rccl, hccl"),
            ("nccl:new", "`new` is no version; write it like `2.27` or `2.27.3`"),
            ("rccl:2.20", "`rccl:2.20`: rccl has the same tables in all versions; write rccl"),
        ] {
            assert_eq!(text.parse::<Library>().unwrap_err().to_string(), error);
        }
    }
}
