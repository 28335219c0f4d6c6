//! What the costs of a machine rest on: curves of its family, or what is typical of all.

use std::fmt;

use supernode_catalog::Transport;
use supernode_chip::Architecture;

use crate::costs::{Costs, DEFAULT, Kind};

/// Where a group of costs comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// `chip hopper` or `network infiniband`.
    pub group: String,
    /// Whether measured curves of the group moved any of its constants.
    pub fitted: bool,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = &self.group;
        let of = if self.fitted {
            "fitted on measured curves of its kind"
        } else {
            "no measured curve of its kind, typical costs of all others"
        };
        f.pad(&format!("{group}: {of}"))
    }
}

/// The basis of the chip's costs, and of the network's if there is one.
pub(super) fn of(
    costs: &Costs,
    architecture: Architecture,
    network: Option<Option<Transport>>,
) -> Vec<Basis> {
    let name = architecture.as_str();
    let mut found =
        vec![Basis { group: format!("chip {name}"), fitted: fitted(costs, Kind::Chip, name) }];
    if let Some(transport) = network {
        let name = transport.map_or("unknown", Transport::as_str);
        let fitted = fitted(costs, Kind::Network, name);
        found.push(Basis { group: format!("network {name}"), fitted });
    }
    found
}

/// Whether the group has a constant of its own.
fn fitted(costs: &Costs, kind: Kind, name: &str) -> bool {
    let values = |group: &str| {
        let of =
            |constant: &crate::costs::Constant| constant.kind == kind && constant.group == group;
        let list = costs.list().filter(|(constant, _)| of(constant));
        list.map(|(_, value)| value).collect::<Vec<_>>()
    };
    let own = values(name);
    !own.is_empty() && own != values(DEFAULT)
}
