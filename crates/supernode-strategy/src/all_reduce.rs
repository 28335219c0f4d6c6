//! All-reduce over the whole of each machine, by message size.

use supernode_catalog::End;
use supernode_collectives::{Algorithm, Collective};
use supernode_engine::fastest;
use supernode_fabric::CostModel;
use supernode_units::{Time, Value};

use crate::{Machine, StrategyError};

/// Message sizes in bytes.
const SIZES: [u64; 6] = [1 << 10, 16 << 10, 256 << 10, 4 << 20, 64 << 20, 1 << 30];

/// One machine's time for one size, by its fastest algorithm.
#[derive(Debug, Clone, Copy)]
pub struct AllReduce {
    /// Fastest algorithm at the good and at the bad end of the machine's ranges.
    pub algorithms: [Algorithm; 2],
    /// Time, fast end first.
    pub time: Value<Time>,
    /// busbw in bytes per second, low end first; comparable only within one machine.
    pub busbw: Value<f64>,
}

/// All-reduce of every size on both machines.
pub(crate) fn all_reduce(
    machines: &[Machine; 2],
) -> Result<Vec<(u64, [AllReduce; 2])>, StrategyError> {
    let whole = |machine: &Machine| -> Result<[CostModel; 2], StrategyError> {
        Ok([machine.cost(End::Best)?, machine.cost(End::Worst)?])
    };
    let [a, b] = [whole(&machines[0])?, whole(&machines[1])?];
    Ok(SIZES.iter().map(|&bytes| (bytes, [at(&a, bytes), at(&b, bytes)])).collect())
}

fn at(costs: &[CostModel; 2], bytes: u64) -> AllReduce {
    let [(fast, _, least), (slow, _, most)] =
        costs.each_ref().map(|cost| fastest(Collective::AllReduce, bytes, cost, None));
    let (numerator, denominator) = Collective::AllReduce.busbw_factor(costs[0].fabric.ranks());
    let factor = bytes as f64 * numerator as f64 / denominator as f64;
    let busbw = |time: Time| if time == Time::ZERO { 0.0 } else { factor / time.as_secs_f64() };
    AllReduce {
        algorithms: [fast, slow],
        time: Value::between(least, most),
        busbw: Value::between(busbw(most), busbw(least)),
    }
}
