//! One layer of a fabric: how its children are joined, how fast and how far.

use std::fmt;

use supernode_units::{Bandwidth, Time};

use crate::FabricError;

/// Signal speed in cable: 5 ns a metre.
const CABLE_PS_PER_M: u64 = 5_000;

/// How the children of a level are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelKind {
    /// The dies of one package, any to any.
    OnPackage,
    /// A full mesh in each dimension: one link to every other position of the dimension, at the
    /// device's bandwidth divided by all its links.
    FullMesh {
        /// Sizes of the dimensions; their product is the level's size.
        dims: Vec<u32>,
    },
    /// One tier of switches, any to any.
    Switch,
    /// A multi-plane Clos, any to any.
    Clos {
        /// Tiers of switches, 2 or 3.
        tiers: u32,
        /// Parallel planes. A device spreads every message over all of them, so their links add up
        /// in the level's bandwidth; their number only shows in the name of the kind.
        planes: u32,
        /// Children under one leaf switch.
        leaf: u32,
        /// Downlinks to uplinks of a leaf.
        oversubscription: Oversubscription,
        /// How flows are spread over paths.
        spread: Spread,
    },
    /// A torus of one to three dimensions with wrap-around; one link per dimension and direction.
    Torus {
        /// Sizes of the dimensions; their product is the level's size.
        dims: Vec<u32>,
    },
    /// A ring: a torus of one dimension.
    Ring,
    /// Rail-optimised scale-out: device `i` of every child hangs on rail `i`; a rail's leaf switch
    /// joins `leaf` children, a spine joins leaves and rails. Flows are spread evenly over the spine.
    Rail {
        /// Children whose same-numbered devices share one leaf switch.
        leaf: u32,
        /// Downlinks to uplinks of a leaf.
        oversubscription: Oversubscription,
    },
}

impl LevelKind {
    /// Whether any device below reaches any other directly (otherwise only equal positions meet).
    pub fn any_to_any(&self) -> bool {
        matches!(self, Self::OnPackage | Self::Switch | Self::Clos { .. } | Self::Rail { .. })
    }

    /// The dimensions of a mesh or torus of `size` children; empty for any-to-any kinds.
    pub(crate) fn dims(&self, size: u32) -> Vec<u32> {
        match self {
            Self::FullMesh { dims } | Self::Torus { dims } => dims.clone(),
            Self::Ring => vec![size],
            _ => Vec::new(),
        }
    }

    /// Links of one device at this level: the shares its bandwidth is split into.
    pub(crate) fn links(&self, size: u32) -> u64 {
        match self {
            Self::FullMesh { dims } => dims.iter().map(|d| u64::from(d - 1)).sum::<u64>().max(1),
            Self::Torus { dims } => 2 * dims.len() as u64,
            Self::Ring if size > 0 => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for LevelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |dims: &[u32]| dims.iter().map(u32::to_string).collect::<Vec<_>>().join("x");
        let text = match self {
            Self::OnPackage => "on-package".to_owned(),
            Self::FullMesh { dims } => format!("full-mesh {}", list(dims)),
            Self::Switch => "switch".to_owned(),
            Self::Clos { tiers, planes: 1, .. } => format!("clos {tiers}-tier"),
            Self::Clos { tiers, planes, .. } => format!("clos {tiers}-tier {planes}-plane"),
            Self::Torus { dims } => format!("torus {}", list(dims)),
            Self::Ring => "ring".to_owned(),
            Self::Rail { .. } => "rail".to_owned(),
        };
        f.pad(&text)
    }
}

/// Downlinks to uplinks, such as 2:1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oversubscription {
    /// Downlink share.
    pub down: u32,
    /// Uplink share.
    pub up: u32,
}

impl Oversubscription {
    /// As much up as down.
    pub const NONE: Self = Self { down: 1, up: 1 };
}

/// How flows are spread over equal paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Packet by packet, evenly.
    Spray,
    /// Each flow on the uplink that a hash of seed and flow chooses; flows that meet share it.
    Ecmp {
        /// Seed of the hash.
        seed: u64,
    },
    /// Each flow on the least loaded path. Modelled as ideal, which makes it equal to
    /// [`Spread::Spray`]: what adaptive routing loses against it belongs into the level's efficiency.
    Adaptive,
}

/// What crossing one switch, or one direct link, costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hop {
    /// The switch, or the forwarding device.
    pub switch: Time,
    /// Forward error correction.
    pub fec: Time,
    /// Cable in metres.
    pub cable_m: u32,
}

impl Hop {
    /// Switch + error correction + cable.
    pub fn time(self) -> Time {
        self.switch + self.fec + Time::from_ps(CABLE_PS_PER_M * u64::from(self.cable_m))
    }
}

/// A switch that multicasts and reduces has its own rate, not the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchRate {
    /// All-reduce bytes per second and device that the switch sustains (algbw, not busbw).
    pub rate: Bandwidth,
}

/// One layer of a fabric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Name, unique in the fabric: `board`, `node`, `pod`.
    pub name: String,
    /// How the children are joined.
    pub kind: LevelKind,
    /// Number of children.
    pub size: u32,
    /// Bytes per second and device in one direction.
    pub bandwidth: Bandwidth,
    /// Levels with one group share a port.
    pub port_group: String,
    /// Fixed part of the latency, end to end and one way.
    pub latency: Time,
    /// What each switch, or each direct link, adds.
    pub hop: Hop,
    /// Share of the line rate that payload reaches, in millionths.
    pub efficiency_ppm: u32,
    /// Loss per extra concurrent peer in millionths: eta(k) = 1 / (1 + loss (k - 1)).
    pub fan_out_loss_ppm: u32,
    /// The switch's own all-reduce rate, if it reduces.
    pub in_switch: Option<SwitchRate>,
}

impl Level {
    /// Rate of one message: one link's share of the bandwidth, less efficiency and, for messages
    /// that leave a leaf, oversubscription.
    pub(crate) fn message_rate(&self, leaves_leaf: bool) -> Bandwidth {
        let link = self.bandwidth.bytes_per_s() / self.kind.links(self.size);
        let rate = Bandwidth::new(link).scale_ppm(self.efficiency_ppm);
        let over = match self.kind {
            LevelKind::Clos { oversubscription, .. } | LevelKind::Rail { oversubscription, .. }
                if leaves_leaf =>
            {
                oversubscription
            }
            _ => Oversubscription::NONE,
        };
        let share = u128::from(rate.bytes_per_s()) * u128::from(over.up) / u128::from(over.down);
        Bandwidth::new((share as u64).max(1))
    }

    /// Checks everything about the level that can be checked without its neighbours.
    pub(crate) fn validate(&self) -> Result<(), FabricError> {
        let level = || self.name.clone();
        let dims = self.kind.dims(self.size);
        if self.size == 0 || dims.contains(&0) {
            return Err(FabricError::EmptyLevel { level: level() });
        }
        let product = dims.iter().map(|d| u64::from(*d)).product();
        if !dims.is_empty() && product != u64::from(self.size) {
            return Err(FabricError::Dims { level: level(), size: self.size, dims, product });
        }
        if let LevelKind::Torus { dims } = &self.kind
            && !(1..=3).contains(&dims.len())
        {
            return Err(FabricError::TorusDims { level: level(), count: dims.len() });
        }
        if matches!(&self.kind, LevelKind::FullMesh { dims } if dims.is_empty()) {
            return Err(FabricError::EmptyLevel { level: level() });
        }
        if self.size > 1 && self.bandwidth.bytes_per_s() == 0 {
            return Err(FabricError::NoBandwidth { level: level(), size: self.size });
        }
        if self.efficiency_ppm == 0 || self.efficiency_ppm > 1_000_000 {
            return Err(FabricError::Efficiency { level: level(), ppm: self.efficiency_ppm });
        }
        if let LevelKind::Clos { oversubscription: o, .. }
        | LevelKind::Rail { oversubscription: o, .. } = self.kind
            && (o.up == 0 || o.down < o.up)
        {
            return Err(FabricError::Oversubscription { level: level(), down: o.down, up: o.up });
        }
        if let LevelKind::Clos { tiers, planes, leaf, .. } = self.kind {
            let wrong = |what: &str| FabricError::Clos { level: level(), what: what.to_owned() };
            if !(2..=3).contains(&tiers) {
                return Err(wrong("a clos has 2 or 3 tiers"));
            }
            if planes == 0 || leaf == 0 {
                return Err(wrong("a clos has at least 1 plane and 1 child per leaf"));
            }
        }
        if matches!(self.kind, LevelKind::Rail { leaf: 0, .. }) {
            let what = "a rail has at least 1 child per leaf".to_owned();
            return Err(FabricError::Clos { level: level(), what });
        }
        if self.in_switch.is_some() && self.kind != LevelKind::Switch {
            return Err(FabricError::InSwitch { level: level(), kind: self.kind.to_string() });
        }
        Ok(())
    }
}
