use thiserror::Error;

use super::Stuck;

/// Why a schedule has no finish times.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoggopsError {
    /// Operations never ran or messages were never received; it says which.
    #[error(transparent)]
    Stuck(Box<Stuck>),
    /// Times might not fit; use smaller sizes or parameters.
    #[error(
        "all times together pass 2^62 ns (146 years); use smaller sizes, calculations or parameters"
    )]
    TooLong,
    /// The processors and interfaces of all ranks would not fit memory; number them from 0 without
    /// gaps.
    #[error(
        "{ranks} ranks with {cpus} processors and {nics} interfaces each are too many to keep; number \
         `cpu` and `nic` from 0 without gaps"
    )]
    TooManyResources {
        /// Number of ranks.
        ranks: u32,
        /// Processors of each.
        cpus: usize,
        /// Interfaces of each.
        nics: usize,
    },
    /// A message of 0 bytes costs -1 byte in LogGOPSim, here before time 0; give it 1 byte.
    #[error(
        "rank {rank}, operation {operation}: a message of 0 bytes takes {cost} ns less than one of 1 \
         byte, which ends before time 0; give it 1 byte"
    )]
    BeforeZero {
        /// Rank of the send.
        rank: u32,
        /// Its number within the rank, from 1.
        operation: u32,
        /// The larger of `G` and `O`, in nanoseconds.
        cost: u64,
    },
}
