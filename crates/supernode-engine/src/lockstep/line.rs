//! Rings: each rank depends on its own clock and on one neighbour.

use super::groups::Group;
use super::rows::{ISSUER, NOW, PORTS};
use super::rules::{Prices, Rules, below_latest};
use super::run::{Link, Ramp, Run};
use super::{LATEST, Order, Saved, path, tiles};
use crate::Unfit;

/// Different port times up to which longest paths are looked for.
const PATH_LENGTHS: usize = 32;

/// How the steps of a ring are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Law {
    /// One after the other.
    Sweep,
    /// All at once where that is less work: as longest paths, or by jumps once they repeat.
    Fold,
}

/// The members of a ring, or of the part of it after which everything repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// When the next message is issued.
    pub(super) ready: Vec<u64>,
    /// When its transmit port is free, and the receive port.
    pub(super) tx: Vec<u64>,
    pub(super) rx: Vec<u64>,
    pub(super) links: Links,
}

/// What does not change from step to step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Links {
    /// Of the link to the next: latency and port time.
    pub(super) latency: Vec<u64>,
    pub(super) busy: Vec<u64>,
    /// Of the link from the one before: port time, and from service to the next message being issued.
    pub(super) busy_in: Vec<u64>,
    pub(super) through: Vec<u64>,
    /// The least time between two messages of one lane.
    pub(super) stay: u64,
}

impl Links {
    pub(super) fn of(&self, range: std::ops::Range<usize>) -> [&[u64]; 4] {
        [&self.latency, &self.busy, &self.busy_in, &self.through].map(|list| &list[range.clone()])
    }
}

impl Line {
    pub(super) fn len(&self) -> usize {
        self.ready.len()
    }

    /// One message of every member.
    pub(super) fn step(&mut self) {
        let n = self.len();
        let [latency, busy, busy_in, through] = self.links.of(0..n);
        let stay = self.links.stay;
        let (ready, tx, rx) = (&mut self.ready[..n], &mut self.tx[..n], &mut self.rx[..n]);
        let mut head = ready[n - 1].max(tx[n - 1]) + latency[n - 1];
        for i in 0..n {
            let sent = ready[i].max(tx[i]);
            tx[i] = sent + busy[i];
            let served = head.max(rx[i]);
            head = sent + latency[i];
            rx[i] = served + busy_in[i];
            ready[i] = (served + through[i]).max(ready[i] + stay);
        }
    }

    /// The first message, after which each lane copies for a while.
    fn copying_step(&mut self, rules: &Rules) {
        let waits: Vec<u64> = self
            .ready
            .iter()
            .map(|ready| ready + rules.copy + rules.after_lane() + rules.overhead)
            .collect();
        self.step();
        self.ready.iter_mut().zip(waits).for_each(|(ready, wait)| *ready = wait.max(*ready));
    }

    /// Takes `steps` steps one by one, until all that has changed after `len` more is the time; then as
    /// many of those at once as there are. Gives the number of steps that were jumped.
    ///
    /// A pattern that repeats along the ring has come around to itself after `len` steps.
    fn fold(&mut self, steps: u64) -> u64 {
        let (period, mut left) = (self.len() as u64, steps);
        while left >= 2 * period {
            let before = [self.ready.clone(), self.tx.clone(), self.rx.clone()];
            (0..period).for_each(|_| self.step());
            left -= period;
            let moved = self.ready[0] - before[0][0];
            let mut lists = [&mut self.ready, &mut self.tx, &mut self.rx];
            let shifted = |(before, after): (&Vec<u64>, &&mut Vec<u64>)| {
                before.iter().zip(after.iter()).all(|(before, after)| before + moved == *after)
            };
            // A state follows from the one before by sums and maxima, which let a shift pass.
            if before.iter().zip(&lists).all(shifted) {
                let times = left / period;
                let all = lists.iter_mut().flat_map(|list| list.iter_mut());
                all.for_each(|time| *time += moved * times);
                left %= period;
                (0..left).for_each(|_| self.step());
                return times * period;
            }
        }
        (0..left).for_each(|_| self.step());
        0
    }

    /// The links of a ring of `size` members in runs.
    fn runs(&self, size: u32) -> Vec<Run> {
        let (n, clock) = (self.len(), |time: u64| Ramp::constant(time as i64));
        let mut runs = Vec::new();
        for first in 0..size {
            let i = first as usize % n;
            let next = if i + 1 == n { 0 } else { i + 1 };
            let link = Link {
                latency: self.links.latency[i] as i64,
                busy: self.links.busy[i] as i64,
                through: self.links.through[next] as i64,
            };
            let clocks = [clock(self.ready[i]), clock(self.tx[i]), clock(self.rx[next])];
            Run { first: first.into(), len: 1, link, clocks }.push(&mut runs);
        }
        runs
    }

    /// Takes over the clocks of `runs`.
    fn take(&mut self, runs: &[Run]) {
        let n = self.len();
        for run in runs {
            for x in 0..run.len.min(n as i64 - run.first) {
                let i = (run.first + x) as usize;
                let [issue, send, receive] = run.clocks.map(|clock| clock.value(x) as u64);
                (self.ready[i], self.tx[i]) = (issue, send);
                self.rx[if i + 1 == n { 0 } else { i + 1 }] = receive;
            }
        }
    }

    /// Takes `steps` steps, fewer than the ring has members, in the way that is least work.
    fn advance(&mut self, steps: u64, size: u32, law: Law, threads: usize) -> Saved {
        let n = self.len() as u64;
        if law == Law::Fold && steps > 0 {
            if n > 1 && path::work(size.into(), 1) < steps * n {
                let (runs, stay) = (self.runs(size), self.links.stay as i64);
                let lengths = path::lengths(&runs, stay, PATH_LENGTHS);
                let path = |lengths: &Vec<i64>| {
                    path::work(runs.len() as u64, lengths.len() as u64) < steps * n
                };
                if let Some(lengths) = lengths.filter(path) {
                    self.take(&path::advance(&runs, steps as i64, &lengths));
                    return Saved { by_path: steps, ..Saved::default() };
                }
            }
            if self.len() < tiles::LEAST {
                let jumped = self.fold(steps);
                let period = if jumped > 0 { n } else { 0 };
                return Saved { jumped, period, ..Saved::default() };
            }
        }
        if self.len() < tiles::LEAST {
            (0..steps).for_each(|_| self.step());
        } else {
            tiles::advance(self, steps, threads);
        }
        Saved::default()
    }
}

/// The least work of a folded ring of `size` members, if it has four different port times and its links
/// are all different.
pub(super) fn work(period: u64, size: u64) -> u64 {
    if period == 1 { size } else { path::work(size, 4).min(size.saturating_mul(period)) }
}

/// A ring phase of one group.
pub(super) fn ring(group: &mut Group<'_>) -> Result<Saved, Unfit> {
    let (rules, size) = (group.rules, group.phase.size);
    let (mut line, slots) = line(group)?;
    let n = line.len();
    let width = group.rows.len() / n;
    let order = Order { checks: group.run.checks, free: rules.is_free() };
    let before = |i: usize| if i == 0 { n - 1 } else { i - 1 };
    for (i, slot) in slots.iter().enumerate() {
        let from = before(i);
        let head = line.ready[from].max(line.tx[from]) + line.links.latency[from];
        let seen = PORTS + 2 * group.slots + slot.1;
        // Later messages of the phase come from the same sender by the same port.
        order.keeps(group.rows[i * width + seen].checked_sub(1), head)?;
    }
    let mut left = u64::from(size) - 1;
    if left > 1 && rules.copy > 0 {
        line.copying_step(rules);
        left -= 1;
    }
    let saved = line.advance(left - 1, size, group.run.law, group.threads);
    let copied = if size == 2 { rules.copy } else { 0 };
    let heads: Vec<u64> =
        (0..n).map(|i| line.ready[i].max(line.tx[i]) + line.links.latency[i]).collect();
    for (i, row) in group.rows.chunks_mut(width).enumerate() {
        let (tx_slot, rx_slot) = slots[i];
        let (head, ready) = (heads[before(i)], line.ready[i]);
        let served = head.max(line.rx[i]);
        let busy_in = line.links.busy_in[i];
        let lane = ready + copied + rules.after_lane();
        row[NOW] = (served + rules.after_port(busy_in)).max(lane);
        row[ISSUER] = ready + rules.gap;
        let ports = &mut row[PORTS..];
        ports[tx_slot] = ready.max(line.tx[i]) + line.links.busy[i];
        ports[group.slots + rx_slot] = served + busy_in;
        ports[2 * group.slots + rx_slot] = head + 1;
    }
    Ok(saved)
}

/// The members as the phase finds them, and the ports that each uses to send and to receive.
fn line(group: &Group<'_>) -> Result<(Line, Vec<(usize, usize)>), Unfit> {
    let (rules, n) = (group.rules, group.period as usize);
    let mut prices = Prices::new(group.run.cost, rules);
    let (mut latency, mut busy) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut slots = vec![(0, 0); n];
    for position in 0..group.period {
        let (from, to) = (group.member(position), group.member(position + 1));
        let route = group.run.cost.route(from, to);
        latency.push(below_latest(route.latency)?);
        busy.push(prices.busy(&route)?);
        slots[position as usize].0 = group.slot(route.tx_port);
        if position + 1 < group.period {
            slots[position as usize + 1].1 = group.slot(route.rx_port);
        }
    }
    let into = group.run.cost.route(group.member(group.phase.size - 1), group.base);
    slots[0].1 = group.slot(into.rx_port);
    let mut busy_in = busy.clone();
    busy_in.rotate_right(1);
    let through = busy_in.iter().map(|busy| rules.after_port(*busy) + rules.overhead).collect();
    let stay = (rules.after_lane() + rules.overhead).max(rules.gap);
    let links = Links { latency, busy, busy_in, through, stay };

    let width = group.rows.len() / n;
    let rows = || group.rows.chunks(width).zip(&slots);
    let line = Line {
        ready: rows().map(|(row, _)| (row[NOW] + rules.overhead).max(row[ISSUER])).collect(),
        tx: rows().map(|(row, slot)| row[PORTS + slot.0]).collect(),
        rx: rows().map(|(row, slot)| row[PORTS + group.slots + slot.1]).collect(),
        links,
    };
    let most = |list: &[u64]| list.iter().copied().max().unwrap_or(0);
    let start = [&line.ready, &line.tx, &line.rx].map(|list| most(list));
    let each = rules.most(most(&line.links.latency), most(&line.links.busy));
    let end =
        u128::from(most(&start)) + u128::from(rules.copy) + each * u128::from(group.phase.size);
    if end > u128::from(LATEST) { Err(Unfit::Long) } else { Ok((line, slots)) }
}
