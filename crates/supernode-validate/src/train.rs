//! Fits a library's costs on measured rows, all of them or all but a fold.

use std::collections::BTreeMap;

use supernode_library::Function;
use supernode_library::costs::{Constant, Costs, DEFAULT, Kind};

use crate::{Bench, Case, Class, fit};

/// Errors below this share are noise: they weigh by their square.
const NOISE: f64 = 0.02;
/// What leaving a typical value by its double costs, in errors of one vote.
const LEASH: f64 = 0.004;

/// Rows that a fit does without, to be predicted from the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fold {
    /// None: everything that may be fitted on is.
    Nothing,
    /// All rows of one machine, as its source names it.
    Machine(String),
    /// All rows of a family of hardware.
    Family(String),
    /// All rows of more than this many nodes.
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
            Self::Family(family) => bench.curves[case.curve].family() == family,
            Self::Scale(nodes) => bench.nodes(case) > *nodes,
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

    /// Fits all constants that the rows say anything of, starting from `costs`: sends and receives
    /// before collectives, one node before several. Groups that no row belongs to are forgotten, so
    /// that the typical one stands for them.
    pub fn fit(&self, costs: &Costs) -> Costs {
        let mut costs = costs.clone();
        let constants: Vec<Constant> = costs.list().map(|(constant, _)| constant).collect();
        let mut groups: Vec<(Kind, String)> =
            constants.iter().map(|c| (c.kind, c.group.clone())).collect();
        groups.dedup();
        groups.retain(|(kind, group)| *kind != Kind::Common && group != DEFAULT);
        for (kind, group) in &groups {
            if self.of(*kind, group).is_empty() {
                costs.forget(*kind, group);
            }
        }
        let free = |kind: Kind, group: &str, p2p: bool| -> Vec<Constant> {
            let mut free = constants.clone();
            free.retain(|c| c.kind == kind && c.group == group);
            free.retain(|c| kind != Kind::Chip || c.parameter.key.starts_with("p2p") == p2p);
            free
        };
        for _ in 0..2 {
            for (kind, group) in &groups {
                let rows = self.of(*kind, group);
                if rows.is_empty() {
                    continue;
                }
                let sends = |case: &Case| case.call.function.is_p2p();
                for p2p in [true, false] {
                    if *kind == Kind::Network && p2p {
                        continue;
                    }
                    let keep = |case: &Case| *kind == Kind::Network || sends(case) == p2p;
                    let rows: Vec<_> = rows.iter().filter(|(case, _)| keep(case)).copied().collect();
                    if !rows.is_empty() {
                        let free = free(*kind, group, p2p);
                        let typical: Vec<_> = free.iter().map(|c| typical(&costs, c)).collect();
                        fit(&mut costs, &free, |costs| {
                            self.loss(&rows, costs) + leash(costs, &free, &typical)
                        });
                    }
                }
            }
            let free = free(Kind::Common, "", false);
            let rows: Vec<_> = self.rows.iter().filter(|(case, _)| case.call.function != Function::SendRecv).copied().collect();
            fit(&mut costs, &free, |costs| self.loss(&rows, costs));
        }
        costs
    }

    /// Rows whose time depends on a group alone: of an architecture those of one node, of a
    /// transport those of several.
    fn of(&self, kind: Kind, group: &str) -> Vec<(&'a Case, f64)> {
        let belongs = |case: &Case| match (kind, self.bench.groups(case)) {
            _ if case.hosted => false,
            (Kind::Chip, Some((architecture, None))) => architecture.as_str() == group,
            (Kind::Network, Some((_, Some(network)))) => network.as_str() == group,
            _ => false,
        };
        let all = self.rows.iter().filter(|(case, _)| belongs(case)).copied();
        // Versions without tables of their own only where there are no others.
        let current: Vec<_> = all.clone().filter(|(case, _)| !case.dated).collect();
        let rows: Vec<_> = if current.is_empty() { all.collect() } else { current };
        // Latency only where the launch is known, if there are such rows.
        let told = |case: &Case| case.told || Class::of(case.call.bytes) == Class::Bandwidth;
        if kind == Kind::Chip && rows.iter().any(|(case, _)| case.told) {
            return rows.into_iter().filter(|(case, _)| told(case)).collect();
        }
        rows
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

fn typical(costs: &Costs, constant: &Constant) -> f64 {
    let of_default = Constant { group: DEFAULT.to_owned(), ..constant.clone() };
    costs.get(&of_default).unwrap_or(1.0)
}

/// Keeps constants that the rows hardly tell near the typical ones.
fn leash(costs: &Costs, free: &[Constant], typical: &[f64]) -> f64 {
    let each = free.iter().zip(typical).map(|(constant, typical)| {
        let value = costs.get(constant).unwrap_or(*typical);
        LEASH * (value.max(0.01) / typical.max(0.01)).log2().powi(2)
    });
    each.sum()
}
