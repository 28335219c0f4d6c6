//! The network YAML.

use serde::Deserialize;

use super::AstraError;

/// A network: dimension 0 is the innermost, whose coordinate varies fastest with the rank.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Its dimensions, at least one.
    pub dimensions: Vec<Dimension>,
}

/// One dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dimension {
    /// Its shape.
    pub topology: Topology,
    /// NPUs along it, 2 or more.
    pub npus: u32,
    /// Bandwidth of a link and direction in units of 2^30 bytes a second.
    pub bandwidth_gib_per_s: f64,
    /// Latency of a link in nanoseconds.
    pub latency_ns: f64,
}

/// Shape of a dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// Links both ways between neighbours.
    Ring,
    /// A private link to every peer.
    FullyConnected,
    /// A link to a switch and one from it.
    Switch,
}

/// The file as it stands; further keys are ignored, as ASTRA-sim does.
#[derive(Deserialize)]
struct File {
    topology: Vec<String>,
    npus_count: Vec<i64>,
    bandwidth: Vec<f64>,
    latency: Vec<f64>,
}

impl Topology {
    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ring => "Ring",
            Self::FullyConnected => "FullyConnected",
            Self::Switch => "Switch",
        }
    }

    fn read(name: &str) -> Result<Self, AstraError> {
        let all = [Self::Ring, Self::FullyConnected, Self::Switch];
        all.into_iter().find(|topology| topology.name() == name).ok_or_else(|| {
            let known = "Ring, FullyConnected or Switch, in this case";
            AstraError::network(format!("unknown topology `{name}`; write {known}"))
        })
    }
}

impl Network {
    /// Reads a network YAML of the analytical back ends: the lists `topology`, `npus_count`,
    /// `bandwidth` (GB/s, where a GB is 2^30 bytes) and `latency` (nanoseconds), one entry per
    /// dimension.
    ///
    /// # Errors
    /// If it is no such file; the error names the key.
    pub fn from_yaml(text: &str) -> Result<Self, AstraError> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| {
            let example = "give `topology`, `npus_count`, `bandwidth` and `latency` as lists, such as \
                           `npus_count: [ 8 ]`";
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default().trim_start_matches("error: ");
            AstraError::network(format!("{first}; {example}"))
        })?;
        let count = file.topology.len();
        let lengths = [
            ("npus_count", file.npus_count.len()),
            ("bandwidth", file.bandwidth.len()),
            ("latency", file.latency.len()),
        ];
        if count == 0 {
            return Err(AstraError::network("`topology` is empty; give one entry per dimension"));
        }
        for (key, length) in lengths {
            if length != count {
                return Err(AstraError::network(format!(
                    "`{key}` has {length} entries and `topology` {count}; give one per dimension"
                )));
            }
        }
        let mut dimensions = Vec::with_capacity(count);
        for (at, name) in file.topology.iter().enumerate() {
            dimensions.push(Dimension {
                topology: Topology::read(name)?,
                npus: npus(file.npus_count[at])?,
                bandwidth_gib_per_s: finite("bandwidth", file.bandwidth[at], f64::MIN_POSITIVE)?,
                latency_ns: finite("latency", file.latency[at], 0.0)?,
            });
        }
        let total = dimensions.iter().try_fold(1_u32, |all, one| all.checked_mul(one.npus));
        if total.is_none() {
            return Err(AstraError::network("more than 2^32 NPUs; use fewer"));
        }
        Ok(Self { dimensions })
    }

    /// All NPUs.
    pub fn npus(&self) -> u32 {
        self.dimensions.iter().map(|dimension| dimension.npus).product()
    }
}

fn npus(count: i64) -> Result<u32, AstraError> {
    u32::try_from(count).ok().filter(|count| *count > 1).ok_or_else(|| {
        AstraError::network(format!("`npus_count` has {count}; a dimension has 2 to 2^32 NPUs"))
    })
}

fn finite(key: &str, value: f64, least: f64) -> Result<f64, AstraError> {
    if value.is_finite() && value >= least {
        return Ok(value);
    }
    let what = if least > 0.0 { "above zero" } else { "of zero or more" };
    Err(AstraError::network(format!("`{key}` has {value}; give a number {what}")))
}
