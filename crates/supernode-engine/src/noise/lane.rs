//! One rank's lane and ports, as a row of times.

use super::plan::Step;
use crate::lockstep::rules::Rules;
use supernode_collectives::Pattern;

/// When the lane goes on.
pub(super) const NOW: usize = 0;
/// When it may issue the next message.
pub(super) const ISSUER: usize = 1;
/// From here on: when each port may send.
pub(super) const TX: usize = 2;

/// Issues a message that is late by `late`, on a port in `row` that it occupies for `busy`; gives when its
/// head leaves.
#[inline]
pub(super) fn send(row: &mut [u64], rules: &Rules, port: u16, busy: u64, late: u64) -> u64 {
    let issued = (row[NOW] + rules.overhead + late).max(row[ISSUER]);
    (row[NOW], row[ISSUER]) = (issued, issued + rules.gap);
    let free = &mut row[TX + usize::from(port)];
    let sent = issued.max(*free);
    *free = sent + busy;
    sent
}

/// A message as its port served it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Served {
    pub(super) at: u64,
    pub(super) busy: u64,
    /// Position of its sender.
    pub(super) from: u32,
}

/// When a lane that is at `lane` has taken one message.
#[inline]
pub(super) fn take(lane: u64, rules: &Rules, at: u64, busy: u64) -> u64 {
    (at + rules.after_port(busy)).max(lane + rules.after_lane())
}

/// When the lane of the member at `position`, which is at `lane`, has taken what it awaits together in a
/// direct phase, in order of arrival.
pub(super) fn take_all(
    lane: u64,
    step: &Step,
    rules: &Rules,
    position: u32,
    messages: impl Iterator<Item = Served>,
) -> u64 {
    let one_shot = step.phase.pattern == Pattern::OneShot;
    let (first, last) = (position == 0, position + 1 == step.phase.size);
    let between = if one_shot && !first && !last { rules.reduction } else { 0 };
    // The rank's engine is free whenever its only lane goes on.
    let (mut now, mut worked) = (lane, lane + between);
    for Served { at, busy, from } in messages {
        let tail = at + busy;
        let data = if rules.reduces && !(one_shot && !first && from == 0) {
            worked = at.max(lane).max(worked) + rules.reduction;
            tail.max(worked) + rules.slice
        } else {
            tail
        };
        now = now.max(data) + rules.recv;
    }
    now = now.max(worked);
    if one_shot && last && !first { now + rules.reduction } else { now }
}
