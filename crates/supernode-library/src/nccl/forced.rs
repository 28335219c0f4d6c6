//! The lists a user forces: `NCCL_ALGO` and `NCCL_PROTO`.
//!
//! `Ring,Tree` allows these, `^NVLS` all but this; `allreduce:tree;allgather:^pat` speaks of one
//! function each, and a list without a function of all others. Unknown names are errors: NCCL
//! passes over them, so that a typing mistake runs everything.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::algorithm::{Algorithm, Protocol};
use crate::{Function, LibraryError};

/// What a user allows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forced {
    /// `NCCL_ALGO`.
    pub algorithms: Lists<Algorithm>,
    /// `NCCL_PROTO`.
    pub protocols: Lists<Protocol>,
}

/// Lists for all functions and for single ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lists<T> {
    all: Option<List<T>>,
    by_function: BTreeMap<Function, List<T>>,
}

/// The names of one list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct List<T> {
    negated: bool,
    names: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { all: None, by_function: BTreeMap::new() }
    }
}

impl<T: PartialEq> Lists<T> {
    /// Whether `item` may be used for `function`; `None` where no list says.
    pub fn allows(&self, function: Function, item: &T) -> Option<bool> {
        let list = self.by_function.get(&function).or(self.all.as_ref())?;
        Some(list.names.contains(item) != list.negated)
    }
}

impl<T: FromStr<Err = LibraryError>> FromStr for Lists<T> {
    type Err = LibraryError;
    fn from_str(text: &str) -> Result<Self, LibraryError> {
        let mut lists = Self::default();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (function, names) = match part.split_once(':') {
                Some((function, names)) => (Some(function.trim().parse()?), names.trim()),
                None => (None, part),
            };
            let negated = names.starts_with('^');
            let names = names.trim_start_matches('^').split(',').map(str::trim);
            let names =
                names.filter(|n| !n.is_empty()).map(str::parse).collect::<Result<_, _>>()?;
            let list = List { negated, names };
            match function {
                Some(function) => {
                    lists.by_function.insert(function, list);
                }
                None => lists.all = Some(list),
            }
        }
        Ok(lists)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, function: Function, allowed: &str) {
        let lists: Lists<Algorithm> = text.parse().unwrap();
        let names: Vec<_> = Algorithm::ALL
            .into_iter()
            .filter(|a| lists.allows(function, a) == Some(true))
            .map(Algorithm::name)
            .collect();
        assert_eq!(names.join(" "), allowed, "{text}");
    }

    #[test]
    fn lists_are_read_as_nccl_reads_them() {
        check("Ring", Function::AllReduce, "Ring");
        check("ring, TREE", Function::AllReduce, "Tree Ring");
        check("^NVLS,nvlstree", Function::AllReduce, "Tree Ring CollNetDirect CollNetChain PAT");
        check("allreduce:tree;allgather:^pat,ring", Function::AllReduce, "Tree");
        check("ring;allreduce:tree", Function::AllGather, "Ring");
        let lists: Lists<Algorithm> = "allreduce:tree".parse().unwrap();
        assert_eq!(lists.allows(Function::AllGather, &Algorithm::Ring), None);
        assert_eq!(Lists::<Protocol>::default().allows(Function::Reduce, &Protocol::Ll), None);
    }

    #[test]
    fn unknown_names_are_errors_that_list_the_known() {
        let error = "rign".parse::<Lists<Algorithm>>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown NCCL algorithm `rign`; known: Tree, Ring, CollNetDirect, CollNetChain, NVLS, \
             NVLSTree, PAT"
        );
        assert!("LL129".parse::<Lists<Protocol>>().is_err());
        assert!("gather:ring".parse::<Lists<Algorithm>>().is_err());
    }
}
