//! What the machines of a comparison are made of.

use supernode_catalog::{End, LevelSpec};
use supernode_units::{Confidence, Sourced, Time, Value};

use crate::{Machine, StrategyError};

/// What a fact's figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Operations per second.
    FlopsPerSecond,
    /// Bytes.
    Bytes,
    /// Bytes per second and direction.
    BytesPerSecond,
    /// Watts.
    Watts,
    /// US dollars.
    UsDollars,
    /// Seconds.
    Seconds,
}

/// One machine's figure, in base units.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The figure.
    pub value: Value<f64>,
    /// Whether it is, or rests on, a guess of ours.
    pub modelled: bool,
}

/// One line about both machines.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Figure of each machine; `None` where it has no meaning, as a bisection of one device.
    pub figures: [Option<Figure>; 2],
}

/// All facts that either machine has.
pub(crate) fn facts(machines: &[Machine; 2]) -> Result<Vec<Fact>, StrategyError> {
    let both = |name, unit, figure: &dyn Fn(&Machine) -> Figure| Fact {
        name,
        unit,
        figures: machines.each_ref().map(|machine| Some(figure(machine))),
    };
    let mut facts = vec![
        both("chips", Unit::Count, &|m| counted(m, m.chips() as f64)),
        both("devices", Unit::Count, &|m| counted(m, f64::from(m.devices()))),
        both("devices per scale-up domain", Unit::Count, &|m| counted(m, f64::from(m.domain()))),
        both("cabinets", Unit::Count, &|m| match m.system.cabinets {
            Some(count) => counted(m, f64::from(count)),
            None => Figure { value: Value::Unknown, modelled: false },
        }),
        both("dense bf16", Unit::FlopsPerSecond, &|m| total(m, &m.chip.compute.bf16)),
        both("dense fp8", Unit::FlopsPerSecond, &|m| total(m, &m.chip.compute.fp8)),
        both("dense fp4", Unit::FlopsPerSecond, &|m| total(m, &m.chip.compute.fp4)),
        both("memory", Unit::Bytes, &|m| total(m, &m.chip.memory.capacity)),
        both("memory bandwidth", Unit::BytesPerSecond, &|m| total(m, &m.chip.memory.bandwidth)),
        both("facility power", Unit::Watts, &|m| Figure {
            value: m.power(),
            modelled: guessed(&m.system.published.power),
        }),
        both("price", Unit::UsDollars, &|m| Figure {
            value: m.price(),
            modelled: guessed(&m.system.published.price),
        }),
    ];
    let [a, b] = machines;
    let [(cut_a, way_a), (cut_b, way_b)] = [network(a)?, network(b)?];
    let unit = Unit::BytesPerSecond;
    facts.push(Fact { name: "bisection", unit, figures: [cut_a, cut_b] });
    let unit = Unit::Seconds;
    facts.push(Fact { name: "latency end to end", unit, figures: [way_a, way_b] });
    let known = |figure: &Option<Figure>| figure.is_some_and(|f| !f.value.is_unknown());
    facts.retain(|fact| fact.figures.iter().any(known));
    Ok(facts)
}

fn guessed<T>(value: &Sourced<T>) -> bool {
    value.confidence == Some(Confidence::Modelled)
}

/// A figure of the system's make-up.
fn counted(machine: &Machine, count: f64) -> Figure {
    let modelled = machine.system.confidence == Confidence::Modelled;
    Figure { value: Value::Point(count), modelled }
}

/// A figure of the chip times the number of chips.
fn total<T: Copy + Into<f64>>(machine: &Machine, value: &Sourced<T>) -> Figure {
    let chips = machine.chips() as f64;
    Figure { value: value.value.map(|one| one.into() * chips), modelled: guessed(value) }
}

/// Bisection, and latency from the first device to the last; none for a single device.
fn network(machine: &Machine) -> Result<(Option<Figure>, Option<Figure>), StrategyError> {
    let (best, worst) = (machine.cost(End::Best)?, machine.cost(End::Worst)?);
    let last = best.fabric.ranks() - 1;
    if last == 0 {
        return Ok((None, None));
    }
    let cut = [&worst, &best].map(|cost| cost.fabric.bisection().bytes_per_s() as f64);
    let way = [&best, &worst].map(|cost| cost.route(0, last).latency.as_secs_f64());
    let joins = |level: &&LevelSpec| level.size() > 1;
    let mut levels = machine.system.levels.iter().filter(joins);
    let adds = |time: &Sourced<Time>| time.value.high() > Some(Time::ZERO);
    let slow = |level: &LevelSpec| {
        let times = [&level.latency, &level.switch_latency, &level.fec_latency];
        times.into_iter().any(|time| guessed(time) && adds(time))
    };
    let on_package = machine.chip.on_package.as_ref().is_some_and(|link| guessed(&link.latency));
    let latency = on_package || levels.clone().any(slow);
    let narrow = |level: &LevelSpec| guessed(&level.bandwidth) || guessed(&level.efficiency);
    let figure = |[low, high]: [f64; 2], modelled| {
        Some(Figure { value: Value::between(low, high), modelled })
    };
    Ok((figure(cut, levels.next_back().is_some_and(narrow)), figure(way, latency)))
}
