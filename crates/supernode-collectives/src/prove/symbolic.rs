//! The effects of steps on symbolic data: memory of expressions, clocks, costs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::clocks::touches;
use super::expression::Value;
use super::heard::{Heard, Ranks};
use super::machine::Effects;
use super::memory::{Memory, Values};
use super::meter::Meter;
use super::races::Races;
use super::{Findings, Place};
use crate::{Action, Dep, Group, Rank, Shape, Span};

#[derive(Debug)]
pub(super) struct Packet {
    values: Values,
    /// Messages in a row, this one included.
    round: u32,
    clock: Option<Rc<[u32]>>,
    /// Of a barrier, who the sender knows has come.
    heard: Option<Ranks>,
    /// Where a put or multicast writes.
    into: Option<Span>,
}

/// A message, for those who print what moves.
#[derive(Debug)]
pub(super) struct Moved {
    pub(super) round: u32,
    pub(super) sender: Place,
    pub(super) to: Rank,
    pub(super) values: Vec<Value>,
}

/// What happens, for those who print it.
#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) moved: Vec<Moved>,
    /// In which rounds which ranks add what arrives.
    pub(super) sums: BTreeSet<(u32, Rank)>,
}

/// What is known about a step that others name in `after`.
#[derive(Debug)]
struct Snapshot {
    round: u32,
    clock: Option<Rc<[u32]>>,
    heard: Option<Ranks>,
    /// Whether it is the answer of a switch.
    answer: bool,
}

#[derive(Debug)]
pub(super) struct Symbolic {
    shape: Shape,
    pub(super) memory: Memory,
    pub(super) meter: Meter,
    named: BTreeSet<Place>,
    snapshots: BTreeMap<Place, Snapshot>,
    races: Option<Races>,
    pub(super) heard: Option<Heard>,
    /// Whether the current step is a request to a switch.
    asked: bool,
    pub(super) findings: Findings,
    pub(super) trace: Option<Trace>,
}

impl Symbolic {
    pub(super) fn new(
        shape: Shape,
        memory: Memory,
        named: BTreeSet<Place>,
        races: Option<Races>,
        findings: Findings,
    ) -> Self {
        Self {
            shape,
            memory,
            meter: Meter::new(&shape),
            named,
            snapshots: BTreeMap::new(),
            races,
            heard: Heard::new(&shape),
            asked: false,
            findings,
            trace: None,
        }
    }

    fn lane(&self, at: Place) -> usize {
        (at.rank * self.shape.lanes + at.lane) as usize
    }

    /// `values ⊕ with`, added on the rank of the step.
    fn combine(&mut self, at: Place, values: Values, with: Option<Span>) -> Values {
        let Some(with) = with else { return values };
        let own = self.read(at, at.rank, with);
        self.meter.reduce(at.rank, self.memory.weight_of(at.rank, with));
        let round = self.meter.round(self.lane(at));
        if let Some(trace) = &mut self.trace {
            trace.sums.insert((round, at.rank));
        }
        self.memory.add(at, &own, &values)
    }

    fn read(&mut self, at: Place, owner: Rank, span: Span) -> Values {
        self.memory.read(&mut self.findings, at, owner, span)
    }

    /// Notes what the step touches: what it sends in its first half, the rest in its second.
    fn touch(&mut self, at: Place, action: &Action, reads_of_exchange: Option<bool>) {
        let Some(races) = &mut self.races else { return };
        let findings = &mut self.findings;
        let src = match action {
            Action::Exchange { src, .. } => Some(*src),
            _ => None,
        };
        let overlap = races.overlap();
        touches(at, action, overlap.as_ref(), |touch| {
            let first_half = src == Some(touch.span) && !touch.writes;
            if reads_of_exchange.is_none_or(|first| first == first_half)
                && let Some(race) = races.access(at, &touch, reads_of_exchange != Some(true))
            {
                findings.push(|| race);
            }
        });
    }

    fn arrive(&mut self, at: Place, sender: Place, packet: &Packet, exchange: bool) {
        let len = self.memory.weight(&packet.values);
        let lane = self.lane(at);
        // An exchange is over when its own message has arrived, too.
        let own = self.meter.round(lane) + u32::from(exchange);
        self.meter.receive(lane, at.rank, sender.rank, packet.round.max(own), len);
        if let (Some(races), Some(clock)) = (&mut self.races, &packet.clock) {
            races.join(at, clock);
            if packet.into.is_some() {
                races.landed(at, sender);
            }
        }
        if let (Some(own), Some(heard)) = (&mut self.heard, &packet.heard) {
            own.join(at, heard);
        }
    }

    /// What the lane knows of who has come, for what it sends.
    fn known(&self, at: Place) -> Option<Ranks> {
        self.heard.as_ref().map(|heard| heard.known(at))
    }

    /// The message of a step; `whole` unless more of the step follows.
    fn packet(&mut self, at: Place, to: Rank, values: Values, whole: bool) -> Packet {
        let lane = self.lane(at);
        let len = self.memory.weight(&values);
        let round = self.meter.send(lane, at.rank, to, len);
        self.record(round, at, to, &values);
        let clock = self.races.as_mut().map(|races| races.send(at, whole));
        Packet { values, round, clock, heard: self.known(at), into: None }
    }

    fn record(&mut self, round: u32, sender: Place, to: Rank, values: &Values) {
        if let Some(trace) = &mut self.trace {
            trace.moved.push(Moved { round, sender, to, values: values.as_slice().to_vec() });
        }
    }

    fn switch_reduce(&mut self, at: Place, group: Group, src: Span, dst: Span) {
        let round = self.meter.round(self.lane(at)) + 1;
        let mut sum: Option<Values> = None;
        for member in group.members() {
            let share = self.read(at, member, src);
            self.meter.passive(member, self.memory.weight_of(member, src), member, 0);
            sum = Some(match sum {
                Some(sum) => self.memory.add(at, &sum, &share),
                None => share,
            });
        }
        let Some(sum) = sum else { return };
        self.memory.write(at, at.rank, dst, &sum);
        self.meter.passive(at.rank, 0, at.rank, self.memory.weight_of(at.rank, dst));
        self.meter.answer(round);
        self.record(round, at, at.rank, &sum);
        self.asked = true;
    }
}

impl Effects for Symbolic {
    type Payload = Packet;

    fn start(&mut self, at: Place, after: Option<Dep>) {
        let Some(dep) = after else { return };
        let named = Place { rank: at.rank, lane: dep.lane, step: dep.step };
        let lane = self.lane(at);
        let Some(snapshot) = self.snapshots.get(&named) else { return };
        self.meter.wait_for(lane, snapshot.round);
        if let (Some(races), Some(clock)) = (&mut self.races, &snapshot.clock) {
            races.join(at, clock);
            if snapshot.answer {
                races.landed(at, named);
            }
        }
        if let (Some(own), Some(heard)) = (&mut self.heard, &snapshot.heard) {
            own.join(at, heard);
        }
    }

    fn issue(&mut self, at: Place, action: &Action, to: Rank) -> Packet {
        match *action {
            Action::Exchange { src, .. } => {
                self.touch(at, action, Some(true));
                let values = self.read(at, at.rank, src);
                // What the other half does comes after the message.
                self.packet(at, to, values, false)
            }
            Action::Send { src, .. } => {
                self.touch(at, action, None);
                let values = self.read(at, at.rank, src);
                self.packet(at, to, values, true)
            }
            Action::Put { src, dst, .. } => {
                self.touch(at, action, None);
                let values = self.read(at, at.rank, src);
                Packet { into: Some(dst), ..self.packet(at, to, values, true) }
            }
            // Its local half has counted and checked what it sends.
            Action::Multicast { src, dst, .. } => {
                let values = self.read(at, at.rank, src);
                let round = self.meter.round(self.lane(at)) + 1;
                self.record(round, at, to, &values);
                let clock = self.races.as_mut().map(|races| races.send(at, true));
                Packet { values, round, clock, heard: self.known(at), into: Some(dst) }
            }
            _ => self.packet(at, to, Values::Many(Box::default()), true),
        }
    }

    fn take(&mut self, at: Place, action: &Action, sender: Place, packet: Packet) {
        self.arrive(at, sender, &packet, matches!(action, Action::Exchange { .. }));
        match *action {
            Action::Recv { dst, with, .. } | Action::Exchange { dst, with, .. } => {
                let exchange = matches!(action, Action::Exchange { .. });
                self.touch(at, action, exchange.then_some(false));
                let values = self.combine(at, packet.values, with);
                self.memory.write(at, at.rank, dst, &values);
            }
            _ => {
                if let Some(dst) = packet.into {
                    self.memory.write(sender, at.rank, dst, &packet.values);
                }
            }
        }
    }

    fn pass(&mut self, at: Place, action: &Action, sender: Place, packet: Packet) -> Packet {
        self.arrive(at, sender, &packet, false);
        self.touch(at, action, None);
        let Action::Forward { to, with, keep, .. } = *action else { return packet };
        let values = self.combine(at, packet.values, with);
        if let Some(keep) = keep {
            self.memory.write(at, at.rank, keep, &values);
        }
        self.packet(at, to, values, true)
    }

    fn local(&mut self, at: Place, action: &Action) {
        self.touch(at, action, None);
        match *action {
            Action::Copy { src, dst } => {
                let values = self.read(at, at.rank, src);
                self.memory.write(at, at.rank, dst, &values);
            }
            Action::Reduce { src, dst } => {
                let values = self.read(at, at.rank, src);
                let sum = self.combine(at, values, Some(dst));
                self.memory.write(at, at.rank, dst, &sum);
            }
            Action::Get { from, src, dst, with } => {
                let values = self.read(at, from, src);
                let lane = self.lane(at);
                let round = self.meter.round(lane) + 1;
                let len = self.memory.weight(&values);
                self.meter.passive(from, len, at.rank, 0);
                self.meter.receive(lane, at.rank, from, round, len);
                self.record(round, Place { rank: from, ..at }, at.rank, &values);
                let values = self.combine(at, values, with);
                self.memory.write(at, at.rank, dst, &values);
            }
            Action::Multicast { src, dst, .. } => {
                let values = self.read(at, at.rank, src);
                let lane = self.lane(at);
                // One message: the switch copies it.
                let len = self.memory.weight(&values);
                self.meter.send(lane, at.rank, at.rank, len);
                self.meter.passive(at.rank, 0, at.rank, len);
                self.memory.write(at, at.rank, dst, &values);
            }
            Action::SwitchReduce { group, src, dst } => self.switch_reduce(at, group, src, dst),
            _ => {}
        }
    }

    fn finish(&mut self, at: Place) {
        if let Some(races) = &mut self.races {
            races.reach(at, true);
        }
        let answer = std::mem::take(&mut self.asked);
        if self.named.contains(&at) {
            let round = self.meter.round(self.lane(at)) + u32::from(answer);
            let clock = self.races.as_mut().map(|races| races.send(at, true));
            let heard = self.known(at);
            self.snapshots.insert(at, Snapshot { round, clock, heard, answer });
        }
    }
}
