//! Direct phases: everyone sends to everyone of its group, then takes what the others sent.

use supernode_collectives::Pattern;

use super::rows::{ISSUER, NOW, PORTS};
use super::rules::{Prices, below_latest};
use super::{Group, LATEST};
use crate::Unfit;

/// Messages of one group, and of one of them, that are kept at a time.
const MOST: u64 = 1 << 25;

/// A message as its sender's port let it go.
#[derive(Debug, Clone, Copy, Default)]
struct Sent {
    head: u64,
    busy: u64,
}

/// A message at its receive port.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    head: u64,
    from: u32,
    /// Place of the port.
    slot: u32,
    busy: u64,
}

/// A direct phase of one group.
pub(super) fn direct(group: &mut Group<'_>) -> Result<(), Unfit> {
    let peers = group.phase.messages() as usize;
    if peers as u64 * u64::from(group.period) > MOST {
        return Err(Unfit::Large);
    }
    let (sent, latency, busy) = send(group)?;
    // Everyone may wait for the last of all, and then serve all of them.
    let latest = sent.iter().map(|sent| sent.head).max().unwrap_or(0);
    let width = group.rows.len() / group.period as usize;
    let own = group.rows.chunks(width).flat_map(|row| row[..PORTS + 2 * group.slots].iter());
    let start = own.copied().max().unwrap_or(0).max(latest);
    let each = group.rules.most(latency, busy);
    let end = u128::from(start) + each * (peers as u128 + 1) + u128::from(group.rules.copy);
    if end > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    let mut arrivals = Vec::with_capacity(peers);
    for position in 0..group.period {
        arrivals.clear();
        let to = group.member(position);
        for offset in 1..=peers as u32 {
            let sender = (position + group.phase.size - offset) % group.phase.size;
            let Sent { head, busy } =
                sent[(sender % group.period) as usize * peers + offset as usize - 1];
            let from = group.member(sender);
            let slot = group.slot(group.run.cost.route(from, to).rx_port) as u32;
            arrivals.push(Arrival { head, from, slot, busy });
        }
        arrivals.sort_unstable_by_key(|arrival| (arrival.head, arrival.from));
        receive(group, position, &arrivals)?;
    }
    Ok(())
}

/// Lets all members send; gives their messages, peer after peer, the longest latency and port time.
fn send(group: &mut Group<'_>) -> Result<(Vec<Sent>, u64, u64), Unfit> {
    let (rules, cost) = (group.rules, group.run.cost);
    let width = group.rows.len() / group.period as usize;
    let peers = group.phase.messages();
    let mut sent = Vec::with_capacity(peers as usize * group.period as usize);
    let mut prices = Prices::new(cost, rules);
    let (mut most_latency, mut most_busy) = (0, 0);
    for position in 0..group.period {
        let from = group.member(position);
        let row = position as usize * width;
        let (mut now, mut issuer) = (group.rows[row + NOW], group.rows[row + ISSUER]);
        for offset in 1..=peers {
            let route = cost.route(from, group.member(position + offset));
            let (latency, busy) = (below_latest(route.latency)?, prices.busy(&route)?);
            (most_latency, most_busy) = (latency.max(most_latency), busy.max(most_busy));
            now = (now + rules.overhead).max(issuer);
            issuer = now + rules.gap;
            let free = &mut group.rows[row + PORTS + group.slot(route.tx_port)];
            let start = now.max(*free);
            *free = start + busy;
            if issuer.max(*free) > LATEST {
                return Err(Unfit::Long);
            }
            sent.push(Sent { head: start + latency, busy });
        }
        (group.rows[row + NOW], group.rows[row + ISSUER]) = (now + rules.copy, issuer);
    }
    Ok((sent, most_latency, most_busy))
}

/// Serves what arrives at one member, and lets its lane take it.
fn receive(group: &mut Group<'_>, position: u32, arrivals: &[Arrival]) -> Result<(), Unfit> {
    let (rules, slots) = (group.rules, group.slots);
    let width = group.rows.len() / group.period as usize;
    let row = position as usize * width;
    let one_shot = group.phase.pattern == Pattern::OneShot;
    let (first, last) = (position == 0, position + 1 == group.phase.size);
    let lane = group.rows[row + NOW];
    let between = if one_shot && !first && !last { rules.reduction } else { 0 };
    // The rank's engine is free whenever its only lane goes on.
    let (mut now, mut worked) = (lane, lane + between);
    let folded = group.period < group.phase.size;
    let mut before: Option<(Arrival, u64)> = None;
    let mut begun = vec![false; slots];
    for arrival in arrivals {
        let Arrival { head, from, slot, busy } = *arrival;
        let seen = row + PORTS + 2 * slots + slot as usize;
        // Heads of this phase come in order; the first has to come after those of earlier ones.
        if !std::mem::replace(&mut begun[slot as usize], true)
            && let Some(earlier) = group.rows[seen].checked_sub(1)
        {
            group.in_order(earlier, head)?;
        }
        group.rows[seen] = head + 1;
        let free = &mut group.rows[row + PORTS + slots + slot as usize];
        let served = head.max(*free);
        let tail = served + busy;
        *free = tail;
        // Members of one class number their peers differently: a tie must not matter.
        if folded
            && let Some((tied, at)) = before.filter(|(before, _)| before.head == head)
            && (tied.busy != busy || tied.slot != slot && (at != head || served != head))
        {
            return Err(Unfit::Tie);
        }
        before = Some((*arrival, served));
        let reduces = rules.reduces && !(one_shot && !first && from == group.base);
        let data = if reduces {
            worked = served.max(lane).max(worked) + rules.reduction;
            tail.max(worked) + rules.slice
        } else {
            tail
        };
        now = now.max(data) + rules.recv;
    }
    now = now.max(worked);
    if one_shot && last && !first {
        now += rules.reduction;
    }
    group.rows[row + NOW] = now;
    Ok(())
}
