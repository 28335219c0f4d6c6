//! Rows that a machine cannot have measured: faster than its links, or than any kernel.

use supernode_library::Function;
use supernode_library::costs::Chip;
use supernode_library::nccl::Call;
use supernode_units::Time;

use super::Subject;

/// How much of the line rate a row may seem to carry: sources round, and clocks differ.
const SLACK: f64 = 1.25;

/// A row that its machine cannot have measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// Index of the curve.
    pub curve: usize,
    /// Index of the row in its curve.
    pub row: usize,
    /// Why it cannot be.
    pub what: String,
}

impl Subject {
    /// Why a call cannot have taken so short a time; none where it can.
    pub(super) fn cannot(&self, call: &Call, time: Time) -> Option<String> {
        let us = time.as_us_f64();
        let floor = Chip::PARAMETERS[Chip::DirectBase as usize].low;
        if us < floor {
            return Some(format!(
                "{us} us is less than any kernel takes ({floor} us): another unit?"
            ));
        }
        let machine = &self.tuner.machine;
        let (system, nodes) = (&self.platform.system, f64::from(machine.nodes));
        let (ranks, per_node) = (f64::from(machine.ranks()), f64::from(machine.ranks_per_node));
        // A range of what the NICs may be bounds nothing.
        let unknown = self.nics_gb_s <= 0.0 || !self.platform.nic_known;
        if ranks < 2.0 || (machine.nodes > 1 && unknown) {
            return None;
        }
        let bytes = call.bytes as f64;
        // What a rank at least sends or receives, and a node: a switch may reduce on the way.
        let (rank, node) = match call.function {
            Function::AllGather | Function::ReduceScatter => {
                (bytes * (ranks - 1.0) / ranks, bytes * (nodes - 1.0) / nodes)
            }
            Function::AllToAll => {
                (bytes * (ranks - 1.0) / ranks, bytes * per_node * (nodes - 1.0) / nodes)
            }
            _ => (bytes, bytes),
        };
        // A rank alone on its node has its NICs only.
        let link = if machine.ranks_per_node > 1 { self.link_gb_s } else { 0.0 };
        let ports = link + if machine.nodes > 1 { self.nics_gb_s } else { 0.0 };
        let ways = [("ports of a device", rank, ports), ("NICs of a node", node, self.nics_gb_s)];
        let ways = &ways[..if machine.nodes > 1 { 2 } else { 1 }];
        let over = |gb_s: f64, bytes: f64| bytes / us / 1e3 > gb_s * SLACK;
        let way = ways.iter().find(|(_, bytes, gb_s)| over(*gb_s, *bytes));
        way.map(|(what, bytes, gb_s)| {
            format!(
                "{} bytes in {us} us need {:.0} GB/s, and the {what} of {system} carry {gb_s:.0}: \
                 another unit, or another machine?",
                call.bytes,
                bytes / us / 1e3
            )
        })
    }
}
