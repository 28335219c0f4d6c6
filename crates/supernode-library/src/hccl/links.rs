//! The links of a catalog system as HCCL uses them: within a server, between servers, between
//! supernodes.

use supernode_catalog::{End, LevelSpec, System, SystemKind};
use supernode_chip::Chip;
use supernode_fabric::{Level, LevelKind};
use supernode_units::{Bandwidth, Time};

use super::constants::Steps;
use super::cost::Link;
use crate::LibraryError;

/// The links of every level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Links {
    /// Within a server.
    pub(super) within: Ways,
    /// Between servers, closest level first, with the devices that each joins; none where a server
    /// is all there is.
    between: Vec<(u32, Ways)>,
    /// Between supernodes.
    pub(super) outer: Ways,
}

/// How a device reaches the others of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    pub(super) alpha: Time,
    /// To one neighbour.
    neighbour: Bandwidth,
    /// All links together.
    port: Bandwidth,
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

impl Links {
    /// The links of `system`, made of `chip`, at `end` of every range.
    pub(super) fn of(
        steps: &Steps,
        system: &System,
        chip: &Chip,
        end: End,
    ) -> Result<Self, LibraryError> {
        let refuse = |why: String| LibraryError::Platform { system: system.id.clone(), why };
        // Two of the system, for the level that joins them.
        let copies = if system.scale_out.is_some() { 2 } else { 1 };
        let config = system.replicated_config(chip, copies, end);
        let levels = config.map_err(|error| refuse(error.to_string()))?.levels;
        let first = usize::from(chip.devices > 1);
        let inner = levels.get(first).or(levels.last());
        let within = inner.ok_or_else(|| refuse("it has no level".to_owned()))?;
        let outer = levels.last().unwrap_or(within);
        let at = |[low, high]: [f64; 2]| match end {
            End::Best => low,
            End::Middle => low.midpoint(high),
            End::Worst => high,
        };
        let near = at([within.latency.as_us_f64(), steps.within_high]);
        let far = at([steps.between_low, steps.between_high]);
        let joining = first + joining(system);
        let nearest = joining.min(first + 1);
        let extent = |index: usize| {
            levels[..=index].iter().fold(1_u32, |all, level| all.saturating_mul(level.size))
        };
        let between = (nearest..=joining.min(levels.len().saturating_sub(1)))
            .map(|index| (extent(index), Ways::of(&levels[index], far)))
            .collect();
        Ok(Self { within: Ways::of(within, near), between, outer: Ways::of(outer, far) })
    }

    /// How servers reach each other that lie on `span` devices: over the closest level that joins
    /// so many.
    pub(super) fn between(&self, span: u32) -> &Ways {
        let joins = self.between.iter().find(|(devices, _)| *devices >= span);
        joins.or(self.between.last()).map_or(&self.within, |(_, ways)| ways)
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
    pub(super) fn ring(&self) -> Link {
        Link { alpha: self.alpha, beta: self.neighbour, gamma: None }
    }

    /// To each of all `ranks` at once.
    pub(super) fn peer(&self, ranks: u32) -> Link {
        let peers = u64::from(ranks.saturating_sub(1).max(1));
        let share = Bandwidth::new(self.port.bytes_per_s() / peers);
        Link { beta: share.min(self.neighbour), ..self.ring() }
    }
}
