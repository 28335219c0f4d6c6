use serde::Serialize;
use supernode_units::Time;

/// The largest message that is looked at, as everywhere in supernode: 1 TiB. Nobody measured more,
/// and the products of sizes and ranks stay far from overflow.
pub(crate) const MOST_BYTES: u64 = 1 << 40;

/// Whether a measured row can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Nothing speaks against it.
    Ok,
    /// It breaks arithmetic, is slower than 1.3 times a larger size, or comes from a run known to be
    /// unhealthy.
    Suspect,
}

impl Quality {
    /// The name in files of measured curves.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Suspect => "suspect",
        }
    }
}

/// One size of a curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Message size in bytes, as nccl-tests prints it (see [`crate::Operation`]); absent where the
    /// source does not say.
    pub bytes: Option<u64>,
    /// Whether the result replaces the input.
    pub in_place: bool,
    /// Time of one call, the mean over back-to-back calls; absent where it was not printed.
    pub time: Option<Time>,
    /// Bytes over time, in 10^9 bytes per second.
    pub algbw: Option<f64>,
    /// algbw times the factor of the operation, in 10^9 bytes per second.
    pub busbw: Option<f64>,
    /// Whether the row can be believed.
    pub quality: Quality,
    /// What is special about this row; mostly empty.
    pub note: String,
}

/// The time of a row and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Time of one call.
    pub time: Time,
    /// Whether it was computed from a printed bandwidth, whose rounding it inherits.
    pub derived: bool,
}

/// Why a row is not for fitting. All but [`Unfit::Timeless`] can still be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfit {
    /// It has no time and no bandwidth to compute one from, or no size.
    Timeless,
    /// It is [`Quality::Suspect`].
    Suspect,
    /// It is the best or the plateau of a sweep, not one run of one size.
    Peak,
    /// Its time is computed from a printed bandwidth.
    Derived,
}
