//! Where the verdict turns, in sentences.

use supernode::strategy::{
    Batch, BatchFlip, Comparison, Contest, FlipPoint, Flips, LATENCY_MAX, Subject, Turn, Unit,
    Verdict,
};
use supernode::units::{Time, Value};

use super::figures::{count, micros, percent, power, quantity, whole};

/// What the flip points are of.
pub(super) fn heading(comparison: &Comparison, contest: &Contest) -> String {
    let (verdict, flips) = (contest.rows[0].verdict(), &contest.flips);
    match (verdict, flips) {
        (Verdict::Wins { .. }, Some(flips)) => {
            format!(
                "Flip points, machine against machine: {} wins (good end: every range suits it; bad \
                 end: every range suits the other)",
                leader(comparison, flips)
            )
        }
        (_, Some(flips)) => format!(
            "Flip points, machine against machine, which is open: {} wins",
            leader(comparison, flips)
        ),
        (Verdict::Even, None) => "Flip points: none, the machines are the same".to_owned(),
        (_, None) => "Flip points: none without figures of both machines".to_owned(),
    }
}

fn leader<'a>(comparison: &'a Comparison, flips: &Flips) -> &'a str {
    &comparison.machines[flips.leader].system.id
}

/// One sentence a value that may move.
pub(super) fn sentences(comparison: &Comparison, flips: &Flips) -> Vec<String> {
    let points = flips.points.iter().map(|point| sentence(comparison, flips, point));
    let workload = &comparison.workload;
    let tokens = count((workload.sequences() * workload.seq) as f64);
    points.chain([format!("{} (it has {tokens})", batch(&flips.batch))]).collect()
}

fn sentence(comparison: &Comparison, flips: &Flips, point: &FlipPoint) -> String {
    let condition = |at: Value<f64>| condition(comparison, flips, &point.subject, at);
    let anything = match &point.subject {
        Subject::Latency(path) => {
            format!("at any {path} up to {}", Time::from_secs_f64(LATENCY_MAX))
        }
        Subject::Step(_) => {
            format!("at any step between servers up to {}", Time::from_secs_f64(LATENCY_MAX))
        }
        Subject::Power => "whatever its power".to_owned(),
        Subject::Chips => "even with a single chip".to_owned(),
        Subject::Efficiency => "whatever its efficiency".to_owned(),
    };
    let nothing = match &point.subject {
        Subject::Latency(path) => format!("at no {path}"),
        Subject::Step(_) => "at no step between servers".to_owned(),
        Subject::Power => "at no power".to_owned(),
        Subject::Chips => "at no number of its chips".to_owned(),
        Subject::Efficiency => "at no efficiency".to_owned(),
    };
    let end = |turn| match turn {
        Turn::At(at) => condition(Value::Point(at)),
        Turn::Always => anything.clone(),
        Turn::Never => nothing.clone(),
    };
    match (point.bad, point.good) {
        (Turn::At(a), Turn::At(b)) => condition(Value::between(a.min(b), a.max(b))),
        (bad, good) => both(&end(bad), &end(good)),
    }
}

/// What holds at the two ends of the ranges.
fn both(bad: &str, good: &str) -> String {
    if bad == good {
        good.to_owned()
    } else {
        format!("{good} at the good end of the ranges, {bad} at the bad end")
    }
}

/// What the leader needs.
fn condition(comparison: &Comparison, flips: &Flips, subject: &Subject, at: Value<f64>) -> String {
    let leader = &comparison.machines[flips.leader];
    match subject {
        Subject::Latency(path) => {
            format!("while {path} < {}", at.map(Time::from_secs_f64).map(micros))
        }
        Subject::Step([low, high]) => format!(
            "while a step of its library between servers < {} (modelled at {})",
            at.map(Time::from_secs_f64).map(micros),
            Value::between(*low, *high).map(micros)
        ),
        Subject::Power => format!(
            "per megawatt while its facility power < {} (it is {})",
            at.map(power),
            quantity(leader.power(), Unit::Watts)
        ),
        Subject::Chips => {
            let at = at.map(whole);
            format!("at {at} chips or more (it has {})", leader.chips())
        }
        Subject::Efficiency => format!(
            "while its matrix products reach {} % of the dense rate or more, the other's unchanged",
            at.map(percent)
        ),
    }
}

/// The batches at which the leader wins.
pub(super) fn batch(flip: &BatchFlip) -> String {
    let (low, high) = flip.tried;
    let end = |batch: Batch| {
        let count = |tokens: u64| count(tokens as f64);
        match (batch.wins, batch.below, batch.above) {
            (true, None, None) => {
                format!("at any batch from {} to {} tokens", count(low), count(high))
            }
            (true, Some(low), None) => format!("at {} tokens a batch or more", count(low)),
            (true, None, Some(high)) => format!("at {} tokens a batch or fewer", count(high)),
            (true, Some(low), Some(high)) => {
                format!("at {} to {} tokens a batch", count(low), count(high))
            }
            (false, None, None) => {
                format!("at no batch from {} to {} tokens", count(low), count(high))
            }
            (false, Some(low), None) => format!("only at {} tokens a batch or fewer", count(low)),
            (false, None, Some(high)) => format!("only at {} tokens a batch or more", count(high)),
            (false, Some(low), Some(high)) => format!(
                "only at {} tokens a batch or fewer, or {} or more",
                count(low),
                count(high)
            ),
        }
    };
    both(&end(flip.bad), &end(flip.good))
}
