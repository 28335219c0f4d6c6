//! Flip points: how far a value may move before the other machine wins.

mod batch;

use std::sync::Arc;

use supernode_library::Software;
use supernode_units::{Sourced, Time, Value};

use crate::assumptions::Bounds;
use crate::question::Question;
use crate::side::{ENDS, Outcome, Side, outcomes, ratio};
use crate::verdict::Verdict;
use crate::{Assumptions, Machine, Pairing, Row};

pub use batch::{Batch, BatchFlip};

/// What moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Latency of a level in seconds, at the path that `--set` takes.
    Latency(String),
    /// What a step of the leader's library between servers takes in seconds, where nobody published
    /// it; its range.
    Step([Time; 2]),
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
    /// It wins below (latency, step, power) or from (chips, efficiency) this value.
    At(f64),
    /// It loses wherever the value is.
    Never,
}

/// What the leader of tokens per second needs to win.
#[derive(Debug, Clone)]
pub struct FlipPoint {
    /// What moves.
    pub subject: Subject,
    /// With the leader at the bad end of its ranges and the other at the good end of its own, at
    /// every corner of the assumptions.
    pub bad: Turn,
    /// The other way round, at some corner.
    pub good: Turn,
}

/// Where a verdict turns.
#[derive(Debug, Clone)]
pub struct Flips {
    /// Index of the machine with more tokens per second; where the ranges decide, over most of
    /// them.
    pub leader: usize,
    /// Values of the leader.
    pub points: Vec<FlipPoint>,
    /// Tokens of a step, of both machines.
    pub batch: BatchFlip,
}

/// Latencies are tried up to this many seconds, the most that a catalog accepts.
pub const LATENCY_MAX: f64 = 0.1;
const LATENCY_MIN: f64 = 1e-9;
/// Halvings of the logarithm: 2^-16 of eight decades is a third of a thousandth.
const HALVINGS: u32 = 16;

/// The leader against the other.
struct Duel<'a> {
    leader: &'a Side,
    other: &'a Side,
    /// How often the leader's tokens per second count: what whole chips left over.
    weight: f64,
    question: Question<'a>,
}

impl<'a> Duel<'a> {
    /// The sides of `pairing` and the index of the leader; `None` if a side has no figure or both
    /// are the same.
    fn new(pairing: &'a Pairing, question: Question<'a>) -> Option<(Self, usize)> {
        let [Ok(a), Ok(b)] = &pairing.sides else { return None };
        let index = match Verdict::of(pairing.ratio()) {
            Verdict::Wins { winner, .. } => winner,
            Verdict::Open { ratio } => {
                let (low, high) = ratio.low().zip(ratio.high())?;
                usize::from(low * high < 1.0)
            }
            _ => return None,
        };
        let (leader, other, weight) = if index == 0 {
            (a, b, pairing.match_ratio)
        } else {
            (b, a, 1.0 / pairing.match_ratio)
        };
        Some((Self { leader, other, weight, question }, index))
    }
}

/// At which batches which machine wins `pairing`, where a machine idles for want of sequences.
pub(crate) fn batch_flip(pairing: &Pairing, question: Question<'_>) -> Option<(usize, BatchFlip)> {
    let limited = pairing.sides.iter().flatten().any(Side::batch_limited);
    let (duel, leader) = Duel::new(pairing, question)?;
    limited.then(|| (leader, duel.batch()))
}

/// Flip points of the verdict of `row`; `None` if a side has no figure or both are the same.
pub(crate) fn flips(row: &Row, question: Question<'_>) -> Option<Flips> {
    let (duel, leader) = Duel::new(row.pairings().first()?, question)?;
    let (leading, other) = (duel.leader, duel.other);
    let mut points = Vec::new();
    let mut push = |subject, [bad, good]: [Turn; 2]| {
        points.push(FlipPoint { subject, bad, good });
    };
    match &leading.machine.library {
        // What a library's step takes is software more than hardware.
        Some(library) => {
            if let Some((low, high)) = library.step_us() {
                push(
                    Subject::Step([low, high].map(|us| Time::from_secs_f64(us * 1e-6))),
                    duel.step(library),
                );
            }
        }
        None => {
            for (index, level) in leading.machine.system.levels.iter().enumerate() {
                if level.size() > 1 {
                    let path = format!("{}.{}.latency", leading.machine.system.id, level.name());
                    push(Subject::Latency(path), duel.latency(index));
                }
            }
        }
    }
    let power = ratio(leading, other) * other.machine.power();
    if let Some((low, high)) = power.low().zip(power.high()) {
        push(Subject::Power, [Turn::At(low), Turn::At(high)]);
    }
    push(Subject::Chips, duel.chips());
    push(Subject::Efficiency, duel.efficiency());
    Some(Flips { leader, points, batch: duel.batch() })
}

impl Duel<'_> {
    /// Whether `ours` beat `theirs` at the bad end (index 0, at every corner) or at the good end
    /// (1, at some corner).
    fn beats(&self, end: usize, ours: &[Outcome], theirs: &[Outcome]) -> bool {
        let mut corners = ours.iter().zip(theirs);
        let wins = |(x, y): (&Outcome, &Outcome)| x.tokens_per_s * self.weight > y.tokens_per_s;
        if end == 0 { corners.all(wins) } else { corners.any(wins) }
    }

    /// Whether `machine` in the leader's place still wins.
    fn wins(&self, machine: &Machine, end: usize, assumptions: &Assumptions) -> bool {
        let question = Question { assumptions, ..self.question };
        let ours = outcomes(machine, self.leader.precision, ENDS[end], question);
        ours.is_ok_and(|ours| self.beats(end, &ours, &self.other.outcomes[1 - end]))
    }

    /// Highest latency of level `index` that still wins.
    fn latency(&self, index: usize) -> [Turn; 2] {
        [0, 1].map(|end| {
            turn(LATENCY_MIN, LATENCY_MAX, |seconds| {
                let mut machine = self.leader.machine.clone();
                let time = Time::from_secs_f64(seconds);
                machine.system.levels[index].latency = Sourced::bare(Value::Point(time));
                self.wins(&machine, end, self.question.assumptions)
            })
        })
    }

    /// Longest step of `library` between servers that still wins.
    fn step(&self, library: &Software) -> [Turn; 2] {
        [0, 1].map(|end| {
            turn(LATENCY_MIN, LATENCY_MAX, |seconds| {
                let library = library.with_step_us(seconds * 1e6).map(Arc::new);
                let machine = Machine { library, ..self.leader.machine.clone() };
                self.wins(&machine, end, self.question.assumptions)
            })
        })
    }

    /// Fewest chips that win.
    fn chips(&self) -> [Turn; 2] {
        let machine = &self.leader.machine;
        [0, 1].map(|end| {
            let found = turn(machine.chips() as f64, 1.0, |chips| {
                let devices = (chips.round() as u32).saturating_mul(machine.chip.devices);
                let machine = Machine { limit: Some(devices), ..machine.clone() };
                self.wins(&machine, end, self.question.assumptions)
            });
            match found {
                Turn::At(chips) => Turn::At(chips.round()),
                always_or_never => always_or_never,
            }
        })
    }

    /// Lowest efficiency of the matrix products that wins.
    fn efficiency(&self) -> [Turn; 2] {
        let machine = &self.leader.machine;
        [0, 1].map(|end| {
            turn(1.0, 1e-4, |share| {
                let gemm_efficiency = Bounds { low: share, high: share };
                let assumptions = Assumptions { gemm_efficiency, ..*self.question.assumptions };
                self.wins(machine, end, &assumptions)
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
