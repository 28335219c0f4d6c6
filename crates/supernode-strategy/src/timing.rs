//! How long collectives take on a machine at one end of its ranges, on the wire or by its library;
//! each is computed once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use supernode_catalog::End;
use supernode_collectives::Collective;
use supernode_engine::fastest;
use supernode_fabric::{CostModel, DeviceRates, Fabric, FabricConfig, Placement, Profile};
use supernode_library::{Function, Installation};

use crate::{Machine, StrategyError};

/// Ranks of a plan that run collectives with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// So many neighbouring devices, which split each layer.
    Tensor(u32),
    /// One device of each of `replicas` tensor groups.
    Data { tensor: u32, replicas: u32 },
}

/// Everything that the times of a machine follow from: equal hardware has equal times.
#[derive(Debug, PartialEq)]
struct Hardware {
    config: FabricConfig,
    /// Devices of a scale-up domain.
    domain: u32,
    software: Software,
}

#[derive(Debug, PartialEq)]
enum Software {
    /// None: ideal algorithms at these rates.
    Wire(DeviceRates),
    Library(Box<Installation>),
}

/// A machine at one end of its ranges, with the times that are known of it.
#[derive(Debug)]
pub(crate) struct Timing {
    hardware: Hardware,
    /// Seconds of an all-gather and of a reduce-scatter, by bytes.
    known: RefCell<BTreeMap<(Group, u64), [f64; 2]>>,
}

/// The timings of a comparison. Its rows and flip points ask for the same ones again and again, in
/// machines that are copied, cut and pinned, so hardware is told by what it is.
#[derive(Debug, Default)]
pub(crate) struct Timings(RefCell<Vec<Rc<Timing>>>);

impl Timings {
    /// The timing of `machine` at `end`.
    pub(crate) fn of(&self, machine: &Machine, end: End) -> Result<Rc<Timing>, StrategyError> {
        let hardware = Hardware::of(machine, end)?;
        let mut all = self.0.borrow_mut();
        // What was asked for last is likeliest.
        if let Some(known) = all.iter().rev().find(|timing| timing.hardware == hardware) {
            return Ok(known.clone());
        }
        let timing = Rc::new(Timing { hardware, known: RefCell::default() });
        all.push(timing.clone());
        Ok(timing)
    }
}

impl Timing {
    /// Whether tensor groups of `tensor` devices can tile a domain: not if its shape is fixed (mesh,
    /// torus) and they do not divide it.
    pub(crate) fn tiles(&self, tensor: u32) -> bool {
        tile(&mut self.hardware.config.clone(), self.hardware.domain, tensor)
    }

    /// Seconds of an all-gather and of a reduce-scatter of `bytes` in `group`, which tiles.
    pub(crate) fn seconds(&self, group: Group, bytes: u64) -> Result<[f64; 2], StrategyError> {
        let known = self.known.borrow().get(&(group, bytes)).copied();
        if let Some(seconds) = known {
            return Ok(seconds);
        }
        let seconds = self.hardware.seconds(group, bytes)?;
        self.known.borrow_mut().insert((group, bytes), seconds);
        Ok(seconds)
    }
}

impl Hardware {
    fn of(machine: &Machine, end: End) -> Result<Self, StrategyError> {
        let Machine { system, chip, .. } = machine;
        let software = match &machine.library {
            Some(library) => Software::Library(Box::new(library.on(system, chip, end)?)),
            None => Software::Wire(system.device_rates(chip, end)?),
        };
        let config = system.replicated_config(chip, machine.copies, end)?;
        Ok(Self { config, domain: machine.domain(), software })
    }

    fn seconds(&self, group: Group, bytes: u64) -> Result<[f64; 2], StrategyError> {
        let (tensor, ranks, placement, stride) = match group {
            Group::Tensor(tensor) => (tensor, tensor, Placement::Packed, 1),
            Group::Data { tensor, replicas } => {
                (tensor, replicas, Placement::Strided { stride: tensor }, tensor)
            }
        };
        if ranks == 1 {
            return Ok([0.0; 2]);
        }
        match &self.software {
            Software::Wire(rates) => {
                let mut config = self.config.clone();
                tile(&mut config, self.domain, tensor);
                let fabric = Fabric::new(config)?.place(placement, ranks)?;
                let cost = CostModel::new(fabric, Profile::wire(), *rates)?;
                let both = [Collective::AllGather, Collective::ReduceScatter];
                Ok(both.map(|collective| fastest(collective, bytes, &cost, None).2.as_secs_f64()))
            }
            Software::Library(installed) => {
                let group = installed.group(ranks, stride)?;
                let [gather, scatter] = [Function::AllGather, Function::ReduceScatter]
                    .map(|function| group.time(function, bytes));
                Ok([gather?.as_secs_f64(), scatter?.as_secs_f64()])
            }
        }
    }
}

/// Leaves out the devices of each domain that fill no tensor group: only a switch whose ports can
/// stay empty allows it.
fn tile(config: &mut FabricConfig, domain: u32, tensor: u32) -> bool {
    let left = domain % tensor;
    if left == 0 {
        return true;
    }
    let mut inner = 1;
    for level in &mut config.levels {
        let joined = inner * level.size;
        if joined == domain {
            let used = domain - left;
            let fits = level.kind.any_to_any() && used.is_multiple_of(inner);
            level.size = used / inner;
            return fits;
        }
        inner = joined;
    }
    false
}
