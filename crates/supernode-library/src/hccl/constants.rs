use serde::Deserialize;

use crate::LibraryError;

/// HCCL's constants, every table with its source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Constants {
    /// Between algorithms.
    pub selection: Selection,
    /// Between kernels of all-reduce.
    pub kernels: Kernels,
    /// What HCCL takes links for.
    pub links: Links,
    /// What a step may cost.
    pub steps: Steps,
}

/// Ends of what a step may cost, in microseconds: nobody published it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Steps {
    /// Why these.
    pub source: String,
    /// Within a server, at most; the least is the latency of its links.
    pub within_high: f64,
    /// Between servers, at least.
    pub between_low: f64,
    /// Between servers, at most.
    pub between_high: f64,
}

/// What the selection between algorithms compares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Selection {
    /// Where the figures are published.
    pub source: String,
    /// A step between servers, in microseconds.
    pub alpha: f64,
    /// A processor's port on 910B and later, in GB/s.
    pub bandwidth_910b: f64,
    /// A processor's port on 910A, in GB/s.
    pub bandwidth_910a: f64,
    /// Supernodes from which a ring is no longer taken between them.
    pub level2_ring_below: u32,
    /// Slice of all-reduce from which the pipeline is taken, in bytes.
    pub pipeline_all_reduce: u64,
    /// The same without RDMA-lite.
    pub pipeline_all_reduce_plain: u64,
    /// Slice of reduce-scatter and all-gather from which the pipeline is taken, in bytes.
    pub pipeline: u64,
    /// The same without RDMA-lite.
    pub pipeline_plain: u64,
}

/// Sizes at which kernels of all-reduce change, in bytes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Kernels {
    /// Where the figures are published.
    pub source: String,
    /// 910B, one server: below it the mesh kernel of the vector cores, from it the one for large
    /// counts.
    pub a2_mesh_aiv_below: u64,
    /// 910B, several servers: up to it the small kernel with RDMA.
    pub a2_small_rdma: u64,
    /// 910B, several servers: up to it the middle kernel with RDMA.
    pub a2_mid_rdma: u64,
    /// 910B, without vector cores: up to it one shot over the mesh.
    pub a2_one_shot: u64,
    /// 910C, one server: up to it the vector cores.
    pub a3_aiv: u64,
    /// 910C, several servers: up to so many bytes a rank one flat NHR.
    pub a3_flat_per_rank: u64,
    /// 910C, one server: up to so many bytes a rank one shot over the mesh.
    pub a3_one_shot_per_rank: u64,
    /// 910C: HCCS ports with which the double ring is the fast one.
    pub a3_fast_ring_ports: u32,
}

/// What HCCL takes links for, in GB/s.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Links {
    /// Where the figures are published.
    pub source: String,
    /// HCCS to one peer, 910B.
    pub hccs_910b: f64,
    /// HCCS to one peer, 910A.
    pub hccs_910a: f64,
    /// Between the two dies of a package, 910C.
    pub sio_a3: f64,
    /// Memory, 910C.
    pub hbm_a3: f64,
}

impl Constants {
    /// The constants that are built in.
    ///
    /// # Errors
    /// [`LibraryError::Data`] if the file is malformed: a bug.
    pub fn builtin() -> Result<Self, LibraryError> {
        toml::from_str(include_str!("../../data/hccl.toml"))
            .map_err(|e| LibraryError::Data { file: "data/hccl.toml", what: e.to_string() })
    }
}
