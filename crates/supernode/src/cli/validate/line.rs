//! What stands on the command line of `supernode validate`.

use supernode::library::Version;
use supernode::validate::Operation;

use crate::cli::names;

/// The library that a measurement ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    /// NCCL, of a version where one is given.
    Nccl(Option<Version>),
    /// RCCL.
    Rccl,
}

/// Reads `nccl`, `nccl:2.29` or `rccl`.
pub(super) fn profile(text: &str) -> Result<Library, String> {
    let lower = text.to_ascii_lowercase();
    match lower.split_once(':') {
        None if lower == "nccl" => Ok(Library::Nccl(None)),
        None if lower == "rccl" => Ok(Library::Rccl),
        Some(("nccl", version)) => {
            let version = version.parse::<Version>().map_err(|error| error.to_string())?;
            Ok(Library::Nccl(Some(version)))
        }
        Some(("rccl", _)) => Err("rccl has no versions here; write `rccl`".to_owned()),
        _ => Err(format!(
            "`{text}` has no constants to hold against measurements; known: nccl, nccl:VERSION \
             (like nccl:2.29), rccl"
        )),
    }
}

/// Reads an operation by its name here or in files of measured curves.
pub(super) fn operation(text: &str) -> Result<Operation, String> {
    let name = text.to_ascii_lowercase().replace('-', "_");
    let name = if name == "all_to_all" { "alltoall" } else { &name };
    name.parse().map_err(|error| format!("{error}"))
}

/// Reads a number above zero.
pub(super) fn positive(text: &str) -> Result<u32, String> {
    match names::whole::<u32>(text)? {
        0 => Err("it has to be 1 or more".to_owned()),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_and_operations_by_name() {
        let version = "2.29".parse().ok();
        assert_eq!(profile("NCCL:2.29"), Ok(Library::Nccl(version)));
        assert_eq!(profile("nccl"), Ok(Library::Nccl(None)));
        assert_eq!(profile("rccl"), Ok(Library::Rccl));
        assert!(profile("hccl").unwrap_err().contains("no constants"));
        assert!(profile("nccl:new").unwrap_err().contains("2.27"));
        assert_eq!(operation("All-to-All"), Ok(Operation::AllToAll));
        assert_eq!(operation("all_reduce"), Ok(Operation::AllReduce));
        assert!(positive("0").is_err());
    }
}
