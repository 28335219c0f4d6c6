//! Fits constants: a coordinate search on the loss, small and deterministic.
//!
//! Losses are medians of a kind (absolute errors), so they have kinks; a search that only compares
//! losses does not mind.

use supernode_library::costs::{Constant, Costs};

/// First step of a constant, as a share of its value.
const FIRST_STEP: f64 = 0.25;
/// The search ends when no step above this share helps.
const LAST_STEP: f64 = 0.01;

/// Changes `free` constants of `costs` as long as that lowers `loss`; returns the least loss.
pub fn fit(costs: &mut Costs, free: &[Constant], mut loss: impl FnMut(&Costs) -> f64) -> f64 {
    let mut best = loss(costs);
    let mut steps = vec![FIRST_STEP; free.len()];
    while steps.iter().any(|step| *step > LAST_STEP) {
        for (constant, step) in free.iter().zip(&mut steps) {
            if *step <= LAST_STEP / 2.0 {
                continue;
            }
            let Some(value) = costs.get(constant) else { continue };
            // Where zero is plausible, steps are shares of the range instead.
            let span = constant.parameter.high - constant.parameter.low;
            let stride = *step * value.max(0.05 * span);
            let mut moved = false;
            for candidate in [value + stride, value - stride] {
                costs.set(constant, candidate);
                let tried = loss(costs);
                if tried < best {
                    best = tried;
                    moved = true;
                    break;
                }
                costs.set(constant, value);
            }
            *step *= if moved { 1.4 } else { 0.5 };
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use supernode_library::costs::Kind;

    #[test]
    fn a_valley_is_found() {
        let mut costs = Costs::builtin().unwrap();
        let free: Vec<Constant> = costs
            .list()
            .map(|(constant, _)| constant)
            .filter(|constant| constant.kind == Kind::Chip && constant.group == "hopper")
            .filter(|constant| ["base", "ll"].contains(&constant.parameter.key))
            .collect();
        // Where both are off by shares: a fold that pulls on both at once.
        let wanted = [6.5, 1.25];
        let off = |costs: &Costs| {
            let values: Vec<f64> = free.iter().filter_map(|c| costs.get(c)).collect();
            let each = values.iter().zip(wanted).map(|(value, wanted)| (value / wanted).ln().abs());
            each.sum::<f64>() + (values[0] + values[1] - 7.75).abs() / 10.0
        };
        let least = fit(&mut costs, &free, off);
        assert!(least < 0.02, "{least}");
    }
}
