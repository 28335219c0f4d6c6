//! The system JSON.

use serde::Deserialize;
use serde_json::Value;

use super::{AstraError, Collective};

/// What a collective depends on of a system JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// `endpoint-delay` in nanoseconds: before the first message of a phase and after every other.
    pub endpoint_delay_ns: u32,
    /// `preferred-dataset-splits`: chunks of a collective.
    pub splits: u64,
    /// `active-chunks-per-dimension`: chunks in flight.
    pub active_chunks: u64,
    /// `local-mem-bw` in 10^9 bytes a second; reductions need it.
    pub local_mem_gb_per_s: Option<f64>,
    /// `collective-optimization`; several dimensions need it.
    pub optimization: Option<Optimization>,
    /// `*-implementation` per collective in the order of [`Collective::ALL`], one name per dimension.
    pub implementations: [Vec<String>; 4],
}

/// How several dimensions share an all-reduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Optimization {
    /// One all-reduce per dimension.
    #[serde(rename = "baseline")]
    Baseline,
    /// Reduce-scatter inwards, all-reduce on the last dimension, all-gather back.
    #[serde(rename = "localBWAware")]
    LocalBwAware,
}

/// The file as it stands; further keys are ignored, as ASTRA-sim does.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default = "default_delay")]
    endpoint_delay: u32,
    preferred_dataset_splits: Option<u64>,
    #[serde(default = "one")]
    active_chunks_per_dimension: u64,
    local_mem_bw: Option<f64>,
    collective_optimization: Option<Optimization>,
    #[serde(default)]
    all_reduce_implementation: Vec<String>,
    #[serde(default)]
    reduce_scatter_implementation: Vec<String>,
    #[serde(default)]
    all_gather_implementation: Vec<String>,
    #[serde(default)]
    all_to_all_implementation: Vec<String>,
    model_shared_bus: Option<Value>,
    all_reduce_implementation_custom: Option<Value>,
    reduce_scatter_implementation_custom: Option<Value>,
    all_gather_implementation_custom: Option<Value>,
    all_to_all_implementation_custom: Option<Value>,
    per_node_custom_implementation: Option<Value>,
}

/// What ASTRA-sim takes where the key is absent.
fn default_delay() -> u32 {
    10
}

fn one() -> u64 {
    1
}

impl System {
    /// Reads a system JSON.
    ///
    /// # Errors
    /// If it is no such file, if a key is missing without which ASTRA-sim crashes, or if it asks for
    /// what is not covered: custom implementations or the model of a shared bus.
    pub fn from_json(text: &str) -> Result<Self, AstraError> {
        let file: File =
            serde_json::from_str(text).map_err(|error| AstraError::system(error.to_string()))?;
        let customs = [
            file.all_reduce_implementation_custom,
            file.reduce_scatter_implementation_custom,
            file.all_gather_implementation_custom,
            file.all_to_all_implementation_custom,
            file.per_node_custom_implementation,
        ];
        if customs.iter().any(Option::is_some) {
            return Err(AstraError::unsupported(
                "a custom implementation",
                "name ring, direct or halvingDoubling in `*-implementation`",
            ));
        }
        if file.model_shared_bus.is_some_and(|bus| bus != 0 && bus != false) {
            let instead = "set `model-shared-bus` to 0";
            return Err(AstraError::unsupported("`model-shared-bus`", instead));
        }
        let positive = |key: &str, value: Option<u64>| match value {
            Some(value) if value > 0 => Ok(value),
            _ => {
                let what = "is missing or 0, where ASTRA-sim divides by it; give 1 or more";
                Err(AstraError::system(format!("`{key}` {what}")))
            }
        };
        let memory = file.local_mem_bw;
        if memory.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
            return Err(AstraError::system("`local-mem-bw` is not above zero; give GB/s"));
        }
        Ok(Self {
            endpoint_delay_ns: file.endpoint_delay,
            splits: positive("preferred-dataset-splits", file.preferred_dataset_splits)?,
            active_chunks: positive(
                "active-chunks-per-dimension",
                Some(file.active_chunks_per_dimension),
            )?,
            local_mem_gb_per_s: memory,
            optimization: file.collective_optimization,
            implementations: [
                file.all_reduce_implementation,
                file.reduce_scatter_implementation,
                file.all_gather_implementation,
                file.all_to_all_implementation,
            ],
        })
    }

    /// The names per dimension.
    pub fn implementation(&self, collective: Collective) -> &[String] {
        &self.implementations[collective as usize]
    }
}
