//! Closed-form times from routes alone: no messages, so any size and any number of ranks.
//!
//! Exact where the alpha-beta model is (equal links, no contention); elsewhere an estimate that
//! follows the slowest link. Nothing takes more than a few passes over the ranks. Results of this
//! engine say `formula`.

use supernode_collectives::{Algorithm, Chunks, Collective, Rank, Tuning};
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

use crate::EngineError;

mod alike;
mod chain;
mod circulant;
mod direct;
mod doubling;
mod hierarchy;
mod one_way;
mod phases;
mod ring;
mod switch;
mod tree;

/// Elements of a collective's large buffer; a number alone means bytes, elements of one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elements {
    /// How many.
    pub count: u64,
    /// Bytes of one.
    pub width: u64,
}

impl Elements {
    /// Bytes of all; saturates at 2^64.
    pub fn bytes(self) -> u64 {
        self.count.saturating_mul(self.width)
    }
}

impl From<u64> for Elements {
    fn from(bytes: u64) -> Self {
        Self { count: bytes, width: 1 }
    }
}

/// The time of `collective` on all ranks of `cost` with `elements` in the large buffer of each.
///
/// # Errors
/// When the algorithm does not define the collective or the tuning does not fit the ranks, the ranks
/// do not share the reducing switch that the algorithm needs, the algorithm has no closed form on so
/// many ranks, the cost model has noise or faulty links, which no closed form knows, or the time passes what is
/// counted.
pub fn time(
    algorithm: Algorithm,
    collective: Collective,
    elements: impl Into<Elements>,
    tuning: &Tuning,
    cost: &CostModel,
) -> Result<Time, EngineError> {
    if cost.noise.is_some() {
        return Err(EngineError::Noise);
    }
    if cost.fabric.is_faulty() {
        return Err(EngineError::Faulty);
    }
    let Elements { count, width } = elements.into();
    let ranks = cost.fabric.ranks();
    let schedule = algorithm.schedule(collective, ranks, tuning)?;
    let shape = schedule.shape();
    // Bytes of one chunk, as every message of it is charged.
    let chunk = Chunks::new(shape, count, width).elements.saturating_mul(width);
    let work = match algorithm {
        _ if ranks == 1 => {
            let chunks = shape.input_chunks.max(shape.output_chunks);
            cost.copy_time(chunk.saturating_mul(u64::from(chunks)))
        }
        Algorithm::RecursiveDoubling => doubling::time(cost, &*schedule, chunk),
        // Each of two trees alone flows one way; no closed form knows how they meet at a port.
        Algorithm::DoubleBinaryTree if collective != Collective::AllReduce => {
            return Err(EngineError::NoFormula(algorithm));
        }
        // One block flows one way.
        Algorithm::CirculantBroadcast if shape.input_chunks == 1 => {
            one_way::time(cost, &*schedule, chunk, true)
        }
        // From one to the other.
        Algorithm::CirculantBroadcast if ranks == 2 => {
            chain::time(cost, collective, chunk, u64::from(shape.input_chunks))
        }
        Algorithm::CirculantBroadcast => circulant::time(cost, shape.input_chunks, chunk),
        Algorithm::DoubleBinaryTree => tree::time(cost, ranks, chunk, tuning.slices.max(1)),
        Algorithm::InSwitch => {
            let flat = Line { first: 0, stride: 1, count: ranks };
            switch::time(cost, flat, chunk, collective, u64::from(tuning.slices.max(1)))?
        }
        Algorithm::Hierarchical => hierarchy::time(cost, collective, chunk, &tuning.levels)?,
        Algorithm::Chain => chain::time(cost, collective, chunk, u64::from(tuning.slices.max(1))),
        Algorithm::Binomial | Algorithm::Linear if collective.root().is_some() => {
            one_way::time(cost, &*schedule, chunk, true)
        }
        // To the root and back.
        Algorithm::Binomial | Algorithm::Linear => {
            let half = |collective: Collective| -> Result<Time, EngineError> {
                let schedule = algorithm.schedule(collective, ranks, tuning)?;
                Ok(one_way::time(cost, &*schedule, chunk, false))
            };
            half(Collective::Reduce { root: 0 })? + half(Collective::Broadcast { root: 0 })?
        }
        Algorithm::ScatterAllGather => {
            let half = if collective.reduces() {
                Collective::Gather { root: 0 }
            } else {
                Collective::Scatter { root: 0 }
            };
            let tree = Algorithm::Binomial.schedule(
                half.with_root(collective.root().unwrap_or(0)),
                ranks,
                &Tuning::default(),
            )?;
            let ring = ring::Ring::new(cost, Line { first: 0, stride: 1, count: ranks }, chunk);
            let around = if collective.reduces() { ring.reduce() } else { ring.gather() };
            let given = one_way::time(cost, &*tree, chunk, false);
            // The root of a broadcast copies its own block before the ring.
            let copied = if collective.reduces() { Time::ZERO } else { cost.copy_time(chunk) };
            given.max(cost.step_overhead() + copied) + around
        }
        // A put costs what a send and a receive do.
        Algorithm::OneSided => {
            let schedule = Algorithm::TwoSided.schedule(collective, ranks, tuning)?;
            phases::time(cost, &schedule.phases().unwrap_or_default(), chunk)
        }
        Algorithm::Swing | Algorithm::SegmentedRing | Algorithm::Bruck
            if schedule.phases().is_none() && cost.fabric.is_uniform() =>
        {
            alike::time(cost, &*schedule, chunk)
        }
        _ => match schedule.phases() {
            Some(phases) => phases::time(cost, &phases, chunk),
            None => return Err(EngineError::NoFormula(algorithm)),
        },
    };
    match cost.call() + work {
        Time::MAX => Err(EngineError::TooLong),
        time => Ok(time),
    }
}

/// The sum of the halves that `collective` has: a reduce-scatter, an all-gather, or both.
fn halves(
    collective: Collective,
    reduce: impl FnOnce() -> Time,
    gather: impl FnOnce() -> Time,
) -> Time {
    let reduced = if collective.reduces() { reduce() } else { Time::ZERO };
    reduced + if collective == Collective::ReduceScatter { Time::ZERO } else { gather() }
}

/// Equally spaced ranks.
#[derive(Debug, Clone, Copy)]
struct Line {
    first: Rank,
    stride: u32,
    count: u32,
}

impl Line {
    fn rank(self, index: u32) -> Rank {
        self.first + index * self.stride
    }
}

/// Overheads and latency of one message, without its port time.
fn alpha(cost: &CostModel, route: &Route) -> Time {
    cost.step_overhead() + route.latency + cost.recv_overhead()
}

/// What a reduction adds beyond the arrival that hides it.
fn reduction(cost: &CostModel, bytes: u64, busy: Time) -> Time {
    cost.reduce_time(bytes).saturating_sub(busy) + cost.slice_tail(bytes)
}
