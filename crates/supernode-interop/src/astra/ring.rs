//! `ring`: every message goes to the next rank, one after the other.
//!
//! With `t` a message to a neighbour, `d` the endpoint delay, `r` a reduction and `N` ranks:
//!
//! | collective | message | time |
//! |---|---|---|
//! | reduce-scatter | `c / N` | `d + (N-1) (t + d + r)` |
//! | all-gather | `c` | `d + (N-1) (t + d)` |
//! | all-reduce | `c / N` | `d + 2 (N-1) (t + d) + (N-1) r` |
//! | all-to-all | `c / N` | `d + N (N-1) / 2 (t + d)` |
//!
//! Checked against 145 runs of one dimension (up to 8,192 NPUs) and 4 of two.

use super::model::Model;
use super::{AstraError, Collective};

/// Bytes of a message for a chunk of `chunk` bytes.
pub(super) fn message_bytes(model: &Model, collective: Collective, chunk: u64) -> u64 {
    match collective {
        Collective::AllGather => chunk,
        _ => chunk / u64::from(model.dimension.npus),
    }
}

/// A message to the neighbour.
pub(super) fn step(model: &Model, bytes: u64) -> Result<u128, AstraError> {
    model.message(model.hops(1), bytes)
}

/// One chunk of `chunk` bytes, alone.
pub(super) fn time(model: &Model, collective: Collective, chunk: u64) -> Result<u128, AstraError> {
    let bytes = message_bytes(model, collective, chunk);
    let (n, d) = (model.npus(), model.delay);
    let step = step(model, bytes)? + d;
    Ok(d + match collective {
        Collective::ReduceScatter => (n - 1) * (step + model.reduction(bytes)?),
        Collective::AllGather => (n - 1) * step,
        Collective::AllReduce => 2 * (n - 1) * step + (n - 1) * model.reduction(bytes)?,
        Collective::AllToAll => n * (n - 1) / 2 * step,
    })
}
