//! What the costs of a machine rest on: curves of its kind, or what is typical of all others.

use std::collections::BTreeMap;
use std::fmt;

use supernode_chip::Architecture;

use crate::LibraryError;
use crate::costs::{Costs, DEFAULT, Kind};

/// Ratios closer than this are equal: the data files are rounded.
const ROUNDING: f64 = 1e-3;

/// Where a group of costs comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// `chip hopper` or `network infiniband`.
    pub group: String,
    /// Costs that measured curves of the group have moved.
    pub fitted: usize,
    /// Costs of the group.
    pub costs: usize,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, fitted, costs } = self;
        f.pad(&match fitted {
            0 => format!("{group}: no measured curve of its kind, costs typical of all others"),
            _ => format!(
                "{group}: {fitted} of {costs} costs fitted on measured curves, others typical"
            ),
        })
    }
}

/// The basis of the chip's costs, and of those of the network called so if there is one.
pub(super) fn of(
    architecture: Architecture,
    network: Option<&str>,
) -> Result<Vec<Basis>, LibraryError> {
    let (costs, priors) = (Costs::builtin()?, Costs::priors()?);
    let basis = |kind, what: &str, name: &str| {
        let (fitted, costs) = fitted(&costs, &priors, kind, name);
        Basis { group: format!("{what} {name}"), fitted, costs }
    };
    let mut found = vec![basis(Kind::Chip, "chip", architecture.as_str())];
    if let Some(name) = network {
        found.push(basis(Kind::Network, "network", name));
    }
    Ok(found)
}

/// How many costs of the group are other than its priors times what is typical, and how many it has.
pub(crate) fn fitted(costs: &Costs, priors: &Costs, kind: Kind, name: &str) -> (usize, usize) {
    let values = |costs: &Costs, group: &str| -> BTreeMap<&'static str, f64> {
        let list = costs.list().filter(|(c, _)| c.kind == kind && c.group == group);
        list.map(|(constant, value)| (constant.parameter.key, value)).collect()
    };
    let typical = |group: &str| {
        let own = values(priors, group);
        if own.is_empty() { values(priors, DEFAULT) } else { own }
    };
    let (own, own_priors) = (values(costs, name), typical(name));
    let (all, all_priors) = (values(costs, DEFAULT), typical(DEFAULT));
    let moved = own.iter().filter(|(key, value)| {
        let of = |values: &BTreeMap<_, f64>| values.get(*key).copied().unwrap_or(0.0);
        let expected = of(&own_priors) * of(&all) / of(&all_priors);
        (**value - expected).abs() > ROUNDING * expected.abs()
    });
    (moved.count(), all.len())
}

#[cfg(test)]
mod tests {
    use supernode_catalog::Transport;

    use super::*;

    #[test]
    fn what_nobody_measured_is_said_to_be_typical() {
        let of = |architecture, transport: Transport| {
            of(architecture, Some(transport.as_str())).unwrap()
        };
        let [chip, network] = &of(Architecture::Hopper, Transport::Infiniband)[..] else {
            panic!()
        };
        assert!(chip.fitted > 5 && network.fitted > 3, "{chip}, {network}");
        for architecture in [Architecture::Cdna4, Architecture::Rubin] {
            let chip = &of(architecture, Transport::Infiniband)[0];
            assert_eq!(chip.fitted, 0, "{chip}");
        }
        assert_eq!(
            of(Architecture::Rubin, Transport::Roce)[0].to_string(),
            "chip rubin: no measured curve of its kind, costs typical of all others"
        );
    }
}
