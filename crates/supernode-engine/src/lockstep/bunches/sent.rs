//! What the members of a direct phase send, in pieces of messages at even distances.

use super::super::LATEST;
use super::super::groups::Group;
use super::super::rows::{ISSUER, NOW, PORTS};
use super::super::rules::{Prices, below_latest};
use super::taking::Bunch;
use crate::Unfit;

/// Messages of a sender that leave at even distances over links that are alike.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// How many places on the first of them goes, and when it leaves.
    first: i64,
    at: i64,
    /// From one to the next.
    apart: i64,
    latency: i64,
    busy: i64,
    /// What the next sender adds to `first` and to `at`.
    places: i64,
    later: i64,
}

impl Piece {
    /// Whether this piece continues `before`, which is that of the sender `by` places before.
    fn continues(&self, before: &Self, by: i64) -> bool {
        let link = |piece: &Self| (piece.apart, piece.latency, piece.busy);
        link(self) == link(before)
            && self.first == before.first + before.places * by
            && self.at == before.at + before.later * by
    }
}

/// Neighbours that send alike.
pub(super) struct Senders {
    pub(super) first: i64,
    pub(super) len: i64,
    pieces: std::ops::Range<usize>,
}

/// What all members send, those of the first period; the others do the same.
pub(super) struct Sent {
    pub(super) size: i64,
    pub(super) period: i64,
    pub(super) senders: Vec<Senders>,
    pieces: Vec<Piece>,
    /// The receive port of all messages.
    pub(super) rx: usize,
    pub(super) most_latency: u64,
    pub(super) most_busy: u64,
}

/// Lets all members send; none if they do not send by one port or there would be too many bunches.
pub(super) fn send(group: &mut Group<'_>) -> Result<Option<Sent>, Unfit> {
    let (rules, size) = (group.rules, group.phase.size);
    let width = group.rows.len() / group.period as usize;
    let mut prices = Prices::new(group.run.cost, rules);
    let mut sent = Sent {
        size: size.into(),
        period: group.period.into(),
        senders: Vec::new(),
        pieces: Vec::new(),
        rx: 0,
        most_latency: 0,
        most_busy: 0,
    };
    let (mut ports, mut own) = (None, Vec::new());
    let issue = rules.overhead.max(rules.gap);
    // When each has issued its last message, and its port is free.
    let mut ended = Vec::with_capacity(group.period as usize);
    for (position, row) in (0..).zip(group.rows.chunks(width)) {
        own.clear();
        let ready = (row[NOW] + rules.overhead).max(row[ISSUER]);
        let (mut offset, mut free) = (1, 0);
        while offset < size {
            let to = (position + offset) % size;
            let (from, member) = (group.member(position), group.member(to));
            let route = group.run.cost.route(from, member);
            let ends = (group.slot(route.tx_port), group.slot(route.rx_port));
            if *ports.get_or_insert(ends) != ends {
                return Ok(None);
            }
            if offset == 1 {
                free = row[PORTS + ends.0];
            }
            // Those from there on, until they begin anew or reach the sender.
            let left = if to > position { size - to } else { position - to };
            let reach = group.run.cost.fabric.reach(from, member, group.phase.stride);
            let count = u64::from(reach.min(left));
            let (latency, busy) = (below_latest(route.latency)?, prices.busy(&route)?);
            sent.most_latency = latency.max(sent.most_latency);
            sent.most_busy = busy.max(sent.most_busy);
            let issued = ready + u64::from(offset - 1) * issue;
            let last = u128::from(issued.max(free))
                + (u128::from(busy) + u128::from(issue)) * u128::from(count);
            if last > u128::from(LATEST) {
                return Err(Unfit::Long);
            }
            let stretch = Stretch { first: offset, count, issued, issue, latency, busy };
            free = stretch.send(free, &mut own);
            offset += count as u32;
        }
        ended.push((ready + u64::from(size - 2) * issue, free));
        sent.add(position, &own);
        // Otherwise there are as many bunches as messages, or nearly so.
        if sent.pieces.len() > 64 + group.period as usize / 4 {
            return Ok(None);
        }
    }
    let (tx, rx) = ports.unwrap_or_default();
    sent.rx = rx;
    for (row, (last, free)) in group.rows.chunks_mut(width).zip(ended) {
        (row[NOW], row[ISSUER], row[PORTS + tx]) = (last + rules.copy, last + rules.gap, free);
    }
    Ok(Some(sent))
}

/// Neighbours that one member sends to over links that are alike.
struct Stretch {
    first: u32,
    count: u64,
    /// When the first message is issued, and how long from one to the next.
    issued: u64,
    issue: u64,
    latency: u64,
    busy: u64,
}

impl Stretch {
    /// Sends by a port that is free from `free` on; gives when it is again.
    fn send(&self, free: u64, pieces: &mut Vec<Piece>) -> u64 {
        let Self { first, count, issued, issue, latency, busy } = *self;
        let start = issued.max(free);
        // Messages that waited for the port, if it can catch up with the lane.
        let waiting = match issue.checked_sub(busy) {
            Some(faster) if faster > 0 => (start - issued).div_ceil(faster).min(count),
            _ => count,
        };
        let mut push = |nth: u64, at: u64, apart: u64| {
            pieces.push(Piece {
                first: (u64::from(first) + nth) as i64,
                at: at as i64,
                apart: apart as i64,
                latency: latency as i64,
                busy: busy as i64,
                places: 0,
                later: 0,
            });
        };
        let mut last = start;
        if waiting > 0 {
            push(0, start, busy);
            last = start + (waiting - 1) * busy;
        }
        if waiting < count {
            push(waiting, issued + waiting * issue, issue);
            last = issued + (count - 1) * issue;
        }
        last + busy
    }
}

impl Sent {
    /// Adds what the sender at `position` sends, the next one.
    fn add(&mut self, position: u32, own: &[Piece]) {
        let first = i64::from(position);
        if let Some(last) = self.senders.last_mut() {
            let before = &mut self.pieces[last.pieces.clone()];
            let by = last.len;
            if before.len() == own.len() {
                if by == 1 {
                    for (before, own) in before.iter_mut().zip(own) {
                        (before.places, before.later) =
                            (own.first - before.first, own.at - before.at);
                    }
                }
                if own.iter().zip(&*before).all(|(own, before)| own.continues(before, by)) {
                    last.len += 1;
                    return;
                }
            }
        }
        let start = self.pieces.len();
        self.pieces.extend_from_slice(own);
        self.senders.push(Senders { first, len: 1, pieces: start..self.pieces.len() });
    }

    /// What `receiver` takes from the members `from..to` of `senders`, of whom the first is `first`.
    pub(super) fn bunches(
        &self,
        senders: &Senders,
        (first, receiver): (i64, i64),
        (from, to): (i64, i64),
        bunches: &mut Vec<Bunch>,
    ) {
        // How far on the receiver is, around the group.
        let ahead = receiver - first;
        let ahead = if from > ahead { ahead + self.size } else { ahead };
        let pieces = &self.pieces[senders.pieces.clone()];
        for (nth, piece) in pieces.iter().enumerate() {
            // At sender x the piece begins at first + places x and goes on to the next one.
            let (mut low, mut high) = (from, to);
            narrow(&mut low, &mut high, ahead - piece.first, 1 + piece.places, true);
            if let Some(next) = pieces.get(nth + 1) {
                narrow(&mut low, &mut high, ahead - next.first, 1 + next.places, false);
            }
            if low >= high {
                continue;
            }
            let step = piece.later - piece.apart * (1 + piece.places);
            let nth = ahead - low - piece.first - piece.places * low;
            let head = piece.at + piece.later * low + piece.apart * nth + piece.latency;
            let (len, busy, first) = (high - low, piece.busy, first + low);
            bunches.push(if step < 0 {
                let head = head + step * (len - 1);
                Bunch { head, step: -step, len, busy, first: first + len - 1, next: -1 }
            } else {
                Bunch { head, step, len, busy, first, next: 1 }
            });
        }
    }
}

/// Leaves of `low..high` those `x` with `factor x <= room`, or those with `factor x > room`.
fn narrow(low: &mut i64, high: &mut i64, room: i64, factor: i64, within: bool) {
    // The first one above, or at or below, where it is not the same for all.
    match (factor.signum(), within) {
        (0, _) => {
            if (room >= 0) != within {
                *high = *low;
            }
        }
        (1, true) => *high = (*high).min(room.div_euclid(factor) + 1),
        (1, false) => *low = (*low).max(room.div_euclid(factor) + 1),
        // -f x <= room where x >= -room / f, rounded up.
        (_, true) => *low = (*low).max(-room.div_euclid(-factor)),
        (_, false) => *high = (*high).min(-room.div_euclid(-factor)),
    }
}
