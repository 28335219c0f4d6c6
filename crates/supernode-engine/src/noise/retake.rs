//! Ranks at whose ports messages overtake each other, in order of arrival.
//!
//! What a rank sends, and when, follows from the heads of what it takes: its ports serve these in order of
//! arrival, its lane takes them in order of the phases. The heads of a phase were found by taking ports to
//! serve it after all earlier ones. A rank whose messages did not come in that order is taken again, from
//! the beginning to this phase; that may change heads of others, which then are taken again, too, until
//! nothing changes any more. Then every port has served in order of arrival and every clock follows from
//! that, which is the run of an engine in order of time, of the schedule up to this phase: its first event
//! that differed would have the same past, and be the same. Doing so after every phase keeps it short, because
//! what changes has few that hear of it yet.

use supernode_collectives::Pattern;
use supernode_fabric::Noise;

use super::lane::{ISSUER, NOW, Served, TX, send, take, take_all};
use super::machine::Machine;
use super::plan::{LATEST, Plan, Step};
use crate::Unfit;

/// Times that all ranks together may be taken again, for each rank, before it gives up.
const PATIENCE: usize = 64;

/// Room to take one rank.
pub(super) struct Retake {
    /// Head, sender and number of each message to the rank.
    order: Vec<(u64, u32, u32)>,
    /// By number: when it is served, how long its ports are busy, and who sent it.
    served: Vec<Served>,
    /// Numbers of each phase, in the order in which they are served; and how far they are known.
    sequence: Vec<u32>,
    known: Vec<usize>,
    /// The phase of each number.
    phases: Vec<u16>,
    /// As [`Machine::row`].
    row: Vec<u64>,
    ports: usize,
    /// Who is to be taken, and whether each rank is.
    waiting: Vec<u32>,
    waits: Vec<bool>,
}

impl Retake {
    pub(super) fn new(plan: &Plan<'_>) -> Self {
        let steps = (0..).zip(&plan.steps);
        let phases = steps.flat_map(|(at, step)| std::iter::repeat_n(at, step.count)).collect();
        Self {
            order: Vec::with_capacity(plan.messages),
            served: vec![Served { at: 0, busy: 0, from: 0 }; plan.messages],
            sequence: vec![0; plan.messages],
            known: vec![0; plan.steps.len()],
            phases,
            row: vec![0; TX + 3 * plan.ports],
            ports: plan.ports,
            waiting: Vec::new(),
            waits: vec![false; plan.ranks],
        }
    }

    /// Takes the ranks of `round` through `steps` again, and whoever hears of a change.
    pub(super) fn run(
        &mut self,
        machine: &mut Machine<'_>,
        noise: &Noise,
        steps: &[Step],
        round: &mut Vec<u32>,
    ) -> Result<(), Unfit> {
        round.dedup();
        let mut left = machine.plan.ranks.saturating_mul(PATIENCE);
        while !round.is_empty() {
            left = left.checked_sub(round.len()).ok_or(Unfit::Overtaken)?;
            for rank in round.drain(..) {
                self.waits[rank as usize] = false;
                self.take(machine, noise, steps, rank as usize);
                if self.row[NOW] > LATEST {
                    return Err(Unfit::Long);
                }
            }
            std::mem::swap(round, &mut self.waiting);
        }
        Ok(())
    }

    /// Lets the ports of a rank serve all messages in order of arrival.
    fn serve(&mut self, machine: &Machine<'_>, steps: &[Step], rank: usize) {
        self.order.clear();
        for step in steps {
            let (position, base) = if step.count > 0 { step.place(rank) } else { continue };
            for nth in 0..step.count {
                let (from, number) = (step.peers(position, nth).1, step.first + nth);
                let sender = base + (from * step.phase.stride) as usize;
                let head = machine.heads[rank * machine.kept + number];
                self.order.push((head, sender as u32, number as u32));
                self.served[number].from = from;
            }
        }
        self.order.sort_unstable();
        self.known.fill(0);
        for (head, sender, number) in &self.order {
            let (number, sender) = (*number as usize, *sender as usize);
            let phase = usize::from(self.phases[number]);
            let step = &steps[phase];
            let factor = machine.factors[rank].max(machine.factors[sender]);
            let (link, busy) = step.links.of(sender, number - step.first, factor);
            let port = TX + self.ports + usize::from(link.rx);
            let at = (*head).max(self.row[port]);
            (self.row[port], self.row[port + self.ports]) = (at + busy, head + 1);
            (self.served[number].at, self.served[number].busy) = (at, busy);
            self.sequence[step.first + self.known[phase]] = number as u32;
            self.known[phase] += 1;
        }
    }

    /// Takes a rank through all phases, and notes who takes something at another time than was known.
    fn take(&mut self, machine: &mut Machine<'_>, noise: &Noise, steps: &[Step], rank: usize) {
        self.row.fill(0);
        self.serve(machine, steps, rank);
        (self.row[NOW], self.row[ISSUER]) = (machine.plan.start, machine.plan.start);
        for step in steps {
            let rules = step.rules[usize::from(machine.factors[rank])];
            match step.phase.pattern {
                Pattern::Copy | Pattern::Reduce => self.row[NOW] += rules.copy,
                Pattern::Ring { .. } | Pattern::Shift { .. } => {
                    for nth in 0..step.count {
                        self.send(machine, noise, step, rank, nth);
                        self.row[NOW] += if nth == 0 { rules.copy } else { 0 };
                        let Served { at, busy, .. } = self.served[step.first + nth];
                        self.row[NOW] = take(self.row[NOW], &rules, at, busy);
                    }
                }
                Pattern::Direct { .. } | Pattern::OneShot if step.count > 0 => {
                    (0..step.count).for_each(|nth| self.send(machine, noise, step, rank, nth));
                    let sequence = &self.sequence[step.first..step.first + step.count];
                    let served = sequence.iter().map(|number| self.served[*number as usize]);
                    let (lane, position) = (self.row[NOW] + rules.copy, step.place(rank).0);
                    self.row[NOW] = take_all(lane, step, &rules, position, served);
                }
                Pattern::Direct { .. } | Pattern::OneShot => {}
            }
        }
        machine.row(rank).copy_from_slice(&self.row);
    }

    fn send(
        &mut self,
        machine: &mut Machine<'_>,
        noise: &Noise,
        step: &Step,
        rank: usize,
        nth: usize,
    ) {
        let (position, base) = step.place(rank);
        let to = base + (step.peers(position, nth).0 * step.phase.stride) as usize;
        let factor = machine.factors[rank];
        let (link, busy) = step.links.of(rank, nth, factor.max(machine.factors[to]));
        let number = step.first + nth;
        let late = noise.delay(machine.keys[rank], number as u64).as_ps();
        let rules = &step.rules[usize::from(factor)];
        let head = send(&mut self.row, rules, link.tx, busy, late) + link.latency;
        let known = &mut machine.heads[to * machine.kept + number];
        if *known != head {
            *known = head;
            if !std::mem::replace(&mut self.waits[to], true) {
                self.waiting.push(to as u32);
            }
        }
    }
}
