//! What a system is: the schema of a `[system.ID]` table.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use supernode_units::{
    Bandwidth, Capacity, Confidence, FlopRate, Power, Precision, Price, Ratio, Sourced, Time,
    UnitError, Value,
};
use toml::Spanned;

use crate::words::{Cpu, Transport};

/// How large a system is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SystemKind {
    /// One box.
    Server,
    /// One rack.
    Rack,
    /// One scale-up domain of several cabinets.
    Pod,
    /// Several pods or servers on a scale-out network.
    Cluster,
}

impl fmt::Display for SystemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Server => "server",
            Self::Rack => "rack",
            Self::Pod => "pod",
            Self::Cluster => "cluster",
        })
    }
}

/// A server, rack, pod or cluster of one kind of chip.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct System {
    /// Id; the key of the table.
    #[serde(skip)]
    pub id: String,
    /// Full name.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// Server, rack, pod or cluster.
    pub kind: SystemKind,
    /// Year of first delivery.
    pub year: u32,
    /// Shipping, announced, roadmap, with what a reader should know.
    pub status: String,
    /// Id of the chip.
    pub chip: Spanned<String>,
    /// Packages; the product of the level sizes.
    pub chips: Spanned<u32>,
    /// How the vendor counts, where that is not packages.
    pub published_chips: Option<String>,
    /// Cabinets, network cabinets included.
    pub cabinets: Option<u32>,
    /// How many of the cabinets hold switches only.
    pub network_cabinets: Option<u32>,
    /// Floor space in square metres.
    pub footprint_m2: Option<u32>,
    /// Host processors.
    pub cpus: Option<u32>,
    /// Make of the host processors; absent if not known, or if servers with several are sold.
    pub cpu: Option<Cpu>,
    /// What published measurements call their hardware, where this system stands for it.
    #[serde(default)]
    pub measured_as: Vec<String>,
    /// Other ids.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Default source of every value.
    pub source: String,
    /// Default confidence of every value.
    pub confidence: Confidence,
    /// Caveats.
    #[serde(default)]
    pub notes: String,
    /// Totals as published.
    #[serde(default)]
    pub published: Published,
    /// Levels, innermost first.
    #[serde(rename = "level")]
    pub levels: Vec<LevelSpec>,
    /// The network that joins several of these systems.
    pub scale_out: Option<LevelSpec>,
}

/// Totals of a system as its vendor publishes them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Published {
    /// Dense bf16 rate.
    pub bf16: Sourced<FlopRate>,
    /// Dense fp8 rate.
    pub fp8: Sourced<FlopRate>,
    /// 4-bit rate; the note says on which basis.
    pub fp4: Sourced<FlopRate>,
    /// Accelerator memory.
    pub memory: Sourced<Capacity>,
    /// Accelerator and host memory.
    pub fast_memory: Sourced<Capacity>,
    /// Accelerator memory bandwidth.
    pub memory_bandwidth: Sourced<Bandwidth>,
    /// Scale-up bandwidth of all chips; the note says on which basis.
    pub scale_up_total: Sourced<Bandwidth>,
    /// Facility power; the note says on which basis.
    pub power: Sourced<Power>,
    /// Price of the whole system.
    pub price: Sourced<Price>,
}

/// How the children of a level are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindName {
    /// A link between every two positions of each dimension.
    FullMesh,
    /// One tier of switches.
    Switch,
    /// Several tiers of switches.
    Clos,
    /// Wrap-around links in one to three dimensions.
    Torus,
    /// A torus of one dimension.
    Ring,
    /// Rail-optimised scale-out.
    Rail,
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FullMesh => "full-mesh",
            Self::Switch => "switch",
            Self::Clos => "clos",
            Self::Torus => "torus",
            Self::Ring => "ring",
            Self::Rail => "rail",
        })
    }
}

/// How flows spread over equal paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum SpreadName {
    /// Packet by packet: `spray`.
    #[default]
    Spray,
    /// By hash with a seed: `ecmp`, which is `ecmp:0`.
    Ecmp(u64),
    /// By load: `adaptive`.
    Adaptive,
}

impl FromStr for SpreadName {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let unknown = || UnitError::UnknownName {
            text: text.to_owned(),
            what: "spread",
            known: "spray, adaptive, ecmp, ecmp:SEED".to_owned(),
        };
        match text {
            "spray" => Ok(Self::Spray),
            "adaptive" => Ok(Self::Adaptive),
            "ecmp" => Ok(Self::Ecmp(0)),
            _ => {
                let seed = text.strip_prefix("ecmp:").and_then(|seed| seed.parse().ok());
                seed.map(Self::Ecmp).ok_or_else(unknown)
            }
        }
    }
}

impl TryFrom<String> for SpreadName {
    type Error = UnitError;
    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

/// One level, or the scale-out network of a system (which has no name and no size).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LevelSpec {
    /// Name, unique in the system.
    pub name: Option<String>,
    /// How the children are joined.
    pub kind: Spanned<KindName>,
    /// Number of children.
    pub size: Option<Spanned<u32>>,
    /// Dimensions of a mesh or torus.
    pub dims: Option<Spanned<Vec<u32>>>,
    /// What carries the messages; absent if not known.
    pub transport: Option<Transport>,
    /// Port group; the level's name if absent.
    pub port: Option<String>,
    /// Per chip and direction.
    #[serde(default)]
    pub bandwidth: Sourced<Bandwidth>,
    /// Fixed part of the latency, end to end and one way.
    #[serde(default)]
    pub latency: Sourced<Time>,
    /// Added by every switch, or every link of a mesh or torus.
    #[serde(default = "zero_time")]
    pub switch_latency: Sourced<Time>,
    /// Error correction per hop.
    #[serde(default = "zero_time")]
    pub fec_latency: Sourced<Time>,
    /// Metres of cable per hop.
    #[serde(default)]
    pub cable: u32,
    /// Downlinks to uplinks of a leaf, such as "2:1".
    pub oversubscription: Option<Spanned<String>>,
    /// Tiers of a Clos.
    pub tiers: Option<u32>,
    /// Planes of a Clos.
    pub planes: Option<u32>,
    /// Children under one leaf switch.
    pub leaf: Option<u32>,
    /// How flows spread over a Clos.
    #[serde(default)]
    pub spread: SpreadName,
    /// Share of the line rate that payload reaches; all of it, as a guess of this catalog, if absent.
    #[serde(default = "full_share")]
    pub efficiency: Sourced<Ratio>,
    /// Loss per extra concurrent peer.
    #[serde(default = "no_share")]
    pub fan_out_loss: Sourced<Ratio>,
    /// All-reduce bytes per second and chip that a reducing switch sustains.
    #[serde(default)]
    pub in_switch: Sourced<Bandwidth>,
}

fn zero_time() -> Sourced<Time> {
    Sourced::modelled(Value::Point(Time::ZERO), "not published: no time of its own is assumed")
}

fn full_share() -> Sourced<Ratio> {
    let note = "not published: the full line rate is assumed";
    Sourced::modelled(Value::Point(Ratio::new(1.0)), note)
}

fn no_share() -> Sourced<Ratio> {
    Sourced::modelled(Value::Point(Ratio::new(0.0)), "not published: no loss is assumed")
}

impl LevelSpec {
    /// The level's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("scale-out")
    }

    /// Number of children; 1 for a scale-out network, which says nothing about it.
    pub fn size(&self) -> u32 {
        self.size.as_ref().map_or(1, |size| *size.get_ref())
    }

    fn inherit(&mut self, source: &str, confidence: Confidence) {
        self.bandwidth.inherit(source, confidence);
        self.latency.inherit(source, confidence);
        self.switch_latency.inherit(source, confidence);
        self.fec_latency.inherit(source, confidence);
        self.efficiency.inherit(source, confidence);
        self.fan_out_loss.inherit(source, confidence);
        self.in_switch.inherit(source, confidence);
    }
}

impl System {
    /// Fills in source and confidence of every value that has none of its own.
    pub fn inherit(&mut self) {
        let (source, confidence) = (self.source.clone(), self.confidence);
        let published = &mut self.published;
        published.bf16.inherit(&source, confidence);
        published.fp8.inherit(&source, confidence);
        published.fp4.inherit(&source, confidence);
        published.memory.inherit(&source, confidence);
        published.fast_memory.inherit(&source, confidence);
        published.memory_bandwidth.inherit(&source, confidence);
        published.scale_up_total.inherit(&source, confidence);
        published.power.inherit(&source, confidence);
        published.price.inherit(&source, confidence);
        for level in self.levels.iter_mut().chain(&mut self.scale_out) {
            level.inherit(&source, confidence);
        }
    }

    /// Packages.
    pub fn chips(&self) -> u32 {
        *self.chips.get_ref()
    }

    /// Id of the chip.
    pub fn chip_id(&self) -> &str {
        self.chip.get_ref()
    }

    /// What carries messages between the closest chips; `None` if not known, or if the server holds
    /// a single chip.
    pub fn scale_up_transport(&self) -> Option<Transport> {
        self.levels.first()?.transport
    }

    /// What carries messages between copies of this system: its scale-out network, or a cluster's
    /// outermost level; `None` if not known.
    pub fn scale_out_transport(&self) -> Option<Transport> {
        match self.kind {
            SystemKind::Cluster => self.levels.last()?.transport,
            _ => self.scale_out.as_ref()?.transport,
        }
    }

    /// The published dense rate at `precision`, if the schema has one.
    pub fn published_rate(&self, precision: Precision) -> Option<&Sourced<FlopRate>> {
        match precision {
            Precision::Bf16 => Some(&self.published.bf16),
            Precision::Fp8 => Some(&self.published.fp8),
            Precision::Fp4 => Some(&self.published.fp4),
            _ => None,
        }
    }
}
