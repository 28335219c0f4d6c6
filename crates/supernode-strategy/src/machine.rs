//! A machine of a comparison: a catalog system, replicated or cut down.

use std::sync::Arc;

use supernode_catalog::{Catalog, CatalogError, End, System};
use supernode_chip::Chip;
use supernode_fabric::{CostModel, Profile};
use supernode_library::{LibraryError, Software};
use supernode_units::{FlopRate, Precision, Value};

use crate::{StrategyError, shared_chip};

/// Copies of a system on its scale-out network.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The system.
    pub system: System,
    /// Its chip.
    pub chip: Chip,
    /// How many of it.
    pub copies: u32,
    /// Devices that may be used, if not all: the machine has no others.
    pub limit: Option<u32>,
    /// The library that its collectives run by; none on the wire.
    pub library: Option<Arc<Software>>,
    /// Whether the other machine of the comparison has the same chip.
    pub shares_chip: bool,
}

impl Machine {
    /// The system called `id`, once, on the wire.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`].
    pub fn new(catalog: &Catalog, id: &str) -> Result<Self, CatalogError> {
        let system = catalog.system(id)?.clone();
        let chip = catalog.chip_of(&system)?.clone();
        Ok(Self { system, chip, copies: 1, limit: None, library: None, shares_chip: false })
    }

    /// The same machine by the library of its chips.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where none of the libraries is its own.
    pub fn with_library(&self) -> Result<Self, LibraryError> {
        let library = Software::of(&self.system, &self.chip)?;
        Ok(Self { library: Some(Arc::new(library)), ..self.clone() })
    }

    /// The same system `copies` times.
    ///
    /// # Errors
    /// [`StrategyError::TooManyCopies`] beyond 2^32 devices.
    pub fn replicated(&self, copies: u64) -> Result<Self, StrategyError> {
        let devices =
            u128::from(copies) * u128::from(self.system.chips()) * u128::from(self.chip.devices);
        if devices > u128::from(u32::MAX) {
            return Err(StrategyError::TooManyCopies { machine: self.system.id.clone() });
        }
        Ok(Self { copies: copies as u32, ..self.clone() })
    }

    /// The same system as often as it takes to have `chips` chips, the last copy in part.
    ///
    /// # Errors
    /// [`StrategyError::TooManyCopies`] beyond 2^32 devices.
    pub fn with_chips(&self, chips: u64) -> Result<Self, StrategyError> {
        let copies = chips.div_ceil(u64::from(self.system.chips())).max(1);
        let whole = self.replicated(copies)?;
        let cut = chips < whole.chips();
        Ok(Self { limit: cut.then(|| (chips as u32) * self.chip.devices), ..whole })
    }

    /// `atlas-950-superpod`, `7 x vr-nvl144`, or `6.64 x vr-nvl144` where the last copy is used in
    /// part.
    pub fn name(&self) -> String {
        let id = &self.system.id;
        let copies = self.chips() as f64 / f64::from(self.system.chips());
        match (self.copies, self.limit) {
            (1, None) => id.clone(),
            (copies, None) => format!("{copies} x {id}"),
            (_, Some(_)) => format!("{copies:.2} x {id}"),
        }
    }

    /// Packages that may be used.
    pub fn chips(&self) -> u64 {
        u64::from(self.devices().div_ceil(self.chip.devices))
    }

    /// What ranks run on, as far as they may be used.
    pub fn devices(&self) -> u32 {
        let all = self.all_devices();
        self.limit.map_or(all, |limit| limit.min(all))
    }

    /// Devices of one scale-up domain.
    pub fn domain(&self) -> u32 {
        self.system.scale_up_chips() * self.chip.devices
    }

    /// The chip's figure at `key` times the number of chips, in base units.
    pub fn total(&self, key: &str) -> Value<f64> {
        let chips = self.chips() as f64;
        self.chip.figure(key).unwrap_or(Value::Unknown).map(|value| value * chips)
    }

    /// Facility power in watts; of a system used in part, its share by chips.
    pub fn power(&self) -> Value<f64> {
        self.system.published.power.value.map(|power| power.watts() * self.systems())
    }

    /// Price in US dollars; of a system used in part, its share by chips.
    pub fn price(&self) -> Value<f64> {
        self.system.published.price.value.map(|price| price.usd() * self.systems())
    }

    /// Systems in use.
    fn systems(&self) -> f64 {
        self.chips() as f64 / f64::from(self.system.chips())
    }

    /// Operations per second of one chip at `end` of its range.
    pub(crate) fn compute_rate(
        &self,
        precision: Precision,
        end: End,
    ) -> Result<f64, StrategyError> {
        let rate = self.chip.compute.at(precision).value.map(FlopRate::per_second);
        self.rate(rate, end, &format!("compute.{precision}"), "1PFLOP/s")
    }

    /// Memory bandwidth of one chip at `end` of its range, in bytes per second.
    pub(crate) fn memory_rate(&self, end: End) -> Result<f64, StrategyError> {
        let rate = self.chip.memory.bandwidth.value.map(f64::from);
        self.rate(rate, end, "memory.bandwidth", "3.3TB/s")
    }

    fn rate(
        &self,
        value: Value<f64>,
        end: End,
        key: &str,
        example: &'static str,
    ) -> Result<f64, StrategyError> {
        let path = format!("{}.{key}", self.chip.id);
        let (low, high) = known(value, path, example)?;
        Ok(match end {
            End::Best => high,
            End::Middle => low.midpoint(high),
            End::Worst => low,
        })
    }

    /// The whole machine with a rank on every device, without software costs.
    ///
    /// # Errors
    /// When a value that is needed is unknown or the levels make no fabric.
    pub fn cost(&self, end: End) -> Result<CostModel, StrategyError> {
        let fabric = self.system.replicated(&self.chip, self.copies, end)?;
        let rates = self.system.device_rates(&self.chip, end)?;
        Ok(CostModel::new(fabric, Profile::wire(), rates)?)
    }

    /// This machine at each end of its chip's ranges where the other machine has the same chip, which
    /// is then at the same end; else itself, whose ranges are its own.
    pub(crate) fn at_ends_of_shared_chip(&self, precision: Precision) -> Vec<Self> {
        if !self.shares_chip {
            return vec![self.clone()];
        }
        let chips = shared_chip::ends(&self.chip, precision).into_iter();
        chips.map(|chip| Self { chip, ..self.clone() }).collect()
    }

    /// Tensor groups of `tensor` devices that fit: none straddles a scale-up domain.
    pub(crate) fn groups_that_fit(&self, tensor: u32) -> u32 {
        let whole = self.domain() / tensor * (self.all_devices() / self.domain());
        whole.min(self.devices() / tensor)
    }

    fn all_devices(&self) -> u32 {
        let chips = u64::from(self.copies) * u64::from(self.system.chips());
        u32::try_from(chips.saturating_mul(u64::from(self.chip.devices))).unwrap_or(u32::MAX)
    }
}

/// Both ends of a value that has to be there and above zero.
pub(crate) fn known(
    value: Value<f64>,
    path: String,
    example: &'static str,
) -> Result<(f64, f64), StrategyError> {
    match value.low().zip(value.high()) {
        None => Err(CatalogError::Missing { path, example }.into()),
        Some((low, _)) if low <= 0.0 => Err(StrategyError::Zero { path, example }),
        Some(ends) => Ok(ends),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_zero_totals_are_named() {
        let check = |value, expected: &str| {
            let error = known(value, "pod.power".to_owned(), "8MW").unwrap_err().to_string();
            assert_eq!(error, expected);
        };
        check(Value::Unknown, "`pod.power` is unknown; supply it with `--set pod.power=8MW`");
        let zero = "`pod.power` is zero; supply a figure above zero with `--set pod.power=8MW`";
        check(Value::Point(0.0), zero);
        check(Value::Range(0.0, 1.0), zero);
        assert!(known(Value::Point(1.0), String::new(), "").is_ok());
    }

    #[test]
    fn a_machine_is_cut_to_the_chip() {
        let catalog = Catalog::builtin().unwrap();
        let rack = Machine::new(&catalog, "gb200-nvl72").unwrap();
        let part = rack.with_chips(100).unwrap();
        assert_eq!((part.chips(), part.copies), (100, 2));
        assert_eq!(part.name(), "1.39 x gb200-nvl72");
        assert_eq!(rack.with_chips(144).unwrap().name(), "2 x gb200-nvl72");
        let ratio = part.power() / rack.power();
        assert!(ratio.low() < Some(100.0 / 72.0) && ratio.high() > Some(100.0 / 72.0));
        assert!(rack.with_chips(u64::MAX).is_err());
    }
}
