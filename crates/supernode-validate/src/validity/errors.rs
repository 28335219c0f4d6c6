//! Errors as tables of Markdown.

use std::fmt::Write;

use crate::{Class, Group, Miss, Section};

/// The figures of a section by family and target.
pub(super) fn table(title: &str, section: &Section) -> String {
    let mut text = format!(
        "{title}\n\n| error, %: median, 90th (bias, votes) | latency | middle | bandwidth |\n|---|---|---|---|\n"
    );
    let groups = section.families.iter().chain(&section.targets).chain([&section.overall]);
    for group in groups {
        let cells = group.classes.each_ref().map(|figure| match (figure.median, figure.p90) {
            (Some(median), Some(p90)) => format!(
                "{:.1}, {:.1} ({:+.1}, {})",
                median * 100.0,
                p90 * 100.0,
                figure.bias.unwrap_or_default() * 100.0,
                figure.votes
            ),
            _ => "-".to_owned(),
        });
        // Writing to a string does not fail.
        let _ = writeln!(text, "| {} | {} |", group.group, cells.join(" | "));
    }
    text
}

/// Median and 90th percentile of a group, in the cells of a table.
pub(super) fn short(group: &Group) -> String {
    let cells = group.classes.each_ref().map(|figure| match (figure.median, figure.p90) {
        (Some(median), Some(p90)) => {
            format!("{:.1} %, {:.1} % ({} votes)", median * 100.0, p90 * 100.0, figure.votes)
        }
        _ => "-".to_owned(),
    });
    cells.join(" | ")
}

/// What the votes look like beside measurements of the same thing by two sources.
pub(super) fn judged(section: &Section) -> String {
    let mut text = String::from(
        "Two measurements of one machine differ by 5, 6 and 2 % (latency, middle, bandwidth) at best, \
         different harnesses by up to 50 %. What the votes without their machine look like:\n\n\
         | class | within twins | across harnesses | beyond |\n|---|---|---|---|\n",
    );
    for (class, [within, across, beyond]) in Class::ALL.iter().zip(section.judged) {
        let _ = writeln!(text, "| {} | {within} | {across} | {beyond} |", class.name());
    }
    text
}

/// Every vote that no two measurements would explain.
pub(super) fn beyond(section: &Section) -> String {
    let mut text = String::from(
        "### Every vote beyond what harnesses differ by\n\n\
         | class | operation | machine | source | error, % | rows |\n|---|---|---|---|---|---|\n",
    );
    for judged in section.report.votes.iter().filter(|judged| judged.miss == Miss::Beyond) {
        let vote = &judged.vote;
        let source = if vote.source.starts_with("http") {
            format!("<{}>", vote.source)
        } else {
            vote.source.clone()
        };
        let (class, operation, hardware) = (vote.class.name(), vote.operation, &vote.hardware);
        let (error, rows) = (vote.bias * 100.0, vote.rows);
        let _ = writeln!(
            text,
            "| {class} | {operation} | {hardware} | {source} | {error:+.1} | {rows} |"
        );
    }
    text
}
