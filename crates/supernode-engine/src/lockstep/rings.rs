//! Rings of all ranks, phase after phase, in runs: nothing is kept for each rank.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::{CostModel, Route};

use super::path;
use super::rules::{Prices, Rules, below_latest};
use super::run::{Link, Ramp, Run, highest};
use super::{LATEST, Saved};
use crate::Unfit;

/// Different port times up to which longest paths are looked for.
const LENGTHS: usize = 32;

/// When the ranks of a ring finish.
#[derive(Debug, Clone)]
pub(crate) struct Finish {
    /// The clocks before the last message is taken.
    runs: Vec<Run>,
    /// From a message being served to its receiver having taken it, beside `through`.
    taken: i64,
    /// From a rank having issued its last message to its having taken another.
    lane: i64,
}

impl Finish {
    /// When the message of a link, the `x`-th of `run`, is taken, as far as its receiver is free.
    fn taken(&self, run: &Run, x: i64) -> i64 {
        run.clocks[2].value(x) + run.link.through + self.taken
    }

    fn last(&self) -> &Run {
        &self.runs[self.runs.len() - 1]
    }

    /// Clocks of ranks that lie on lines, and of what lies at their ends.
    pub(crate) fn lines(&self) -> usize {
        self.runs.len()
    }

    /// The latest of all.
    pub(crate) fn latest(&self) -> u64 {
        let of = |run: &Run| {
            let ends = [0, run.len - 1];
            let each = ends.map(|x| self.taken(run, x).max(run.clocks[0].value(x) + self.lane));
            each[0].max(each[1])
        };
        self.runs.iter().map(of).max().unwrap_or(0) as u64
    }

    /// That of one rank.
    pub(crate) fn of(&self, rank: u32) -> u64 {
        let rank = i64::from(rank);
        let run = |link: i64| &self.runs[self.runs.partition_point(|run| run.end() <= link)];
        let own = run(rank);
        let (from, link) = if rank == 0 {
            (self.last(), self.last().end() - 1)
        } else {
            (run(rank - 1), rank - 1)
        };
        let lane = own.clocks[0].value(rank - own.first) + self.lane;
        self.taken(from, link - from.first).max(lane) as u64
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = u64> + '_ {
        let mut taken = self.taken(self.last(), self.last().len - 1);
        let each = self.runs.iter().flat_map(|run| (0..run.len).map(move |x| (run, x)));
        each.map(move |(run, x)| {
            let lane = run.clocks[0].value(x) + self.lane;
            let finish = taken.max(lane);
            taken = self.taken(run, x);
            finish as u64
        })
    }
}

/// Links that are alike, up to the one before `end`.
struct Stretch {
    end: i64,
    route: Route,
}

/// The links of the ring, rank by rank.
fn stretches(cost: &CostModel) -> Vec<Stretch> {
    let fabric = &cost.fabric;
    let (ranks, mut rank) = (fabric.ranks(), 0);
    let mut stretches: Vec<Stretch> = Vec::new();
    while rank < ranks {
        let alike = fabric.alike(rank, 1);
        let next = if rank + 1 == ranks { 0 } else { rank + 1 };
        // Whoever sends by another port than he receives by has a port for each.
        let route = Route { tx_port: 0, rx_port: 0, ..cost.route(rank, next) };
        rank += alike;
        match stretches.last_mut() {
            Some(last) if last.route == route => last.end = rank.into(),
            _ => stretches.push(Stretch { end: rank.into(), route }),
        }
    }
    stretches
}

/// `runs` on the links of a phase.
fn on_links(
    runs: &[Run],
    stretches: &[Stretch],
    run: &super::Run<'_>,
    rules: &Rules,
) -> Result<Vec<Run>, Unfit> {
    let mut prices = Prices::new(run.cost, rules);
    let (mut out, mut at, mut first) = (Vec::with_capacity(runs.len()), 0, 0);
    for Stretch { end, route } in stretches {
        let busy = prices.busy(route)?;
        let link = Link {
            latency: below_latest(route.latency)? as i64,
            busy: busy as i64,
            through: (rules.after_port(busy) + rules.overhead) as i64,
        };
        while first < *end {
            let own: &Run = &runs[at];
            let until = own.end().min(*end);
            let clocks = own.clocks.map(|clock| clock.from(first - own.first));
            out.push(Run { first, len: until - first, link, clocks });
            first = until;
            at += usize::from(until == own.end());
        }
    }
    Ok(out)
}

/// The longest that a phase may take, or that it may be too long.
fn within(runs: &[Run], rules: &Rules, phase: &Phase) -> Result<(), Unfit> {
    let most = |of: &dyn Fn(&Run) -> i64| runs.iter().map(of).max().unwrap_or(0) as u64;
    let latest = most(&|run| run.start(0).max(run.start(run.len - 1)) + run.link.latency);
    let (latency, busy) = (most(&|run| run.link.latency), most(&|run| run.link.busy));
    let each = rules.most(latency, busy) * u128::from(phase.size);
    let end = u128::from(latest) + u128::from(rules.copy) + each;
    if end > u128::from(LATEST) { Err(Unfit::Long) } else { Ok(()) }
}

/// Whether all phases are rings of all ranks, three or more. A copy delays those that do not issue at
/// the same time by different times, so it may only be in the first one.
pub(super) fn fit(phases: &[Phase], cost: &CostModel) -> bool {
    let ring = |phase: &Phase| {
        let all = phase.size == cost.fabric.ranks() && phase.size > 2;
        all && matches!(phase.pattern, Pattern::Ring { .. })
    };
    phases.iter().all(ring) && phases.iter().skip(1).all(|phase| phase.copies == 0)
}

/// Steps of single messages that phases that fit are worth.
pub(super) fn work(phases: &[Phase], cost: &CostModel) -> u64 {
    path::work(stretches(cost).len() as u64, 4) * phases.len() as u64
}

/// Takes all phases, which fit, if there are few different lengths.
pub(super) fn run(run: &super::Run<'_>) -> Result<Option<(Finish, Saved)>, Unfit> {
    let mut saved = Saved::default();
    let stretches = stretches(run.cost);
    let ranks = i64::from(run.cost.fabric.ranks());
    let mut ends = (0, 0);
    let mut runs = Vec::new();
    for (index, phase) in run.phases.iter().enumerate() {
        let rules = Rules::new(run.cost, run.chunks, phase)?;
        if index == 0 {
            let issue = below_latest(run.cost.call())? + rules.overhead;
            let clocks = [issue as i64, 0, 0].map(Ramp::constant);
            let link = Link { latency: 0, busy: 0, through: 0 };
            runs = vec![Run { first: 0, len: ranks, link, clocks }];
        }
        runs = on_links(&runs, &stretches, run, &rules)?;
        within(&runs, &rules, phase)?;
        let stay = (rules.after_lane() + rules.overhead).max(rules.gap) as i64;
        let Some(lengths) = path::lengths(&runs, stay, LENGTHS) else {
            return Ok(None);
        };
        // The last receive of a phase and the first send of the next one make a step together.
        let last = index + 1 == run.phases.len();
        let mut steps = ranks - if last { 2 } else { 1 };
        saved.by_path += steps as u64;
        if rules.copy > 0 {
            let wait = (rules.copy + rules.after_lane() + rules.overhead) as i64;
            let wait = runs[0].clocks[0].later(wait);
            runs = waiting(&path::advance(&runs, 1, &lengths), wait);
            steps -= 1;
        }
        if steps > 0 {
            runs = path::advance(&runs, steps, &lengths);
        }
        ends = (-(rules.overhead as i64), rules.after_lane() as i64);
    }
    let (taken, lane) = ends;
    Ok(Some((Finish { runs, taken, lane }, saved)))
}

/// `runs`, where nobody issues before `wait`.
fn waiting(runs: &[Run], wait: Ramp) -> Vec<Run> {
    let mut out = Vec::with_capacity(runs.len());
    for run in runs {
        let [issue, send, receive] = run.clocks;
        // The ports are as if the next message were already on them.
        let sends = [issue, wait, send];
        let [issued, waited, sent] = sends.map(|line| line.later(run.link.latency));
        let lists = [&sends[..2], &sends, &[issued, waited, sent, receive]];
        highest(lists, (0, run.len - 1), &mut |after, len, clocks| {
            Run { first: run.first + after, len, link: run.link, clocks }.push(&mut out);
        });
    }
    out
}
