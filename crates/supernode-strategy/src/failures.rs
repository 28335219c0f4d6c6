//! Interruptions: how often, and what share of the time is left for work.

use supernode_units::Value;

use crate::{Assumptions, Machine};

/// What interruptions cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failures {
    /// Mean time between unexpected interruptions of the whole machine, in hours.
    pub mean_hours: Value<f64>,
    /// Share of the time that does work which is kept, with checkpoints at the best interval.
    pub goodput: Value<f64>,
}

impl Failures {
    /// Failures of `machine`: independent chips, all alike.
    pub fn of(machine: &Machine, assumptions: &Assumptions) -> Self {
        let rate = assumptions.interruptions_per_chip_hour;
        let chips = machine.chips() as f64;
        let mean_hours = Value::Range(1.0 / (rate.high * chips), 1.0 / (rate.low * chips));
        Self {
            mean_hours,
            goodput: mean_hours.map(|h| goodput(h * 3600.0, assumptions.checkpoint_s)),
        }
    }
}

/// Useful share with mean time `mean` between interruptions and checkpoints of `cost`, in seconds,
/// taken at Young's interval sqrt(2 cost mean): checkpoints, half an interval lost per
/// interruption, and one load.
fn goodput(mean: f64, cost: f64) -> f64 {
    let interval = (2.0 * cost * mean).sqrt().max(cost);
    let writing = if interval > 0.0 { cost / interval } else { 0.0 };
    let lost = (interval / 2.0 + cost) / mean;
    (1.0 - writing - lost).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodput_falls_with_the_rate_and_the_checkpoint() {
        let day = 86_400.0;
        assert!(goodput(day, 60.0) > 0.95);
        assert!(goodput(day, 600.0) < goodput(day, 60.0));
        assert!(goodput(day / 100.0, 60.0) < goodput(day, 60.0));
        assert!((goodput(day, 0.0) - 1.0).abs() < 1e-12);
        assert!(goodput(10.0, 600.0) < 1e-12);
    }

    #[test]
    fn llama_3_is_interrupted_every_three_hours() {
        // 419 in 54 days: 3.1 hours, within the range for as many chips.
        let catalog = supernode_catalog::Catalog::builtin().unwrap();
        let node = Machine::new(&catalog, "dgx-h100").unwrap().replicated(2048).unwrap();
        let mean = Failures::of(&node, &Assumptions::default()).mean_hours;
        assert!(mean.low().unwrap() < 3.1 && mean.high().unwrap() > 3.1, "{mean:?}");
    }
}
