//! Schedules in which all ranks do the same, on machines where all pairs of ranks are alike: one rank stands
//! for all.
//!
//! All ranks are in step, so whatever a rank takes was sent when it sent its own message of the same number.

use std::collections::VecDeque;

use supernode_collectives::{Action, Schedule, Span};
use supernode_fabric::CostModel;
use supernode_units::Time;

use super::one_way::Lane;
use crate::clock::InFlight;

/// The time of a schedule of one lane whose chunks have `chunk` bytes.
pub(super) fn time(cost: &CostModel, schedule: &dyn Schedule, chunk: u64) -> Time {
    let bytes = |span: Span| u64::from(span.len).saturating_mul(chunk);
    let mut lane = Lane::new(cost);
    let (mut sent, mut batch, mut local) = (VecDeque::new(), Vec::new(), Time::ZERO);
    for index in 0..schedule.steps(0, 0) {
        let step = schedule.step(0, 0, index);
        let (takes, more) = match step.action {
            Action::Send { .. } => (None, false),
            Action::Recv { from, with, more, .. } => (Some((from, with.is_some())), more),
            Action::Forward { from, with, .. } | Action::Exchange { from, with, .. } => {
                (Some((from, with.is_some())), false)
            }
            Action::Copy { src, .. } if batch.is_empty() => {
                lane.work(cost.copy_time(bytes(src)));
                continue;
            }
            Action::Copy { src, .. } => {
                local += cost.copy_time(bytes(src));
                continue;
            }
            // The algorithms that come here have no other steps.
            _ => return Time::MAX,
        };
        // An exchange sends before it takes, a forward after.
        if let Action::Send { to, src } | Action::Exchange { to, src, .. } = step.action {
            sent.push_back((lane.send(0, to, bytes(src), step.fan), bytes(src)));
        }
        batch.extend(takes);
        if takes.is_some() && !more {
            // Those that were sent first, as many as are taken.
            let taken = batch.drain(..);
            let count = taken.len().min(sent.len());
            let arrivals = sent.drain(..count).zip(taken);
            // They come by the port at which their own sender arrives.
            let landing =
                arrivals.map(|((flight, bytes), (from, reduces)): ((InFlight, u64), _)| {
                    (InFlight { rx_port: cost.route(from, 0).rx_port, ..flight }, bytes, reduces)
                });
            lane.land(landing, std::mem::take(&mut local));
        }
        if let Action::Forward { to, with, keep, .. } = step.action {
            let bytes = with.or(keep).map_or(0, bytes);
            sent.push_back((lane.send(0, to, bytes, step.fan), bytes));
        }
    }
    lane.now
}
