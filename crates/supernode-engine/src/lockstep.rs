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

mod classes;
mod direct;
mod line;
mod links;
mod path;
mod rows;
mod rules;
mod shift;
mod tiles;

pub(crate) use classes::Classes;
pub(crate) use line::Law;
use links::Links;
use rows::Rows;
use rules::Rules;

/// Times from here on are left to engines that saturate: nine days.
const LATEST: u64 = 1 << 59;
/// Ports whose state is kept: about a gigabyte.
const MOST_PORTS: usize = 1 << 25;

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
    /// Messages between all ranks.
    pub(crate) messages: u64,
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
}

impl Saved {
    fn add(&mut self, other: Self) {
        self.by_path += other.by_path;
        self.jumped += other.jumped;
        self.period = self.period.max(other.period);
    }
}

/// The phases of `schedule` if it and `cost` can be taken in step.
pub(crate) fn phases(schedule: &dyn Schedule, cost: &CostModel) -> Result<Vec<Phase>, EngineError> {
    let ranks = schedule.shape().ranks;
    if cost.fabric.ranks() != ranks {
        return Err(EngineError::Ranks { schedule: ranks, fabric: cost.fabric.ranks() });
    }
    if cost.skew.is_some() {
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
pub(crate) fn work(phases: &[Phase], classes: &Classes, law: Law) -> u64 {
    let of = |phase: &Phase| {
        let period = classes.axis(phase.stride).period;
        let (groups, steps) =
            (classes.count() as u64 / u64::from(period), u64::from(phase.messages()));
        let one_by_one = steps.saturating_mul(period.into());
        let of_group = match phase.pattern {
            Pattern::Copy | Pattern::Reduce => 1,
            Pattern::Ring { .. } if law == Law::Fold => line::work(period.into(), steps),
            Pattern::Ring { .. } | Pattern::Shift { .. } => one_by_one,
            // Sorted by arrival.
            Pattern::Direct { .. } | Pattern::OneShot => 2 * one_by_one,
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
        let ring = |phase: &Phase| matches!(phase.pattern, Pattern::Ring { .. });
        let one_link = phases.windows(2).all(|two| two[0].size == two[1].size)
            && phases.iter().all(|phase| ring(phase) && phase.stride == 1);
        let checks = shape.ports != Ports::Fixed && !in_program_order(&shape, cost);
        Self { cost, classes, phases, chunks, threads, law, checks, one_link }
    }

    /// Takes all phases.
    pub(crate) fn run(&self) -> Result<Done, EngineError> {
        let slots = if self.one_link { 1 } else { self.cost.fabric.ports_per_device() as usize };
        if self.classes.count().saturating_mul(slots) > MOST_PORTS {
            return Err(Unfit::Large.into());
        }
        let start = rules::below_latest(self.cost.call())?;
        let mut rows = Rows::new(self.classes.count(), slots, start);
        let (mut messages, mut saved) = (0, Saved::default());
        for phase in &self.phases {
            let rules = Rules::new(self.cost, self.chunks, phase)?;
            if matches!(phase.pattern, Pattern::Copy | Pattern::Reduce) {
                rows.add(rules.copy)?;
                continue;
            }
            messages += u64::from(phase.messages()) * u64::from(self.cost.fabric.ranks());
            saved.add(self.phase(phase, &rules, &mut rows)?);
        }
        Ok(Done { finish: rows.finish(), messages, saved })
    }

    /// Takes one phase, group by group.
    fn phase(&self, phase: &Phase, rules: &Rules, rows: &mut Rows) -> Result<Saved, EngineError> {
        let axis = self.classes.axis(phase.stride);
        let groups = self.classes.count() / axis.period as usize;
        let single = groups == 1;
        // Groups at the same place share their links.
        let place = |rank| self.cost.fabric.place_of(phase.stride, phase.size, rank);
        let first = place(0).filter(|_| axis.period < phase.size);
        let direct = matches!(phase.pattern, Pattern::Direct { .. });
        let links = (direct && first.is_some())
            .then(|| Links::new(self.cost, rules, phase, 0, axis.period))
            .transpose()?;
        // Starting a thread costs more than a few messages.
        let messages = self.classes.count() * phase.messages() as usize;
        let threads = if messages < FEW { 1 } else { self.threads.clamp(1, groups) };
        let share = groups.div_ceil(threads);
        let part = |range: std::ops::Range<usize>, rows: &Rows| -> Result<_, Unfit> {
            let mut out = Vec::with_capacity(range.len() * axis.period as usize * rows.width);
            let mut saved = Saved::default();
            for group in range {
                let base = axis.base(group);
                let begin = out.len();
                rows.gather(base, &axis, &mut out);
                let rank = self.classes.representative(base);
                let mut of = Group {
                    run: self,
                    phase,
                    rules,
                    base: rank,
                    period: axis.period,
                    rows: &mut out[begin..],
                    slots: rows.slots,
                    links: links.as_ref().filter(|_| place(rank) == first),
                    threads: if single { self.threads } else { 1 },
                };
                match phase.pattern {
                    Pattern::Ring { .. } => saved.add(line::ring(&mut of)?),
                    Pattern::Shift { by, mirrored, .. } => shift::shift(&mut of, by, mirrored)?,
                    _ => direct::direct(&mut of)?,
                }
            }
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

/// One group in one phase.
struct Group<'a> {
    run: &'a Run<'a>,
    phase: &'a Phase,
    rules: &'a Rules,
    /// First member.
    base: u32,
    /// Members after which clocks repeat.
    period: u32,
    /// State of the first `period` members.
    rows: &'a mut [u64],
    slots: usize,
    /// Links that all groups share.
    links: Option<&'a Links>,
    threads: usize,
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

impl Group<'_> {
    /// The member at `position`, modulo the size.
    fn member(&self, position: u32) -> u32 {
        self.base + position % self.phase.size * self.phase.stride
    }

    /// The place of a port among those whose state is kept.
    fn slot(&self, port: u16) -> usize {
        if self.run.one_link { 0 } else { usize::from(port) }
    }
}
