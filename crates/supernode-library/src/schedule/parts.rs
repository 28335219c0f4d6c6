//! Levels with the latencies and rates of a library's steps.

use supernode_collectives::Chunks;
use supernode_collectives::{Algorithm, Tuning};
use supernode_fabric::{
    CostModel, DeviceRates, Fabric, FabricConfig, Hop, LaunchCost, Level, LevelKind, Profile,
    SwitchRate,
};
use supernode_units::{Bandwidth, Time};

use super::{Scheduled, Work};
use crate::communicator::Communicator;
use crate::nccl::{Call, Choice};
use crate::{Launched, LibraryError};

/// Faster than anything: engines that never wait, ports that other rates limit.
const UNLIMITED: Bandwidth = Bandwidth::new(1_000_000_000_000_000_000);
/// The slowest rate that a level may have, in bytes per second.
const SLOWEST: f64 = 1e6;

/// The times of a call, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Microseconds {
    /// The kernel alone.
    pub(super) kernel: f64,
    /// What launching adds to it, or saves.
    launch: f64,
}

impl Microseconds {
    pub(super) fn of(
        communicator: &Communicator,
        call: &Call,
        choice: &Choice,
        launched: Launched,
    ) -> Self {
        let us = |launched| communicator.time(call, choice, launched).as_us_f64();
        let kernel = us(Launched::default());
        Self { kernel, launch: us(launched) - kernel }
    }

    /// What each call costs where `base` of the kernel is no step, and the factor by which steps
    /// shrink where a launch saves more than that.
    pub(super) fn call(self, base: f64) -> (f64, f64) {
        let base = base.min(self.kernel);
        let call = base + self.launch;
        if call >= 0.0 {
            return (call, 1.0);
        }
        let steps = self.kernel - base;
        (0.0, ((steps + call) / steps).max(0.0))
    }
}

/// One level of the machine, as the steps of a schedule find it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    pub(super) name: &'static str,
    pub(super) size: u32,
    /// Synchronisation of a step, in microseconds.
    pub(super) sync: f64,
    /// Payload in bytes per microsecond; none where nothing limits it.
    pub(super) rate: Option<f64>,
    /// All-reduce bytes per microsecond of a switch that reduces.
    pub(super) in_switch: Option<f64>,
}

impl Steps {
    fn level(&self) -> Level {
        let bandwidth = |rate: f64| {
            let bytes_per_s = (rate * 1e6).clamp(SLOWEST, UNLIMITED.bytes_per_s() as f64);
            Bandwidth::new(bytes_per_s as u64)
        };
        Level {
            name: self.name.to_owned(),
            kind: LevelKind::Switch,
            size: self.size,
            bandwidth: self.rate.map_or(UNLIMITED, bandwidth),
            port_group: self.name.to_owned(),
            latency: time(self.sync),
            hop: Hop::default(),
            efficiency_ppm: 1_000_000,
            fan_out_loss_ppm: 0,
            in_switch: self.in_switch.map(|rate| SwitchRate { rate: bandwidth(rate) }),
        }
    }
}

impl Work<'_> {
    /// Nodes and ranks of each.
    pub(super) fn shape(&self) -> (u32, u32) {
        let machine = &self.communicator.tuner.machine;
        (machine.nodes, machine.ranks_per_node)
    }

    /// Bytes of a chunk as a schedule with `chunks` chunks is charged for it.
    pub(super) fn chunk(&self, chunks: u32) -> u64 {
        self.count.div_ceil(u64::from(chunks.max(1))) * self.width
    }

    /// Bytes of the large buffer.
    pub(super) fn bytes(&self) -> f64 {
        (self.count * self.width) as f64
    }

    /// Joins `levels` (those of one member left out) and what a call costs, in microseconds.
    pub(super) fn on(
        &self,
        algorithm: Algorithm,
        tuning: Tuning,
        levels: &[Steps],
        call: f64,
    ) -> Result<Scheduled, LibraryError> {
        let joins = levels.iter().filter(|level| level.size > 1);
        let config =
            FabricConfig { levels: joins.map(Steps::level).collect(), device_bandwidth: None };
        let unscheduled = |_| LibraryError::Unscheduled { choice: self.choice.name() };
        let fabric = Fabric::new(config).map_err(unscheduled)?;
        let call = time(call);
        let profile = Profile {
            name: self.communicator.library.to_string(),
            call: LaunchCost { stream: call, graph: call, device: call },
            ..Profile::wire()
        };
        let rates = DeviceRates { reduce: UNLIMITED, copy: UNLIMITED };
        let cost = CostModel::new(fabric, profile, rates).map_err(unscheduled)?;
        Ok(Scheduled { algorithm, tuning, cost })
    }

    /// The chunks of `algorithm`.
    pub(super) fn chunks(&self, algorithm: Algorithm, tuning: &Tuning) -> Option<Chunks> {
        let (nodes, per_node) = self.shape();
        let schedule = algorithm.schedule(self.collective, nodes * per_node, tuning).ok()?;
        Some(Chunks::new(schedule.shape(), self.count, self.width))
    }
}

fn time(us: f64) -> Time {
    Time::from_secs_f64(us.max(0.0) * 1e-6)
}
