//! How many of a system, and how many ranks on them.

use std::fmt;

use supernode::catalog::{Catalog, End, System, SystemKind};
use supernode::fabric::Fabric;

use super::Error;
use super::names::grouped;

/// Ranks of one run, four times those of the largest machine in the catalog: the closed forms look
/// at every rank, and a row should take seconds.
pub(super) const MAX_RANKS: u32 = 1 << 22;

/// So many of a system on its scale-out network; shown as `4 x `, and one of it as nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copies(pub(super) u32);

impl fmt::Display for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 1 { write!(f, "{} x ", self.0) } else { Ok(()) }
    }
}

impl Copies {
    /// The fabric of all of them.
    pub(super) fn fabric(self, catalog: &Catalog, system: &System) -> Result<Fabric, Error> {
        let chip = catalog.chip_of(system)?;
        let id = &system.id;
        match self.0 {
            0 => Err("--nodes 0 leaves nothing to run on; use 1 or more".into()),
            1 => Ok(system.fabric(chip, End::Middle)?),
            _ if system.kind == SystemKind::Cluster => Err(format!(
                "{id} is a cluster already; leave --nodes out and choose the size by --ranks"
            )
            .into()),
            nodes if system.scale_out.is_none() => Err(format!(
                "{id} has no scale-out network that could join {nodes} of it; use --nodes 1, or a \
                 TOML file with [system.ID.scale-out]"
            )
            .into()),
            nodes => Ok(system.replicated(chip, nodes, End::Middle)?),
        }
    }

    /// The ranks on `devices` devices, all of them unless `wanted` says.
    pub(super) fn ranks(
        self,
        system: &System,
        devices: u32,
        wanted: Option<u32>,
    ) -> Result<u32, Error> {
        let ranks = wanted.unwrap_or(devices);
        if ranks > devices {
            return Err(format!(
                "{ranks} ranks do not fit: {self}{} has {devices} devices ({} chips); use --ranks \
                 {devices} or less",
                system.id,
                u64::from(system.chips()) * u64::from(self.0)
            )
            .into());
        }
        if ranks > MAX_RANKS {
            let limit = grouped(u64::from(MAX_RANKS));
            let ranks = grouped(u64::from(ranks));
            let what = format!("{ranks} ranks are more than the {limit} that can be timed");
            return Err(format!("{what}; use --ranks {MAX_RANKS} or less").into());
        }
        Ok(ranks)
    }
}
