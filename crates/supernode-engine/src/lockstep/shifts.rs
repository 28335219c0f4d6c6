//! Phases that are all shifts: each rank sends one message a phase to the one so many places on, and takes
//! one.
//!
//! Neighbours mostly have the same links and hear the same, so all that is known of ranks is kept by runs
//! of equal ones. Messages of different phases may overtake each other, and are taken as by
//! [`arrivals`](super::arrivals): the heads of all messages are guessed, by ports that serve phase by
//! phase; then every run of ranks that take the same at the same times is taken with ports that serve in
//! order of arrival, which gives new heads; and so are again the runs whose heads have changed, until none
//! have.

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::CostModel;

use super::exchanges::Link;
use super::rules::{Prices, Rules, below_latest};
use super::steps::Steps;
use super::{LATEST, Run};
use crate::Unfit;

mod taking;

use taking::Taking;

/// Rounds before it gives up.
const ROUNDS: usize = 200;
/// Runs of ranks that are taken, and heads of messages that differ from those of the rank before: a
/// second or two.
const MOST: usize = 1 << 18;
const MOST_HEADS: usize = 1 << 22;
/// Phases and ports of a device up to which runs are looked for.
const PHASES: usize = 128;
const PORTS: usize = 4;
/// Steps of single messages that a message of a run costs, in all rounds, and runs for each change of
/// links.
const EACH: u64 = 50;
const SPLITS: u64 = 8;

/// One phase.
enum Step {
    /// Copying, or reducing, for a time.
    Local(u64),
    Shift(Shift),
}

struct Shift {
    rules: Rules,
    /// Places from the sender to the receiver, around all ranks.
    by: u32,
    /// The links by sender, and by receiver.
    out: Steps<Link>,
    into: Steps<Link>,
}

/// What is known of a rank between two phases, if its ports serve phase by phase.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    now: u64,
    issuer: u64,
    tx: [u64; PORTS],
    rx: [u64; PORTS],
}

/// Whether all phases are shifts of all ranks that do not turn around, or local.
pub(super) fn fit(phases: &[Phase], cost: &CostModel) -> bool {
    let shift = |phase: &Phase| {
        let turns = matches!(phase.pattern, Pattern::Shift { mirrored: false, .. });
        turns && phase.size == cost.fabric.ranks()
    };
    let local = |phase: &Phase| matches!(phase.pattern, Pattern::Copy | Pattern::Reduce);
    phases.len() <= PHASES
        && cost.fabric.ports_per_device() as usize <= PORTS
        && phases.iter().all(|phase| shift(phase) || local(phase))
        && phases.iter().any(shift)
}

/// Steps of single messages that phases that fit are worth, about.
pub(super) fn work(phases: &[Phase], classes: usize, cost: &CostModel) -> u64 {
    let changes = |phase: &Phase| {
        let Pattern::Shift { by, .. } = phase.pattern else { return 0 };
        let (mut rank, mut changes) = (0, 0);
        while (rank as usize) < classes && changes < MOST as u64 {
            rank +=
                if cost.fabric.ports_per_device() == 1 { cost.fabric.alike(rank, by) } else { 1 };
            changes += 1;
        }
        changes
    };
    let runs = SPLITS * phases.iter().map(changes).sum::<u64>();
    runs.min(classes.min(MOST) as u64) * phases.len() as u64 * EACH
}

/// Takes all phases, which fit; gives when each class finishes, and the number of runs.
pub(super) fn run(run: &Run<'_>) -> Result<(Vec<u64>, u64), Unfit> {
    let ranks = run.cost.fabric.ranks();
    let classes = run.classes.count() as u32;
    let start = below_latest(run.cost.call())?;
    let (mut steps, mut longest) = (Vec::with_capacity(run.phases.len()), 0_u128);
    for phase in &run.phases {
        let rules = Rules::new(run.cost, run.chunks, phase)?;
        longest += u128::from(rules.copy);
        let Pattern::Shift { by, .. } = phase.pattern else {
            steps.push(Step::Local(rules.copy));
            continue;
        };
        let out = links(run.cost, &rules, by, classes)?;
        let most = |of: fn(&Link) -> u64| out.values().map(of).max().unwrap_or(0);
        longest += rules.most(most(|link| link.latency), most(|link| link.busy));
        let into = out.turned(by % classes, classes);
        steps.push(Step::Shift(Shift { rules, by, out, into }));
    }
    // A message may wait for those of all phases.
    if u128::from(start) + longest * (steps.len() as u128 + 1) > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    let mut heads = guess(&steps, classes, start)?;
    let mut taking = Taking::new(steps.len(), (classes, ranks), start);
    let fixed = fixed_breaks(&steps, classes);
    let all = [(0, classes)];
    // Ranks that take something at another time than was known.
    let mut changed = all.to_vec();
    for _ in 0..ROUNDS {
        taking.take(&steps, &heads, &changed, &breaks(&fixed, &heads, &changed)?);
        changed.clear();
        for ((step, heads), sent) in steps.iter().zip(&mut heads).zip(&taking.sent) {
            if let Step::Shift(shift) = step {
                let next = sent.turned(shift.by % classes, classes);
                next.changes(heads, classes, &mut changed);
                *heads = next;
            }
        }
        if changed.is_empty() {
            let runs = breaks(&fixed, &heads, &all)?;
            // Ranks of one class number their senders differently: a tie must not matter.
            if classes < ranks {
                taking.tied = false;
                taking.take(&steps, &heads, &all, &runs);
                if taking.tied {
                    return Err(Unfit::Tie);
                }
            }
            return Ok((taking.finish.each(classes).collect(), runs.len() as u64));
        }
        changed.sort_unstable();
        changed.dedup_by(|next, last| {
            let joins = next.0 <= last.1;
            last.1 = if joins { last.1.max(next.1) } else { last.1 };
            joins
        });
    }
    Err(Unfit::Overtaken)
}

/// Where runs begin, within `ranges` of ranks.
fn breaks(fixed: &[u32], heads: &[Steps<u64>], ranges: &[(u32, u32)]) -> Result<Vec<u32>, Unfit> {
    if heads.iter().map(Steps::len).sum::<usize>() > MOST_HEADS {
        return Err(Unfit::Large);
    }
    let mut breaks: Vec<u32> = ranges.iter().map(|(from, _)| *from).collect();
    let mut add = |starts: &mut dyn Iterator<Item = u32>| {
        let mut at = 0;
        for start in starts {
            while ranges.get(at).is_some_and(|(_, to)| *to <= start) {
                at += 1;
            }
            if ranges.get(at).is_some_and(|(from, _)| *from <= start) {
                breaks.push(start);
            }
        }
    };
    add(&mut fixed.iter().copied());
    for heads in heads {
        add(&mut heads.starts());
    }
    breaks.sort_unstable();
    breaks.dedup();
    if breaks.len() > MOST { Err(Unfit::Large) } else { Ok(breaks) }
}

/// The links of a shift by sender.
fn links(cost: &CostModel, rules: &Rules, by: u32, classes: u32) -> Result<Steps<Link>, Unfit> {
    let (ranks, mut rank) = (cost.fabric.ranks(), 0);
    let mut prices = Prices::new(cost, rules);
    let mut links = Steps::default();
    // Where devices have several ports, each rank is asked which ones it uses.
    let one_port = cost.fabric.ports_per_device() == 1;
    while rank < classes {
        let to = ((u64::from(rank) + u64::from(by)) % u64::from(ranks)) as u32;
        let route = cost.route(rank, to);
        let busy = prices.busy(&route)?;
        let link = Link {
            latency: below_latest(route.latency)?,
            busy,
            taken: rules.after_port(busy),
            tx: route.tx_port.into(),
            rx: route.rx_port.into(),
        };
        links.push(rank, link);
        rank += if one_port { cost.fabric.alike(rank, by) } else { 1 };
        if links.len() > MOST {
            return Err(Unfit::Large);
        }
    }
    Ok(links)
}

/// Where runs end whatever they take: links change, or the number of a sender passes zero.
fn fixed_breaks(steps: &[Step], classes: u32) -> Vec<u32> {
    let mut breaks = Vec::new();
    for step in steps {
        if let Step::Shift(shift) = step {
            breaks.extend(shift.out.starts().chain(shift.into.starts()));
            breaks.push(shift.by % classes);
        }
    }
    breaks.sort_unstable();
    breaks.dedup();
    breaks
}

/// The heads of all messages by phase and receiver, if ports serve phase by phase.
fn guess(steps: &[Step], classes: u32, start: u64) -> Result<Vec<Steps<u64>>, Unfit> {
    let none = [0; PORTS];
    let mut states = Steps::default();
    states.push(0, State { now: start, issuer: start, tx: none, rx: none });
    let mut heads = Vec::with_capacity(steps.len());
    for step in steps {
        let Shift { rules, by, out, into } = match step {
            Step::Shift(shift) => shift,
            Step::Local(time) => {
                states = states.map(|state| State { now: state.now + time, ..state });
                heads.push(Steps::default());
                continue;
            }
        };
        // The state, and when the lane has issued its message.
        let (mut ready, mut sent) = (Steps::default(), Steps::default());
        states.with(out, |rank, state, link| {
            let issued = (state.now + rules.overhead).max(state.issuer);
            let tx = &mut { state.tx };
            let left = issued.max(tx[link.tx as usize]);
            tx[link.tx as usize] = left + link.busy;
            ready.push(rank, (State { issuer: issued + rules.gap, tx: *tx, ..state }, issued));
            sent.push(rank, left + link.latency);
        });
        let sent = sent.turned(by % classes, classes);
        let mut arrivals = Steps::default();
        sent.with(into, |rank, head, link| arrivals.push(rank, (head, link)));
        heads.push(sent);
        states = Steps::default();
        ready.with(&arrivals, |rank, (state, issued), (head, link)| {
            let rx = &mut { state.rx };
            let served = head.max(rx[link.rx as usize]);
            rx[link.rx as usize] = served + link.busy;
            let lane = issued + rules.copy + rules.after_lane();
            let now = (served + link.taken).max(lane);
            states.push(rank, State { now, rx: *rx, ..state });
        });
        if states.len() > MOST {
            return Err(Unfit::Large);
        }
    }
    Ok(heads)
}
