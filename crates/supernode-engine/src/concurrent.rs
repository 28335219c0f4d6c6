//! Several collectives at once, each among groups of the ranks of one machine.
//!
//! Joined they are one schedule ([`Concurrent`]), which `ports` takes as it is. Three laws, all exact,
//! make most of that run unnecessary:
//!
//! - *Apart*: groups meet only in what belongs to a rank, its ports and its engine. Groups that share
//!   no rank, or that have all finished on the ranks they share before the next one begins, are timed by
//!   themselves, by the cheapest exact engine.
//! - *Together*: groups that do share a rank at the same time are a cluster, and are timed as one. That
//!   may make them last longer and meet others; then the clusters are joined and timed again.
//! - *Alike*: of clusters with equal calls on ranks that no route can tell apart
//!   ([`Fabric::likeness`](supernode_fabric::Fabric::likeness)), one answers for all.
//!
//! Noise and flows hashed to uplinks tell all ranks apart: then all is timed as one.

use std::collections::BTreeMap;
use std::fmt;

use supernode_collectives::{Call, Concurrent, Group, Rank, Schedule};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::choose::{self, Exact, Patience};
use crate::{EngineError, ports};

mod clusters;

use clusters::Clusters;

/// When several collectives at once have finished, counted from the beginning of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// By call and by group, when the last member has; as the groups stand in the call.
    pub groups: Vec<Vec<Time>>,
    /// By rank, when it has finished all that it takes part in; zero for a rank in no group.
    pub ranks: Vec<Time>,
    /// What made it short.
    pub saved: Apart,
}

impl Finished {
    /// When the last rank has finished.
    pub fn time(&self) -> Time {
        self.ranks.iter().copied().max().unwrap_or_default()
    }
}

/// How the groups were taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apart {
    /// Groups of all calls.
    pub groups: usize,
    /// Sets of groups that meet no other.
    pub clusters: usize,
    /// Runs of engines, for clusters that are not alike.
    pub runs: usize,
    /// The slowest engine that was used.
    pub engine: Exact,
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { groups, clusters, runs, engine } = self;
        write!(
            f,
            "{groups} groups in {clusters} clusters that do not meet, {runs} runs, up to {engine}"
        )
    }
}

/// Times `calls` at once on all ranks of `cost`, with no more work for any cluster than `patience` allows.
///
/// # Errors
/// When the groups do not fit, no exact engine answers within `patience` ([`EngineError::Impatient`]), or as
/// by [`ports::run`].
pub fn run(calls: &[Call], cost: &CostModel, patience: Patience) -> Result<Finished, EngineError> {
    let whole = Concurrent::new(cost.fabric.ranks(), calls.to_vec())?;
    let placed = |(call, of): (usize, &Call)| {
        of.groups.iter().map(move |group| Placed { call, group: *group }).collect::<Vec<_>>()
    };
    let groups: Vec<Placed> = calls.iter().enumerate().flat_map(placed).collect();
    // One rank alone says whether anything does.
    let alike = cost.noise.is_none() && cost.fabric.likeness(&[0]).is_some();
    let run = Run {
        calls,
        groups: &groups,
        cost,
        patience,
        known: BTreeMap::new(),
        runs: Vec::new(),
        engine: Exact::Folded,
    };
    let apart = if alike { run.apart(&whole)? } else { None };
    let (members, saved) = if let Some(apart) = apart {
        apart
    } else {
        let saved = Apart { groups: groups.len(), clusters: 1, runs: 1, engine: Exact::Ports };
        (together(&whole, cost, patience)?, saved)
    };
    let mut ranks = vec![Time::ZERO; cost.fabric.ranks() as usize];
    let mut last: Vec<Vec<Time>> =
        calls.iter().map(|call| Vec::with_capacity(call.groups.len())).collect();
    for (placed, of_members) in groups.iter().zip(members) {
        for (rank, time) in placed.group.members().zip(&of_members) {
            ranks[rank as usize] = ranks[rank as usize].max(*time);
        }
        last[placed.call].push(of_members.into_iter().max().unwrap_or_default());
    }
    Ok(Finished { groups: last, ranks, saved })
}

/// A group and the call that it is of.
#[derive(Debug, Clone, Copy)]
struct Placed {
    call: usize,
    group: Group,
}

/// When each member of each group of a cluster finished.
type Members = Vec<Vec<Time>>;

struct Run<'a> {
    calls: &'a [Call],
    groups: &'a [Placed],
    cost: &'a CostModel,
    patience: Patience,
    /// What was timed, and where it stands in `runs`.
    known: BTreeMap<Key, usize>,
    runs: Vec<Members>,
    engine: Exact,
}

/// What tells clusters apart: calls and groups as they stand among its ranks, and what routes tell of
/// these.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    groups: Vec<(usize, Group)>,
    routes: Vec<u32>,
}

impl Run<'_> {
    /// When each member of each group finished, from clusters that do not meet; none if the groups of a
    /// cluster are not equally spaced among its ranks.
    fn apart(mut self, whole: &Concurrent) -> Result<Option<(Members, Apart)>, EngineError> {
        let mut clusters = Clusters::new(self.groups.len());
        // By group: the run that answers for it, and its place in there.
        let mut answer = vec![(0, 0); self.groups.len()];
        loop {
            for cluster in clusters.changed() {
                let Some(run) = self.cluster(&cluster)? else { return Ok(None) };
                for (place, group) in cluster.into_iter().enumerate() {
                    answer[group] = (run, place);
                }
            }
            let spans = answer.iter().zip(self.groups).map(|(&(run, place), placed)| {
                let start = self.calls[placed.call].start;
                (start, self.runs[run][place].iter().copied().fold(start, Time::max))
            });
            if !clusters.join_where_they_meet(whole, &spans.collect::<Vec<_>>()) {
                break;
            }
        }
        let saved = Apart {
            groups: self.groups.len(),
            clusters: clusters.count(),
            runs: self.runs.len(),
            engine: self.engine,
        };
        let members = answer.into_iter().map(|(run, place)| self.runs[run][place].clone());
        Ok(Some((members.collect(), saved)))
    }

    /// The run that answers for a cluster.
    fn cluster(&mut self, cluster: &[usize]) -> Result<Option<usize>, EngineError> {
        let placed = || cluster.iter().map(|group| self.groups[*group]);
        let mut ranks: Vec<Rank> = placed().flat_map(|placed| placed.group.members()).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let own = placed().map(|Placed { call, group }| Some((call, within(&ranks, group)?)));
        let Some(groups) = own.collect::<Option<Vec<_>>>() else { return Ok(None) };
        let routes = self.cost.fabric.likeness(&ranks).unwrap_or_default();
        let key = Key { groups, routes };
        if let Some(run) = self.known.get(&key) {
            return Ok(Some(*run));
        }
        let members = self.time(&key.groups, &ranks)?;
        self.runs.push(members);
        self.known.insert(key, self.runs.len() - 1);
        Ok(Some(self.runs.len() - 1))
    }

    /// Times the groups of a cluster by themselves; `groups` number the cluster's own ranks.
    fn time(&mut self, groups: &[(usize, Group)], ranks: &[Rank]) -> Result<Members, EngineError> {
        let cost = CostModel { fabric: self.cost.fabric.among(ranks), ..self.cost.clone() };
        if let [(call, _)] = groups {
            let call = &self.calls[*call];
            let chosen = choose::run(&*call.schedule, &call.chunks(), &cost, self.patience)?;
            self.engine = self.engine.max(chosen.engine);
            let late = |rank| chosen.finish.of(rank) + call.start;
            return Ok(vec![(0..cost.fabric.ranks()).map(late).collect()]);
        }
        self.engine = Exact::Ports;
        let calls = groups
            .iter()
            .map(|(call, group)| Call { groups: vec![*group], ..self.calls[*call].clone() });
        let joined = Concurrent::new(cost.fabric.ranks(), calls.collect())?;
        together(&joined, &cost, self.patience)
    }
}

/// The group as it stands among `ranks`, which are in order; none if it is not equally spaced there.
fn within(ranks: &[Rank], group: Group) -> Option<Group> {
    let place = |index| ranks.binary_search(&group.member(index)).map_or(0, |place| place as u32);
    let first = place(0);
    let stride = if group.count > 1 { place(1) - first } else { 1 };
    let own = Group { first, stride, ..group };
    (0..group.count).all(|index| place(index) == own.member(index)).then_some(own)
}

/// When each member of each group finished, all of them taken as one schedule.
fn together(
    joined: &Concurrent,
    cost: &CostModel,
    patience: Patience,
) -> Result<Members, EngineError> {
    let messages = choose::messages(joined);
    if messages > patience.messages {
        return Err(EngineError::Impatient(format!(
            "groups that meet send up to {messages} messages, which is too many for the engine {}",
            Exact::Ports
        )));
    }
    let (lanes, _) = ports::lanes(joined, &joined.layout(), cost)?;
    let per_rank = joined.shape().lanes as usize;
    Ok((0..joined.groups())
        .map(|group| {
            let (group, own) = joined.group(group);
            let of = |rank: Rank| {
                let first = rank as usize * per_rank;
                let lanes = &lanes[first + own.start as usize..first + own.end as usize];
                lanes.iter().copied().max().unwrap_or_default()
            };
            group.members().map(of).collect()
        })
        .collect())
}
