//! `halvingDoubling`: all-reduce by recursive halving, then doubling.
//!
//! In step `k` of `log2 N`, `m_k = c / 2^k` bytes go to the rank `2^(k-1)` further. With `t_k` such a
//! message, `r_k` a reduction of as many bytes and `d` the endpoint delay:
//! `T = d + 2 sum_k (t_k + d) + sum_(k>1) r_k`. A reduction is charged with the size of the *next*
//! message, and the last one never: ASTRA-sim does so.
//!
//! Checked against runs on a switch of 64 NPUs.

use super::model::Model;
use super::{AstraError, Backend, Collective, Topology};

/// One chunk of `chunk` bytes, alone.
pub(super) fn time(model: &Model, collective: Collective, chunk: u64) -> Result<u128, AstraError> {
    let npus = model.dimension.npus;
    if collective != Collective::AllReduce {
        let what = format!("{collective} by `halvingDoubling`");
        return Err(AstraError::unsupported(what, "use `ring`"));
    }
    if !npus.is_power_of_two() {
        let what = format!("`halvingDoubling` on {npus} NPUs, which ASTRA-sim itself never ends");
        return Err(AstraError::unsupported(what, "use a power of two, or `ring`"));
    }
    if model.backend == Backend::Aware && model.dimension.topology == Topology::Ring && npus > 2 {
        return Err(AstraError::unsupported(
            "congestion-aware `halvingDoubling` on a Ring, where messages meet on links",
            "use `ring`, or FullyConnected or Switch",
        ));
    }
    let d = model.delay;
    let mut time = d;
    for k in 1..=npus.ilog2() {
        let bytes = chunk >> k;
        time += 2 * (model.message(model.hops(1 << (k - 1)), bytes)? + d);
        if k > 1 {
            time += model.reduction(bytes)?;
        }
    }
    Ok(time)
}
