//! Who wins, in a sentence.

use supernode::catalog::End;
use supernode::strategy::{Ahead, Basis, Comparison, Contest, Row, StrategyError, Verdict};
use supernode::units::{Capacity, Time, Value};

use super::figures::{count, micros, percent};
use super::flips;

/// Totals that differ by more than this after replication are worth a word.
const UNEQUAL: f64 = 0.005;

/// The sentence on every basis, and per megawatt after the first.
pub(super) fn sentences(comparison: &Comparison, contest: &Contest) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for row in &contest.rows {
        lines.push((row.basis.to_string(), sentence(comparison, row)));
        if row.basis == Basis::Machine
            && matches!(row.verdict(), Verdict::Wins { .. } | Verdict::Open { .. } | Verdict::Even)
        {
            let text = match row.verdict_per_megawatt() {
                Ok(verdict) => ruling(comparison, verdict, "tokens/s per MW"),
                Err(error) => format!("unknown, {error}"),
            };
            lines.push(("per megawatt".to_owned(), text));
        }
    }
    lines
}

fn sentence(comparison: &Comparison, row: &Row) -> String {
    let verdict = row.verdict();
    let mut text = ruling(comparison, verdict, "tokens/s");
    let trains_once =
        |winner: usize| row.pairings().iter().any(|pairing| pairing.sides[1 - winner].is_ok());
    if matches!(verdict, Verdict::Alone { winner } if trains_once(winner)) {
        text.push_str(" at one end of the ranges and loses at the other");
    }
    let why = reasons(&row.errors());
    if !why.is_empty() {
        let joint = if verdict == Verdict::Unknown { ", " } else { ": " };
        text = format!("{text}{joint}{why}");
    }
    let differ = |ratio: f64| (ratio - 1.0).abs() > UNEQUAL;
    for pairing in row.pairings().iter().filter(|pairing| differ(pairing.match_ratio)) {
        text.push_str("; totals are 1 to ");
        text.push_str(&count(pairing.match_ratio));
        text.push_str(", divided out");
    }
    if !matches!(verdict, Verdict::Unknown | Verdict::Neither) {
        text.push_str(&batch_limits(comparison, row));
    }
    text
}

/// Where libraries are ahead of the wire, machine by machine, and by what.
pub(super) fn ahead(comparison: &Comparison) -> Vec<(String, String)> {
    let sentence = |ahead: &Ahead| {
        let end = if ahead.end == End::Best { "good" } else { "bad" };
        let [library, wire] = ahead.seconds.map(|s| micros(Time::from_secs_f64(s)));
        let Ahead { basis, name, by, plan, gains, ranks, bytes, .. } = ahead;
        let bytes = Capacity::new(*bytes);
        let why = if ahead.uneven {
            "the ranks leave a scale-up domain partly filled, and the library's model spreads them evenly"
        } else {
            "the library's costs are fitted, bounded by other chips or modelled, whatever this hardware does"
        };
        let text = format!(
            "{} times the tokens/s of the wire at the {end} end of its ranges; of {plan}, {gains} of \
             {bytes} among {ranks} takes {library}, on the wire {wire}: {why}",
            count(*by)
        );
        (format!("{name}, {basis}"), text)
    };
    comparison.ahead.iter().map(sentence).collect()
}

/// Which sides have more devices than their sequences can use, and what a larger batch changes.
fn batch_limits(comparison: &Comparison, row: &Row) -> String {
    let mut limited: Vec<String> = Vec::new();
    let mut turns: Vec<String> = Vec::new();
    for pairing in row.pairings() {
        for side in pairing.sides.iter().flatten().filter(|side| side.batch_limited()) {
            let used = percent((side.used(&side.best().step) * 1000.0).round() / 1000.0);
            limited.push(format!("{} uses {used} % of its devices", side.machine.name()));
        }
        if let Some((leader, batch)) = &pairing.batch {
            let leader = &comparison.machines[*leader].system.id;
            turns.push(format!("{leader} wins {}", flips::batch(batch)));
        }
    }
    limited.dedup();
    turns.dedup();
    // The first row's are among its flip points.
    if row.basis == Basis::Machine {
        turns.clear();
    }
    if limited.is_empty() {
        return String::new();
    }
    format!("; batch-limited: {}", [limited, turns].concat().join(", "))
}

/// Every reason once.
fn reasons(errors: &[&StrategyError]) -> String {
    let mut texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.dedup();
    texts.join("; ")
}

/// Who has more of `unit`, and by how much.
fn ruling(comparison: &Comparison, verdict: Verdict, unit: &str) -> String {
    let [a, b] = comparison.machines.each_ref().map(|machine| machine.system.id.as_str());
    let id = |index: usize| [a, b][index];
    match verdict {
        Verdict::Wins { winner, by } => {
            format!("{} wins, {} times the {unit}", id(winner), times(by))
        }
        Verdict::Open { ratio } if ratio.is_unknown() => {
            "open, one machine does not fit at one end of the ranges".to_owned()
        }
        Verdict::Open { ratio } => {
            format!("open, {a} has {} times the {unit} of {b}: the ranges decide", times(ratio))
        }
        Verdict::Even => format!("even, {a} has as many {unit} as {b}"),
        Verdict::Alone { winner } => format!("{} wins, the other cannot train this", id(winner)),
        Verdict::Neither => "neither machine can train this".to_owned(),
        Verdict::Unknown => "unknown".to_owned(),
    }
}

pub(super) fn times(ratio: Value<f64>) -> String {
    ratio.map(count).to_string()
}
