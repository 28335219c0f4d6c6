//! The strategy question: one machine against another, posed fairly.

use std::fmt;

use supernode_catalog::{Catalog, End};
use supernode_collectives::{Algorithm, Collective};
use supernode_engine::fastest;
use supernode_units::{Precision, Time, Value};

use crate::facts::{Fact, facts};
use crate::failures::Failures;
use crate::flip::{FlipPoint, flip_points};
use crate::{Assumptions, Machine, Step, StrategyError, Workload, best_plan};

/// Message sizes of the all-reduce table, in bytes.
const SIZES: [u64; 6] = [1 << 10, 16 << 10, 256 << 10, 4 << 20, 64 << 20, 1 << 30];

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

/// One machine's time for one all-reduce size, by its fastest algorithm.
#[derive(Debug, Clone, Copy)]
pub struct AllReduce {
    /// Algorithm at the fast end of every range.
    pub algorithm: Algorithm,
    /// Time, fast end first.
    pub time: Value<Time>,
    /// busbw in bytes per second, low end first; comparable only within one machine.
    pub busbw: Value<f64>,
}

/// One side of a row.
#[derive(Debug, Clone)]
pub struct Side {
    /// Such as `7 x vr-nvl144`.
    pub name: String,
    /// Packages.
    pub chips: u64,
    /// What ranks run on.
    pub devices: u32,
    /// Precision of the matrix products.
    pub precision: Precision,
    /// Step at the fast end of every range.
    pub best: Step,
    /// Step at the slow end.
    pub worst: Step,
    /// Tokens per second.
    pub tokens_per_s: Value<f64>,
    /// Tokens per second and megawatt of facility power.
    pub per_megawatt: Value<f64>,
}

/// Both machines on one basis.
#[derive(Debug)]
pub struct Row {
    /// What is equal.
    pub basis: Basis,
    /// How equal it is: the second machine's total over the first's, after replication.
    pub match_ratio: Option<f64>,
    /// The sides, or why there is no figure.
    pub sides: [Result<Side, String>; 2],
}

impl Row {
    /// Tokens per second of the first machine over the second's; a range over both ends of every
    /// range.
    pub fn ratio(&self) -> Value<f64> {
        match &self.sides {
            [Ok(a), Ok(b)] => a.tokens_per_s / b.tokens_per_s,
            _ => Value::Unknown,
        }
    }
}

/// Everything that a comparison says.
#[derive(Debug)]
pub struct Comparison {
    /// What is trained.
    pub workload: Workload,
    /// What was assumed.
    pub assumptions: Assumptions,
    /// The machines.
    pub machines: [Machine; 2],
    /// What they are made of.
    pub facts: Vec<Fact>,
    /// All-reduce by bytes on the whole of each machine.
    pub all_reduce: Vec<(u64, [AllReduce; 2])>,
    /// Training on each basis.
    pub rows: Vec<Row>,
    /// Interruptions.
    pub failures: [Failures; 2],
    /// Where the first row's verdict turns.
    pub flips: Vec<FlipPoint>,
}

/// Compares the systems `a` and `b`.
///
/// # Errors
/// When a name is unknown, the workload makes no sense, or a value that every row needs is unknown.
pub fn compare(
    catalog: &Catalog,
    a: &str,
    b: &str,
    workload: &Workload,
    assumptions: &Assumptions,
) -> Result<Comparison, StrategyError> {
    workload.check()?;
    let machines = [Machine::new(catalog, a)?, Machine::new(catalog, b)?];
    let facts = facts(&machines)?;
    let mut all_reduce = Vec::new();
    let costs = [whole(&machines[0])?, whole(&machines[1])?];
    for bytes in SIZES {
        all_reduce.push((bytes, [sweep(&costs[0], bytes), sweep(&costs[1], bytes)]));
    }
    let rows = rows(&machines, workload, assumptions);
    let flips = flip_points(&machines, &rows[0], workload, assumptions);
    let failures =
        [Failures::of(&machines[0], assumptions), Failures::of(&machines[1], assumptions)];
    let (workload, assumptions) = (*workload, *assumptions);
    Ok(Comparison { workload, assumptions, machines, facts, all_reduce, rows, failures, flips })
}

/// Cost models of a whole machine at both ends, best first.
fn whole(machine: &Machine) -> Result<[supernode_fabric::CostModel; 2], StrategyError> {
    Ok([machine.cost(End::Best)?, machine.cost(End::Worst)?])
}

fn sweep(costs: &[supernode_fabric::CostModel; 2], bytes: u64) -> AllReduce {
    let (algorithm, _, fast) = fastest(Collective::AllReduce, bytes, &costs[0], None);
    let (_, _, slow) = fastest(Collective::AllReduce, bytes, &costs[1], None);
    let (numerator, denominator) = Collective::AllReduce.busbw_factor(costs[0].fabric.ranks());
    let factor = bytes as f64 * numerator as f64 / denominator as f64;
    let busbw = |time: Time| if time == Time::ZERO { 0.0 } else { factor / time.as_secs_f64() };
    AllReduce {
        algorithm,
        time: Value::between(fast, slow),
        busbw: Value::between(busbw(slow), busbw(fast)),
    }
}

fn rows(machines: &[Machine; 2], workload: &Workload, assumptions: &Assumptions) -> Vec<Row> {
    let native = |machine: &Machine| machine.chip.native(workload.precision);
    let best = [native(&machines[0]), native(&machines[1])];
    let sides = |machines: [Result<Machine, String>; 2], precisions: [Option<Precision>; 2]| {
        let [a, b] = machines;
        let side = |machine: Result<Machine, String>, precision: Option<Precision>| {
            let precision = precision.ok_or_else(|| "no dense rate is known".to_owned())?;
            side(&machine?, workload, precision, assumptions).map_err(|error| error.to_string())
        };
        [side(a, precisions[0]), side(b, precisions[1])]
    };
    let precisions = best.map(Result::ok);
    let one_each = || machines.clone().map(Ok);
    let mut rows = vec![Row {
        basis: Basis::Machine,
        match_ratio: None,
        sides: sides(one_each(), precisions),
    }];
    if let [Some(a), Some(b)] = precisions
        && a != b
    {
        // Precision orders from wide to narrow.
        let wider = Some(a.min(b));
        rows.push(Row {
            basis: Basis::SamePrecision,
            match_ratio: None,
            sides: sides(one_each(), [wider, wider]),
        });
    }
    let compute = |machine: &Machine, precision: Option<Precision>| {
        precision.map_or(Value::Unknown, |p| machine.total(&format!("compute.{p}")))
    };
    let [a, b] = machines;
    let bases = [
        (Basis::Compute, compute(a, precisions[0]), compute(b, precisions[1])),
        (Basis::Power, a.power(), b.power()),
        (Basis::MemoryCapacity, a.total("memory.capacity"), b.total("memory.capacity")),
        (Basis::MemoryBandwidth, a.total("memory.bandwidth"), b.total("memory.bandwidth")),
        (Basis::Price, a.price(), b.price()),
    ];
    for (basis, total_a, total_b) in bases {
        let (match_ratio, pair) = equalise(machines, middle(total_a), middle(total_b));
        rows.push(Row { basis, match_ratio, sides: sides(pair, precisions) });
    }
    rows
}

/// Replicates the machine with the smaller total; gives second over first after that.
fn equalise(
    machines: &[Machine; 2],
    a: Option<f64>,
    b: Option<f64>,
) -> (Option<f64>, [Result<Machine, String>; 2]) {
    let (Some(total_a), Some(total_b)) = (a, b) else {
        let side = |known: Option<f64>, machine: &Machine| match known {
            None => Err(format!("unknown for {}", machine.system.id)),
            Some(_) => Err("the other side is unknown".to_owned()),
        };
        return (None, [side(a, &machines[0]), side(b, &machines[1])]);
    };
    let times = |large: f64, small: f64| (large / small).round().max(1.0) as u64;
    let copies = if total_a >= total_b {
        [1, times(total_a, total_b)]
    } else {
        [times(total_b, total_a), 1]
    };
    let ratio = (total_b * copies[1] as f64) / (total_a * copies[0] as f64);
    let replicate =
        |index: usize| machines[index].replicated(copies[index]).map_err(|error| error.to_string());
    (Some(ratio), [replicate(0), replicate(1)])
}

fn side(
    machine: &Machine,
    workload: &Workload,
    precision: Precision,
    assumptions: &Assumptions,
) -> Result<Side, StrategyError> {
    let best = best_plan(machine, workload, precision, assumptions, End::Best)?;
    let worst = best_plan(machine, workload, precision, assumptions, End::Worst)?;
    let tokens_per_s = Value::between(worst.tokens_per_s, best.tokens_per_s);
    Ok(Side {
        name: machine.name(),
        chips: machine.chips(),
        devices: machine.devices(),
        precision,
        best,
        worst,
        tokens_per_s,
        per_megawatt: tokens_per_s / machine.power().map(|watts| watts / 1e6),
    })
}

/// The middle of a total; `None` if unknown.
fn middle(value: Value<f64>) -> Option<f64> {
    value.low().zip(value.high()).map(|(low, high)| f64::midpoint(low, high))
}
