//! One run: all ranks through one phase after the other, and after each those again at whose ports messages
//! overtook each other.

use supernode_collectives::Pattern;
use supernode_fabric::Noise;

use super::lane::{ISSUER, NOW, Served, TX, send, take, take_all};
use super::plan::{LATEST, Plan, Step};
use super::retake::Retake;
use crate::Unfit;

/// The state of all ranks, kept from seed to seed.
pub(super) struct Machine<'a> {
    pub(super) plan: &'a Plan<'a>,
    /// A row for each rank: its lane, then of each port when it may send, when it may receive, and one more
    /// than the head of the message that it received last.
    rows: Vec<u64>,
    width: usize,
    /// When the head of each message is at its receiver, whose messages lie together; of the phase at hand
    /// alone if none can overtake those of another.
    pub(super) heads: Vec<u64>,
    pub(super) kept: usize,
    /// The key of each rank's delays, and the place of its factor.
    pub(super) keys: Vec<u64>,
    pub(super) factors: Vec<u8>,
    /// Ranks at whose ports a message came before one of an earlier phase.
    overtaken: Vec<u32>,
    /// Arrivals at one rank, and what its ports had received before.
    arrivals: Vec<Arrival>,
    seen: Vec<u64>,
}

/// A message of a direct phase at its receive port.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    /// Head, and position of the sender, by which ports serve.
    order: (u64, u32),
    busy: u64,
    port: u16,
}

impl<'a> Machine<'a> {
    pub(super) fn new(plan: &'a Plan<'a>) -> Self {
        let width = TX + 3 * plan.ports;
        let most = plan.steps.iter().map(|step| step.count).max().unwrap_or(0);
        let kept = if plan.overtakes { plan.messages } else { most };
        Self {
            plan,
            rows: vec![0; plan.ranks * width],
            width,
            heads: vec![0; plan.ranks * kept],
            kept,
            keys: vec![0; plan.ranks],
            factors: vec![0; plan.ranks],
            overtaken: Vec::new(),
            arrivals: Vec::new(),
            seen: vec![0; plan.ports],
        }
    }

    /// Runs with `noise`: [`Machine::finish`] says when each rank finished.
    pub(super) fn run(&mut self, noise: &Noise) -> Result<(), Unfit> {
        let plan = self.plan;
        self.rows.fill(0);
        self.overtaken.clear();
        for rank in 0..plan.ranks {
            self.keys[rank] = noise.key(plan.cost.fabric.device(rank as u32), 0);
            self.factors[rank] = plan.factor(noise, rank as u32);
            let row = &mut self.rows[rank * self.width..];
            (row[NOW], row[ISSUER]) = (plan.start, plan.start);
        }
        let mut retake = Retake::new(plan);
        for (index, step) in plan.steps.iter().enumerate() {
            let latest = || self.rows.iter().copied().max().unwrap_or(0);
            if plan.may_be_long && latest() > LATEST - step.adds {
                return Err(Unfit::Long);
            }
            match step.phase.pattern {
                Pattern::Copy | Pattern::Reduce => {
                    let rows = self.rows.chunks_mut(self.width).zip(&self.factors);
                    for (row, factor) in rows {
                        row[NOW] += step.rules[usize::from(*factor)].copy;
                    }
                }
                _ if step.count == 0 => {}
                Pattern::Ring { .. } | Pattern::Shift { .. } => {
                    self.groups(step, |machine, base| machine.ring(step, noise, base));
                }
                Pattern::Direct { .. } | Pattern::OneShot => {
                    self.groups(step, |machine, base| machine.direct(step, noise, base));
                }
            }
            if !self.overtaken.is_empty() {
                let mut overtaken = std::mem::take(&mut self.overtaken);
                retake.run(self, noise, &plan.steps[..=index], &mut overtaken)?;
                self.overtaken = overtaken;
            }
        }
        Ok(())
    }

    /// When each rank finished.
    pub(super) fn finish(&self) -> impl Iterator<Item = u64> + '_ {
        self.rows.chunks(self.width).map(|row| row[NOW])
    }

    /// The row of a rank.
    pub(super) fn row(&mut self, rank: usize) -> &mut [u64] {
        &mut self.rows[rank * self.width..][..self.width]
    }

    /// Takes all groups of a phase, by their first members.
    fn groups(&mut self, step: &Step, mut take: impl FnMut(&mut Self, usize)) {
        let (stride, size) = (step.phase.stride as usize, step.phase.size as usize);
        for block in (0..self.plan.ranks).step_by(stride * size) {
            (block..block + stride).for_each(|base| take(self, base));
        }
    }

    /// Lets the member at `position` send its `nth` message of the phase.
    #[inline]
    fn send(&mut self, step: &Step, noise: &Noise, (base, position): (usize, u32), nth: usize) {
        let member = |position: u32| base + (position * step.phase.stride) as usize;
        let (rank, to) = (member(position), member(step.peers(position, nth).0));
        let factor = self.factors[rank];
        let (link, busy) = step.links.of(rank, nth, factor.max(self.factors[to]));
        let late = noise.delay(self.keys[rank], (step.first + nth) as u64).as_ps();
        let row = &mut self.rows[rank * self.width..][..self.width];
        let sent = send(row, &step.rules[usize::from(factor)], link.tx, busy, late);
        let place = if self.plan.overtakes { step.first } else { 0 };
        self.heads[to * self.kept + place + nth] = sent + link.latency;
    }

    /// A ring or a shift of one group: each member sends to one and takes from one.
    fn ring(&mut self, step: &Step, noise: &Noise, base: usize) {
        let (size, ports) = (step.phase.size, self.plan.ports);
        let place = if self.plan.overtakes { step.first } else { 0 };
        for nth in 0..step.count {
            for position in 0..size {
                self.send(step, noise, (base, position), nth);
            }
            for position in 0..size {
                let member = |position: u32| base + (position * step.phase.stride) as usize;
                let (rank, from) = (member(position), member(step.peers(position, nth).1));
                let factor = self.factors[rank];
                let (link, busy) = step.links.of(from, nth, factor.max(self.factors[from]));
                let head = self.heads[rank * self.kept + place + nth];
                let rules = &step.rules[usize::from(factor)];
                let row = &mut self.rows[rank * self.width..][..self.width];
                if nth == 0 {
                    row[NOW] += rules.copy;
                }
                let port = TX + ports + usize::from(link.rx);
                // Later messages of the phase come from the same sender by the same port.
                if nth == 0 && self.plan.overtakes && head < row[port + ports] {
                    self.overtaken.push(rank as u32);
                }
                let served = head.max(row[port]);
                (row[port], row[port + ports]) = (served + busy, head + 1);
                row[NOW] = take(row[NOW], rules, served, busy);
            }
        }
    }

    /// A direct phase of one group: each member sends to all others, then takes what they sent.
    fn direct(&mut self, step: &Step, noise: &Noise, base: usize) {
        let (size, ports) = (step.phase.size, self.plan.ports);
        let member = |position: u32| base + (position * step.phase.stride) as usize;
        for position in 0..size {
            for nth in 0..step.count {
                self.send(step, noise, (base, position), nth);
            }
            let rank = member(position);
            self.rows[rank * self.width + NOW] += step.rules[usize::from(self.factors[rank])].copy;
        }
        let place = if self.plan.overtakes { step.first } else { 0 };
        let mut arrivals = std::mem::take(&mut self.arrivals);
        for position in 0..size {
            let rank = member(position);
            let factor = self.factors[rank];
            arrivals.clear();
            for nth in 0..step.count {
                let from = step.peers(position, nth).1;
                let sender = member(from);
                let (link, busy) = step.links.of(sender, nth, factor.max(self.factors[sender]));
                let head = self.heads[rank * self.kept + place + nth];
                arrivals.push(Arrival { order: (head, from), busy, port: link.rx });
            }
            arrivals.sort_unstable_by_key(|arrival| arrival.order);
            let row = &mut self.rows[rank * self.width..][..self.width];
            let (lane, received) = row.split_at_mut(TX + ports);
            let (free, seen) = received.split_at_mut(ports);
            self.seen.copy_from_slice(seen);
            let mut overtaken = false;
            let served = arrivals.iter().map(|arrival| {
                let (head, from) = arrival.order;
                let port = usize::from(arrival.port);
                overtaken |= head < self.seen[port];
                let at = head.max(free[port]);
                (free[port], seen[port]) = (at + arrival.busy, head + 1);
                Served { at, busy: arrival.busy, from }
            });
            let rules = &step.rules[usize::from(factor)];
            lane[NOW] = take_all(lane[NOW], step, rules, position, served);
            if overtaken && self.plan.overtakes {
                self.overtaken.push(rank as u32);
            }
        }
        self.arrivals = arrivals;
    }
}
