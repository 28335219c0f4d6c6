//! Variables of NCCL's and RCCL's environment that a log shows: facts about the run. Those that the
//! model knows become part of the curve, all others are named.

use std::collections::BTreeMap;

use supernode_library::LibraryError;
use supernode_library::nccl::{Algorithm, Lists, Protocol};

use super::Remark;
use crate::{Curve, Place};

/// Variables that change what a library runs without a word to the model, where not named as unused:
/// none of these says anything about time.
const SILENT: [&str; 4] = ["NCCL_DEBUG", "NCCL_DEBUG_SUBSYS", "NCCL_DEBUG_FILE", "NCCL_HOME"];

/// Bounds on the number of channels, by any of their names.
const CHANNELS: [&str; 4] =
    ["NCCL_MIN_CTAS", "NCCL_MIN_NCHANNELS", "NCCL_MAX_CTAS", "NCCL_MAX_NCHANNELS"];

/// What is set, and where that stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    values: BTreeMap<String, Setting>,
}

#[derive(Debug, Clone)]
struct Setting {
    place: Place,
    value: String,
    /// Set in the shell, for all that follows.
    exported: bool,
}

impl Settings {
    /// Keeps what a text sets: `NCCL_ALGO=Ring`, or `NCCL_ALGO set by environment to Ring.`
    pub(super) fn read(&mut self, place: Place, text: &str) {
        for (at, _) in text.match_indices("CCL_") {
            let start = text[..at].rfind(|c: char| !c.is_ascii_uppercase()).map_or(0, |at| at + 1);
            let rest = &text[start..];
            let end =
                rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
            let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
            let told = rest.strip_prefix('=').or(rest.strip_prefix(" set by environment to "));
            let (Some(told), true) = (told, ["NCCL_", "RCCL_"].contains(&&name[..5])) else {
                continue;
            };
            let told = told.trim_start_matches(['"', '\'']);
            let value = told.split([' ', '\t', '"', '\'']).next().unwrap_or_default();
            let value = value.trim_end_matches(['.', ',', ';']).to_owned();
            let exported = text.trim_start().starts_with("export ");
            let setting = Setting { place, value, exported };
            self.values.insert(name.to_owned(), setting);
        }
    }

    /// What still holds in the next run of a log.
    pub(super) fn exported(&self) -> Self {
        let mut values = self.values.clone();
        values.retain(|_, setting| setting.exported);
        Self { values }
    }

    /// Sets the curve's algorithm, protocol and channels, and says what has no part in the model.
    pub(super) fn apply(&self, curve: &mut Curve) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let rccl = curve.library == "RCCL";
        for (name, Setting { place, value, .. }) in &self.values {
            let understood = match name.as_str() {
                _ if value.is_empty() || SILENT.contains(&name.as_str()) => continue,
                "NCCL_ALGO" => {
                    is_list::<Algorithm>(value) && {
                        value.clone_into(&mut curve.algo);
                        true
                    }
                }
                "NCCL_PROTO" => {
                    is_list::<Protocol>(value) && {
                        value.clone_into(&mut curve.proto);
                        true
                    }
                }
                name if CHANNELS.contains(&name) && !rccl && value.parse::<u32>().is_ok() => {
                    let separator = if curve.notes.is_empty() { "" } else { "; " };
                    curve.notes = format!("{}{separator}{name}={value}", curve.notes);
                    true
                }
                _ => false,
            };
            let used = if understood { "taken into the model" } else { "seen, but not modelled" };
            remarks.push(Remark { place: *place, what: format!("{name}={value}: {used}") });
        }
        remarks
    }
}

fn is_list<T: PartialEq + std::str::FromStr<Err = LibraryError>>(text: &str) -> bool {
    text.parse::<Lists<T>>().is_ok()
}
