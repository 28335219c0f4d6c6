//! All-reduce over the whole of a machine, by message size.

use supernode_catalog::End;
use supernode_collectives::Collective;
use supernode_engine::fastest;
use supernode_library::Function;
use supernode_units::{Time, Value};

use crate::{Machine, StrategyError};

/// One machine's time for one size.
#[derive(Debug, Clone)]
pub struct AllReduce {
    /// Bytes of a rank's buffer.
    pub bytes: u64,
    /// Algorithm at the good and at the bad end of the machine's ranges: on the wire the fastest, by
    /// a library its choice.
    pub algorithms: [String; 2],
    /// Time, fast end first.
    pub time: Value<Time>,
    /// busbw in bytes per second, low end first; comparable only within one machine.
    pub busbw: Value<f64>,
}

impl AllReduce {
    /// Message sizes that are compared, in bytes.
    pub const SIZES: [u64; 6] = [1 << 10, 16 << 10, 256 << 10, 4 << 20, 64 << 20, 1 << 30];
}

/// All-reduce of every size over all devices of `machine`.
pub(crate) fn all_reduce(machine: &Machine) -> Result<Vec<AllReduce>, StrategyError> {
    let ranks = machine.devices();
    let [fast, slow] = [timed(machine, End::Best)?, timed(machine, End::Worst)?];
    let (numerator, denominator) = Collective::AllReduce.busbw_factor(ranks);
    let each = AllReduce::SIZES.into_iter().zip(fast.into_iter().zip(slow));
    Ok(each
        .map(|(bytes, ((fast, least), (slow, most)))| {
            let factor = bytes as f64 * numerator as f64 / denominator as f64;
            let busbw = |time: Time| match time {
                Time::ZERO => 0.0,
                time => factor / time.as_secs_f64(),
            };
            AllReduce {
                bytes,
                algorithms: [fast, slow],
                time: Value::between(least, most),
                busbw: Value::between(busbw(most), busbw(least)),
            }
        })
        .collect())
}

/// Algorithm and time of every size at `end` of the machine's ranges.
fn timed(machine: &Machine, end: End) -> Result<Vec<(String, Time)>, StrategyError> {
    let Some(library) = &machine.library else {
        let cost = machine.cost(end)?;
        let at = |bytes| {
            let (algorithm, _, time) = fastest(Collective::AllReduce, bytes, &cost, None);
            (algorithm.to_string(), time)
        };
        return Ok(AllReduce::SIZES.map(at).to_vec());
    };
    let installed = library.on(&machine.system, &machine.chip, end)?;
    let function = Function::AllReduce;
    let group = installed.group(machine.devices(), 1)?;
    let at = |bytes| Ok((group.algorithm(function, bytes)?, group.time(function, bytes)?));
    AllReduce::SIZES.into_iter().map(at).collect()
}
