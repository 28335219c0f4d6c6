//! Shifts: each rank sends one message to the one so many places away, and takes one.

use super::groups::Group;
use super::rows::{ISSUER, NOW, PORTS};
use super::rules::{Prices, below_latest};
use super::{LATEST, Order};
use crate::Unfit;

/// A message at its receiver.
#[derive(Debug, Clone, Copy, Default)]
struct Arrival {
    head: u64,
    busy: u64,
    slot: usize,
}

/// A shift of one group by `by` places, of odd members the other way if it is `mirrored`.
pub(super) fn shift(group: &mut Group<'_>, by: u32, mirrored: bool) -> Result<(), Unfit> {
    let (rules, period) = (group.rules, group.period);
    let width = group.rows.len() / period as usize;
    let mut prices = Prices::new(group.run.cost, rules);
    // What each member takes; ready is when it has issued what it sends.
    let mut arrivals = vec![Arrival::default(); period as usize];
    let mut ready = vec![0; period as usize];
    let (mut most_latency, mut most_busy) = (0, 0);
    for position in 0..period {
        let (to, from) = group.phase.shift(position, by, mirrored);
        let route = group.run.cost.route(group.member(position), group.member(to));
        let (latency, busy) = (below_latest(route.latency)?, prices.busy(&route)?);
        (most_latency, most_busy) = (latency.max(most_latency), busy.max(most_busy));
        let tx = PORTS + group.slot(route.tx_port);
        let row = &mut group.rows[position as usize * width..][..width];
        let issued = (row[NOW] + rules.overhead).max(row[ISSUER]);
        let sent = issued.max(row[tx]);
        (row[ISSUER], row[tx]) = (issued + rules.gap, sent + busy);
        ready[position as usize] = issued;
        // The receiver is of the class of the one it is a whole number of periods away from, and so
        // takes by the port of its own class.
        let into = group.run.cost.route(group.member(from), group.member(position));
        arrivals[position as usize].slot = group.slot(into.rx_port);
        let arrival = &mut arrivals[(to % period) as usize];
        (arrival.head, arrival.busy) = (sent + latency, busy);
    }
    let most = group.rows.iter().copied().max().unwrap_or(0);
    let each = rules.most(most_latency, most_busy);
    if u128::from(most) + u128::from(rules.copy) + each > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    let order = Order { checks: group.run.checks, free: rules.is_free() };
    for (i, row) in group.rows.chunks_mut(width).enumerate() {
        let Arrival { head, busy, slot } = arrivals[i];
        let (rx, seen) = (PORTS + group.slots + slot, PORTS + 2 * group.slots + slot);
        order.keeps(row[seen].checked_sub(1), head)?;
        let served = head.max(row[rx]);
        let lane = ready[i] + rules.copy + rules.after_lane();
        row[NOW] = (served + rules.after_port(busy)).max(lane);
        (row[rx], row[seen]) = (served + busy, head + 1);
    }
    Ok(())
}
