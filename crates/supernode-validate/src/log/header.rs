//! What the head of an nccl-tests run tells, as text or as JSON, and the curve that it makes.

use std::collections::BTreeSet;

use crate::check::{Cell, Printed};
use crate::{Curve, Launch, Operation, Place, Processes, ReadError};

use super::Given;

/// One rank of the device list.
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) rank: u32,
    pub(super) group: u32,
    pub(super) host: String,
    pub(super) name: String,
}

/// The head of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Header {
    pub(super) operation: Option<Operation>,
    pub(super) threads: u32,
    pub(super) gpus: u32,
    pub(super) graph: bool,
    pub(super) rccl: bool,
    pub(super) version: String,
    pub(super) devices: Vec<Device>,
}

/// What the rows of one curve share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) dtype: String,
    pub(super) redop: String,
    pub(super) root: String,
}

impl Header {
    /// The curve of the rows of one kind, without rows.
    pub(super) fn curve(
        &self,
        given: &Given,
        kind: &Kind,
        cells: &[(u64, Cell)],
        place: Place,
    ) -> Result<Curve, ReadError> {
        let per_rank = per_rank(kind, cells);
        let operation = given.operation.or(self.operation).or_else(|| guess(kind, per_rank));
        let operation = operation.ok_or(ReadError::MissingOperation { place })?;
        let ranks = given.ranks.or_else(|| self.ranks());
        let ranks = ranks.or(per_rank.filter(|ranks| *ranks > 1));
        let ranks = ranks.or_else(|| ranks_of_rates(operation, cells));
        let chips = ranks.ok_or(ReadError::MissingRanks { place })?;
        let hosts: BTreeSet<&str> = self.devices.iter().map(|device| &*device.host).collect();
        let counted = (!hosts.is_empty()).then_some(hosts.len() as u32);
        let nodes = given.nodes.or(counted).filter(|nodes| *nodes > 0);
        let names: BTreeSet<&str> = self.devices.iter().map(|device| &*device.name).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let source = given.source.clone().unwrap_or_else(|| "log".to_owned());
        let Kind { dtype, redop, .. } = kind;
        let shape = nodes.map_or_else(String::new, |nodes| format!("{nodes}n"));
        let plain = ["", "sum", "none"].contains(&redop.as_str());
        let mut id = format!("{operation}-{shape}{chips}g-{dtype}");
        if !plain {
            id = format!("{id}-{redop}");
        }
        Ok(Curve {
            id,
            source_url: source,
            source_kind: "log".to_owned(),
            hardware: given.hardware.clone().unwrap_or_else(|| names.join(", ")),
            chips,
            nodes,
            chips_per_node: nodes
                .filter(|nodes| chips.is_multiple_of(*nodes))
                .map(|nodes| chips / nodes),
            scale_up: String::new(),
            scale_up_rate: None,
            nics_per_node: None,
            nic_rate: None,
            operation,
            algo: "auto".to_owned(),
            proto: "auto".to_owned(),
            library: if self.rccl { "RCCL" } else { "NCCL" }.to_owned(),
            version: self.version.clone(),
            dtype: dtype.clone(),
            launch: Some(if self.graph { Launch::Graph } else { Launch::Stream }),
            processes: self.processes(),
            notes: if plain { String::new() } else { format!("operator {redop}") },
            rows: Vec::new(),
        })
    }

    /// Ranks of a communicator. The list may name the first rank of each process only.
    fn ranks(&self) -> Option<u32> {
        let last = self.devices.iter().map(|device| device.rank).max()?;
        let step = self.threads.max(1).saturating_mul(self.gpus.max(1));
        let all = last.checked_add(1)?.div_ceil(step).checked_mul(step)?;
        let groups: BTreeSet<u32> = self.devices.iter().map(|device| device.group).collect();
        let groups = u32::try_from(groups.len()).ok()?;
        Some(all / groups).filter(|ranks| *ranks > 0 && *ranks <= 1 << 24)
    }

    fn processes(&self) -> Option<Processes> {
        match (self.threads, self.gpus) {
            (0, _) | (_, 0) => None,
            (1, 1) => Some(Processes::PerDevice),
            (1, _) => Some(Processes::PerNode),
            _ => Some(Processes::Threads),
        }
    }
}

/// Size over count and element size: 1 where the count is that of the whole buffer, else the ranks.
fn per_rank(kind: &Kind, cells: &[(u64, Cell)]) -> Option<u32> {
    let (count, cell) = cells.last()?;
    let element = match kind.dtype.as_str() {
        "int8" | "uint8" | "char" | "f8e4m3" | "f8e5m2" | "fp8_e4m3" | "fp8_e5m2" => 1,
        "uint32" => 4,
        "uint64" => 8,
        other => other.parse::<supernode_units::DType>().ok()?.bytes(),
    };
    let block = count.checked_mul(element).filter(|block| *block > 0)?;
    cell.bytes.is_multiple_of(block).then_some(cell.bytes / block)?.try_into().ok()
}

/// The operation by operator, root and the count: all-gather and all-to-all look alike.
fn guess(kind: &Kind, per_rank: Option<u32>) -> Option<Operation> {
    let reduces = !["", "none"].contains(&kind.redop.as_str());
    let rooted = kind.root.parse::<i64>().is_ok_and(|root| root >= 0);
    match (reduces, rooted, per_rank) {
        (true, true, _) => Some(Operation::Reduce),
        (false, true, _) => Some(Operation::Broadcast),
        (true, false, Some(1)) => Some(Operation::AllReduce),
        (true, false, Some(_)) => Some(Operation::ReduceScatter),
        (false, false, Some(1)) => Some(Operation::SendRecv),
        _ => None,
    }
}

/// The number of ranks that the row with the most digits tells, if its digits suffice.
fn ranks_of_rates(operation: Operation, cells: &[(u64, Cell)]) -> Option<u32> {
    let rates = cells.iter().filter_map(|(_, cell)| Some((cell.algbw?, cell.busbw?)));
    let precision = |rate: &(Printed, Printed)| rate.0.value / rate.0.step;
    let (algbw, busbw) = rates.max_by(|a, b| precision(a).total_cmp(&precision(b)))?;
    let ranks = |busbw: f64, algbw: f64| operation.ranks_of_factor(busbw / algbw);
    let half = |rate: Printed| rate.step / 2.0;
    let least = ranks(busbw.value - half(busbw), algbw.value + half(algbw))?;
    let most = ranks(busbw.value + half(busbw), algbw.value - half(algbw))?;
    (least == most).then_some(least)
}
