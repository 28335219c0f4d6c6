//! Direct phases where every member sends by one port, and takes by one, messages that are all as long:
//! they leave at even distances.
//!
//! Then what a member takes from the senders of one class, over links of one latency, arrives at even
//! distances as well. As long as all classes are under way, the same arrivals come again in every lap
//! around the classes, later by the time of a lap; and once a lap has moved the clocks of the receiver by
//! just that, so do all the laps that are left.

use supernode_collectives::Pattern;

use super::groups::Group;
use super::rows::{ISSUER, NOW, PORTS};
use super::rules::{Prices, below_latest};
use super::{LATEST, Order};
use crate::Unfit;

/// Changes of latency that are kept.
const MOST: usize = 1 << 25;
/// Laps for which it is worthwhile to look for one that repeats.
const LAPS: u64 = 4;

/// The ways between members that have one port for all.
pub(super) struct Ways {
    tx: u32,
    rx: u32,
    busy: u64,
    /// The least latency and the most.
    least: u64,
    most: u64,
    /// Of what each member takes: the latency of messages from those up to so many places before.
    inward: Vec<Vec<(u32, u64)>>,
}

impl Ways {
    /// None if ports or port times differ.
    pub(super) fn new(group: &Group<'_>) -> Result<Option<Self>, Unfit> {
        let (size, cost) = (group.phase.size, group.run.cost);
        let mut prices = Prices::new(cost, group.rules);
        let mut inward = Vec::with_capacity(group.period as usize);
        let (mut link, mut changes, mut least, mut most) = (None, 0, u64::MAX, 0);
        for position in 0..group.period {
            let own = group.member(position);
            let mut latencies: Vec<(u32, u64)> = Vec::new();
            // From the farthest sender before this one to the nearest.
            let mut before = size - 1;
            while before > 0 {
                let from = group.member(position + size - before);
                let (out, into) = (cost.route(own, from), cost.route(from, own));
                let (latency, busy) = (below_latest(into.latency)?, prices.busy(&into)?);
                let ends = (out.tx_port, into.rx_port, busy);
                if *link.get_or_insert(ends) != ends || prices.busy(&out)? != busy {
                    return Ok(None);
                }
                (least, most) = (least.min(latency), most.max(latency));
                if latencies.last().is_none_or(|last| last.1 != latency) {
                    latencies.push((before, latency));
                    changes += 1;
                    if changes > MOST {
                        return Err(Unfit::Large);
                    }
                }
                // The ranks from `from` on, until they begin anew or reach this one.
                let left = if before > position { before - position } else { before };
                before -= cost.fabric.reach(own, from, group.phase.stride).min(left);
            }
            latencies.reverse();
            inward.push(latencies);
        }
        let of = |(tx, rx, busy)| Self {
            tx: u32::from(tx),
            rx: u32::from(rx),
            busy,
            least,
            most,
            inward,
        };
        Ok(link.map(of))
    }
}

/// When members send.
struct Sent {
    /// Each its first message, and the time from each to the next.
    first: Vec<u64>,
    apart: u64,
    /// The earliest first and the latest.
    least: u64,
    most: u64,
}

/// Takes a direct phase, if members do send at even distances.
pub(super) fn direct(group: &mut Group<'_>, ways: &Ways) -> Result<bool, Unfit> {
    if group.phase.pattern == Pattern::OneShot {
        return Ok(false);
    }
    let Some(sent) = send(group, ways)? else {
        return Ok(false);
    };
    let mut heads = Vec::new();
    for position in 0..group.period {
        receive(group, ways, &sent, position, &mut heads)?;
    }
    Ok(true)
}

/// Lets all members send.
fn send(group: &mut Group<'_>, ways: &Ways) -> Result<Option<Sent>, Unfit> {
    let (rules, peers) = (group.rules, u64::from(group.phase.messages()));
    let width = group.rows.len() / group.period as usize;
    let issued = rules.overhead.max(rules.gap);
    let apart = issued.max(ways.busy);
    let port = PORTS + ways.tx as usize;
    let ready = |row: &[u64]| (row[NOW] + rules.overhead).max(row[ISSUER]);
    // A port that is busy at first lets messages pile up, and they may be gone before the last.
    if issued > ways.busy && group.rows.chunks(width).any(|row| row[port] > ready(row)) {
        return Ok(None);
    }
    // Everyone may wait for the last of all, and then serve all of them.
    let most = group.rows.iter().copied().max().unwrap_or(0);
    let each = rules.most(ways.most, ways.busy) + u128::from(apart);
    if u128::from(most) + each * (u128::from(peers) + 2) > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    let mut first = Vec::with_capacity(group.period as usize);
    for row in group.rows.chunks_mut(width) {
        let ready = ready(row);
        let start = ready.max(row[port]);
        first.push(start);
        row[port] = start + (peers - 1) * apart + ways.busy;
        let last = ready + (peers - 1) * issued;
        (row[NOW], row[ISSUER]) = (last + rules.copy, last + rules.gap);
    }
    let least = first.iter().copied().min().unwrap_or(0);
    let most = first.iter().copied().max().unwrap_or(0);
    if least == most {
        first.truncate(1);
    }
    Ok(Some(Sent { first, apart, least, most }))
}

/// What a member takes: its port, its engine, its lane.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Taking {
    free: u64,
    worked: u64,
    now: u64,
}

impl Taking {
    fn later(self, time: u64) -> Self {
        Self { free: self.free + time, worked: self.worked + time, now: self.now + time }
    }
}

/// Serves what arrives at one member, and lets its lane take it.
fn receive(
    group: &mut Group<'_>,
    ways: &Ways,
    sent: &Sent,
    position: u32,
    heads: &mut Vec<u64>,
) -> Result<(), Unfit> {
    let (rules, slots) = (group.rules, group.slots);
    let width = group.rows.len() / group.period as usize;
    let order = Order { checks: group.run.checks, free: rules.is_free() };
    let arrivals = Arrivals { sent, latencies: &ways.inward[position as usize], position };
    let row = &mut group.rows[position as usize * width..][..width];
    let port = PORTS + slots + ways.rx as usize;
    let (free, seen, lane) = (row[port], row[port + slots].checked_sub(1), row[NOW]);
    let mut taking = Taking { free, worked: lane, now: lane };
    let take = |taking: &mut Taking, heads: &[u64]| {
        for head in heads {
            let served = taking.free.max(*head);
            taking.free = served + ways.busy;
            let data = if rules.reduces {
                taking.worked = taking.worked.max(served) + rules.reduction;
                taking.free.max(taking.worked) + rules.slice
            } else {
                taking.free
            };
            taking.now = taking.now.max(data) + rules.recv;
        }
    };
    let Repeat { from, lap, laps } = arrivals.repeat(ways);
    arrivals.between((0, from), heads);
    let mut first = heads.first().copied();
    let mut last = heads.last().copied().unwrap_or(0);
    take(&mut taking, heads);
    if laps > 0 {
        arrivals.between((from, from + lap), heads);
        first = first.or(heads.first().copied());
        last = heads.last().map_or(last, |head| head + (laps - 1) * lap);
        let mut left = laps;
        while left > 0 {
            let before = taking;
            take(&mut taking, heads);
            left -= 1;
            if taking == before.later(lap) {
                taking = taking.later(left * lap);
                break;
            }
            for head in &mut *heads {
                *head += lap;
            }
        }
        arrivals.between((from + laps * lap, u64::MAX), heads);
        last = heads.last().copied().unwrap_or(last);
        take(&mut taking, heads);
    }
    if let Some(first) = first {
        order.keeps(seen, first)?;
        row[port + slots] = last + 1;
    }
    row[port] = taking.free;
    row[NOW] = taking.now.max(taking.worked);
    Ok(())
}

/// The heads of the messages to one member.
struct Arrivals<'a> {
    sent: &'a Sent,
    latencies: &'a [(u32, u64)],
    position: u32,
}

/// From when on, and how often, the same arrivals come again after a lap.
struct Repeat {
    from: u64,
    lap: u64,
    laps: u64,
}

impl Arrivals<'_> {
    /// Stretches of senders at the same latency: the first of them, the one after the last.
    fn stretches(&self) -> impl Iterator<Item = (u32, u32, u64)> + '_ {
        let firsts = std::iter::once(1).chain(self.latencies.iter().map(|(end, _)| end + 1));
        firsts.zip(self.latencies).map(|(first, (last, latency))| (first, last + 1, *latency))
    }

    fn repeat(&self, ways: &Ways) -> Repeat {
        let Sent { ref first, apart, least, most } = *self.sent;
        let classes = first.len() as u64;
        let never = Repeat { from: u64::MAX, lap: 0, laps: 0 };
        let longest = self.stretches().max_by_key(|(first, end, _)| end - first);
        let Some((first, end, _)) = longest.filter(|_| apart > 0) else {
            return never;
        };
        // All classes of that stretch are there, and nobody of the others, from here to there.
        let from = most + (u64::from(first) - 1 + classes) * apart + ways.most;
        let to = least + (u64::from(end) - 1) * apart + ways.least;
        let lap = classes * apart;
        let laps = to.saturating_sub(from) / lap;
        if laps < LAPS { never } else { Repeat { from, lap, laps } }
    }

    /// Those from `from` on and before `to`, in order.
    fn between(&self, (from, to): (u64, u64), heads: &mut Vec<u64>) {
        heads.clear();
        let Sent { ref first, apart, least, most } = *self.sent;
        let classes = first.len();
        for (start, end, latency) in self.stretches() {
            // Messages before which nobody sends what arrives in that time, and after which.
            let places = |time: u64| time.checked_div(apart).map_or(u64::MAX, |place| place + 2);
            let low = from.saturating_sub(latency + most).checked_div(apart).unwrap_or(0);
            let high = places(to.saturating_sub(latency + least));
            let start = start.max(u32::try_from(low).unwrap_or(u32::MAX));
            let end = end.min(u32::try_from(high).unwrap_or(u32::MAX));
            if start >= end {
                continue;
            }
            let mut class = if classes == 1 {
                0
            } else {
                (i64::from(self.position) - i64::from(start)).rem_euclid(classes as i64) as usize
            };
            for before in start..end {
                let head = first[class] + u64::from(before - 1) * apart + latency;
                if (from..to).contains(&head) {
                    heads.push(head);
                }
                class = if class == 0 { classes - 1 } else { class - 1 };
            }
        }
        if !put_right(heads) {
            #[allow(clippy::stable_sort_primitive, reason = "it uses the order that is there")]
            heads.sort();
        }
    }
}

/// Sorts what is nearly sorted; gives up, with the same heads in some order, if it is not.
fn put_right(heads: &mut [u64]) -> bool {
    let mut patience = 4 * heads.len();
    for i in 1..heads.len() {
        let head = heads[i];
        let mut at = i;
        while at > 0 && heads[at - 1] > head {
            heads[at] = heads[at - 1];
            at -= 1;
        }
        heads[at] = head;
        match patience.checked_sub(i - at) {
            Some(left) => patience = left,
            None => return false,
        }
    }
    true
}
