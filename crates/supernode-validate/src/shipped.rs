//! The file of fitted costs, as it is shipped: every group with the rows behind it.

use std::collections::BTreeSet;
use std::fmt::Write;

use supernode_library::costs::{Constant, Costs, Kind};

use crate::{Bench, Case, Class, Fold, Training};

const HEAD: &str = "\
# Costs of the software, by architecture of the chip and transport of the network: fitted on the
# measured set. Written by `cargo xtask fit`, not by hand; priors.toml is what the fit starts from.
";

/// Fits all costs on `bench`, starting from `priors`, and writes them as the library reads them.
pub fn costs_toml(bench: &Bench<'_>, priors: &Costs) -> String {
    let training = Training::without(bench, &Fold::Nothing);
    let costs = training.fit(priors);
    let mut text = HEAD.to_owned();
    let mut last = None;
    for (constant, value) in costs.list() {
        let group = (constant.kind, constant.group.clone());
        if last.as_ref() != Some(&group) {
            text.push_str(&head(bench, &training, &constant));
            last = Some(group);
        }
        // Writing to a string does not fail.
        let _ = write!(text, "{} = {}", constant.parameter.key, significant(value));
        text.push_str(&at_the_end(&constant, value));
        text.push('\n');
    }
    text
}

/// What the rows of a group are, as sentences for people.
pub(crate) fn told(bench: &Bench<'_>, rows: &[&Case]) -> [String; 2] {
    let curves = || rows.iter().map(|case| &bench.curves[case.curve]);
    let families: BTreeSet<&str> = curves().map(crate::Curve::family).collect();
    let sources: BTreeSet<&str> = curves()
        .map(crate::Curve::source)
        .map(|source| source.strip_prefix("https://github.com/").unwrap_or(source))
        .collect();
    let families = families.into_iter().collect::<Vec<_>>().join(", ");
    [families, sources.into_iter().collect::<Vec<_>>().join(", ")]
}

/// Votes of the rows, each of one class.
pub(crate) fn votes(bench: &Bench<'_>, rows: &[&Case]) -> usize {
    let vote = |case: &&Case| {
        let curve = &bench.curves[case.curve];
        let class = Class::of(case.call.bytes);
        (curve.hardware.as_str(), curve.operation, curve.source(), class)
    };
    rows.iter().map(vote).collect::<BTreeSet<_>>().len()
}

/// The comment and the name of a group.
fn head(bench: &Bench<'_>, training: &Training<'_>, constant: &Constant) -> String {
    let Constant { kind, group, .. } = constant;
    let rows = training.rows_of(*kind, group);
    let title = match kind {
        Kind::Chip => format!("[chip.{group}]"),
        Kind::Network => format!("[network.{group}]"),
        Kind::Common => "[common]".to_owned(),
    };
    let comment = if rows.is_empty() {
        "# On no rows: what is published of it, times what the fitted groups have in common.".into()
    } else {
        let [families, sources] = told(bench, &rows);
        let p2p = rows.iter().filter(|case| case.call.function.is_p2p()).count();
        let p2p = match (kind, p2p) {
            (Kind::Chip, 0) => "; none of them sends and receives".to_owned(),
            (Kind::Chip, p2p) => format!("; {p2p} of them sends and receives"),
            _ => String::new(),
        };
        let votes = votes(bench, &rows);
        format!(
            "# On {} rows, {votes} votes{p2p}.\n# Chips: {families}.\n# Sources: {sources}.",
            rows.len()
        )
    };
    format!("\n{comment}\n{title}\n")
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
