//! Links that are slow or dead.

use std::fmt;

use supernode_units::Time;

/// A link that does not do what it should, both ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkFault {
    /// The level that it belongs to, by name.
    pub level: String,
    /// Which one.
    pub link: FaultyLink,
    /// What is left of it.
    pub state: LinkState,
}

/// Links of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultyLink {
    /// The port by which a device hangs on the switches of the level: on one of the planes, if it has
    /// several.
    Port {
        /// The device.
        device: u32,
    },
    /// The direct link between two devices, neighbours in a mesh or torus.
    Between {
        /// One end.
        one: u32,
        /// The other.
        other: u32,
    },
    /// Each link of the level with this probability in millionths.
    Share {
        /// Millionths.
        ppm: u32,
        /// Seed; equal seeds give equal links.
        seed: u64,
    },
}

/// What is left of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Some of its bandwidth, and more latency.
    Degraded {
        /// What is left of the bandwidth in millionths, at least one.
        bandwidth_ppm: u32,
        /// What the first byte takes longer.
        latency: Time,
    },
    /// Nothing.
    Dead,
}

impl fmt::Display for FaultyLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port { device } => write!(f, "{device}"),
            Self::Between { one, other } => write!(f, "{one}-{other}"),
            Self::Share { ppm, .. } => write!(f, "{}%", f64::from(*ppm) / 1e4),
        }
    }
}

impl fmt::Display for LinkFault {
    /// As `LEVEL:LINK`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.level, self.link)
    }
}
