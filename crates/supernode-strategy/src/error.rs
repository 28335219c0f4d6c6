use supernode_catalog::CatalogError;
use supernode_chip::ChipError;
use supernode_fabric::FabricError;
use supernode_library::LibraryError;
use thiserror::Error;

/// Why a comparison, or one of its rows, has no figure.
#[non_exhaustive]
#[derive(Debug, Error)]
pub enum StrategyError {
    /// The workload makes no sense; change its figures.
    #[error("{what}")]
    Workload {
        /// What is wrong.
        what: String,
    },
    /// No plan fits the memory; use a smaller model, shorter sequences or a larger machine.
    #[error(
        "no plan fits {machine}: the closest, tensor {tensor} x data {replicas}, needs {state_gb:.0} GB \
         of model state and {activations_gb:.0} GB of activations, {capacity_gb:.0} GB are there per \
         device"
    )]
    NothingFits {
        /// The machine.
        machine: String,
        /// Devices of its tensor group.
        tensor: u32,
        /// Its replicas.
        replicas: u32,
        /// Parameters, gradients and optimizer state per device, in 10^9 bytes.
        state_gb: f64,
        /// Activations of one sequence per device, in 10^9 bytes.
        activations_gb: f64,
        /// Memory per device, in 10^9 bytes.
        capacity_gb: f64,
    },
    /// A value that something is divided by is zero; supply one above zero.
    #[error("`{path}` is zero; supply a figure above zero with `--set {path}={example}`")]
    Zero {
        /// Path of the value.
        path: String,
        /// A valid spelling.
        example: &'static str,
    },
    /// Replication would need more devices than can be numbered.
    #[error("as many copies of {machine} as it takes have more than 2^32 devices")]
    TooManyCopies {
        /// The machine.
        machine: String,
    },
    /// The chip model gives no answer.
    #[error(transparent)]
    Chip(#[from] ChipError),
    /// The catalog gives no answer.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The levels do not make a fabric.
    #[error(transparent)]
    Fabric(#[from] FabricError),
    /// The machine's library gives no answer.
    #[error(transparent)]
    Library(#[from] LibraryError),
}
