//! Fits a library's costs on measured rows, all of them or all but a fold.

use std::collections::{BTreeMap, BTreeSet};

use supernode_library::costs::{Constant, Costs, Kind};

use crate::{Bench, Case, Class, Launch, Processes, fit};

/// Errors below this share are noise: they weigh by their square.
const NOISE: f64 = 0.02;
/// What leaving a typical value by its double costs, in errors of one vote.
const LEASH: f64 = 0.06;
/// Constants below this count as this in ratios.
const LEAST: f64 = 0.05;
/// Rounds over all groups: what they have in common is known from the second on.
const ROUNDS: usize = 3;

/// Rows that a fit does without, to be predicted from the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fold {
    /// None: everything that may be fitted on is.
    Nothing,
    /// All rows of one machine, as its source names it.
    Machine(String),
    /// All rows of a family of chips, those of one architecture.
    Family(String),
    /// All rows of more than this many nodes; those of twice as many are predicted.
    Scale(u32),
}

/// The rows of a fit, with their weights: one vote per machine, operation, source and class.
#[derive(Debug)]
pub struct Training<'a> {
    bench: &'a Bench<'a>,
    rows: Vec<(&'a Case, f64)>,
}

impl Fold {
    /// Whether `case` is left out.
    pub fn holds(&self, bench: &Bench<'_>, case: &Case) -> bool {
        match self {
            Self::Nothing => false,
            Self::Machine(machine) => bench.curves[case.curve].hardware == *machine,
            Self::Family(family) => bench.architecture(case) == Some(family.as_str()),
            Self::Scale(nodes) => bench.nodes(case) > *nodes,
        }
    }

    /// Whether `case` is to be predicted without the fold.
    pub fn predicts(&self, bench: &Bench<'_>, case: &Case) -> bool {
        match self {
            Self::Scale(nodes) => bench.nodes(case) >= 2 * nodes,
            _ => self.holds(bench, case),
        }
    }
}

impl<'a> Training<'a> {
    /// All rows that may be fitted on, but those of `fold`.
    pub fn without(bench: &'a Bench<'a>, fold: &Fold) -> Self {
        let cases = bench.cases.iter().filter(|case| case.fit && !fold.holds(bench, case));
        let vote = |case: &Case| {
            let curve = &bench.curves[case.curve];
            (&curve.hardware, curve.operation, curve.source(), Class::of(case.call.bytes))
        };
        let mut counts: BTreeMap<_, u32> = BTreeMap::new();
        for case in cases.clone() {
            *counts.entry(vote(case)).or_default() += 1;
        }
        let rows = cases.map(|case| (case, f64::from(counts[&vote(case)]).recip())).collect();
        Self { bench, rows }
    }

    /// Rows that are fitted on.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The rows that the constants of a group were fitted on.
    pub fn rows_of(&self, kind: Kind, group: &str) -> Vec<&'a Case> {
        match kind {
            Kind::Common => self.collectives().map(|(case, _)| case).collect(),
            _ => self.of(kind, group).into_iter().map(|(case, _)| case).collect(),
        }
    }

    /// Of each case of the bench, whether any constant was fitted on it.
    pub fn used(&self) -> Vec<bool> {
        let transports = self.bench.cases.iter().filter_map(|case| self.bench.groups(case));
        let groups: BTreeSet<(Kind, &str)> = transports
            .flat_map(|(chip, network)| {
                let network = network.map(|network| (Kind::Network, network.as_str()));
                [Some((Kind::Chip, chip.as_str())), network]
            })
            .flatten()
            .collect();
        let in_groups = groups.into_iter().flat_map(|(kind, group)| self.rows_of(kind, group));
        let rows = in_groups.chain(self.rows_of(Kind::Common, ""));
        let used: BTreeSet<(usize, usize)> = rows.map(|case| (case.curve, case.row)).collect();
        let of = |case: &Case| used.contains(&(case.curve, case.row));
        self.bench.cases.iter().map(of).collect()
    }

    fn collectives(&self) -> impl Iterator<Item = (&'a Case, f64)> + '_ {
        self.rows.iter().filter(|(case, _)| !case.call.function.is_p2p()).copied()
    }

    /// Fits all constants that the rows say anything of, starting from `priors`: sends and receives
    /// before collectives, one node before several. What groups have in common, in the ratio of
    /// fitted to prior, is then taken to hold for groups without rows, too, and keeps constants near
    /// it that the rows hardly tell.
    pub fn fit(&self, priors: &Costs) -> Costs {
        let mut costs = priors.clone();
        let constants: Vec<Constant> = costs.list().map(|(constant, _)| constant).collect();
        let mut groups: Vec<(Kind, String)> =
            constants.iter().map(|c| (c.kind, c.group.clone())).collect();
        groups.dedup();
        groups.retain(|(kind, _)| *kind != Kind::Common);
        let rows: Vec<_> = groups.iter().map(|(kind, group)| self.of(*kind, group)).collect();
        for round in 0..ROUNDS {
            let typical = if round == 0 {
                priors.clone()
            } else {
                let known = |c: &Constant| {
                    let at = groups
                        .iter()
                        .position(|(kind, group)| *kind == c.kind && *group == c.group);
                    at.is_some_and(|at| !rows[at].is_empty())
                };
                typical(priors, &costs, &constants, known)
            };
            for ((kind, group), rows) in groups.iter().zip(&rows) {
                let of_group: Vec<Constant> = constants
                    .iter()
                    .filter(|c| c.kind == *kind && c.group == *group)
                    .cloned()
                    .collect();
                if rows.is_empty() {
                    for constant in &of_group {
                        let value = typical.get(constant).unwrap_or_default();
                        costs.set(constant, value);
                    }
                    continue;
                }
                // Of a chip, sends and receives have constants of their own.
                let parts: &[Option<bool>] =
                    if *kind == Kind::Chip { &[Some(true), Some(false)] } else { &[None] };
                for part in parts {
                    let keep = |p2p: bool| part.is_none_or(|part| part == p2p);
                    let free: Vec<_> = of_group
                        .iter()
                        .filter(|c| keep(c.parameter.key.starts_with("p2p")))
                        .cloned()
                        .collect();
                    let rows: Vec<_> = rows
                        .iter()
                        .filter(|(case, _)| keep(case.call.function.is_p2p()))
                        .copied()
                        .collect();
                    fit(&mut costs, &free, |costs| {
                        self.loss(&rows, costs) + leash(costs, &free, &typical)
                    });
                }
            }
            let free: Vec<_> =
                constants.iter().filter(|c| c.kind == Kind::Common).cloned().collect();
            let rows: Vec<_> = self.collectives().collect();
            fit(&mut costs, &free, |costs| self.loss(&rows, costs) + leash(costs, &free, priors));
        }
        costs
    }

    /// Rows whose time depends on a group alone: of an architecture those of one node, of a
    /// transport those of several.
    fn of(&self, kind: Kind, group: &str) -> Vec<(&'a Case, f64)> {
        let belongs = |case: &Case| match (kind, self.bench.groups(case)) {
            _ if case.launch == Launch::Host => false,
            (Kind::Chip, Some((architecture, None))) => architecture.as_str() == group,
            (Kind::Network, Some((_, Some(network)))) => network.as_str() == group,
            _ => false,
        };
        let all = self.rows.iter().filter(|(case, _)| belongs(case)).copied();
        // Versions without tables of their own only where there are no others.
        let current: Vec<_> = all.clone().filter(|(case, _)| !case.dated).collect();
        let rows: Vec<_> = if current.is_empty() { all.collect() } else { current };
        // One process that launches for all hides the kernels of small messages. Where it is known
        // for some who launches, others do not say when launches are hidden.
        let launched_alike = |case: &Case| case.processes.is_some() || case.launch == Launch::Graph;
        let known = rows.iter().any(|(case, _)| {
            matches!(case.processes, Some(Processes::Threads | Processes::PerDevice))
        });
        let keep = |case: &Case| match Class::of(case.call.bytes) {
            _ if kind != Kind::Chip => true,
            _ if self.bench.is_hidden(case) => false,
            Class::Latency | Class::Middle => !known || launched_alike(case),
            Class::Bandwidth => true,
        };
        rows.into_iter().filter(|(case, _)| keep(case)).collect()
    }

    /// Weighted mean of the errors, as logarithms of the ratio, so that half and double count alike.
    fn loss(&self, rows: &[(&Case, f64)], costs: &Costs) -> f64 {
        let mut sum = 0.0;
        for (case, weight) in rows {
            let predicted = self.bench.predict(case, costs).as_ps() as f64;
            let error = (predicted / case.measured.as_ps() as f64).ln();
            sum += weight * ((error * error + NOISE * NOISE).sqrt() - NOISE);
        }
        sum
    }
}

/// The priors, times what the fitted groups have in common: the median of fitted to prior.
fn typical(
    priors: &Costs,
    fitted: &Costs,
    constants: &[Constant],
    known: impl Fn(&Constant) -> bool,
) -> Costs {
    let ratio = |constant: &Constant| {
        let prior = priors.get(constant)?.max(LEAST);
        Some(fitted.get(constant)?.max(LEAST) / prior)
    };
    let mut costs = priors.clone();
    for constant in constants.iter().filter(|constant| constant.kind != Kind::Common) {
        let alike = |c: &&Constant| c.kind == constant.kind && c.parameter == constant.parameter;
        let mut ratios: Vec<f64> =
            constants.iter().filter(alike).filter(|c| known(c)).filter_map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        if let Some(prior) = priors.get(constant).filter(|_| !ratios.is_empty()) {
            costs.set(constant, prior.max(LEAST) * ratios[ratios.len() / 2]);
        }
    }
    costs
}

/// Keeps constants that the rows hardly tell near the typical ones.
fn leash(costs: &Costs, free: &[Constant], typical: &Costs) -> f64 {
    let each = free.iter().filter_map(|constant| {
        let (value, typical) = (costs.get(constant)?, typical.get(constant)?);
        Some(LEASH * (value.max(LEAST) / typical.max(LEAST)).log2().powi(2))
    });
    each.sum()
}
