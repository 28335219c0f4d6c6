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

/// A constant: what it means, and where it may plausibly lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Key in the data file.
    pub key: &'static str,
    /// Unit; `share` is a ratio.
    pub unit: &'static str,
    /// Least plausible value.
    pub low: f64,
    /// Greatest plausible value.
    pub high: f64,
    /// What it stands for.
    pub meaning: &'static str,
}

/// Declares a set of constants: an enum of keys, and the table that describes them.
macro_rules! constants {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal, $unit:literal, $low:literal, $high:literal, $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)*
        }

        impl $name {
            /// All constants, in the order of the enum.
            pub const PARAMETERS: &'static [Parameter] = &[$(Parameter {
                key: $key, unit: $unit, low: $low, high: $high, meaning: $meaning,
            },)*];
        }
    };
}

constants! {
    /// Costs of the kernels on one architecture of chips.
    Chip {
        Base = "base", "us", 2.0, 20.0, "start and end of a kernel, whatever it moves";
        Ll = "ll", "us", 0.3, 6.0, "one step over the scale-up links with the LL protocol";
        Ll128 = "ll128", "us", 0.4, 12.0, "one step over the scale-up links with LL128";
        Simple = "simple", "us", 0.5, 20.0, "one slice of a step over the scale-up links with Simple";
        Channel = "channel", "GB/s", 5.0, 100.0, "payload rate of one channel with Simple: what its threads copy";
        Link = "link", "share", 0.2, 0.95, "payload rate of Simple, of the published line rate";
        LlRate = "ll-rate", "share", 0.1, 0.6, "payload rate of LL, of that of Simple";
        Ll128Rate = "ll128-rate", "share", 0.4, 0.97, "payload rate of LL128, of that of Simple";
        SharedLink = "shared-link", "share", 0.1, 1.0, "payload rate left where more than two ranks share host bridges";
        NvlsBase = "nvls-base", "us", 5.0, 60.0, "start, barriers and end of an in-switch kernel";
        NvlsStep = "nvls-step", "us", 0.5, 40.0, "one round of chunks through the switch";
        NvlsFill = "nvls-fill", "rounds", 0.0, 6.0, "rounds of chunks that fill the switch before the first result";
        NvlsRate = "nvls-rate", "share", 0.3, 0.9, "bytes per port of an in-switch all-reduce, algbw (n-1)/n, of the line rate";
        P2pBase = "p2p-base", "us", 2.0, 40.0, "start and end of a send and receive kernel";
        P2pPeer = "p2p-peer", "us", 0.0, 12.0, "each further peer of a send and receive kernel";
        P2pChannel = "p2p-channel", "GB/s", 1.0, 80.0, "payload rate of one channel of a send and receive kernel";
        P2pStep = "p2p-step", "us", 0.5, 40.0, "synchronisation of sends and receives with Simple";
        P2pRate = "p2p-rate", "share", 0.1, 0.95, "payload rate of sends and receives, of the line rate";
    }
}

constants! {
    /// Costs of the network below the library.
    Network {
        Ll = "ll", "us", 1.0, 120.0, "one step over the network with LL: proxy thread, NIC, wire, flag";
        Ll128 = "ll128", "us", 1.0, 150.0, "one step over the network with LL128";
        Simple = "simple", "us", 2.0, 300.0, "one step over the network with Simple";
        Ring = "ring", "steps", 1.0, 10.0, "a ring's step, which leaves a node by another device than it came in";
        Channel = "channel", "us", 0.0, 10.0, "each channel that a proxy thread serves in a step";
        Peer = "peer", "us", 0.0, 10.0, "each peer of another node in an all-to-all";
        Rate = "rate", "share", 0.3, 1.0, "payload rate between two nodes, of the NICs' line rate";
        FarRate = "far-rate", "share", 0.3, 1.0, "what congestion leaves of it between more than two nodes";
        CrossRate = "cross-rate", "share", 0.1, 1.0, "payload rate where all nodes send to all, of the NICs' line rate";
        TreeRate = "tree-rate", "share", 0.3, 1.0, "payload rate of a NIC that sends and receives for a tree at once";
        Collnet = "collnet", "share", 0.3, 1.0, "payload rate of a reduction in the network, of the NICs' line rate";
    }
}

constants! {
    /// Costs that follow from how kernels are built and launched, on any chip.
    Common {
        Ends = "ends", "steps", 0.0, 1.5, "copies of the own block at both ends of an all-gather or reduce-scatter, in steps";
        AllReduceEnds = "all-reduce-ends", "steps", 0.0, 1.5, "the same for an all-reduce";
        Fill = "fill", "stages", 0.0, 4.0, "chunks that each stage of a tree over nodes waits for at the start";
        Overlap = "overlap", "exponent", 1.0, 6.0, "how far a step's synchronisation hides behind its bytes: 1 not at all";
        Launch = "launch", "us", 1.0, 10.0, "one rank's launch where one process launches for all ranks of a node";
        Graph = "graph", "us", 0.0, 12.0, "what a launch from a captured graph saves";
        Host = "host", "us", 0.0, 200.0, "what a runtime adds that waits for every call";
    }
}

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
            if let Some(key) = given.keys().find(|key| known.iter().all(|p| p.key != **key)) {
                let names = known.iter().map(|p| p.key).collect::<Vec<_>>().join(", ");
                return Err(data(format!("unknown constant `{key}` in {group}; known: {names}")));
            }
            known
                .iter()
                .enumerate()
                .map(|(index, parameter)| {
                    let value = given.get(parameter.key).copied();
                    let value = value
                        .or_else(|| Some(base?[index]))
                        .ok_or_else(|| data(format!("{group} lacks `{}`", parameter.key)))?;
                    if (parameter.low..=parameter.high).contains(&value) {
                        return Ok(value);
                    }
                    let Parameter { key, low, high, unit, .. } = parameter;
                    Err(data(format!(
                        "{group}.{key} = {value} is not within {low} to {high} {unit}"
                    )))
                })
                .collect()
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
