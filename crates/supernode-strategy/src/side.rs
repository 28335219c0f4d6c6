//! One machine's training: both ends of its ranges, at every corner of what both machines share.

use supernode_catalog::End;
use supernode_units::{Precision, Value};

use crate::failures::goodput;
use crate::machine::known;
use crate::plan::Candidates;
use crate::question::Question;
use crate::{Machine, Step, StrategyError};

/// What comes out at one end of a machine's ranges and one corner of the assumptions.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// The step of the fastest plan.
    pub step: Step,
    /// Share of the time that interruptions leave.
    pub goodput: f64,
    /// Tokens per second that interruptions leave.
    pub tokens_per_s: f64,
}

/// One side of a row.
#[derive(Debug, Clone)]
pub struct Side {
    /// The machine, replicated or cut down.
    pub machine: Machine,
    /// Precision of the matrix products.
    pub precision: Precision,
    /// At the bad and at the good end of the machine's own ranges, for each of
    /// [`Assumptions::corners`](crate::Assumptions::corners); where the other machine has the same
    /// chip and that has ranges, first at their bad and then at their good end.
    pub outcomes: [Vec<Outcome>; 2],
    /// Sequences of a step.
    sequences: u64,
}

/// Bad and good end of a machine's own ranges.
pub(crate) const ENDS: [End; 2] = [End::Worst, End::Best];

/// What `machine` makes of its plans at `end` of its ranges, at every corner.
///
/// # Errors
/// As [`Candidates::of`].
pub(crate) fn outcomes(
    machine: &Machine,
    precision: Precision,
    end: End,
    question: Question<'_>,
) -> Result<Vec<Outcome>, StrategyError> {
    let Question { workload, assumptions, timings } = question;
    let mut found = Vec::new();
    for machine in machine.at_ends_of_shared_chip(precision) {
        let plans = Candidates::of(&machine, workload, precision, end, timings)?;
        found.extend(assumptions.corners().map(|assumed| {
            let step = plans.fastest(&assumed);
            let goodput = goodput(&machine, &assumed);
            Outcome { step, goodput, tokens_per_s: step.tokens_per_s * goodput }
        }));
    }
    Ok(found)
}

impl Side {
    pub(crate) fn new(
        machine: Machine,
        precision: Precision,
        question: Question<'_>,
    ) -> Result<Self, StrategyError> {
        let at = |end| outcomes(&machine, precision, end, question);
        let outcomes = [at(ENDS[0])?, at(ENDS[1])?];
        Ok(Self { machine, precision, outcomes, sequences: question.workload.sequences() })
    }

    /// The outcome with the most tokens per second.
    pub fn best(&self) -> &Outcome {
        self.extreme(|new, old| new > old)
    }

    /// The outcome with the fewest tokens per second.
    pub fn worst(&self) -> &Outcome {
        self.extreme(|new, old| new < old)
    }

    fn extreme(&self, better: impl Fn(f64, f64) -> bool) -> &Outcome {
        self.all().fold(&self.outcomes[0][0], |found, outcome| {
            if better(outcome.tokens_per_s, found.tokens_per_s) { outcome } else { found }
        })
    }

    fn all(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().flatten()
    }

    /// Lowest and highest of a figure of the outcomes.
    fn range(&self, figure: impl Fn(&Outcome) -> f64) -> Value<f64> {
        let (low, high) = self
            .all()
            .map(figure)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), figure| {
                (low.min(figure), high.max(figure))
            });
        Value::between(low, high)
    }

    /// Tokens per second that interruptions leave.
    pub fn tokens_per_s(&self) -> Value<f64> {
        self.range(|outcome| outcome.tokens_per_s)
    }

    /// Tokens per second and chip.
    pub fn per_chip(&self) -> Value<f64> {
        let chips = self.machine.chips() as f64;
        self.tokens_per_s().map(|tokens| tokens / chips)
    }

    /// Tokens per second and megawatt of facility power.
    ///
    /// # Errors
    /// When the power is unknown or zero.
    pub fn per_megawatt(&self) -> Result<Value<f64>, StrategyError> {
        Ok(self.tokens_per_s() / self.megawatts()?)
    }

    fn megawatts(&self) -> Result<Value<f64>, StrategyError> {
        let path = format!("{}.power", self.machine.system.id);
        let (low, high) = known(self.machine.power(), path, "100kW")?;
        Ok(Value::between(low / 1e6, high / 1e6))
    }

    /// Share of the dense rate of all chips, without interruptions.
    pub fn mfu(&self) -> Value<f64> {
        self.range(|outcome| outcome.step.mfu)
    }

    /// Seconds of a step.
    pub fn step_s(&self) -> Value<f64> {
        self.range(|outcome| outcome.step.seconds)
    }

    /// Share of the time that interruptions leave.
    pub fn goodput(&self) -> Value<f64> {
        self.range(|outcome| outcome.goodput)
    }

    /// Share of the devices that a step's plan uses.
    pub fn used(&self, step: &Step) -> f64 {
        step.plan.devices() as f64 / f64::from(self.machine.devices())
    }

    /// Whether devices idle because every sequence of the batch has a replica of its own already.
    pub fn batch_limited(&self) -> bool {
        let plan = self.best().step.plan;
        let room = u64::from(plan.tensor) + plan.devices() <= u64::from(self.machine.devices());
        u64::from(plan.replicas) == self.sequences && room
    }
}

/// Tokens per second of `a` over those of `b`, both at the same corner of what they share; each at
/// either end of its own ranges, unless both are the same system: then those are the same, too.
pub(crate) fn ratio(a: &Side, b: &Side) -> Value<f64> {
    let same = a.machine.system.id == b.machine.system.id;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (end_a, outcomes_a) in a.outcomes.iter().enumerate() {
        for (end_b, outcomes_b) in b.outcomes.iter().enumerate() {
            if same && end_a != end_b {
                continue;
            }
            for (x, y) in outcomes_a.iter().zip(outcomes_b) {
                let ratio = x.tokens_per_s / y.tokens_per_s;
                (low, high) = (low.min(ratio), high.max(ratio));
            }
        }
    }
    Value::between(low, high)
}

/// [`ratio`], per megawatt.
pub(crate) fn ratio_per_megawatt(a: &Side, b: &Side) -> Result<Value<f64>, StrategyError> {
    let (power_a, power_b) = (a.megawatts()?, b.megawatts()?);
    if a.machine.system.id == b.machine.system.id {
        return Ok(
            ratio(a, b).map(|ratio| ratio * b.machine.chips() as f64 / a.machine.chips() as f64)
        );
    }
    Ok(ratio(a, b) * (power_b / power_a))
}
