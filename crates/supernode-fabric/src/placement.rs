//! Which device each rank runs on.

use crate::FabricError;
use crate::mix::{STEP, below, mix};

/// How ranks are laid on devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Rank `r` on device `r`: neighbours are close.
    Packed,
    /// Round-robin over the children of the outermost level: neighbours are far.
    Spread,
    /// A permutation that the seed chooses.
    Random {
        /// Seed; equal seeds give equal placements.
        seed: u64,
    },
    /// Rank `r` on device `r * stride`: one member of every group of `stride` devices.
    Strided {
        /// Devices from one rank to the next, at least 1.
        stride: u32,
    },
}

/// The mapping from ranks to devices.
#[derive(Debug, Clone)]
pub(crate) enum Map {
    Packed,
    Spread {
        children: u32,
        child_devices: u32,
    },
    /// The device of each rank, and the rank of each device.
    Table {
        devices: Vec<u32>,
        ranks: Vec<Option<u32>>,
    },
    Strided {
        stride: u32,
    },
}

impl Map {
    /// Lays `ranks` ranks on `children` groups of `child_devices` devices.
    pub(crate) fn new(
        placement: Placement,
        ranks: u32,
        children: u32,
        child_devices: u32,
    ) -> Result<Self, FabricError> {
        let devices = children * child_devices;
        if ranks == 0 {
            return Err(FabricError::NoRanks);
        }
        let stride = match placement {
            Placement::Strided { stride } => stride.max(1),
            _ => 1,
        };
        if ranks > devices.div_ceil(stride) {
            return Err(FabricError::TooManyRanks { ranks, devices: devices.div_ceil(stride) });
        }
        Ok(match placement {
            Placement::Packed => Self::Packed,
            Placement::Spread => Self::Spread { children, child_devices },
            Placement::Random { seed } => {
                let placed = shuffled(devices, ranks, seed);
                let mut ranks = vec![None; devices as usize];
                for (rank, device) in (0..).zip(&placed) {
                    ranks[*device as usize] = Some(rank);
                }
                Self::Table { devices: placed, ranks }
            }
            Placement::Strided { .. } => Self::Strided { stride },
        })
    }

    /// Whether every rank is on the device of its number.
    pub(crate) fn is_packed(&self) -> bool {
        matches!(self, Self::Packed | Self::Strided { stride: 1 })
    }

    /// Devices from one rank to the next, where that is the same for all.
    pub(crate) fn stride(&self) -> u32 {
        match self {
            Self::Strided { stride } => *stride,
            _ => 1,
        }
    }

    /// Devices between ranks that are `stride` apart, in blocks of `block` ranks (or all of them, if it
    /// is `alone`), where it is the same for all and none of them wraps around.
    pub(crate) fn devices_apart(&self, stride: u32, block: u64, alone: bool) -> Option<u64> {
        match self {
            Self::Packed => Some(u64::from(stride)),
            Self::Strided { stride: by } => Some(u64::from(stride) * u64::from(*by)),
            Self::Table { .. } => None,
            Self::Spread { children, child_devices } => {
                let (across, children) = (u64::from(stride), u64::from(*children));
                let fits = if alone { block <= children } else { children.is_multiple_of(block) };
                if fits {
                    return Some(across * u64::from(*child_devices));
                }
                across.is_multiple_of(children).then_some(across / children)
            }
        }
    }

    /// The device of `rank`.
    pub(crate) fn device(&self, rank: u32) -> u32 {
        match self {
            Self::Packed => rank,
            Self::Spread { children, child_devices } => {
                (rank % children) * child_devices + rank / children
            }
            Self::Table { devices, .. } => devices[rank as usize],
            Self::Strided { stride } => rank * stride,
        }
    }

    /// The rank on `device` when `count` ranks are placed.
    pub(crate) fn rank(&self, device: u32, count: u32) -> Option<u32> {
        let rank = match self {
            Self::Packed => device,
            Self::Spread { children, child_devices } => {
                (device % child_devices) * children + device / child_devices
            }
            Self::Table { ranks, .. } => return ranks[device as usize],
            Self::Strided { stride } => {
                return (device.is_multiple_of(*stride) && device / stride < count)
                    .then(|| device / stride);
            }
        };
        (rank < count).then_some(rank)
    }
}

/// The first `ranks` entries of a Fisher-Yates shuffle of all devices, driven by splitmix64.
fn shuffled(devices: u32, ranks: u32, seed: u64) -> Vec<u32> {
    let mut table: Vec<u32> = (0..devices).collect();
    let mut state = seed;
    for i in 0..ranks {
        let x = mix(state);
        state = state.wrapping_add(STEP);
        let offset = below(x, u64::from(devices - i)) as u32;
        table.swap(i as usize, (i + offset) as usize);
    }
    table.truncate(ranks as usize);
    table
}
