//! What a run gives, and whether it can be run at all.

use super::engine::Engine;
use super::stuck::Left;
use super::{LoggopsError, Parameters, Stuck};
use crate::goal::{Goal, Kind};

/// When everything was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When the last processor of each rank was free, in nanoseconds.
    pub finish_ns: Vec<u64>,
    /// Operations and messages, which LogGOPSim counts as events.
    pub events: u64,
}

impl Outcome {
    /// When the last rank was through, in nanoseconds.
    pub fn max_ns(&self) -> u64 {
        self.finish_ns.iter().copied().max().unwrap_or(0)
    }
}

/// Times a schedule as LogGOPSim does.
///
/// # Errors
/// [`LoggopsError::Stuck`] with everything that never ran or was never received; or if times or
/// resources do not fit.
pub fn simulate(goal: &Goal, parameters: &Parameters) -> Result<Outcome, LoggopsError> {
    check_times(goal, parameters)?;
    let mut engine = Engine::new(goal, *parameters)?;
    engine.run()?;
    let finish_ns = engine.finish();
    let left = Left {
        waiting: &engine.waiting,
        matching: &engine.matching,
        unfreed: &engine.unfreed,
        eager_bytes: parameters.eager_bytes,
    };
    if left.is_nothing() {
        return Ok(Outcome { finish_ns, events: u64::from(engine.created) });
    }
    let blocked = Stuck::find(goal, &left);
    Err(LoggopsError::Stuck(Box::new(Stuck { finish_ns, blocked })))
}

/// Every time is a sum of costs of different events, so no time passes the sum of all.
fn check_times(goal: &Goal, parameters: &Parameters) -> Result<(), LoggopsError> {
    let Parameters { latency_ns, overhead_ns, gap_ns, .. } = *parameters;
    let per_message = [latency_ns, overhead_ns, overhead_ns, gap_ns, gap_ns].map(u128::from);
    let per_message = per_message.iter().sum::<u128>();
    let (o, g) = (parameters.overhead_per_byte_ns, parameters.gap_per_byte_ns);
    let per_byte = 2 * (u128::from(o) + u128::from(g));
    let mut total = 0_u128;
    for op in goal.ops() {
        let size = u128::from(op.size);
        let cost = match op.kind {
            Kind::Send => size.saturating_mul(per_byte).saturating_add(per_message),
            Kind::Recv => 0,
            Kind::Calc => size,
        };
        total = total.saturating_add(cost);
    }
    if total < 1 << 62 { Ok(()) } else { Err(LoggopsError::TooLong) }
}
