//! Accesses that nothing puts in order.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::clocks::{Agent, Cell, Clock, Touch, Watched, cell, tick};
use super::{Access, Finding, Overlap, Place};
use crate::Shape;

/// The last access of an agent to a cell, by kind.
#[derive(Debug, Clone, Copy)]
struct Past {
    agent: u32,
    tick: u32,
    access: Access,
}

/// Clocks of all lanes, and what was done to the cells that are watched.
#[derive(Debug)]
pub(super) struct Races {
    watched: Watched,
    clocks: Vec<Clock>,
    /// Per cell, at most one read and one write of each agent: an earlier one of the same agent
    /// comes before them.
    history: BTreeMap<Cell, Vec<Past>>,
    shape: Shape,
    overlap: Option<Overlap>,
}

impl Races {
    /// Nothing to watch means nothing can race.
    pub(super) fn new(watched: Watched, shape: Shape, overlap: Option<Overlap>) -> Option<Self> {
        let agents = watched.agents.len();
        let clocks = || (0..shape.ranks * shape.lanes).map(|_| Clock::new(agents)).collect();
        let history = BTreeMap::new();
        (agents > 0).then(|| Self { clocks: clocks(), watched, history, shape, overlap })
    }

    /// Where input and output lie, if they overlap.
    pub(super) fn overlap(&self) -> Option<Overlap> {
        self.overlap.clone()
    }

    fn clock(&mut self, at: Place) -> &mut Clock {
        &mut self.clocks[(at.rank * self.shape.lanes + at.lane) as usize]
    }

    /// The lane has done the first half of its step, or all of it.
    pub(super) fn reach(&mut self, at: Place, second_half: bool) {
        let own = Agent { rank: at.rank, lane: at.lane, target: None };
        if let Some(agent) = self.watched.agents.get(&own).copied() {
            self.clock(at).raise(agent, tick(at.step, second_half));
        }
    }

    /// What a message of the step carries.
    pub(super) fn send(&mut self, at: Place, second_half: bool) -> Rc<[u32]> {
        self.reach(at, second_half);
        self.clock(at).share()
    }

    /// The step knows what `clock` knows.
    pub(super) fn join(&mut self, at: Place, clock: &[u32]) {
        self.clock(at).join(clock);
    }

    /// What `source` wrote to the memory of the rank of `at` has landed there, as `at` knows.
    pub(super) fn landed(&mut self, at: Place, source: Place) {
        let agent = Agent { rank: source.rank, lane: source.lane, target: Some(at.rank) };
        if let Some(agent) = self.watched.agents.get(&agent).copied() {
            self.clock(at).raise(agent, tick(source.step, true));
        }
    }

    /// Notes an access, and reports the first earlier one that it races with.
    pub(super) fn access(
        &mut self,
        at: Place,
        touch: &Touch,
        second_half: bool,
    ) -> Option<Finding> {
        let agent = self.watched.agents.get(&touch.agent).copied()?;
        self.reach(at, second_half);
        let clock = &self.clocks[(at.rank * self.shape.lanes + at.lane) as usize];
        let access = Access { at, writes: touch.writes, lands_later: touch.agent.target.is_some() };
        let new = Past { agent, tick: tick(at.step, second_half), access };
        let mut race = None;
        for chunk in touch.span.chunks(self.shape.chunks(touch.span.buf)) {
            let cell = cell(self.overlap.as_ref(), touch.owner, touch.span.buf, chunk);
            if !self.watched.cells.contains(&cell) {
                continue;
            }
            let history = self.history.entry(cell).or_default();
            let unordered = |past: &&Past| {
                past.agent != agent
                    && (past.access.writes || touch.writes)
                    && clock.at(past.agent) < past.tick
            };
            if let Some(past) = history.iter().find(unordered)
                && race.is_none()
            {
                let (owner, buf) = (touch.owner, touch.span.buf);
                race =
                    Some(Finding::Race { owner, buf, chunk, first: past.access, second: access });
            }
            let same = |past: &&mut Past| past.agent == agent && past.access.writes == touch.writes;
            match history.iter_mut().find(same) {
                Some(past) => *past = new,
                None => history.push(new),
            }
        }
        race
    }
}
