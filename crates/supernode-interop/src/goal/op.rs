//! One operation of a schedule.

/// As a peer or a tag: matches any.
pub const ANY: u32 = u32::MAX;

/// What an operation does; LogGOPSim starts operations that are released together in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// Sends a message.
    Send,
    /// Receives one.
    Recv,
    /// Computes.
    Calc,
}

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Op {
    /// Bytes of a message, or nanoseconds of a calculation.
    pub size: u64,
    /// The rank that it belongs to.
    pub rank: u32,
    /// The other rank of a message ([`ANY`]: a message from any rank); 0 for calculations.
    pub peer: u32,
    /// Tag of a message ([`ANY`]: any tag); 0 for calculations.
    pub tag: u32,
    /// What it does.
    pub kind: Kind,
    /// The processor of the rank that it occupies.
    pub cpu: u8,
    /// The network interface of the rank that it occupies; 0 for calculations.
    pub nic: u8,
}

impl Op {
    /// A send of `size` bytes to `peer` with tag, processor and interface 0.
    pub fn send(size: u64, peer: u32) -> Self {
        Self { size, rank: 0, peer, tag: 0, kind: Kind::Send, cpu: 0, nic: 0 }
    }

    /// A receive of `size` bytes from `peer` with tag, processor and interface 0.
    pub fn recv(size: u64, peer: u32) -> Self {
        Self { kind: Kind::Recv, ..Self::send(size, peer) }
    }

    /// A calculation of `ns` nanoseconds on processor 0.
    pub fn calc(ns: u64) -> Self {
        Self { kind: Kind::Calc, ..Self::send(ns, 0) }
    }

    /// The same with this tag.
    #[must_use]
    pub fn with_tag(self, tag: u32) -> Self {
        Self { tag, ..self }
    }
}
