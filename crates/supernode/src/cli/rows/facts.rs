//! What holds for every row of a benchmark.

use serde::Serialize;

use super::{FaultFacts, LibraryFacts};

/// What every result has to be read with.
pub(super) const TIMES: &str =
    "times are simulated, not measured; #wrong is counted from real data, N/A where none ran";
pub(in crate::cli) const WIRE: &str = "profile wire: hardware latency and full rates, no software";
pub(super) const IN_PLACE: &str =
    "in-place: the model charges it like out-of-place; no data is run for it";

/// What holds for every row.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Facts {
    /// Version of this program.
    pub(in crate::cli) version: &'static str,
    /// Collective.
    pub(in crate::cli) collective: &'static str,
    /// System id.
    pub(in crate::cli) system: String,
    /// Its full name.
    pub(in crate::cli) name: String,
    /// Id of its chip.
    pub(in crate::cli) chip: String,
    /// Number of chips.
    pub(in crate::cli) chips: u32,
    /// Number of devices.
    pub(in crate::cli) devices: u32,
    /// Number of ranks.
    pub(in crate::cli) ranks: u32,
    /// How ranks are laid on devices.
    pub(in crate::cli) placement: String,
    /// Profile of software costs.
    pub(in crate::cli) profile: String,
    /// What the profile stands for.
    #[serde(skip)]
    pub(in crate::cli) profile_note: String,
    /// What holds under a library's profile.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) library: Option<LibraryFacts>,
    /// Faults and noise, if there are any.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) faults: Option<FaultFacts>,
    /// Seed of data, random placement, faults and noise.
    pub(in crate::cli) seed: u64,
    /// What the user changed in the model, as `KEY=VALUE`.
    pub(in crate::cli) set: Vec<String>,
    /// Values of the model that are ranges; the middle is used.
    pub(in crate::cli) ranges: Vec<Range>,
}

/// A value that is a range.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Range {
    /// Path that `--set` takes.
    pub(in crate::cli) path: String,
    /// The range.
    pub(in crate::cli) value: String,
    /// Who says so: `vendor`, `modelled`, `user`, ...
    pub(in crate::cli) confidence: String,
    /// Why it is one.
    pub(in crate::cli) note: String,
}

/// The sizes that were asked for, by the names of nccl-tests.
#[derive(Debug, Clone, Copy, Serialize)]
pub(in crate::cli) struct Sweep {
    /// Smallest message.
    pub(in crate::cli) minimum_bytes: u64,
    /// Largest message.
    pub(in crate::cli) maximum_bytes: u64,
    /// Factor from row to row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) step_factor: Option<u64>,
    /// Bytes from row to row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) step_bytes: Option<u64>,
    /// Whether results of real data are checked.
    pub(in crate::cli) validation: u8,
}

impl Facts {
    /// The facts as comment lines.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { collective, system, name, ranks, devices, chips, chip, .. } = self;
        let mut lines = vec![format!("supernode {}: {TIMES}", self.version)];
        let seed = match self.placement.as_str() {
            "random" => format!(" (seed {})", self.seed),
            _ => String::new(),
        };
        lines.push(format!(
            "{collective} on {system} ({name}): {ranks} ranks of {devices} devices, {chips} chips \
             {chip}, placement {}{seed}",
            self.placement
        ));
        lines.push(self.profile_note.clone());
        lines.extend(self.library.iter().flat_map(LibraryFacts::lines));
        lines.extend(self.faults.iter().flat_map(|faults| faults.lines(self.seed)));
        lines.extend(self.set.iter().map(|set| format!("set: {set}")));
        lines.extend(self.ranges.iter().map(Range::line));
        lines.push(IN_PLACE.to_owned());
        lines
    }
}

impl Range {
    pub(super) fn line(&self) -> String {
        let Self { path, value, confidence, note } = self;
        let (label, whose) = match confidence.as_str() {
            "modelled" => ("modelled", String::new()),
            _ => ("range", format!(" ({confidence})")),
        };
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        format!("{label}: {path} is {value}{whose}, the middle is used{note}; pin it with --set")
    }
}
