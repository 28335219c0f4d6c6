//! Interruptions: how often, and what share of the time is left for work.

use supernode_units::Value;

use crate::{Assumed, Assumptions, Machine};

/// Less than this counts as nothing, and keeps quotients finite.
const GOODPUT_MIN: f64 = 1e-9;

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
        let at = |rate| Assumed { interruptions_per_chip_hour: rate, ..assumptions.middle() };
        let [often, seldom] = [at(rate.high), at(rate.low)];
        Self {
            mean_hours: Value::between(mean_hours(machine, &often), mean_hours(machine, &seldom)),
            goodput: Value::between(goodput(machine, &often), goodput(machine, &seldom)),
        }
    }
}

fn mean_hours(machine: &Machine, assumed: &Assumed) -> f64 {
    1.0 / (assumed.interruptions_per_chip_hour * machine.chips() as f64)
}

/// Share of the time that `machine` does work which is kept.
pub(crate) fn goodput(machine: &Machine, assumed: &Assumed) -> f64 {
    kept(mean_hours(machine, assumed) * 3600.0, assumed.checkpoint_s)
}

/// Useful share with a mean time of `mean` seconds between interruptions (exponential) and
/// checkpoints that take `cost` seconds to write and to load. Work between two checkpoints takes
/// mean e^(cost / mean) (e^((interval + cost) / mean) - 1), and the interval is the best one to
/// second order: J. T. Daly, "A higher order estimate of the optimum checkpoint interval", 2006.
/// Unlike Young's sqrt(2 cost mean), it holds where interruptions come as often as checkpoints.
fn kept(mean: f64, cost: f64) -> f64 {
    if cost <= 0.0 {
        return 1.0;
    }
    let half = cost / (2.0 * mean);
    let interval = if half < 1.0 {
        (2.0 * cost * mean).sqrt() * (1.0 + half.sqrt() / 3.0 + half / 9.0) - cost
    } else {
        mean
    };
    let taken = mean * (cost / mean).exp() * ((interval + cost) / mean).exp_m1();
    (interval / taken).max(GOODPUT_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goodput_falls_with_the_rate_and_the_checkpoint() {
        let day = 86_400.0;
        assert!(kept(day, 60.0) > 0.95);
        assert!(kept(day, 600.0) < kept(day, 60.0));
        assert!(kept(day / 100.0, 60.0) < kept(day, 60.0));
        assert!((kept(day, 0.0) - 1.0).abs() < 1e-12);
        assert!(kept(60.0, 60.0) < 0.3);
    }

    #[test]
    fn something_is_left_however_often_work_stops() {
        assert!(kept(1e-6, 1e9) > 0.0);
        let mut last = 1.0;
        for mean in (0..60).map(|power| 1e6 / f64::from(power).exp2()) {
            let share = kept(mean, 60.0);
            assert!(share <= last && share > 0.0, "{mean} s: {share}");
            last = share;
        }
    }

    #[test]
    fn no_other_interval_keeps_more() {
        let (mean, cost) = (600.0_f64, 60.0_f64);
        let at = |interval: f64| {
            interval / (mean * (cost / mean).exp() * ((interval + cost) / mean).exp_m1())
        };
        let best = (1..3000).map(|interval| at(f64::from(interval))).fold(0.0, f64::max);
        assert!(kept(mean, cost) > best * 0.9999, "{} against {best}", kept(mean, cost));
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
