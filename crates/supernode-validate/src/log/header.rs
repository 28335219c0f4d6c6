//! What the head of an nccl-tests run tells, as text or as JSON, and the curve that it makes.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Cell, Printed};
use crate::{Curve, Launch, Operation, Place, Processes, ReadError};

use super::command::Command;
use super::settings::Settings;
use super::{Given, Notes, Remark};

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
    pub(super) command: Option<Command>,
    pub(super) settings: Settings,
    /// What the head or the command tells that has no part in the model.
    pub(super) unmodelled: Vec<Remark>,
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
        notes: &mut Notes,
    ) -> Result<Curve, ReadError> {
        let per_rank = per_rank(kind, cells);
        let called = self.command.as_ref().and_then(|command| command.operation);
        let operation = given.operation.or(self.operation).or(called);
        let operation = operation.or_else(|| guess(kind, per_rank));
        let operation = operation.ok_or(ReadError::MissingOperation { place })?;
        let ranks = given.ranks.or_else(|| self.ranks());
        let ranks = ranks.or(per_rank.filter(|ranks| *ranks > 1));
        let ranks = ranks.or_else(|| ranks_of_rates(operation, cells));
        let chips = ranks.ok_or(ReadError::MissingRanks { place })?;
        let hosts: BTreeSet<&str> = self.devices.iter().map(|device| &*device.host).collect();
        let counted = (!hosts.is_empty()).then_some(hosts.len() as u32);
        let names: BTreeSet<&str> = self.devices.iter().map(|device| &*device.name).collect();
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        let mut curve = given.curve(operation, chips, counted);
        if given.hardware.is_none() {
            curve.hardware = names.join(", ");
        }
        let Kind { dtype, redop, .. } = kind;
        let shape = curve.nodes.map_or_else(String::new, |nodes| format!("{nodes}n"));
        curve.id = format!("{operation}-{shape}{chips}g-{dtype}");
        if !["", "sum", "none"].contains(&redop.as_str()) {
            curve.id = format!("{}-{redop}", curve.id);
            curve.notes = format!("operator {redop}");
        }
        if self.rccl { "RCCL" } else { "NCCL" }.clone_into(&mut curve.library);
        curve.version.clone_from(&self.version);
        curve.dtype.clone_from(dtype);
        let graph = self.graph || self.command.as_ref().is_some_and(|command| command.graph);
        curve.launch = Some(if graph { Launch::Graph } else { Launch::Stream });
        curve.processes = self.processes();
        let told = self.settings.apply(&mut curve).into_iter().chain(self.unmodelled.clone());
        // The curves of one run share what is told of it.
        let new: Vec<_> = told.filter(|remark| !notes.remarks.contains(remark)).collect();
        notes.remarks.extend(new);
        Ok(curve)
    }

    /// Ranks of a communicator. The list may name the first rank of each process only.
    fn ranks(&self) -> Option<u32> {
        let last = self.devices.iter().map(|device| device.rank).max()?;
        let (threads, gpus) = self.per_process();
        let step = threads.max(1).saturating_mul(gpus.max(1));
        let all = last.checked_add(1)?.div_ceil(step).checked_mul(step)?;
        let groups: BTreeSet<u32> = self.devices.iter().map(|device| device.group).collect();
        let groups = u32::try_from(groups.len()).ok()?;
        Some(all / groups).filter(|ranks| *ranks > 0 && *ranks <= 1 << 24)
    }

    /// Threads of a process and GPUs of a thread, zeros where neither head nor command tells.
    fn per_process(&self) -> (u32, u32) {
        match &self.command {
            Some(command) if self.threads == 0 => (command.threads, command.gpus),
            _ => (self.threads, self.gpus),
        }
    }

    fn processes(&self) -> Option<Processes> {
        match self.per_process() {
            (0, _) | (_, 0) => None,
            (1, 1) => Some(Processes::PerDevice),
            (1, _) => Some(Processes::PerNode),
            _ => Some(Processes::Threads),
        }
    }
}

/// Size over count and element size: 1 where the count is that of the whole buffer, else the ranks.
/// What most rows say: single ones may be rounded to whole elements.
fn per_rank(kind: &Kind, cells: &[(u64, Cell)]) -> Option<u32> {
    let element = match kind.dtype.as_str() {
        "char" | "fp8_e4m3" | "fp8_e5m2" => 1,
        other => other.parse::<supernode_units::DType>().ok()?.bytes(),
    };
    let mut rows: BTreeMap<u32, usize> = BTreeMap::new();
    for (count, cell) in cells {
        let block = count.checked_mul(element).filter(|block| *block > 0);
        let whole = block.filter(|block| cell.bytes.is_multiple_of(*block));
        if let Some(Ok(ranks)) = whole.map(|block| u32::try_from(cell.bytes / block)) {
            *rows.entry(ranks).or_default() += 1;
        }
    }
    let told: usize = rows.values().sum();
    let (ranks, most) = rows.into_iter().max_by_key(|(_, rows)| *rows)?;
    (most * 2 > told).then_some(ranks)
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
