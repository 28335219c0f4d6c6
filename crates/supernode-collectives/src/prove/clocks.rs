//! What is ordered: happens-before over lane order, `after`, and messages.
//!
//! A clock has an entry for each *agent* that could race, not for each lane of each rank: a ring has
//! none, and costs nothing. An agent is a lane, or what a lane has under way towards the memory of a
//! rank and that lands later (puts, multicasts, answers of a switch). What lands is ordered before a
//! step only through the wait that takes its signal, or the `after` that names its step. Writes of
//! one agent land in the order of its steps, as messages do.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Overlap, Place};
use crate::{Action, Buf, Rank, Schedule, Shape, Span};

/// Who accesses memory: lane `lane` of `rank`, itself or by what lands later at `target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Agent {
    pub(super) rank: Rank,
    pub(super) lane: u32,
    pub(super) target: Option<Rank>,
}

/// The chunk of a buffer of a rank; in place, input and output are one.
pub(super) type Cell = (Rank, Buf, u32);

/// Where a chunk of a buffer of `owner` lies.
pub(super) fn cell(overlap: Option<&Overlap>, owner: Rank, buf: Buf, chunk: u32) -> Cell {
    match overlap {
        Some(overlap) if buf != Buf::Scratch => (owner, Buf::Output, overlap.at(owner, buf, chunk)),
        _ => (owner, buf, chunk),
    }
}

/// One access of a step to memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touch {
    pub(super) owner: Rank,
    pub(super) span: Span,
    pub(super) agent: Agent,
    pub(super) writes: bool,
}

/// Calls `each` with everything that a step touches, inputs apart unless the collective runs in place:
/// those are never written.
pub(super) fn touches(
    at: Place,
    action: &Action,
    overlap: Option<&Overlap>,
    mut each: impl FnMut(Touch),
) {
    if overlap.is_some_and(|overlap| overlap.is_idle(at.rank, action)) {
        return;
    }
    let own = Agent { rank: at.rank, lane: at.lane, target: None };
    let mut touch = |owner: Rank, span: Span, agent: Agent, writes: bool| {
        if (span.buf != Buf::Input || overlap.is_some()) && span.len > 0 {
            each(Touch { owner, span, agent, writes });
        }
    };
    let lands = |target: Rank| Agent { target: Some(target), ..own };
    match *action {
        Action::Send { src, .. } => touch(at.rank, src, own, false),
        Action::Recv { dst, with, .. } => {
            if let Some(with) = with {
                touch(at.rank, with, own, false);
            }
            touch(at.rank, dst, own, true);
        }
        Action::Forward { with, keep, .. } => {
            if let Some(with) = with {
                touch(at.rank, with, own, false);
            }
            if let Some(keep) = keep {
                touch(at.rank, keep, own, true);
            }
        }
        Action::Exchange { src, dst, with, .. } => {
            touch(at.rank, src, own, false);
            if let Some(with) = with {
                touch(at.rank, with, own, false);
            }
            touch(at.rank, dst, own, true);
        }
        Action::Put { to, src, dst } => {
            touch(at.rank, src, own, false);
            touch(to, dst, lands(to), true);
        }
        Action::Get { from, src, dst, with } => {
            touch(from, src, own, false);
            if let Some(with) = with {
                touch(at.rank, with, own, false);
            }
            touch(at.rank, dst, own, true);
        }
        Action::Signal { .. } | Action::Wait { .. } => {}
        Action::Copy { src, dst } | Action::Reduce { src, dst } => {
            touch(at.rank, src, own, false);
            touch(at.rank, dst, own, true);
        }
        Action::Multicast { group, src, dst } => {
            touch(at.rank, src, own, false);
            for to in group.members() {
                touch(to, dst, if to == at.rank { own } else { lands(to) }, true);
            }
        }
        Action::SwitchReduce { group, src, dst } => {
            group.members().for_each(|member| touch(member, src, own, false));
            touch(at.rank, dst, lands(at.rank), true);
        }
    }
}

/// Agents that share a written chunk with another, and those chunks.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) agents: BTreeMap<Agent, u32>,
    pub(super) cells: BTreeSet<Cell>,
}

impl Watched {
    /// Reads all steps twice: which chunks are contended, and by whom.
    pub(super) fn of(schedule: &dyn Schedule, overlap: Option<&Overlap>) -> Self {
        let shape = schedule.shape();
        let mut users: BTreeMap<Cell, (Agent, bool, bool)> = BTreeMap::new();
        each_touch(schedule, &shape, overlap, |touch| {
            for chunk in touch.span.chunks(shape.chunks(touch.span.buf)) {
                let (agent, shared, written) = users
                    .entry(cell(overlap, touch.owner, touch.span.buf, chunk))
                    .or_insert((touch.agent, false, false));
                *shared |= *agent != touch.agent;
                *written |= touch.writes;
            }
        });
        let contended =
            |(_, (_, shared, written)): &(Cell, (Agent, bool, bool))| *shared && *written;
        let cells = users.into_iter().filter(contended).map(|(cell, _)| cell).collect();
        let mut watched = Self { agents: BTreeMap::new(), cells };
        if watched.cells.is_empty() {
            return watched;
        }
        each_touch(schedule, &shape, overlap, |touch| {
            let mut chunks = touch.span.chunks(shape.chunks(touch.span.buf));
            let of = |chunk| cell(overlap, touch.owner, touch.span.buf, chunk);
            if chunks.any(|chunk| watched.cells.contains(&of(chunk))) {
                let next = watched.agents.len() as u32;
                watched.agents.entry(touch.agent).or_insert(next);
            }
        });
        watched
    }
}

fn each_touch(
    schedule: &dyn Schedule,
    shape: &Shape,
    overlap: Option<&Overlap>,
    mut each: impl FnMut(Touch),
) {
    for rank in 0..shape.ranks {
        for lane in 0..shape.lanes {
            for step in 0..schedule.steps(rank, lane) {
                let action = schedule.step(rank, lane, step).action;
                touches(Place { rank, lane, step }, &action, overlap, &mut each);
            }
        }
    }
}

/// The clock of a lane: for each watched agent, how far it is known to have come.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    ticks: Vec<u32>,
    /// As it was last sent; all receivers of a multicast share it.
    sent: Option<Rc<[u32]>>,
}

impl Clock {
    pub(super) fn new(agents: usize) -> Self {
        Self { ticks: vec![0; agents], sent: None }
    }

    pub(super) fn at(&self, agent: u32) -> u32 {
        self.ticks.get(agent as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn raise(&mut self, agent: u32, tick: u32) {
        if let Some(known) = self.ticks.get_mut(agent as usize)
            && *known < tick
        {
            *known = tick;
            self.sent = None;
        }
    }

    pub(super) fn join(&mut self, other: &[u32]) {
        for (agent, tick) in (0..).zip(other) {
            self.raise(agent, *tick);
        }
    }

    pub(super) fn share(&mut self) -> Rc<[u32]> {
        self.sent.get_or_insert_with(|| Rc::from(self.ticks.as_slice())).clone()
    }
}

/// The tick of the first half of a step (what it sends), and of the rest.
pub(super) const fn tick(step: u32, second_half: bool) -> u32 {
    2 * step + 1 + second_half as u32
}
