//! The constants: what each means, where it may plausibly lie, and what it was fitted on.

use std::fmt::Write;

use supernode_library::costs::{Chip, Common, Costs, Network, Parameter};

use crate::{Bench, fitted_groups};

/// The section.
pub fn parameters(bench: &Bench<'_>, costs: &Costs) -> String {
    let mut text = String::from(
        "## The constants\n\nOne set an architecture of chips, one a transport of the network, one for \
         all; none of a machine or a curve. The values are in \
         `crates/supernode-library/data/costs.toml`, written by `cargo xtask fit`; a test refits them.\n",
    );
    let kinds = [
        ("Of an architecture", Chip::PARAMETERS),
        ("Of a transport", Network::PARAMETERS),
        ("Of everything", Common::PARAMETERS),
    ];
    for (title, parameters) in kinds {
        // Writing to a string does not fail.
        let _ = writeln!(text, "\n| {title} | unit | plausible | meaning |\n|---|---|---|---|");
        for Parameter { key, unit, low, high, meaning } in parameters {
            let _ = writeln!(text, "| `{key}` | {unit} | {low} to {high} | {meaning} |");
        }
    }
    let _ = writeln!(text, "\n| group | constants | rows | votes | chips |\n|---|---|---|---|---|");
    for group in fitted_groups(bench, costs) {
        let families = match group.rows {
            0 => "none: what is published, times what the others have in common".to_owned(),
            _ => group.families.join(", "),
        };
        let (name, constants, rows, votes) =
            (&group.group, group.constants, group.rows, group.votes);
        let _ = writeln!(text, "| `{name}` | {constants} | {rows} | {votes} | {families} |");
    }
    let at_ends = costs.list().filter(|(c, value)| {
        let near = |end: f64| (value - end).abs() <= 1e-4 * end.abs();
        near(c.parameter.high) || near(c.parameter.low) && c.parameter.low > 0.0
    });
    let ends: Vec<String> =
        at_ends.map(|(c, value)| format!("`{} {}` ({value})", c.group, c.parameter.key)).collect();
    let _ = writeln!(
        text,
        "\nAt the end of their range, where the rows would go further: {}. Something else is in them.",
        if ends.is_empty() { "none".to_owned() } else { ends.join(", ") }
    );
    text
}
