//! A whole call, level by level: reduce-scatter inwards out, all-gather back.
//!
//! `p0` devices of a server, `p1` servers of a supernode, `p2` supernodes. All-reduce of `n` bytes is
//! a reduce-scatter of `n` within, one of `n/p0` between servers, an all-reduce of `n/(p0 p1)` between
//! supernodes, and the all-gathers back; a level of one member is left out. Kernels that take all
//! ranks at once (one shot, flat NHR, pipeline) have their own cost. Reductions are hidden: links
//! reduce what they deliver. What starting a call costs is not published, and not counted.

use supernode_catalog::{Catalog, End, LevelSpec, System, SystemKind};
use supernode_chip::{Architecture, Chip};
use supernode_fabric::{Level, LevelKind};
use supernode_units::{Bandwidth, Time};

use super::algorithm::Algorithm;
use super::constants::Constants;
use super::cost::{Link, cost, pipeline};
use super::kernel::Kernel;
use super::machine::{Generation, Machine};
use super::select::{Choice, Level0, choose};
use crate::{Function, LibraryError};

/// Ranks of HCCL on a catalog system.
#[derive(Debug, Clone, PartialEq)]
pub struct Communicator {
    /// What HCCL knows of it.
    pub machine: Machine,
    constants: Constants,
    /// Best, middle and worst end of every range; three levels each.
    ends: [[Ways; 3]; 3],
}

/// How a device reaches the others of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ways {
    alpha: Time,
    /// To one neighbour.
    neighbour: Bandwidth,
    /// All links together.
    port: Bandwidth,
}

/// What a call takes, at the best, in the middle and at the worst of what nobody published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Steps at their fastest.
    pub low: Time,
    /// In between.
    pub middle: Time,
    /// Steps at their slowest.
    pub high: Time,
}

/// More than any server holds: a level of so many joins what is not grouped below it.
const NO_SERVER: u32 = 64;

/// Devices of a server and of a supernode of `system`; servers without a pod are one supernode,
/// however many.
pub fn domains(system: &System, chip: &Chip) -> (u32, u32) {
    let innermost = system.levels.first().map_or(1, LevelSpec::size);
    let server = if innermost > NO_SERVER { 1 } else { innermost };
    let supernode = match (system.kind, system.levels.len()) {
        (SystemKind::Cluster, count) if count > 2 || server < innermost => system.scale_up_chips(),
        (SystemKind::Pod | SystemKind::Rack, _) => system.chips(),
        _ => u32::MAX / chip.devices.max(1),
    };
    (server * chip.devices, supernode.saturating_mul(chip.devices))
}

/// Which level joins servers: the outermost of a pod, the one below it of a cluster of pods, and of
/// servers their network.
fn joining(system: &System) -> usize {
    let count = system.levels.len();
    match system.kind {
        _ if system.levels.first().is_some_and(|level| level.size() > NO_SERVER) => 0,
        SystemKind::Cluster if count > 2 => count - 2,
        SystemKind::Server => count,
        _ => count.saturating_sub(1),
    }
}

impl Communicator {
    /// `devices` of a server, on so many `servers` and `supernodes` of `system`.
    ///
    /// # Errors
    /// [`LibraryError::Platform`] where HCCL does not run or the catalog lacks a rate; what
    /// [`Machine::check`] says.
    pub fn new(
        catalog: &Catalog,
        system: &System,
        devices: u32,
        servers: u32,
        supernodes: u32,
    ) -> Result<Self, LibraryError> {
        let refuse = |why: String| LibraryError::Platform { system: system.id.clone(), why };
        let chip = catalog.chip_of(system).map_err(|error| refuse(error.to_string()))?;
        let generation = match chip.architecture {
            Some(Architecture::Davinci910) => Generation::A1,
            Some(Architecture::Davinci910b) => Generation::A2,
            Some(Architecture::Davinci910c) => Generation::A3,
            Some(Architecture::Ascend950) => Generation::A5,
            _ => return Err(refuse(format!("hccl does not run on chip {}", chip.id))),
        };
        let machine = Machine { devices, supernodes, ..Machine::new(generation, servers) };
        machine.check()?;
        let constants = Constants::builtin()?;
        let ways = |end| {
            // Two of the system, for the level that joins them.
            let copies = if system.scale_out.is_some() { 2 } else { 1 };
            let config = system.replicated_config(chip, copies, end);
            let levels = config.map_err(|error| refuse(error.to_string()))?.levels;
            let first = usize::from(chip.devices > 1);
            let inner = levels.get(first).or(levels.last());
            let within = inner.ok_or_else(|| refuse("it has no level".to_owned()))?;
            let joins = levels.get(first + joining(system));
            let (between, outer) = (joins.unwrap_or(within), levels.last().unwrap_or(within));
            let steps = &constants.steps;
            let within_alpha = [within.latency.as_us_f64(), steps.within_high];
            let between_alpha = [steps.between_low, steps.between_high];
            let at = |[low, high]: [f64; 2]| match end {
                End::Best => low,
                End::Middle => low.midpoint(high),
                End::Worst => high,
            };
            let (near, far) = (at(within_alpha), at(between_alpha));
            Ok([Ways::of(within, near), Ways::of(between, far), Ways::of(outer, far)])
        };
        let ends = [ways(End::Best)?, ways(End::Middle)?, ways(End::Worst)?];
        Ok(Self { machine, constants, ends })
    }

    /// What HCCL runs for `function` of `bytes`.
    ///
    /// # Errors
    /// As [`choose`].
    pub fn choose(&self, function: Function, bytes: u64) -> Result<Choice, LibraryError> {
        choose(&self.constants, &self.machine, function, bytes)
    }

    /// How long all-reduce, reduce-scatter or all-gather of `bytes` takes as `choice`.
    ///
    /// # Errors
    /// [`LibraryError::Unsupported`] for other functions.
    pub fn times(
        &self,
        function: Function,
        bytes: u64,
        choice: &Choice,
    ) -> Result<Times, LibraryError> {
        let time = |ways: &[Ways; 3]| self.time(ways, function, bytes, choice);
        let [low, middle, high] = &self.ends;
        Ok(Times { low: time(low)?, middle: time(middle)?, high: time(high)? })
    }

    /// The ranges of a step's cost, in microseconds: within a server, and between.
    pub fn steps_us(&self) -> [(f64, f64); 2] {
        let [low, _, high] = &self.ends;
        [0, 1].map(|level| (low[level].alpha.as_us_f64(), high[level].alpha.as_us_f64()))
    }

    fn time(
        &self,
        ways: &[Ways; 3],
        function: Function,
        bytes: u64,
        choice: &Choice,
    ) -> Result<Time, LibraryError> {
        let Machine { devices, servers, supernodes, .. } = self.machine;
        let ranks = self.machine.ranks();
        let [within, between, outer] = ways;
        match (choice.kernel, choice.level1) {
            (Kernel::OneShotMesh, _) if servers * supernodes == 1 => {
                // Everyone reads all that everyone has.
                return Ok(within.peer(ranks).time(1.0, bytes as f64, 0.0));
            }
            (Kernel::FlatNhr, _) => {
                return cost(Algorithm::Nhr, function, ranks, bytes, &between.ring());
            }
            (_, Some(Algorithm::Pipeline)) if supernodes == 1 => {
                let (near, far) = (within.peer(devices), between.ring());
                return pipeline(function, ranks, servers, bytes, &near, &far);
            }
            _ => {}
        }
        let meshes = matches!(choice.kernel, Kernel::MeshAiv | Kernel::OneShotMesh);
        let (inner, link) = match choice.level0 {
            Level0::DoubleRing if !meshes => (Algorithm::Ring, within.ring()),
            _ => (Algorithm::Mesh, within.peer(devices)),
        };
        let level1 = choice.level1.unwrap_or(Algorithm::Nhr);
        let level2 = choice.level2.unwrap_or(Algorithm::Nhr);
        let levels = [
            (inner, devices, link),
            (level1, servers, between.ring()),
            (level2, supernodes, outer.ring()),
        ];
        let joined: Vec<_> = levels.into_iter().filter(|(_, ranks, _)| *ranks > 1).collect();
        let mut total = Time::ZERO;
        let mut left = bytes as f64;
        for (index, (algorithm, ranks, link)) in joined.iter().enumerate() {
            let part = left.ceil() as u64;
            let outermost = index + 1 == joined.len();
            let one = |function| cost(*algorithm, function, *ranks, part, link);
            total += match function {
                Function::AllReduce if !outermost => {
                    one(Function::ReduceScatter)? + one(Function::AllGather)?
                }
                function => one(function)?,
            };
            left /= f64::from(*ranks);
        }
        Ok(total)
    }
}

impl Ways {
    fn of(level: &Level, alpha_us: f64) -> Self {
        let port = level.bandwidth.scale_ppm(level.efficiency_ppm);
        let links = match &level.kind {
            LevelKind::FullMesh { dims } => dims.iter().map(|dim| u64::from(dim - 1)).sum(),
            _ => 1_u64,
        };
        Self {
            alpha: Time::from_secs_f64(alpha_us * 1e-6),
            neighbour: Bandwidth::new(port.bytes_per_s() / links.max(1)),
            port,
        }
    }

    /// To one neighbour.
    fn ring(&self) -> Link {
        Link { alpha: self.alpha, beta: self.neighbour, gamma: None }
    }

    /// To each of all `ranks` at once.
    fn peer(&self, ranks: u32) -> Link {
        let peers = u64::from(ranks.saturating_sub(1).max(1));
        let share = Bandwidth::new(self.port.bytes_per_s() / peers);
        Link { beta: share.min(self.neighbour), ..self.ring() }
    }
}
