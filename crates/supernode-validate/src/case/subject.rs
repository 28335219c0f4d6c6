//! One curve's communicator: its hardware, its library, and how it was called.

use supernode_catalog::{Catalog, System, SystemKind, Transport};
use supernode_library::costs::{Costs, Rates};
use supernode_library::nccl::{Call, Constants, Forced, Tuner};
use supernode_library::{Function, Launched, Library, LibraryError, Platform, Predictor};
use supernode_units::Time;

use super::Case;
use super::assumed::{Assumed, Guess};
use super::told::{algorithms, channels, function, protocols};
use crate::Curve;

/// A communicator, as one curve measured it.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) platform: Platform,
    pub(super) tuner: Tuner,
    pub(super) launched: Launched,
    pub(super) function: Function,
    pub(super) link_gb_s: f64,
    pub(super) nics_gb_s: f64,
    /// RCCL has no tables here: it is taken to choose well.
    pub(super) free: bool,
    /// Older than any tables there are.
    pub(super) dated: bool,
    /// Largest call that a custom kernel of an inference engine takes, if there is one.
    pub(super) direct: Option<u64>,
    /// Least and most channels, where the source set them.
    pub(super) channels: (u32, u32),
    /// What its source does not say.
    pub(super) guesses: Vec<Guess>,
}

impl Subject {
    pub(super) fn of(
        catalog: &Catalog,
        assumed: &Assumed,
        curve: &Curve,
        system: &System,
    ) -> Result<Self, String> {
        let function = function(curve.operation)
            .ok_or_else(|| format!("no library profile for {}", curve.operation))?;
        let mut guesses = Vec::new();
        let (library, dated) = assumed.library(curve, &mut guesses)?;
        let text = |error: LibraryError| error.to_string();
        let platform = Platform::of(catalog, system).map_err(text)?;
        library.check(&platform.system, platform.architecture).map_err(text)?;
        let (nodes, per_node) = match (system.kind, curve.nodes) {
            // A rack or pod is one node to a library.
            (SystemKind::Rack | SystemKind::Pod, _) | (_, None) => (
                curve.chips.div_ceil(platform.node_devices),
                curve.chips.min(platform.node_devices),
            ),
            // Links that are switched off leave nodes of one chip.
            _ if platform.node_devices == 1 => (curve.chips, 1),
            (_, Some(nodes)) => (nodes.max(1), curve.chips / nodes.max(1)),
        };
        let told = curve.nodes.unwrap_or(nodes).max(1);
        if !curve.chips.is_multiple_of(told)
            || u64::from(nodes) * u64::from(per_node) != u64::from(curve.chips)
        {
            return Err("its ranks are not the same number on every node".to_owned());
        }
        if curve.nodes.is_none() && nodes > 1 {
            let why = "the number of nodes is not told".to_owned();
            guesses.push(("nodes filled one after the other".to_owned(), why));
        }
        if per_node > platform.node_devices {
            let devices = platform.node_devices;
            return Err(format!("{per_node} ranks a node where {} has {devices}", system.id));
        }
        let version = match library {
            Library::Nccl(version) => version,
            _ => Constants::NEWEST,
        };
        let constants = Constants::of(version).map_err(text)?;
        if let Some(note) = constants.note() {
            guesses.push((format!("NCCL {}", constants.version()), note));
        }
        let mut machine =
            platform.nccl(nodes, per_node, curve.nics_per_node, &constants.tables).map_err(text)?;
        let (algorithms, collnet) = algorithms(curve);
        machine.collnet = collnet;
        let mut tuner = Tuner::new(constants, machine).map_err(text)?;
        // The plugin of the first EFA allows nothing but Simple.
        let simple = nodes > 1 && platform.network == Some(Transport::Efa);
        let protocols = protocols(if simple { "Simple" } else { &curve.proto });
        tuner.forced = Forced { algorithms, protocols };
        let nics_gb_s = match (curve.nics_per_node, curve.nic_rate) {
            // What the source calls a node may be a part of one.
            (Some(count), Some(rate)) => {
                let nodes = curve.nodes.unwrap_or(nodes).max(nodes);
                rate.gb_per_s() * f64::from(count) * f64::from(nodes) / f64::from(nodes_of(&tuner))
            }
            _ => platform.node_nics_gb_s(per_node),
        };
        Ok(Self {
            link_gb_s: platform.reached_gb_s(per_node),
            nics_gb_s,
            platform,
            tuner,
            function,
            free: library == Library::Rccl,
            dated,
            direct: assumed.direct(&curve.library),
            channels: channels(&curve.notes),
            launched: assumed.launched(curve, &mut guesses),
            guesses,
        })
    }

    /// Whether all that the model knows of is known of `call`: blocks that are not aligned to 16
    /// bytes take a slow path of the library, and nodes with unknown NICs say nothing of networks.
    pub(super) fn told(&self, call: &Call) -> bool {
        let machine = &self.tuner.machine;
        let blocks = u64::from(machine.ranks());
        let aligned = !call.function.is_gather() || call.bytes.is_multiple_of(16 * blocks);
        // RCCL switches its protocol twice below 1 KiB, by rules that are not known here.
        let regular = !self.free || call.bytes >= 1024;
        aligned && regular && (machine.nodes == 1 || self.platform.nic_known)
    }

    pub(super) fn rates<'c>(&self, costs: &'c Costs) -> Rates<'c> {
        costs.rates(self.platform.architecture, self.platform.network)
    }

    pub(super) fn predictor<'c>(&'c self, rates: Rates<'c>) -> Predictor<'c> {
        let Self { tuner, link_gb_s, nics_gb_s, .. } = self;
        Predictor { tuner, rates, link_gb_s: *link_gb_s, nics_gb_s: *nics_gb_s }
    }

    pub(super) fn predict(&self, case: &Case, costs: &Costs) -> Time {
        let predictor = self.predictor(self.rates(costs));
        let choice = case.chosen(&predictor);
        match self.direct {
            Some(limit) => predictor.direct(&case.call, &choice, self.launched, limit),
            None => predictor.time(&case.call, &choice, self.launched),
        }
    }
}

fn nodes_of(tuner: &Tuner) -> u32 {
    tuner.machine.nodes.max(1)
}
