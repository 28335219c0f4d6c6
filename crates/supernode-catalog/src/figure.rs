//! Arithmetic over catalog values: `2 * atlas-950-superpod.sum.ports.scale-up / 1e15`.

use supernode_units::{Precision, Value};

use crate::system::System;
use crate::{Catalog, CatalogError};

impl Catalog {
    /// Evaluates products and quotients, left to right, of numbers and figures in base units
    /// (FLOP/s, bytes, bytes/s, watts, US dollars). A figure is `SYSTEM.chips`, `SYSTEM.dies`,
    /// `SYSTEM.cabinets`, `SYSTEM.published.KEY`, `SYSTEM.sum.CHIP-KEY` (the chip's value times the
    /// number of chips) or `CHIP.CHIP-KEY`. Ranges give ranges, unknowns unknown.
    ///
    /// # Errors
    /// [`CatalogError::Expression`] if a term is neither a number nor a figure.
    pub fn evaluate(&self, expression: &str) -> Result<Value<f64>, CatalogError> {
        let mut result = Value::Point(1.0);
        let mut divide = false;
        for term in expression.split_whitespace() {
            match term {
                "*" => divide = false,
                "/" => divide = true,
                _ => {
                    let value = self.term(term).ok_or_else(|| CatalogError::Expression {
                        expression: expression.to_owned(),
                        term: term.to_owned(),
                    })?;
                    result = if divide { result / value } else { result * value };
                }
            }
        }
        Ok(result)
    }

    fn term(&self, term: &str) -> Option<Value<f64>> {
        if let Ok(number) = term.parse() {
            return Some(Value::Point(number));
        }
        let (id, key) = term.split_once('.')?;
        if let Ok(chip) = self.chip(id) {
            return chip.figure(key);
        }
        let system = self.system(id).ok()?;
        let chip = self.chip_of(system).ok()?;
        let chips = f64::from(system.chips());
        match key {
            "chips" => return Some(Value::Point(chips)),
            "dies" => return Some(Value::Point(chips * f64::from(chip.dies))),
            "cabinets" => return system.cabinets.map(|count| Value::Point(f64::from(count))),
            _ => {}
        }
        match key.split_once('.')? {
            ("sum", key) => chip.figure(key).map(|value| value.map(|v| v * chips)),
            ("published", key) => published(system, key),
            _ => None,
        }
    }
}

fn published(system: &System, key: &str) -> Option<Value<f64>> {
    let totals = &system.published;
    Some(match key {
        "memory" => totals.memory.value.map(f64::from),
        "fast-memory" => totals.fast_memory.value.map(f64::from),
        "memory-bandwidth" => totals.memory_bandwidth.value.map(f64::from),
        "scale-up-total" => totals.scale_up_total.value.map(f64::from),
        "power" => totals.power.value.map(f64::from),
        "price" => totals.price.value.map(f64::from),
        _ => {
            let precision: Precision = key.parse().ok()?;
            system.published_rate(precision)?.value.map(f64::from)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_quotients_of_figures() {
        let catalog = Catalog::builtin().unwrap();
        let check = |text: &str, expected: Value<f64>| {
            assert_eq!(catalog.evaluate(text).unwrap(), expected, "{text}");
        };
        check("atlas-950-superpod.chips", Value::Point(8192.0));
        check("vr-nvl144.dies", Value::Point(144.0));
        check("h20.compute.bf16 / 1e12", Value::Point(148.0));
        check("2 * vr-nvl144.sum.ports.scale-up / 1e9", Value::Point(259_200.0));
        check("gb200-nvl72.published.power / 1e3", Value::Range(120.0, 145.0));
        check("145e3 / gb200-nvl72.published.power", Value::Range(1.0, 145.0 / 120.0));
        check("a100.compute.fp4", Value::Unknown);
    }

    #[test]
    fn a_stray_term_is_named() {
        let catalog = Catalog::builtin().unwrap();
        let error = catalog.evaluate("2 * h20.compute.fp3").unwrap_err().to_string();
        assert!(error.contains("`h20.compute.fp3`"), "{error}");
    }
}
