//! What the machines of a comparison are made of.

use supernode_catalog::End;
use supernode_units::Value;

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

/// One line about both machines, in base units.
#[derive(Debug, Clone)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Figure of each machine.
    pub values: [Value<f64>; 2],
}

/// All facts that either machine has.
pub(crate) fn facts(machines: &[Machine; 2]) -> Result<Vec<Fact>, StrategyError> {
    let both = |name, unit, value: &dyn Fn(&Machine) -> Value<f64>| Fact {
        name,
        unit,
        values: [value(&machines[0]), value(&machines[1])],
    };
    let mut facts = vec![
        both("chips", Unit::Count, &|m| Value::Point(m.chips() as f64)),
        both("devices", Unit::Count, &|m| Value::Point(f64::from(m.devices()))),
        both("devices per scale-up domain", Unit::Count, &|m| Value::Point(f64::from(m.domain()))),
        both("cabinets", Unit::Count, &|m| {
            m.system.cabinets.map_or(Value::Unknown, |count| Value::Point(f64::from(count)))
        }),
        both("dense bf16", Unit::FlopsPerSecond, &|m| m.total("compute.bf16")),
        both("dense fp8", Unit::FlopsPerSecond, &|m| m.total("compute.fp8")),
        both("dense fp4", Unit::FlopsPerSecond, &|m| m.total("compute.fp4")),
        both("memory", Unit::Bytes, &|m| m.total("memory.capacity")),
        both("memory bandwidth", Unit::BytesPerSecond, &|m| m.total("memory.bandwidth")),
        both("facility power", Unit::Watts, &Machine::power),
        both("price", Unit::UsDollars, &Machine::price),
    ];
    let mut bisection = [Value::Unknown; 2];
    let mut latency = [Value::Unknown; 2];
    for (index, machine) in machines.iter().enumerate() {
        let (best, worst) = (machine.cost(End::Best)?, machine.cost(End::Worst)?);
        let cut = [&worst, &best].map(|cost| cost.fabric.bisection().bytes_per_s() as f64);
        bisection[index] = Value::between(cut[0], cut[1]);
        let last = best.fabric.ranks() - 1;
        let way = [&best, &worst].map(|cost| cost.route(0, last).latency.as_secs_f64());
        latency[index] = Value::between(way[0], way[1]);
    }
    facts.push(Fact { name: "bisection", unit: Unit::BytesPerSecond, values: bisection });
    facts.push(Fact { name: "latency end to end", unit: Unit::Seconds, values: latency });
    facts.retain(|fact| fact.values.iter().any(|value| !value.is_unknown()));
    Ok(facts)
}
