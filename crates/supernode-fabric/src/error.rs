use supernode_units::{Bandwidth, MessageSize};
use thiserror::Error;

/// What makes a fabric or a cost model impossible.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FabricError {
    /// A fabric needs at least one level.
    #[error("a fabric needs at least one level")]
    NoLevels,
    /// A level of size zero, or dimensions of size zero.
    #[error("level `{level}` has size 0; a level joins at least 1 child")]
    EmptyLevel {
        /// The level.
        level: String,
    },
    /// The dimensions of a mesh or torus do not multiply to the level's size.
    #[error("level `{level}` has size {size}, but its dims {dims:?} multiply to {product}")]
    Dims {
        /// The level.
        level: String,
        /// Its size.
        size: u32,
        /// Its dimensions.
        dims: Vec<u32>,
        /// Their product.
        product: u64,
    },
    /// A torus has one to three dimensions.
    #[error("level `{level}` has {count} dimensions; a torus has 1, 2 or 3")]
    TorusDims {
        /// The level.
        level: String,
        /// Number of dimensions given.
        count: usize,
    },
    /// More devices than 32 bits count.
    #[error("the fabric has {devices} devices; at most {limit} are supported", limit = u32::MAX)]
    TooManyDevices {
        /// Product of the level sizes.
        devices: u128,
    },
    /// A level that joins several children needs a bandwidth.
    #[error("level `{level}` joins {size} children but has no bandwidth")]
    NoBandwidth {
        /// The level.
        level: String,
        /// Its size.
        size: u32,
    },
    /// The payload efficiency is a share of the line rate, above 0 and at most 1.
    #[error(
        "level `{level}` has an efficiency of {ppm} millionths; it is above 0 and at most 1000000"
    )]
    Efficiency {
        /// The level.
        level: String,
        /// The efficiency in millionths.
        ppm: u32,
    },
    /// Only switch-like levels can share a port.
    #[error(
        "level `{level}` shares port group `{group}`, but only switch, clos and rail levels can share a port"
    )]
    SharedLinks {
        /// The level.
        level: String,
        /// The port group.
        group: String,
    },
    /// The port groups add up to more than the device has.
    #[error("the port groups add up to {sum}, but the device has {total}")]
    PortTotal {
        /// Sum over distinct groups.
        sum: Bandwidth,
        /// What the device has.
        total: Bandwidth,
    },
    /// More link ports on a device than 16 bits number.
    #[error("a device would have {ports} ports; at most {limit} are supported", limit = u16::MAX)]
    TooManyPorts {
        /// Number of ports.
        ports: u64,
    },
    /// More links inside the fabric than 32 bits number.
    #[error("the fabric has {links} links that messages share; at most {limit} are supported", limit = u32::MAX)]
    TooManyLinks {
        /// Number of links.
        links: u64,
    },
    /// A reducing switch on a level that is no switch.
    #[error("level `{level}` is a {kind}, which cannot reduce; only a switch can")]
    InSwitch {
        /// The level.
        level: String,
        /// Its kind.
        kind: String,
    },
    /// An oversubscription with a zero term, or more down than up written the wrong way round.
    #[error(
        "level `{level}` has an oversubscription of {down}:{up}; both terms are at least 1 and the first is at least the second"
    )]
    Oversubscription {
        /// The level.
        level: String,
        /// Downlink share.
        down: u32,
        /// Uplink share.
        up: u32,
    },
    /// A Clos has two or three tiers, at least one plane, and a leaf that divides its size.
    #[error("level `{level}`: {what}")]
    Clos {
        /// The level.
        level: String,
        /// What is wrong.
        what: String,
    },
    /// A device that is not there cannot be dead.
    #[error("there is no device {device}; they are numbered from 0 to {last}")]
    NoSuchDevice {
        /// The device.
        device: u32,
        /// The last one.
        last: u32,
    },
    /// More ranks than devices that live.
    #[error("{ranks} ranks do not fit on the {left} devices that are left, dead devices: {dead}")]
    TooFewLeft {
        /// Ranks asked for.
        ranks: u32,
        /// Devices that live.
        left: u32,
        /// Devices that do not.
        dead: u32,
    },
    /// A fault names a link that is not there.
    #[error("there is no link `{link}`: {what}")]
    NoSuchLink {
        /// As `LEVEL:LINK`.
        link: String,
        /// What there is.
        what: String,
    },
    /// A dead link with no way around.
    #[error("link `{link}` is dead, and {what}")]
    CutOff {
        /// As `LEVEL:LINK`.
        link: String,
        /// Why there is none.
        what: String,
    },
    /// No distribution of delays, or one that nobody can wait for.
    #[error("jitter `{text}`: {what}")]
    Jitter {
        /// As it was written.
        text: String,
        /// What is wrong.
        what: String,
    },
    /// More ranks than devices.
    #[error("{ranks} ranks do not fit on {devices} devices")]
    TooManyRanks {
        /// Ranks asked for.
        ranks: u32,
        /// Devices of the fabric.
        devices: u32,
    },
    /// No ranks to place.
    #[error("at least 1 rank has to be placed")]
    NoRanks,
    /// A message so large or a level so slow that its time does not fit 64 bits of picoseconds.
    #[error("a message of {} takes longer than 2^62 ps on level `{level}` at {rate}", MessageSize::new(*bytes))]
    MessageTooSlow {
        /// Bytes of the message.
        bytes: u64,
        /// The level.
        level: String,
        /// Its slowest effective rate.
        rate: Bandwidth,
    },
    /// An engine of the devices so slow that its time does not fit 64 bits of picoseconds.
    #[error("the {engine} engine takes longer than 2^62 ps for {} at {rate}", MessageSize::new(*bytes))]
    EngineTooSlow {
        /// `reduce` or `copy`.
        engine: &'static str,
        /// Bytes it works on.
        bytes: u64,
        /// Its rate.
        rate: Bandwidth,
    },
}
