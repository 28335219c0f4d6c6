//! What is assumed of a measurement whose source does not say it: `data/assumed.toml`.

use serde::{Deserialize, Serialize};
use supernode_library::{Launch, Launched, Library, Processes, Version};

use crate::Curve;

/// Something that was assumed, and of how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assumption {
    /// What: a version, a launch mode.
    pub what: String,
    /// Why that.
    pub why: String,
    /// Number of rows with a prediction.
    pub rows: usize,
    /// Number of curves they belong to.
    pub curves: usize,
}

/// What was assumed of one curve, with the reason.
pub(super) type Guess = (String, String);

/// Larger numbers are those of other things, such as the HPC SDK.
const NEWEST_MAJOR: u32 = 2;

/// What is assumed of all curves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assumed {
    nccl: Vec<Usual>,
    dated: Dated,
    rccl: Choice,
    launch: Mode,
    processes: Arrangement,
    hidden: Hidden,
    kernel: Vec<Kernel>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hidden {
    us: f64,
    #[serde(rename = "why")]
    _why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    /// None for all chips.
    chips: Option<Vec<String>>,
    version: Version,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    before: Version,
    words: Vec<String>,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mode {
    mode: Launch,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrangement {
    arrangement: Processes,
    why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kernel {
    library: String,
    bytes: u64,
    #[serde(rename = "source")]
    _source: String,
}

impl Assumed {
    /// What comes with this crate; a test reads the file.
    pub(super) fn builtin() -> Result<Self, String> {
        toml::from_str(include_str!("../../data/assumed.toml"))
            .map_err(|error| format!("assumed.toml: {error}"))
    }

    /// Microseconds a rank within which launches may hide a kernel.
    pub(super) fn hidden_us(&self) -> f64 {
        self.hidden.us
    }

    /// Up to how many bytes the kernel of an inference engine runs, if `library` is one.
    pub(super) fn direct(&self, library: &str) -> Option<u64> {
        let kernel = self.kernel.iter().find(|kernel| kernel.library == library);
        kernel.map(|kernel| kernel.bytes)
    }

    /// The library that a curve ran, and whether in a version that is older than any tables.
    pub(super) fn library(
        &self,
        curve: &Curve,
        guesses: &mut Vec<Guess>,
    ) -> Result<(Library, bool), String> {
        let name = curve.library.as_str();
        let nccl = name == "NCCL" || name.starts_with("NCCL ") || name.starts_with("NCCL+");
        if name == "RCCL" || name.starts_with("RCCL (") {
            guesses.push(("choice of the fastest".to_owned(), self.rccl.why.clone()));
            return Ok((Library::Rccl, false));
        }
        if !nccl && !name.contains("+ NCCL") && self.direct(name).is_none() {
            return Err(format!("no profile for {name}"));
        }
        let Dated { before, words, why } = &self.dated;
        // An engine tells its own version, and kits that ship NCCL theirs.
        let engine = self.direct(name).is_some();
        let written = if engine { None } else { written(&curve.version)? };
        let old = written.is_some_and(|version| version < *before);
        if old || (!engine && words.iter().any(|word| curve.version.contains(word))) {
            guesses.push((format!("NCCL {before}"), why.clone()));
            return Ok((Library::Nccl(*before), true));
        }
        if let Some(version) = written {
            return Ok((Library::Nccl(version), false));
        }
        let of_chip = |usual: &&Usual| {
            let chips = usual.chips.as_ref();
            chips.is_none_or(|chips| chips.iter().any(|chip| curve.family().starts_with(chip)))
        };
        let usual = self.nccl.iter().find(of_chip).ok_or("no version of NCCL is told")?;
        guesses.push((format!("NCCL {}", usual.version), usual.why.clone()));
        Ok((Library::Nccl(usual.version), false))
    }

    /// How a curve was launched.
    pub(super) fn launched(&self, curve: &Curve, guesses: &mut Vec<Guess>) -> Launched {
        let Self { launch: Mode { mode, why }, processes, .. } = self;
        let by = curve.launch.unwrap_or_else(|| {
            guesses.push((format!("launch {}", mode.name()), why.clone()));
            *mode
        });
        let Arrangement { arrangement, why } = processes;
        let processes = curve.processes.unwrap_or_else(|| {
            guesses.push((format!("processes {}", arrangement.name()), why.clone()));
            *arrangement
        });
        Launched { by, processes }
    }
}

/// The first number with a dot in `text`, where it can be a version of NCCL.
fn written(text: &str) -> Result<Option<Version>, String> {
    let digits = |c: char| c.is_ascii_digit() || c == '.';
    let Some(part) = text.split(|c| !digits(c)).find(|part| part.contains('.')) else {
        return Ok(None);
    };
    let version: Version = part.parse().map_err(|_| format!("`{part}` is no version of NCCL"))?;
    Ok((version.major <= NEWEST_MAJOR).then_some(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_told_is_assumed_and_named() {
        let assumed = Assumed::builtin().unwrap();
        let mut curve = crate::builtin().unwrap().remove(0);
        let mut check = |hardware: &str, library: &str, version: &str, expected: &str| {
            hardware.clone_into(&mut curve.hardware);
            library.clone_into(&mut curve.library);
            version.clone_into(&mut curve.version);
            let mut guesses = Vec::new();
            let found = assumed.library(&curve, &mut guesses);
            let found = found.map_or_else(|error| error, |(library, _)| library.to_string());
            let guesses: Vec<String> = guesses.into_iter().map(|(what, _)| what).collect();
            assert_eq!(format!("{found}; {}", guesses.join(", ")), expected);
        };
        check("DGX H100", "NCCL", "", "nccl:2.18; NCCL 2.18");
        check("HGX B200", "NCCL", "stable 2026-07", "nccl:2.30; NCCL 2.30");
        check("HGX B200", "NCCL", "2.27.3", "nccl:2.27; ");
        check("DGX-2 V100", "NCCL", "(2020 build)", "nccl:2.12; NCCL 2.12");
        check("DGX-2 V100", "NCCL", "2.4.8", "nccl:2.12; NCCL 2.12");
        check("A100", "NCCL", "(HPC SDK 23.7)", "nccl:2.18; NCCL 2.18");
        check("H100", "TensorRT-LLM", "1.0.0", "nccl:2.18; NCCL 2.18");
        check("HGX B200", "vLLM", "0.14.0", "nccl:2.30; NCCL 2.30");
        check("MI300X", "RCCL", "2.20", "rccl; choice of the fastest");
        check("MI300X", "MSCCL", "", "no profile for MSCCL; ");
        check("H100", "NCCL", "2.27.x", "`2.27.` is no version of NCCL; ");
        assert_eq!(assumed.direct("vLLM"), Some(8 << 20));
        (curve.launch, curve.processes) = (None, Some(Processes::Threads));
        let mut guesses = Vec::new();
        let launched = assumed.launched(&curve, &mut guesses);
        assert_eq!((launched.by, launched.processes), (Launch::Stream, Processes::Threads));
        assert_eq!((guesses.len(), guesses[0].0.as_str()), (1, "launch stream"));
    }
}
