//! Direct phases: everyone sends to everyone of its group, then takes what the others sent.
//!
//! The neighbour of a rank hears of the same senders, one message later, in nearly the same order. So
//! arrivals are sorted once for the first rank of a group and then only put right for the next ones.

use supernode_collectives::Pattern;

use super::groups::Group;
use super::links::{Each, Links};
use super::rows::{ISSUER, NOW, PORTS};
use super::{LATEST, even};
use crate::Unfit;

/// A message at its receive port.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    head: u64,
    /// Position of the sender in its group.
    from: u32,
    /// The port.
    slot: u32,
    busy: u64,
}

impl Arrival {
    fn key(&self) -> (u64, u32) {
        (self.head, self.from)
    }
}

/// A direct phase of one group.
pub(super) fn direct(group: &mut Group<'_>, links: &Links) -> Result<(), Unfit> {
    match links {
        Links::Even(ways) if even::direct(group, ways)? => Ok(()),
        Links::Even(_) => one_by_one(group, &Each::new(group)?),
        Links::Each(each) => one_by_one(group, each),
    }
}

/// The same for messages that are all looked at.
fn one_by_one(group: &mut Group<'_>, links: &Each) -> Result<(), Unfit> {
    let heads = send(group, links)?;
    // Everyone may wait for the last of all, and then serve all of them.
    let latest = heads.iter().copied().max().unwrap_or(0) + links.most_latency;
    let width = group.rows.len() / group.period as usize;
    let own = group.rows.chunks(width).flat_map(|row| row[..PORTS + 2 * group.slots].iter());
    let start = own.copied().max().unwrap_or(0).max(latest);
    let (size, period) = (group.phase.size, group.period);
    let each = group.rules.most(links.most_latency, links.most_busy);
    if u128::from(start) + each * u128::from(size) > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    // Messages that are under way at the same time lie close to each other.
    let entry =
        |offset: u32, member: u32| (offset as usize - 1) * period as usize + member as usize;
    let unknown = Arrival { head: 0, from: 0, slot: 0, busy: 0 };
    let mut arrivals: Vec<Arrival> = (1..size).map(|from| Arrival { from, ..unknown }).collect();
    for position in 0..period {
        for arrival in &mut arrivals {
            // A rank hears of its neighbour instead of itself.
            if position > 0 && arrival.from == position {
                arrival.from = position - 1;
            }
            let from = arrival.from;
            let offset = if from < position { position - from } else { position + size - from };
            let class = from % period;
            arrival.head = heads[entry(offset, class)];
            arrival.busy = links.busy(entry(offset, class));
            arrival.slot = links.rx(entry(offset, position));
        }
        if position == 0 || !put_right(&mut arrivals) {
            arrivals.sort_unstable_by_key(Arrival::key);
        }
        receive(group, position, &arrivals)?;
    }
    Ok(())
}

/// Sorts what is nearly sorted; gives up, with the same arrivals in some order, if it is not.
fn put_right(arrivals: &mut [Arrival]) -> bool {
    let mut patience = 4 * arrivals.len();
    for i in 1..arrivals.len() {
        let arrival = arrivals[i];
        if arrivals[i - 1].key() <= arrival.key() {
            continue;
        }
        let mut at = i;
        while at > 0 && arrivals[at - 1].key() > arrival.key() {
            arrivals[at] = arrivals[at - 1];
            at -= 1;
        }
        arrivals[at] = arrival;
        match patience.checked_sub(i - at) {
            Some(left) => patience = left,
            None => return false,
        }
    }
    true
}

/// Lets all members send; gives when the head of each message arrives, in the order of the links.
fn send(group: &mut Group<'_>, links: &Each) -> Result<Vec<u64>, Unfit> {
    let rules = group.rules;
    let width = group.rows.len() / group.period as usize;
    let peers = group.phase.messages() as usize;
    let mut heads = Vec::with_capacity(peers * group.period as usize);
    for _ in 0..peers {
        for row in group.rows.chunks_mut(width) {
            let sent = heads.len();
            let now = (row[NOW] + rules.overhead).max(row[ISSUER]);
            (row[NOW], row[ISSUER]) = (now, now + rules.gap);
            let free = &mut row[PORTS + links.tx(sent) as usize];
            let start = now.max(*free);
            *free = start + links.busy(sent);
            if row[ISSUER].max(row[PORTS + links.tx(sent) as usize]) > LATEST {
                return Err(Unfit::Long);
            }
            heads.push(start + links.latency(sent));
        }
    }
    for row in group.rows.chunks_mut(width) {
        row[NOW] += rules.copy;
    }
    Ok(heads)
}

/// Serves what arrives at one member, and lets its lane take it.
fn receive(group: &mut Group<'_>, position: u32, arrivals: &[Arrival]) -> Result<(), Unfit> {
    let (rules, slots) = (group.rules, group.slots);
    let width = group.rows.len() / group.period as usize;
    let one_shot = group.phase.pattern == Pattern::OneShot;
    let (first, last) = (position == 0, position + 1 == group.phase.size);
    let folded = group.period < group.phase.size;
    let order = super::Order { checks: group.run.checks, free: rules.is_free() };
    let row = &mut group.rows[position as usize * width..][..width];
    let lane = row[NOW];
    let between = if one_shot && !first && !last { rules.reduction } else { 0 };
    // The rank's engine is free whenever its only lane goes on.
    let (mut now, mut worked) = (lane, lane + between);
    let (rx_free, seen) = row[PORTS + slots..].split_at_mut(slots);
    let mut begun = vec![false; slots];
    // What came before: its head, and when and where it was served.
    let mut before: Option<(Arrival, u64)> = None;
    for arrival in arrivals {
        let Arrival { head, from, slot, busy } = *arrival;
        let slot = slot as usize;
        // Heads of this phase come in order; the first has to come after those of earlier ones.
        if !begun[slot] {
            begun[slot] = true;
            order.keeps(seen[slot].checked_sub(1), head)?;
        }
        seen[slot] = head + 1;
        let served = head.max(rx_free[slot]);
        let tail = served + busy;
        rx_free[slot] = tail;
        // Members of one class number their peers differently: a tie must not matter.
        if folded
            && let Some((tied, at)) = before.filter(|(before, _)| before.head == head)
            && (tied.busy != busy || tied.slot as usize != slot && (at != head || served != head))
        {
            return Err(Unfit::Tie);
        }
        before = Some((*arrival, served));
        let reduces = rules.reduces && !(one_shot && !first && from == 0);
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
    row[NOW] = now;
    Ok(())
}
