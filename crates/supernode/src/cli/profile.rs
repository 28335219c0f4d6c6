//! `--profile`: what software adds, by name or from a user's file.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use supernode::catalog::{Catalog, System};
use supernode::fabric::Fabric;
use supernode::library::costs::Costs;
use supernode::library::{
    Communicator, Launch, Launched, Library, LibraryError, Platform, Processes, ProfileFile, hccl,
};

use super::Error;

/// `--launch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LaunchName {
    /// Call after call on a stream.
    Stream,
    /// Replayed from a captured graph.
    Graph,
}

/// `--processes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProcessesName {
    /// A process or thread for every rank.
    PerDevice,
    /// One process and thread for all ranks of a node.
    PerNode,
}

/// How calls are launched, with the names of both conditions.
pub(super) fn launched(
    launch: Option<LaunchName>,
    processes: Option<ProcessesName>,
) -> (Launched, &'static str, &'static str) {
    let (by, launch) = match launch {
        Some(LaunchName::Graph) => (Launch::Graph, "graph"),
        Some(LaunchName::Stream) | None => (Launch::Stream, "stream"),
    };
    let (processes, name) = match processes {
        Some(ProcessesName::PerNode) => (Processes::PerNode, "per-node"),
        Some(ProcessesName::PerDevice) | None => (Processes::PerDevice, "per-device"),
    };
    (Launched { by, processes }, launch, name)
}

/// Refuses what HCCL's model does not know.
pub(super) fn refuse_launch_of_hccl(
    launch: Option<LaunchName>,
    processes: Option<ProcessesName>,
) -> Result<(), Error> {
    let given = [(launch.is_some(), "--launch"), (processes.is_some(), "--processes")];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            Err(format!("{option}: nothing is published of HCCL's launches; leave it out").into())
        }
        None => Ok(()),
    }
}

/// What `--profile` asks for.
#[derive(Debug)]
pub(super) enum Profile {
    /// Hardware only.
    Wire,
    /// A library, with its costs.
    Library {
        /// Which.
        library: Library,
        /// What its software costs.
        costs: Costs,
        /// What a user's file changes.
        changes: Vec<String>,
    },
}

impl Profile {
    /// Reads the name or the file.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let path = Path::new(text);
        if path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("toml")) {
            let content =
                std::fs::read_to_string(path).map_err(|error| format!("{text}: {error}"))?;
            let file = ProfileFile::parse(&content).map_err(|error| match error {
                LibraryError::Data { what, .. } => format!("{text}: {}", what.trim_end()),
                error => format!("{text}: {error}"),
            })?;
            let ProfileFile { library, costs, changes } = file;
            return Ok(Self::Library { library, costs, changes });
        }
        if text.eq_ignore_ascii_case("wire") {
            return Ok(Self::Wire);
        }
        let library = text.parse().map_err(|error: LibraryError| match error {
            LibraryError::Unknown { .. } => format!("{error}, FILE.toml").into(),
            error => Error::from(error),
        })?;
        Ok(Self::Library { library, costs: Costs::builtin()?, changes: Vec::new() })
    }
}

/// The ranks of `fabric` as groups of equally many: groups, and ranks of each.
fn groups(fabric: &Fabric, devices: u32) -> Result<(u32, u32), Error> {
    let mut counts = BTreeMap::new();
    for rank in 0..fabric.ranks() {
        *counts.entry(fabric.device(rank) / devices.max(1)).or_insert(0_u32) += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    if counts.values().all(|count| *count == most) {
        return Ok((counts.len() as u32, most));
    }
    let ranks = fabric.ranks();
    let below = ranks / devices * devices;
    let fit = [below, below.saturating_add(devices)].map(|ranks| ranks.to_string());
    let fit = if below == 0 { fit[1].clone() } else { fit.join(" or ") };
    Err(format!(
        "{ranks} ranks leave groups of {devices} devices unequally filled, which library profiles do \
         not model; use --ranks {fit}"
    )
    .into())
}

/// Refuses what no library is called for.
fn several(fabric: &Fabric) -> Result<(), Error> {
    if fabric.ranks() > 1 {
        return Ok(());
    }
    Err("one rank has nobody to talk to; library profiles need --ranks 2 or more".into())
}

/// HCCL's communicator of the ranks of `fabric` on `system`.
pub(super) fn hccl(
    catalog: &Catalog,
    system: &System,
    fabric: &Fabric,
) -> Result<hccl::Communicator, Error> {
    let chip = catalog.chip_of(system)?;
    let architecture = chip.architecture.ok_or_else(|| {
        format!("the family of chip {} is not known; use --profile wire", chip.id)
    })?;
    Library::Hccl.check(&system.id, architecture)?;
    several(fabric)?;
    let (server, supernode) = hccl::domains(system, chip);
    let (servers, devices) = groups(fabric, server)?;
    let (supernodes, _) = groups(fabric, supernode)?;
    let servers = servers / supernodes;
    let all = (0..fabric.ranks()).map(|rank| fabric.device(rank));
    let span = all.clone().max().unwrap_or(0) - all.min().unwrap_or(0) + 1;
    let whole = hccl::Communicator::new(catalog, system, devices, servers, supernodes)?;
    Ok(whole.resized([devices, servers, supernodes], span)?)
}

/// The communicator of the ranks of `fabric` on `system`.
pub(super) fn communicator(
    catalog: &Catalog,
    system: &System,
    fabric: &Fabric,
    library: Library,
    costs: Costs,
) -> Result<Communicator, Error> {
    let platform = Platform::of(catalog, system)?;
    library.check(&platform.system, platform.architecture)?;
    several(fabric)?;
    // What a library calls a node is a server, or the rack that one network of links joins.
    let (nodes, per_node) = groups(fabric, platform.node_devices)?;
    Ok(Communicator::new(library, platform, nodes, per_node, costs)?)
}
