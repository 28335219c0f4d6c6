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

/// Where the verdict turns while one value moves and every other stays at its end of its range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// The leader wins wherever the value is.
    Always,
    /// It wins below (latency, power) or from (chips, efficiency) this value.
    At(f64),
    /// It loses wherever the value is.
    Never,
}

/// What the leader of tokens per second needs to win.
#[derive(Debug, Clone)]
pub struct FlipPoint {
    /// Index of the leader.
    pub leader: usize,
    /// What moves.
    pub subject: Subject,
    /// With the leader at the bad end of its ranges and the other at the good end of its own.
    pub bad: Turn,
    /// The other way round.
    pub good: Turn,
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
    let mut push = |subject, [bad, good]: [Turn; 2]| {
        points.push(FlipPoint { leader, subject, bad, good });
    };
    for (index, level) in machine.system.levels.iter().enumerate() {
        if level.size() > 1 {
            let path = format!("{}.latency", level.name());
            push(Subject::Latency(path), duel.latency(index));
        }
    }
    let power = first.tokens_per_s * machines[1 - leader].power() / other.tokens_per_s;
    if let Some((low, high)) = power.low().zip(power.high()) {
        push(Subject::Power, [Turn::At(low), Turn::At(high)]);
    }
    push(Subject::Chips, duel.chips());
    push(Subject::Efficiency, duel.efficiency());
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
    fn latency(&self, index: usize) -> [Turn; 2] {
        [0, 1].map(|end| {
            turn(LATENCY_MIN, LATENCY_MAX, |seconds| {
                let mut machine = self.leader.clone();
                let time = Time::from_secs_f64(seconds);
                machine.system.levels[index].latency = Sourced::bare(Value::Point(time));
                self.wins(&machine, self.assumptions, end)
            })
        })
    }

    /// Fewest chips that win.
    fn chips(&self) -> [Turn; 2] {
        [0, 1].map(|end| {
            turn(self.leader.chips() as f64, 1.0, |chips| {
                let devices = (chips.round() as u32).saturating_mul(self.leader.chip.devices);
                let machine = Machine { limit: Some(devices), ..self.leader.clone() };
                self.wins(&machine, self.assumptions, end)
            })
        })
    }

    /// Lowest efficiency of the matrix products that wins.
    fn efficiency(&self) -> [Turn; 2] {
        [0, 1].map(|end| {
            turn(1.0, 1e-4, |share| {
                let gemm_efficiency = Bounds { low: share, high: share };
                let assumptions = Assumptions { gemm_efficiency, ..*self.assumptions };
                self.wins(self.leader, &assumptions, end)
            })
        })
    }
}

/// Where `wins` turns false on the way from `good` to `bad`, to a thousandth.
fn turn(good: f64, bad: f64, wins: impl Fn(f64) -> bool) -> Turn {
    if !wins(good) {
        return Turn::Never;
    }
    if wins(bad) {
        return Turn::Always;
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
    Turn::At(inside.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turning_points_are_found_from_both_sides() {
        let close = |found: Turn, expected: f64| {
            let Turn::At(found) = found else { panic!("{found:?} is no point") };
            assert!((found / expected - 1.0).abs() < 1e-3, "{found} is not {expected}");
        };
        close(turn(1e-9, 1.0, |x| x < 3e-6), 3e-6);
        close(turn(8192.0, 1.0, |x| x > 700.0), 700.0);
        assert_eq!(turn(1e-9, 1.0, |_| true), Turn::Always);
        assert_eq!(turn(1.0, 1e-4, |_| false), Turn::Never);
    }
}
