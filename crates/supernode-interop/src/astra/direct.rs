//! `direct`: everyone sends to everyone at once.
//!
//! With `t` the message that takes longest, `d` the endpoint delay and `r` a reduction, all of `c / N`
//! bytes: an all-to-all takes `2 d + t`, an all-reduce, which is one and then another, `3 d + 2 t + r`.
//! Congestion-aware, a switch sends a rank's `N - 1` messages one after the other:
//! `t = (N-2) tr(m / B) + 2 tr(L + m / B)`.
//!
//! Checked against runs on full meshes and switches of 8 and 64 NPUs.

use super::model::Model;
use super::{AstraError, Backend, Collective, Topology};

/// One chunk of `chunk` bytes, alone.
pub(super) fn time(model: &Model, collective: Collective, chunk: u64) -> Result<u128, AstraError> {
    let npus = model.dimension.npus;
    let bytes = chunk / u64::from(npus);
    let topology = model.dimension.topology;
    let longest = match (model.backend, topology) {
        (Backend::Unaware, _) => model.message(model.hops(npus / 2), bytes)?,
        (Backend::Aware, Topology::FullyConnected) => model.message(1, bytes)?,
        (Backend::Aware, Topology::Switch) => {
            model.message(2, bytes)? + (model.npus() - 2) * model.serial(bytes)?
        }
        (Backend::Aware, Topology::Ring) => {
            return Err(AstraError::unsupported(
                "congestion-aware `direct` on a Ring, where messages meet on links",
                "use `ring`, or FullyConnected or Switch",
            ));
        }
    };
    let d = model.delay;
    match collective {
        Collective::AllReduce => Ok(3 * d + 2 * longest + model.reduction(bytes)?),
        Collective::AllToAll => Ok(2 * d + longest),
        Collective::ReduceScatter | Collective::AllGather => {
            Err(AstraError::unsupported(format!("{collective} by `direct`"), "use `ring`"))
        }
    }
}
