//! Flip points: how far a value may move before the other machine wins.

use supernode_catalog::End;
use supernode_units::{Precision, Sourced, Time, Value};

use crate::assumptions::Bounds;
use crate::compare::{Row, Side};
use crate::{Assumptions, Machine, Workload, best_plan};

/// What moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Latency of a level in seconds, at the path that `--set` takes.
    Latency(String),
    /// Facility power in watts, for tokens per second and watt.
    Power,
    /// Chips of the leader in use.
    Chips,
    /// Share of the dense rate that the leader's matrix products reach, the other's unchanged.
    Efficiency,
}

/// The leader of tokens per second wins up to (latency, power) or from (chips, efficiency) here.
#[derive(Debug, Clone)]
pub struct FlipPoint {
    /// Index of the leader.
    pub leader: usize,
    /// What moves.
    pub subject: Subject,
    /// The value at which the verdict turns, over both ends of every range; `None` where it never
    /// turns.
    pub at: Option<Value<f64>>,
}

/// Latencies are tried up to this many seconds.
pub const LATENCY_MAX: f64 = 1.0;
const LATENCY_MIN: f64 = 1e-9;
/// Halvings of the logarithm: 2^-16 of nine decades is a third of a thousandth.
const HALVINGS: u32 = 16;

/// The two machines with the leader's end and the other's tokens per second against it.
struct Duel<'a> {
    leader: &'a Machine,
    workload: &'a Workload,
    precision: Precision,
    assumptions: &'a Assumptions,
    /// End of the leader's ranges, and what it has to beat.
    ends: [(End, f64); 2],
}

/// Flip points of the verdict of `row`; none if a side has no figure.
pub(crate) fn flip_points(
    machines: &[Machine; 2],
    row: &Row,
    workload: &Workload,
    assumptions: &Assumptions,
) -> Vec<FlipPoint> {
    let [Ok(a), Ok(b)] = &row.sides else { return Vec::new() };
    let leader = usize::from(centre(b) > centre(a));
    let (first, other) = if leader == 0 { (a, b) } else { (b, a) };
    let machine = &machines[leader];
    let duel = Duel {
        leader: machine,
        workload,
        precision: first.precision,
        assumptions,
        ends: [(End::Worst, other.best.tokens_per_s), (End::Best, other.worst.tokens_per_s)],
    };
    let mut points = Vec::new();
    for (index, level) in machine.system.levels.iter().enumerate() {
        if level.size() > 1 {
            let subject = Subject::Latency(format!("{}.latency", level.name()));
            points.push(FlipPoint { leader, subject, at: duel.latency(index) });
        }
    }
    let other_power = machines[1 - leader].power();
    if !other_power.is_unknown() {
        let at = first.tokens_per_s * other_power / other.tokens_per_s;
        points.push(FlipPoint { leader, subject: Subject::Power, at: Some(at) });
    }
    points.push(FlipPoint { leader, subject: Subject::Chips, at: duel.chips() });
    points.push(FlipPoint { leader, subject: Subject::Efficiency, at: duel.efficiency() });
    points
}

fn centre(side: &Side) -> f64 {
    f64::midpoint(side.best.tokens_per_s, side.worst.tokens_per_s)
}

impl Duel<'_> {
    fn wins(&self, machine: &Machine, assumptions: &Assumptions, end: usize) -> bool {
        let (end, target) = self.ends[end];
        best_plan(machine, self.workload, self.precision, assumptions, end)
            .is_ok_and(|step| step.tokens_per_s > target)
    }

    /// Highest latency of level `index` that still wins.
    fn latency(&self, index: usize) -> Option<Value<f64>> {
        both_ends(|end| {
            let wins = |seconds: f64| {
                let mut machine = self.leader.clone();
                let time = Time::from_secs_f64(seconds);
                machine.system.levels[index].latency = Sourced::bare(Value::Point(time));
                self.wins(&machine, self.assumptions, end)
            };
            turn(LATENCY_MIN, LATENCY_MAX, wins)
        })
    }

    /// Fewest chips that win.
    fn chips(&self) -> Option<Value<f64>> {
        let per_chip = self.leader.chip.devices;
        both_ends(|end| {
            let wins = |chips: f64| {
                let limit = Some((chips.round() as u32).saturating_mul(per_chip));
                self.wins(&Machine { limit, ..self.leader.clone() }, self.assumptions, end)
            };
            turn(self.leader.chips() as f64, 1.0, wins)
        })
    }

    /// Lowest efficiency of the matrix products that wins.
    fn efficiency(&self) -> Option<Value<f64>> {
        both_ends(|end| {
            let wins = |share: f64| {
                let gemm_efficiency = Bounds { low: share, high: share };
                let assumptions = Assumptions { gemm_efficiency, ..*self.assumptions };
                self.wins(self.leader, &assumptions, end)
            };
            turn(1.0, 1e-4, wins)
        })
    }
}

/// The turning points at both ends; `None` if the verdict turns at neither.
fn both_ends(turn_at: impl Fn(usize) -> Option<f64>) -> Option<Value<f64>> {
    match (turn_at(0), turn_at(1)) {
        (Some(a), Some(b)) => Some(Value::between(a.min(b), a.max(b))),
        (Some(only), None) | (None, Some(only)) => Some(Value::Point(only)),
        (None, None) => None,
    }
}

/// Where `wins` turns false on the way from `good` to `bad`, to a thousandth; `None` if it does not
/// turn. If it is false at once, `good` is the point.
fn turn(good: f64, bad: f64, wins: impl Fn(f64) -> bool) -> Option<f64> {
    if wins(bad) {
        return None;
    }
    if !wins(good) {
        return Some(good);
    }
    let (mut inside, mut outside) = (good.ln(), bad.ln());
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(inside, outside);
        if wins(middle.exp()) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Some(inside.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_points_are_found_from_both_sides() {
        let close = |found: Option<f64>, expected: f64| {
            let found = found.expect("it turns");
            assert!((found / expected - 1.0).abs() < 1e-3, "{found} is not {expected}");
        };
        close(turn(1e-9, 1.0, |x| x < 3e-6), 3e-6);
        close(turn(8192.0, 1.0, |x| x > 700.0), 700.0);
        assert_eq!(turn(1e-9, 1.0, |_| true), None);
        assert_eq!(turn(1.0, 1e-4, |_| false), Some(1.0));
    }
}
