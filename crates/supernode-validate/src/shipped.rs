//! The file of fitted costs, as it is shipped: every group with the rows behind it.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde::Serialize;
use supernode_library::costs::{Constant, Costs, Kind};

use crate::{Bench, Case, Class, Fold, Training};

const HEAD: &str = "\
# Costs of the software, by architecture of the chip and transport of the network: fitted on the
# measured set. Written by `cargo xtask fit`, not by hand; priors.toml is what the fit starts from.
";

/// A group of constants, and the rows they were fitted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fitted {
    /// `chip.hopper`, `network.roce` or `common`.
    pub group: String,
    /// Number of constants.
    pub constants: usize,
    /// Rows behind them; none where they are what is published, times what others have in common.
    pub rows: usize,
    /// Rows that are sends and receives: of a chip they have constants of their own.
    pub p2p_rows: usize,
    /// Votes of these rows, each of one size class.
    pub votes: usize,
    /// Chips of the machines that were measured.
    pub families: Vec<String>,
    /// Repositories and pages that the rows come from.
    pub sources: Vec<String>,
}

/// All groups of `costs` with the rows of `bench` that a fit on all of them uses.
pub fn fitted_groups(bench: &Bench<'_>, costs: &Costs) -> Vec<Fitted> {
    let training = Training::without(bench, &Fold::Nothing);
    let mut groups: Vec<Fitted> = Vec::new();
    for (constant, _) in costs.list() {
        let name = name(&constant);
        if let Some(last) = groups.last_mut().filter(|last| last.group == name) {
            last.constants += 1;
        } else {
            let rows = training.rows_of(constant.kind, &constant.group);
            groups.push(Fitted::of(bench, name, &rows));
        }
    }
    groups
}

/// Fits all costs on `bench`, starting from `priors`, and writes them as the library reads them.
pub fn costs_toml(bench: &Bench<'_>, priors: &Costs) -> String {
    let costs = Training::without(bench, &Fold::Nothing).fit(priors);
    let mut values = costs.list();
    let mut text = HEAD.to_owned();
    for group in fitted_groups(bench, &costs) {
        // Writing to a string does not fail.
        let _ = write!(text, "\n{}[{}]\n", group.comment(), group.group);
        for (constant, value) in values.by_ref().take(group.constants) {
            let (key, end) = (constant.parameter.key, at_the_end(&constant, value));
            let _ = writeln!(text, "{key} = {}{end}", significant(value));
        }
    }
    text
}

fn name(constant: &Constant) -> String {
    match constant.kind {
        Kind::Chip => format!("chip.{}", constant.group),
        Kind::Network => format!("network.{}", constant.group),
        Kind::Common => "common".to_owned(),
    }
}

impl Fitted {
    fn of(bench: &Bench<'_>, group: String, rows: &[&Case]) -> Self {
        let curve = |case: &&Case| &bench.curves[case.curve];
        let vote = |case: &&Case| {
            let (curve, class) = (curve(case), Class::of(case.call.bytes));
            (curve.hardware.as_str(), curve.operation, curve.source(), class)
        };
        let named = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        let short = |source| str::strip_prefix(source, "https://github.com/").unwrap_or(source);
        Self {
            group,
            constants: 1,
            rows: rows.len(),
            p2p_rows: rows.iter().filter(|case| case.call.function.is_p2p()).count(),
            votes: rows.iter().map(vote).collect::<BTreeSet<_>>().len(),
            families: named(rows.iter().map(|case| curve(case).family()).collect()),
            sources: named(rows.iter().map(|case| short(curve(case).source())).collect()),
        }
    }

    /// What stands above the group in the file.
    fn comment(&self) -> String {
        if self.rows == 0 {
            let what = "what is published of it, times what the fitted groups have in common";
            return format!("# On no rows: {what}.\n");
        }
        let p2p = match (self.group.starts_with("chip."), self.p2p_rows) {
            (false, _) => String::new(),
            (true, 0) => "; none of them sends and receives".to_owned(),
            (true, rows) => format!("; {rows} of them sends and receives"),
        };
        let (families, sources) = (self.families.join(", "), self.sources.join(", "));
        let Self { rows, votes, .. } = self;
        format!(
            "# On {rows} rows, {votes} votes{p2p}.\n# Chips: {families}.\n# Sources: {sources}.\n"
        )
    }
}

/// A remark on a value that its range holds.
fn at_the_end(constant: &Constant, value: f64) -> String {
    let parameter = constant.parameter;
    let near = |end: f64| (value - end).abs() <= 1e-4 * end.abs();
    // Nothing is below nothing: zero is a value like others.
    let low = near(parameter.low) && parameter.low > 0.0;
    if low || near(parameter.high) {
        format!("  # at the end of its plausible range, {} to {}", parameter.low, parameter.high)
    } else {
        String::new()
    }
}

/// A value with four significant digits.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0.0".to_owned();
    }
    let digits = (3 - value.abs().log10().floor() as i32).max(1);
    let text = format!("{value:.*}", digits as usize);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use supernode_catalog::Catalog;

    use super::*;

    #[test]
    fn values_have_four_digits() {
        let check = |value: f64, text: &str| assert_eq!(significant(value), text);
        check(0.0, "0.0");
        check(0.954_321, "0.9543");
        check(9.259_94, "9.26");
        check(48.455_8, "48.46");
        check(150.0, "150.0");
        check(0.036_543_2, "0.03654");
    }

    #[test]
    fn the_shipped_costs_are_those_of_the_measured_set() {
        let curves = crate::builtin().unwrap();
        let bench = Bench::new(&Catalog::builtin().unwrap(), &curves);
        let fitted = costs_toml(&bench, &Costs::priors().unwrap());
        let shipped = include_str!("../../supernode-library/data/costs.toml");
        assert!(fitted == shipped, "run `cargo xtask fit` to renew the shipped costs");
        assert!(Costs::parse(&fitted).is_ok());
    }
}
