//! Phases of a schedule, all ranks at a time, without a queue.
//!
//! The ranks are given as classes: ranks of one class have equal clocks, and one of them, the
//! representative, is computed. `sweep` takes every rank as a class of its own; `folded` takes those
//! that the fabric cannot tell apart as one. A phase is taken group by group; groups are independent,
//! so threads share them and the result does not depend on how.
//!
//! What a group needs is the clock of each class and the state of its ports, a row of numbers in one
//! flat array. Times are plain picoseconds below [`LATEST`], so that no sum can pass 64 bits.

use supernode_collectives::{Chunks, Pattern, Phase, Ports, Schedule};
use supernode_fabric::CostModel;

use crate::{EngineError, Unfit, in_program_order};

mod arrivals;
mod bunches;
mod classes;
mod direct;
mod even;
mod exchanges;
mod groups;
mod line;
mod links;
mod path;
pub(crate) mod rings;
mod rows;
pub(crate) mod rules;
mod run;
mod shift;
mod shifts;
mod steps;
mod tiles;

pub(crate) use classes::Classes;
use groups::Groups;
pub(crate) use line::Law;
use rows::Rows;
use rules::Rules;

/// Times from here on are left to engines that saturate: nine days.
const LATEST: u64 = 1 << 59;
/// Ports whose state is kept: about a gigabyte.
const MOST_PORTS: usize = 1 << 25;

/// Steps that a message of a direct phase costs where all are looked at.
const EACH: u64 = 25;
/// Messages that one thread takes alone.
const FEW: usize = 20_000;

/// What the phases of a schedule are taken with.
pub(crate) struct Run<'a> {
    pub(crate) cost: &'a CostModel,
    pub(crate) classes: Classes,
    pub(crate) phases: Vec<Phase>,
    chunks: &'a Chunks,
    threads: usize,
    /// How rings are taken.
    law: Law,
    /// Whether the order at ports has to be shown to be that of the phases.
    checks: bool,
    /// Whether one link is all that a rank uses in each direction.
    one_link: bool,
}

/// What a run gives.
pub(crate) struct Done {
    /// When each class finished.
    pub(crate) finish: Vec<u64>,
    /// How steps were saved.
    pub(crate) saved: Saved,
}

/// Steps of single groups that were not taken one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Saved {
    /// Taken as longest paths.
    pub(crate) by_path: u64,
    /// Jumped, because all that changed from step to step was the time.
    pub(crate) jumped: u64,
    /// The longest period that was found.
    pub(crate) period: u64,
    /// Messages of single groups that were taken in bunches.
    pub(crate) bunched: u64,
    /// Runs of ranks that hear the same.
    pub(crate) runs: u64,
}

impl Saved {
    fn add(&mut self, other: Self) {
        self.by_path += other.by_path;
        self.jumped += other.jumped;
        self.period = self.period.max(other.period);
        self.bunched += other.bunched;
        self.runs = self.runs.max(other.runs);
    }
}

/// The phases of `schedule` if it and `cost` can be taken in step.
pub(crate) fn phases(schedule: &dyn Schedule, cost: &CostModel) -> Result<Vec<Phase>, EngineError> {
    let ranks = schedule.shape().ranks;
    if cost.fabric.ranks() != ranks {
        return Err(EngineError::Ranks { schedule: ranks, fabric: cost.fabric.ranks() });
    }
    if cost.noise.is_some() {
        return Err(Unfit::Noise.into());
    }
    schedule.phases().ok_or_else(|| Unfit::NoPhases.into())
}

/// Classes of the ranks that neither `phases` nor the fabric tell apart.
pub(crate) fn folded_classes(phases: &[Phase], cost: &CostModel) -> Option<Classes> {
    // Ranks are numbered, so who adds its own operand when is no matter of position.
    let numbered = |phase: &Phase| phase.pattern == Pattern::OneShot;
    if phases.iter().any(numbered) {
        return Classes::all(phases, cost.fabric.ranks());
    }
    Classes::folded(phases, &cost.fabric)
}

/// Steps of single messages that a run takes, about.
pub(crate) fn work(phases: &[Phase], cost: &CostModel, classes: &Classes, law: Law) -> u64 {
    if law == Law::Fold && rings::fit(phases, cost) {
        return rings::work(phases, cost);
    }
    if law == Law::Fold && shifts::fit(phases, cost) {
        return shifts::work(phases, classes.count(), cost);
    }
    let of = |phase: &Phase| {
        let period = classes.axis(phase.stride).period;
        let (groups, steps) =
            (classes.count() as u64 / u64::from(period), u64::from(phase.messages()));
        let one_by_one = steps.saturating_mul(period.into());
        let of_group = match phase.pattern {
            Pattern::Copy | Pattern::Reduce => 1,
            Pattern::Ring { .. } if law == Law::Fold => {
                line::work(period.into(), phase.size.into())
            }
            Pattern::Ring { .. } | Pattern::Shift { .. } => one_by_one,
            // Laps of arrivals repeat, or each is sorted, looked at and served.
            Pattern::Direct { .. } if links::seem_even(phase, cost) => {
                2 * u64::from(period) * steps.min(8 * u64::from(period) + 64)
            }
            Pattern::Direct { .. } | Pattern::OneShot => {
                let bunched = || bunches::work(phase, period, cost);
                (law == Law::Fold)
                    .then(bunched)
                    .flatten()
                    .unwrap_or(one_by_one.saturating_mul(EACH))
            }
        };
        // A group costs some by itself: routes and state.
        groups.saturating_mul(of_group.saturating_add(100 * u64::from(period)))
    };
    phases.iter().fold(0, |sum, phase| of(phase).saturating_add(sum))
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        schedule: &dyn Schedule,
        chunks: &'a Chunks,
        cost: &'a CostModel,
        (phases, classes): (Vec<Phase>, Classes),
        law: Law,
        threads: usize,
    ) -> Self {
        let shape = schedule.shape();
        // Rings of all ranks use one link in each direction.
        let ring = |phase: &Phase| matches!(phase.pattern, Pattern::Ring { .. });
        let one_link = phases.iter().all(|phase| ring(phase) && phase.size == shape.ranks);
        let checks = shape.ports != Ports::Fixed && !in_program_order(&shape, cost);
        Self { cost, classes, phases, chunks, threads, law, checks, one_link }
    }

    /// Takes all phases at once for each rank of a ring, if they are rings of all ranks.
    pub(crate) fn rings(&self) -> Result<Option<(rings::Finish, Saved)>, Unfit> {
        if rings::fit(&self.phases, self.cost) { rings::run(self) } else { Ok(None) }
    }

    /// Messages between all ranks.
    pub(crate) fn messages(&self) -> u64 {
        let each = self.phases.iter().map(|phase| u64::from(phase.messages()));
        each.sum::<u64>() * u64::from(self.cost.fabric.ranks())
    }

    /// Takes all phases.
    pub(crate) fn run(&self) -> Result<Done, EngineError> {
        if exchanges::fit(&self.phases)
            && let Some(finish) = exchanges::run(self)?
        {
            return Ok(Done { finish, saved: Saved::default() });
        }
        if self.law == Law::Fold && shifts::fit(&self.phases, self.cost) {
            let (finish, runs) = shifts::run(self)?;
            return Ok(Done { finish, saved: Saved { runs, ..Saved::default() } });
        }
        let slots = if self.one_link { 1 } else { self.cost.fabric.ports_per_device() as usize };
        if self.classes.count().saturating_mul(slots) > MOST_PORTS {
            return Err(Unfit::Large.into());
        }
        let start = rules::below_latest(self.cost.call())?;
        let mut rows = Rows::new(self.classes.count(), slots, start);
        let mut saved = Saved::default();
        for phase in &self.phases {
            let rules = Rules::new(self.cost, self.chunks, phase)?;
            if matches!(phase.pattern, Pattern::Copy | Pattern::Reduce) {
                rows.add(rules.copy)?;
                continue;
            }
            saved.add(self.phase(phase, &rules, &mut rows)?);
        }
        Ok(Done { finish: rows.finish(), saved })
    }

    /// Takes one phase, group by group.
    fn phase(&self, phase: &Phase, rules: &Rules, rows: &mut Rows) -> Result<Saved, EngineError> {
        let axis = self.classes.axis(phase.stride);
        let groups = self.classes.count() / axis.period as usize;
        // Starting a thread costs more than a few messages.
        let messages = self.classes.count() * phase.messages() as usize;
        let threads = if messages < FEW { 1 } else { self.threads.clamp(1, groups) };
        let share = groups.div_ceil(threads);
        let part = |range: std::ops::Range<usize>, rows: &Rows| -> Result<_, Unfit> {
            let mut out = Vec::with_capacity(range.len() * axis.period as usize * rows.width);
            let threads = if groups == 1 { self.threads } else { 1 };
            let mut groups = Groups::new(self, phase, rules, (axis.period, rows.slots), threads);
            for group in range {
                let base = axis.base(group);
                let begin = out.len();
                rows.gather(base, &axis, &mut out);
                groups.take(self.classes.representative(base), &mut out[begin..])?;
            }
            let saved = groups.saved;
            Ok((out, saved))
        };
        let parts: Vec<_> = (0..threads)
            .map(|thread| (thread * share).min(groups)..((thread + 1) * share).min(groups))
            .collect();
        let results: Vec<Result<(Vec<u64>, Saved), Unfit>> = if threads == 1 {
            parts.iter().cloned().map(|range| part(range, rows)).collect()
        } else {
            let (part, rows) = (&part, &*rows);
            std::thread::scope(|scope| {
                let spawn = |range| scope.spawn(move || part(range, rows));
                let running: Vec<_> = parts.iter().cloned().map(spawn).collect();
                let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                };
                running.into_iter().map(join).collect()
            })
        };
        let mut saved = Saved::default();
        for (range, result) in parts.into_iter().zip(results) {
            let (out, of_part) = result?;
            saved.add(of_part);
            for (group, out) in range.zip(out.chunks(axis.period as usize * rows.width)) {
                rows.scatter(axis.base(group), &axis, out);
            }
        }
        Ok(saved)
    }
}

/// Whether messages of later phases may be served after those of earlier ones.
#[derive(Clone, Copy)]
struct Order {
    checks: bool,
    /// Messages that take no time do not care which of them is first.
    free: bool,
}

impl Order {
    /// Whether `head` may be served after a message of an earlier phase whose head came at `last`.
    fn keeps(self, last: Option<u64>, head: u64) -> Result<(), Unfit> {
        let after = |last| last < head || last == head && self.free;
        if !self.checks || last.is_none_or(after) { Ok(()) } else { Err(Unfit::Overtaken) }
    }
}
