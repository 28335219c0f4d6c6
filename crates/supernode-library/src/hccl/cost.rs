//! The α-β-γ cost of one level, by algorithm. `p` ranks, `n` bytes: those of the large buffer (a
//! rank's buffer of all-reduce and broadcast, all blocks of reduce-scatter and all-gather).
//!
//! | algorithm | reduce-scatter (all-gather: without γ) | all-reduce |
//! |---|---|---|
//! | mesh | α + n/p β + (p-1)/p nγ | 2α + 2n/p β + (p-1)/p nγ |
//! | ring | (p-1)α + (p-1)/p n(β+γ) | 2(p-1)α + 2(p-1)/p nβ + (p-1)/p nγ |
//! | H-D | log2 p α + (p-1)/p n(β+γ) | 2 log2 p α + 2(p-1)/p nβ + (p-1)/p nγ |
//! | NHR, NB | ⌈log2 p⌉α + (p-1)/p n(β+γ) | twice that, γ once |
//!
//! Halving-doubling of other than a power of two has a step of full size (α + nβ) before it, and
//! all-reduce one after it. Broadcast is (p-1)(α + nβ) as a ring and 2α + 2n/p β as a mesh; a star
//! is α + nβ; pairwise is (p-1)(α + n/p β).

use supernode_units::{Bandwidth, Time};

use super::algorithm::Algorithm;
use crate::{Function, LibraryError};

/// What a step over one kind of link costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// α: a step without bytes.
    pub alpha: Time,
    /// 1/β: bytes moved, to one neighbour.
    pub beta: Bandwidth,
    /// 1/γ: bytes reduced; `None` where it is hidden or done by the link.
    pub gamma: Option<Bandwidth>,
}

impl Link {
    /// Time of `steps` steps that move and reduce so many bytes altogether.
    pub(crate) fn time(&self, steps: f64, moved: f64, reduced: f64) -> Time {
        let seconds = |bytes: f64, rate: Bandwidth| bytes / rate.bytes_per_s() as f64;
        let gamma = self.gamma.map_or(0.0, |rate| seconds(reduced, rate));
        let alpha = self.alpha.as_secs_f64();
        Time::from_secs_f64(steps * alpha + seconds(moved, self.beta) + gamma)
    }
}

/// What `algorithm` costs on one level of `ranks` ranks.
///
/// # Errors
/// [`LibraryError::Unsupported`] where the algorithm has no such collective.
pub fn cost(
    algorithm: Algorithm,
    function: Function,
    ranks: u32,
    bytes: u64,
    link: &Link,
) -> Result<Time, LibraryError> {
    if ranks < 2 {
        return Ok(Time::ZERO);
    }
    let (p, n) = (f64::from(ranks), bytes as f64);
    let block = n / p;
    let most = n * (p - 1.0) / p;
    let phases = if function == Function::AllReduce { 2.0 } else { 1.0 };
    let reduced = if function.reduces() { most } else { 0.0 };
    let logarithmic = |steps: u32| link.time(phases * f64::from(steps), phases * most, reduced);
    let scatters = function == Function::AllReduce || function.is_gather();
    Ok(match (algorithm, function) {
        (Algorithm::Mesh, Function::Broadcast) => link.time(2.0, 2.0 * block, 0.0),
        (Algorithm::Ring, Function::Broadcast) => link.time(p - 1.0, (p - 1.0) * n, 0.0),
        (Algorithm::Mesh, _) if scatters => link.time(phases, phases * block, reduced),
        (Algorithm::Ring, _) if scatters => link.time(phases * (p - 1.0), phases * most, reduced),
        (Algorithm::HalvingDoubling, _) if scatters => {
            let whole = if ranks.is_power_of_two() { 0.0 } else { 1.0 };
            let extra = if function.reduces() { n * whole } else { 0.0 };
            logarithmic(ranks.ilog2()) + link.time(phases * whole, phases * n * whole, extra)
        }
        (Algorithm::Nhr | Algorithm::Nb, _) if scatters => logarithmic(steps(ranks)),
        (Algorithm::Pairwise, Function::AllToAll) => link.time(p - 1.0, most, 0.0),
        (Algorithm::Star, Function::Broadcast | Function::Reduce) => link.time(1.0, n, 0.0),
        _ => return Err(algorithm.unsupported(function)),
    })
}

/// A mesh within servers beside a ring between `servers` of them, `ranks` ranks in all: every step
/// takes the slower of the two, s/p bytes over either.
///
/// # Errors
/// [`LibraryError::Unsupported`] for other than all-reduce, reduce-scatter and all-gather.
pub fn pipeline(
    function: Function,
    ranks: u32,
    servers: u32,
    bytes: u64,
    intra: &Link,
    inter: &Link,
) -> Result<Time, LibraryError> {
    if function != Function::AllReduce && !function.is_gather() {
        return Err(Algorithm::Pipeline.unsupported(function));
    }
    let block = bytes as f64 / f64::from(ranks.max(1));
    let within = intra.time(1.0, block, 0.0);
    let step = inter.time(1.0, block, 0.0).max(within);
    let once = step * u64::from(servers.saturating_sub(1)) + within;
    Ok(if function == Function::AllReduce { once * 2 } else { once })
}

/// ⌈log2 p⌉.
pub(crate) fn steps(ranks: u32) -> u32 {
    ranks.saturating_sub(1).checked_ilog2().map_or(0, |floor| floor + 1)
}
