//! What is made equal between two machines, and how.

use std::fmt;

use supernode_units::{Bandwidth, Capacity, FlopRate, Power, Precision, Price, Sourced, Value};

use crate::machine::known;
use crate::{Machine, StrategyError};

/// What is made equal between two machines by replicating the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Nothing: one against one, each in its best precision.
    Machine,
    /// One against one, both in the widest precision that either needs.
    SamePrecision,
    /// Dense compute in each one's precision.
    Compute,
    /// Facility power.
    Power,
    /// Memory capacity.
    MemoryCapacity,
    /// Memory bandwidth.
    MemoryBandwidth,
    /// Price.
    Price,
}

impl Basis {
    /// Every basis, in the order of a comparison's rows.
    pub const ALL: [Self; 7] = [
        Self::Machine,
        Self::SamePrecision,
        Self::Compute,
        Self::Power,
        Self::MemoryCapacity,
        Self::MemoryBandwidth,
        Self::Price,
    ];
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Machine => "machine against machine",
            Self::SamePrecision => "equal dtype",
            Self::Compute => "equal dense compute",
            Self::Power => "equal facility power",
            Self::MemoryCapacity => "equal memory capacity",
            Self::MemoryBandwidth => "equal memory bandwidth",
            Self::Price => "equal price",
        })
    }
}

/// Two machines that are equal on a basis.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) machines: [Machine; 2],
    /// The second machine's total over the first's: 1 but for what whole chips leave over.
    pub(crate) ratio: f64,
}

/// Replicates the smaller of two machines until the totals of `basis` are equal, the last copy in
/// part. Where a total is a range there are two answers: the first machine at its low end against
/// the second at its high end, and the other way round.
///
/// # Errors
/// Every total that is unknown or zero, or why the machine cannot be replicated.
pub(crate) fn equalise(
    machines: &[Machine; 2],
    precisions: [Precision; 2],
    basis: Basis,
) -> Result<Vec<Match>, Vec<StrategyError>> {
    let total = |index: usize| total(&machines[index], precisions[index], basis);
    let (a, b) = match (total(0), total(1)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => {
            // One machine against itself lacks one value, not two.
            let mut errors: Vec<_> = [a.err(), b.err()].into_iter().flatten().collect();
            errors.dedup_by_key(|error| error.to_string());
            return Err(errors);
        }
    };
    // A system against itself has one power, wherever in its range that is; so has a chip one rate.
    let [first, second] = machines;
    let of_chip = !matches!(basis, Basis::Power | Basis::Price);
    let same = first.system.id == second.system.id
        || (of_chip && first.chip.id == second.chip.id && precisions[0] == precisions[1]);
    let pairs = if same { [(a.0, b.0), (a.1, b.1)] } else { [(a.0, b.1), (a.1, b.0)] };
    let distinct = if pairs[0] == pairs[1] { &pairs[..1] } else { &pairs[..] };
    let matches = distinct.iter().map(|&(a, b)| {
        let mut pinned = machines.clone();
        for (machine, (total, precision)) in
            pinned.iter_mut().zip([a, b].into_iter().zip(precisions))
        {
            pin(machine, precision, basis, total);
        }
        grow(pinned, [a, b])
    });
    matches.collect::<Result<_, _>>().map_err(|error| vec![error])
}

/// Both ends of what `machine` has of `basis`.
fn total(
    machine: &Machine,
    precision: Precision,
    basis: Basis,
) -> Result<(f64, f64), StrategyError> {
    let chip = |key: String, example| {
        known(machine.total(&key), format!("{}.{key}", machine.chip.id), example)
    };
    let system =
        |value, key: &str, example| known(value, format!("{}.{key}", machine.system.id), example);
    match basis {
        Basis::Machine | Basis::SamePrecision => Ok((1.0, 1.0)),
        Basis::Compute => chip(format!("compute.{precision}"), "1PFLOP/s"),
        Basis::Power => system(machine.power(), "power", "100kW"),
        Basis::MemoryCapacity => chip("memory.capacity".to_owned(), "80GB"),
        Basis::MemoryBandwidth => chip("memory.bandwidth".to_owned(), "3.3TB/s"),
        Basis::Price => system(machine.price(), "price", "3MUSD"),
    }
}

/// Sets what `machine` has of `basis` to one end of its range, which the rest of the row is to
/// stay at.
fn pin(machine: &mut Machine, precision: Precision, basis: Basis, total: f64) {
    let chips = machine.chips() as f64;
    let compute = &mut machine.chip.compute;
    match basis {
        Basis::Power => {
            let power = Power::from_watts(total);
            machine.system.published.power = Sourced::bare(Value::Point(power));
        }
        Basis::Price => {
            let price = Price::from_usd(total);
            machine.system.published.price = Sourced::bare(Value::Point(price));
        }
        Basis::Compute => {
            let rate = compute.at_mut(precision);
            *rate = Sourced::bare(Value::Point(FlopRate::new(total / chips)));
        }
        Basis::MemoryCapacity => {
            let capacity = Capacity::new((total / chips) as u64);
            machine.chip.memory.capacity = Sourced::bare(Value::Point(capacity));
        }
        Basis::MemoryBandwidth => {
            let bandwidth = Bandwidth::new((total / chips) as u64);
            machine.chip.memory.bandwidth = Sourced::bare(Value::Point(bandwidth));
        }
        Basis::Machine | Basis::SamePrecision => {}
    }
}

/// Replicates the machine with the smaller total, to the chip.
fn grow([a, b]: [Machine; 2], [total_a, total_b]: [f64; 2]) -> Result<Match, StrategyError> {
    let grown = |small: &Machine, own: f64, target: f64| -> Result<(Machine, f64), StrategyError> {
        let per_chip = own / small.chips() as f64;
        let chips = (target / per_chip).round();
        let machine = small.with_chips(chips as u64)?;
        let total = per_chip * machine.chips() as f64;
        Ok((machine, total))
    };
    if total_a < total_b {
        let (a, total_a) = grown(&a, total_a, total_b)?;
        Ok(Match { machines: [a, b], ratio: total_b / total_a })
    } else if total_b < total_a {
        let (b, total_b) = grown(&b, total_b, total_a)?;
        Ok(Match { machines: [a, b], ratio: total_b / total_a })
    } else {
        Ok(Match { machines: [a, b], ratio: 1.0 })
    }
}
