//! Figures that no machine has: rates, shares, powers and prices of zero, which something is
//! divided by, and latencies so long that sums of them leave the clock.
//!
//! A latency may be zero, and a chip whose ports carry 0 bytes per second has no such ports.

use std::fmt;

use supernode_chip::Chip;
use supernode_units::{Sourced, Time, Value};

use crate::system::{LevelSpec, Published};

/// The longest latency; half a turn around the globe takes as long.
const MAX_LATENCY: Time = Time::from_us(100_000);
/// The longest cable in metres, for the same reason.
const MAX_CABLE_M: u32 = 20_000_000;

/// What is wrong with a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Zero,
    Latency,
    Cable,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("is zero; give a figure above zero, or `unknown`"),
            Self::Latency => write!(f, "is above {MAX_LATENCY}; no link takes that long"),
            Self::Cable => write!(f, "is above {MAX_CABLE_M} m; no cable is that long"),
        }
    }
}

/// The first key of `chip` that breaks a limit.
pub(crate) fn of_chip(chip: &Chip) -> Option<(String, Limit)> {
    let mut keys = Vec::new();
    chip.for_each(&mut |entry| keys.push(entry.key));
    let broken = |key: &String| {
        let value = chip.figure(key)?;
        let (low, high) = value.low().zip(value.high())?;
        if key.starts_with("launch.") || key.ends_with(".latency") {
            return (high > MAX_LATENCY.as_secs_f64()).then_some(Limit::Latency);
        }
        (low <= 0.0 && !key.starts_with("ports.")).then_some(Limit::Zero)
    };
    keys.into_iter().find_map(|key| broken(&key).map(|limit| (key, limit)))
}

/// The first key of a level that breaks a limit.
pub(crate) fn of_level(level: &LevelSpec) -> Option<(&'static str, Limit)> {
    first([
        ("bandwidth", zero(&level.bandwidth)),
        ("efficiency", zero(&level.efficiency)),
        ("in-switch", zero(&level.in_switch)),
        ("latency", slow(&level.latency)),
        ("switch-latency", slow(&level.switch_latency)),
        ("fec-latency", slow(&level.fec_latency)),
        ("cable", (level.cable > MAX_CABLE_M).then_some(Limit::Cable)),
    ])
}

/// The first published total that breaks a limit.
pub(crate) fn of_totals(totals: &Published) -> Option<(&'static str, Limit)> {
    first([
        ("bf16", zero(&totals.bf16)),
        ("fp8", zero(&totals.fp8)),
        ("fp4", zero(&totals.fp4)),
        ("memory", zero(&totals.memory)),
        ("fast-memory", zero(&totals.fast_memory)),
        ("memory-bandwidth", zero(&totals.memory_bandwidth)),
        ("scale-up-total", zero(&totals.scale_up_total)),
        ("power", zero(&totals.power)),
        ("price", zero(&totals.price)),
    ])
}

fn first<const N: usize>(
    figures: [(&'static str, Option<Limit>); N],
) -> Option<(&'static str, Limit)> {
    figures.into_iter().find_map(|(key, limit)| Some((key, limit?)))
}

fn zero<T: Default + PartialEq>(value: &Sourced<T>) -> Option<Limit> {
    match &value.value {
        Value::Point(low) | Value::Range(low, _) => (*low == T::default()).then_some(Limit::Zero),
        Value::Unknown => None,
    }
}

fn slow(value: &Sourced<Time>) -> Option<Limit> {
    value.value.high().filter(|time| *time > MAX_LATENCY).map(|_| Limit::Latency)
}
