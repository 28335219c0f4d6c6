//! Who waits for whom when nothing moves, and the least depth at which everything does.

use std::collections::BTreeMap;
use std::fmt;

use super::machine::{Effects, Machine};
use super::{Finding, Options, Place};
use crate::{Action, Dep, Rank, Schedule};

/// What a blocked step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// A message of this rank.
    Message(Rank),
    /// A signal of this rank.
    Signal(Rank),
    /// That this rank takes a message.
    Room(Rank),
    /// A step of another lane of the same rank.
    Step(Dep),
}

/// A blocked step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    /// The step.
    pub at: Place,
    /// What it waits for.
    pub on: WaitsFor,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waits for ", self.at)?;
        match self.on {
            WaitsFor::Message(rank) => write!(f, "a message of rank {rank}"),
            WaitsFor::Signal(rank) => write!(f, "a signal of rank {rank}"),
            WaitsFor::Room(rank) => write!(f, "rank {rank} to take its message"),
            WaitsFor::Step(dep) => write!(f, "its lane {} step {}", dep.lane, dep.step),
        }
    }
}

/// Lanes that wait for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlock {
    /// How many lanes wait.
    pub blocked: usize,
    /// Each waits for the next. If `closes`, the last waits for the first; otherwise the last waits
    /// for a lane that has no steps left.
    pub chain: Vec<Blocked>,
    /// Whether the chain is a cycle.
    pub closes: bool,
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lanes wait: ", self.blocked)?;
        let shown = if self.chain.len() > 8 { 6 } else { self.chain.len() };
        for (index, blocked) in self.chain[..shown].iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{blocked}")?;
        }
        if shown < self.chain.len() {
            write!(f, ", and so on over {} more", self.chain.len() - shown)?;
        }
        f.write_str(if self.closes { ", back to the first" } else { ", which has no steps left" })
    }
}

impl<E: Effects> Machine<'_, E> {
    /// What the lane waits for; called when nothing moves.
    fn blocked_on(&self, lane: u32) -> Blocked {
        let mut at = self.place(lane);
        let step = self.step_at(at);
        let state = &self.lanes[lane as usize];
        let begun = state.sent || state.got || !state.batch.is_empty();
        if let Some(dep) = step.after
            && !begun
            && !self.may_start(at, &step)
        {
            return Blocked { at, on: WaitsFor::Step(dep) };
        }
        let on = match step.action {
            Action::Send { to, .. } => WaitsFor::Room(to),
            Action::Recv { more: true, .. } => {
                let missing = state.batch.iter().find(|(.., held)| held.is_none());
                let (step, from) =
                    missing.map_or((at.step, at.rank), |(step, from, _)| (*step, *from));
                at.step = step;
                WaitsFor::Message(from)
            }
            Action::Forward { to, .. } if state.sent || !self.has_slot(at, to) => {
                WaitsFor::Room(to)
            }
            Action::Exchange { to, .. } if state.got => WaitsFor::Room(to),
            Action::Recv { from, .. }
            | Action::Forward { from, .. }
            | Action::Exchange { from, .. } => WaitsFor::Message(from),
            Action::Wait { from } => WaitsFor::Signal(from.member(state.seen)),
            // Everything else needs nothing but what it names in `after`.
            _ => WaitsFor::Step(Dep { lane: at.lane, step: at.step }),
        };
        Blocked { at, on }
    }

    /// Why the run ended early.
    pub(super) fn deadlock(&self) -> Deadlock {
        let unfinished = |lane: u32| {
            let state = &self.lanes[lane as usize];
            state.next < state.steps
        };
        let all = || (0..self.lanes.len() as u32).filter(|lane| unfinished(*lane));
        let mut chain: Vec<Blocked> = Vec::new();
        let mut seen = BTreeMap::new();
        let mut at = all().next();
        let mut closes = false;
        while let Some(lane) = at {
            if let Some(start) = seen.insert(lane, chain.len()) {
                chain.drain(..start);
                closes = true;
                break;
            }
            let blocked = self.blocked_on(lane);
            chain.push(blocked);
            let next = match blocked.on {
                WaitsFor::Message(rank) | WaitsFor::Signal(rank) | WaitsFor::Room(rank) => {
                    self.lane_of(rank, blocked.at.lane)
                }
                WaitsFor::Step(dep) => self.lane_of(blocked.at.rank, dep.lane),
            };
            at = unfinished(next).then_some(next);
        }
        Deadlock { blocked: all().count(), chain, closes }
    }
}

/// Nothing but the movement of messages.
struct Bare;

impl Effects for Bare {
    type Payload = ();
    fn start(&mut self, _: Place, _: Option<Dep>) {}
    fn issue(&mut self, _: Place, _: &Action, _: Rank) {}
    fn take(&mut self, _: Place, _: &Action, _: Place, (): ()) {}
    fn pass(&mut self, _: Place, _: &Action, _: Place, (): ()) {}
    fn local(&mut self, _: Place, _: &Action) {}
    fn finish(&mut self, _: Place) {}
}

/// Whether the schedule ends when a connection holds `depth` messages.
fn at_depth(schedule: &dyn Schedule, depth: u32, options: &Options) -> Result<(), Deadlock> {
    let mut machine = Machine::new(schedule, Some(depth), Bare);
    machine.progress = options.progress.as_deref();
    if machine.run(options.order) { Ok(()) } else { Err(machine.deadlock()) }
}

/// Tries the depths from the least; more depth never hurts, so the first that ends is the answer.
pub(super) fn least_depth(
    schedule: &dyn Schedule,
    options: &Options,
) -> (Option<u32>, Vec<(u32, Deadlock)>, Option<Finding>) {
    let mut ascending = options.depths.clone();
    ascending.sort_unstable();
    ascending.dedup();
    let mut deadlocks = Vec::new();
    for depth in ascending {
        match at_depth(schedule, depth, options) {
            Ok(()) => return (Some(depth), deadlocks, None),
            Err(deadlock) => deadlocks.push((depth, deadlock)),
        }
    }
    let last = deadlocks.last().cloned();
    (None, deadlocks, last.map(|(tried, deadlock)| Finding::Depth { tried, deadlock }))
}
