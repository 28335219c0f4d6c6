//! A whole call, level by level: reduce-scatter inwards out, all-gather back.
//!
//! `p0` devices of a server, `p1` servers of a supernode, `p2` supernodes. All-reduce of `n` bytes is
//! a reduce-scatter of `n` within, one of `n/p0` between servers, an all-reduce of `n/(p0 p1)` between
//! supernodes, and the all-gathers back; a level of one member is left out. Kernels that take all
//! ranks at once (one shot, flat NHR, pipeline) have their own cost. Reductions are hidden: links
//! reduce what they deliver. What starting a call costs is not published, and not counted.

use std::sync::Arc;

use supernode_catalog::{Catalog, End, System};
use supernode_chip::{Architecture, Chip};
use supernode_units::Time;

use super::algorithm::Algorithm;
use super::constants::Constants;
use super::cost::{cost, pipeline};
use super::kernel::Kernel;
use super::links::{Links, Ways};
use super::machine::{Generation, Machine};
use super::select::{Choice, Level0, choose};
use crate::{Function, LibraryError};

/// Ranks of HCCL on a catalog system.
#[derive(Debug, Clone, PartialEq)]
pub struct Communicator {
    /// What HCCL knows of it.
    pub machine: Machine,
    constants: Arc<Constants>,
    /// Devices from the first to the last rank: servers reach each other over the closest level that
    /// joins so many.
    span: u32,
    /// Best, middle and worst end of every range.
    ends: [Links; 3],
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
        let chip = catalog.chip_of(system).map_err(|error| LibraryError::Platform {
            system: system.id.clone(),
            why: error.to_string(),
        })?;
        Self::with(Constants::builtin()?, system, chip, [devices, servers, supernodes])
    }

    /// [`Communicator::new`] with constants that were read before: devices of a server, servers,
    /// supernodes.
    ///
    /// # Errors
    /// As [`Communicator::new`].
    pub fn with(
        constants: impl Into<Arc<Constants>>,
        system: &System,
        chip: &Chip,
        shape: [u32; 3],
    ) -> Result<Self, LibraryError> {
        let constants = constants.into();
        let refuse = |why: String| LibraryError::Platform { system: system.id.clone(), why };
        let generation = match chip.architecture {
            Some(Architecture::Davinci910) => Generation::A1,
            Some(Architecture::Davinci910b) => Generation::A2,
            Some(Architecture::Davinci910c) => Generation::A3,
            Some(Architecture::Ascend950) => Generation::A5,
            _ => return Err(refuse(format!("hccl does not run on chip {}", chip.id))),
        };
        let machine = shaped(&Machine::new(generation, 1), shape)?;
        let links = |end| Links::of(&constants.steps, system, chip, end);
        let ends = [links(End::Best)?, links(End::Middle)?, links(End::Worst)?];
        Ok(Self { machine, constants, span: u32::MAX, ends })
    }

    /// Other ranks of the same system, `span` devices from the first to the last.
    ///
    /// # Errors
    /// What [`Machine::check`] says.
    pub fn resized(&self, shape: [u32; 3], span: u32) -> Result<Self, LibraryError> {
        Ok(Self { machine: shaped(&self.machine, shape)?, span, ..self.clone() })
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
        let time = |links: &Links| self.time(links, function, bytes, choice);
        let [low, middle, high] = &self.ends;
        Ok(Times { low: time(low)?, middle: time(middle)?, high: time(high)? })
    }

    /// The ranges of a step's cost, in microseconds: within a server, and between.
    pub fn steps_us(&self) -> [(f64, f64); 2] {
        let [low, _, high] = &self.ends;
        let both =
            |ways: fn(&Links) -> Ways| (ways(low).alpha.as_us_f64(), ways(high).alpha.as_us_f64());
        // All levels between servers take the same step.
        [both(|links| links.within), both(|links| links.outer)]
    }

    fn time(
        &self,
        links: &Links,
        function: Function,
        bytes: u64,
        choice: &Choice,
    ) -> Result<Time, LibraryError> {
        let Machine { devices, servers, supernodes, .. } = self.machine;
        let ranks = self.machine.ranks();
        let Links { within, outer, .. } = links;
        let between = links.between(self.span);
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

/// `machine` with so many devices of a server, servers of a supernode, and supernodes.
fn shaped(
    machine: &Machine,
    [devices, servers, supernodes]: [u32; 3],
) -> Result<Machine, LibraryError> {
    let machine = Machine { devices, servers, supernodes, ..*machine };
    machine.check()?;
    Ok(machine)
}
