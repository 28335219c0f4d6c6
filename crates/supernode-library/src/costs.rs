//! What the software costs on a kind of chip and a kind of network: the few constants that are fitted.
//!
//! NCCL's own tables decide what runs; these say how long it takes. They belong to a chip's
//! architecture or to a network's transport, never to a curve or a machine, so a machine that nobody
//! measured follows from its relatives.

use std::collections::BTreeMap;

use serde::Deserialize;
use supernode_catalog::Transport;
use supernode_chip::Architecture;

use crate::LibraryError;

mod constants;

pub use constants::{Chip, Common, Network, Parameter};

/// A full set of costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    chips: BTreeMap<String, Vec<f64>>,
    networks: BTreeMap<String, Vec<f64>>,
    common: Vec<f64>,
}

/// The constants of one machine, taken out of [`Costs`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates<'a> {
    chip: &'a [f64],
    network: &'a [f64],
    common: &'a [f64],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    chip: BTreeMap<String, BTreeMap<String, f64>>,
    network: BTreeMap<String, BTreeMap<String, f64>>,
    common: BTreeMap<String, f64>,
}

/// The group that stands for what has none of its own.
pub const DEFAULT: &str = "default";

impl Costs {
    /// The costs that come with this crate.
    ///
    /// # Errors
    /// None in a released crate: a test reads the file.
    pub fn builtin() -> Result<Self, LibraryError> {
        Self::parse(include_str!("../data/costs.toml"))
    }

    /// What is published or assumed of the costs before anything is fitted.
    ///
    /// # Errors
    /// None in a released crate: a test reads the file.
    pub fn priors() -> Result<Self, LibraryError> {
        Self::parse(include_str!("../data/priors.toml"))
    }

    /// Reads costs as TOML. Groups may leave out constants, which then come from `default`.
    ///
    /// # Errors
    /// [`LibraryError::Data`] for anything that is not a known constant in its plausible range.
    pub fn parse(text: &str) -> Result<Self, LibraryError> {
        let data = |what: String| LibraryError::Data { file: "costs.toml", what };
        let file: File = toml::from_str(text).map_err(|error| data(error.to_string()))?;
        let fill = |group: &str,
                    given: &BTreeMap<String, f64>,
                    known: &[Parameter],
                    base: Option<&[f64]>| {
            for key in given.keys() {
                place(group, known, key).map_err(data)?;
            }
            known
                .iter()
                .enumerate()
                .map(|(index, parameter)| {
                    let value = given.get(parameter.key).copied();
                    let value = value
                        .or_else(|| Some(base?[index]))
                        .ok_or_else(|| data(format!("{group} lacks `{}`", parameter.key)))?;
                    plausible(group, parameter, value).map_err(data)?;
                    Ok(value)
                })
                .collect::<Result<Vec<f64>, LibraryError>>()
        };
        let groups =
            |kind: &str, given: &BTreeMap<String, BTreeMap<String, f64>>, known: &[Parameter]| {
                let base =
                    given.get(DEFAULT).ok_or_else(|| data(format!("{kind} lacks `{DEFAULT}`")))?;
                let base: Vec<f64> = fill(&format!("{kind}.{DEFAULT}"), base, known, None)?;
                given
                    .iter()
                    .map(|(name, given)| {
                        let group = format!("{kind}.{name}");
                        Ok((name.clone(), fill(&group, given, known, Some(&base))?))
                    })
                    .collect::<Result<BTreeMap<_, _>, LibraryError>>()
            };
        Ok(Self {
            chips: groups("chip", &file.chip, Chip::PARAMETERS)?,
            networks: groups("network", &file.network, Network::PARAMETERS)?,
            common: fill("common", &file.common, Common::PARAMETERS, None)?,
        })
    }

    /// The constants of a machine of `architecture` on a network of `transport`.
    pub fn rates(&self, architecture: Architecture, transport: Option<Transport>) -> Rates<'_> {
        let chip = self.chips.get(architecture.as_str()).or_else(|| self.chips.get(DEFAULT));
        let network = transport.and_then(|transport| self.networks.get(transport.as_str()));
        Rates {
            chip: chip.map_or(&[], Vec::as_slice),
            network: network.or_else(|| self.networks.get(DEFAULT)).map_or(&[], Vec::as_slice),
            common: &self.common,
        }
    }

    /// Every constant with its group and value, in a fixed order.
    pub fn list(&self) -> impl Iterator<Item = (Constant, f64)> + '_ {
        let of = |kind, name: &str, parameters: &'static [Parameter], values: &[f64]| {
            let entries = parameters.iter().zip(values).map(|(parameter, value)| {
                (Constant { kind, group: name.to_owned(), parameter }, *value)
            });
            entries.collect::<Vec<_>>()
        };
        let chips = self
            .chips
            .iter()
            .flat_map(move |(name, values)| of(Kind::Chip, name, Chip::PARAMETERS, values));
        let networks = self
            .networks
            .iter()
            .flat_map(move |(name, values)| of(Kind::Network, name, Network::PARAMETERS, values));
        chips.chain(networks).chain(of(Kind::Common, "", Common::PARAMETERS, &self.common))
    }

    /// Sets a constant by its names; a group that is not there starts from the default's. Gives the
    /// group's full name.
    pub(crate) fn change(
        &mut self,
        kind: Kind,
        group: &str,
        key: &str,
        value: f64,
    ) -> Result<String, String> {
        let (name, known) = match kind {
            Kind::Chip => (format!("chip.{group}"), Chip::PARAMETERS),
            Kind::Network => (format!("network.{group}"), Network::PARAMETERS),
            Kind::Common => ("common".to_owned(), Common::PARAMETERS),
        };
        let index = place(&name, known, key)?;
        plausible(&name, &known[index], value)?;
        let groups = match kind {
            Kind::Common => {
                self.common[index] = value;
                return Ok(name);
            }
            Kind::Chip => &mut self.chips,
            Kind::Network => &mut self.networks,
        };
        let default = groups.get(DEFAULT).cloned().unwrap_or_default();
        let values = groups.entry(group.to_owned()).or_insert(default);
        values[index] = value;
        Ok(name)
    }

    /// Sets one constant, which then is within its plausible range.
    pub fn set(&mut self, constant: &Constant, value: f64) {
        let Constant { kind, group, parameter } = constant;
        let (known, values) = match kind {
            Kind::Chip => (Chip::PARAMETERS, self.chips.get_mut(group)),
            Kind::Network => (Network::PARAMETERS, self.networks.get_mut(group)),
            Kind::Common => (Common::PARAMETERS, Some(&mut self.common)),
        };
        let index = known.iter().position(|known| known.key == parameter.key);
        if let Some((values, index)) = values.zip(index) {
            values[index] = value.clamp(parameter.low, parameter.high);
        }
    }

    /// The value of a constant, if its group is known.
    pub fn get(&self, constant: &Constant) -> Option<f64> {
        let Constant { kind, group, parameter } = constant;
        let (known, values) = match kind {
            Kind::Chip => (Chip::PARAMETERS, self.chips.get(group)),
            Kind::Network => (Network::PARAMETERS, self.networks.get(group)),
            Kind::Common => (Common::PARAMETERS, Some(&self.common)),
        };
        let index = known.iter().position(|known| known.key == parameter.key)?;
        values?.get(index).copied()
    }
}

/// Where a constant of `group` stands among those that are known.
fn place(group: &str, known: &[Parameter], key: &str) -> Result<usize, String> {
    known.iter().position(|parameter| parameter.key == key).ok_or_else(|| {
        let names = known.iter().map(|p| p.key).collect::<Vec<_>>().join(", ");
        format!("unknown constant `{key}` in {group}; known: {names}")
    })
}

/// Refuses a value outside its range.
fn plausible(group: &str, parameter: &Parameter, value: f64) -> Result<(), String> {
    let Parameter { key, low, high, unit, .. } = parameter;
    if (*low..=*high).contains(&value) {
        return Ok(());
    }
    Err(format!("{group}.{key} = {value} is not within {low} to {high} {unit}"))
}

/// What a group of constants belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An architecture.
    Chip,
    /// A transport.
    Network,
    /// Everything.
    Common,
}

/// One constant of [`Costs`].
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// What its group belongs to.
    pub kind: Kind,
    /// The architecture or transport; empty for what is common.
    pub group: String,
    /// What it is.
    pub parameter: &'static Parameter,
}

impl Rates<'_> {
    /// A constant of the chip.
    pub fn chip(&self, constant: Chip) -> f64 {
        self.chip[constant as usize]
    }

    /// A constant of the network.
    pub fn network(&self, constant: Network) -> f64 {
        self.network[constant as usize]
    }

    /// A constant of all machines.
    pub fn common(&self, constant: Common) -> f64 {
        self.common[constant as usize]
    }
}
