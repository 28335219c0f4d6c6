//! A group of devices of one system, and how long its calls take.

use std::sync::Arc;

use supernode_catalog::{End, System};
use supernode_chip::Chip;
use supernode_units::{DType, MessageSize, Time};

use super::{Nccl, Tables};
use crate::nccl::{Call, Choice};
use crate::{Communicator, Element, Function, Launched, LibraryError, Platform, Predictor, hccl};

/// A library on the hardware of one system, at one end of everything that is not known of both.
#[derive(Debug, Clone)]
pub struct Installation {
    end: End,
    hardware: Hardware,
}

#[derive(Debug, Clone)]
enum Hardware {
    Nccl(Platform, Arc<Nccl>),
    Hccl {
        /// Two ranks, which others follow from.
        pair: hccl::Communicator,
        /// Devices of a server, and of a supernode.
        domains: (u32, u32),
    },
}

impl PartialEq for Installation {
    /// Whether all times are the same: of the same reading of the tables, on equal hardware.
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.hardware, &other.hardware) {
            (Hardware::Nccl(a, nccl), Hardware::Nccl(b, other)) => {
                Arc::ptr_eq(nccl, other) && a == b
            }
            (Hardware::Hccl { pair: a, domains }, Hardware::Hccl { pair: b, domains: other }) => {
                domains == other && a == b
            }
            _ => false,
        };
        same && self.end == other.end
    }
}

/// Ranks of an [`Installation`], one a device.
#[derive(Debug, Clone)]
pub struct Group {
    end: End,
    ranks: Ranks,
}

#[derive(Debug, Clone)]
enum Ranks {
    Nccl(Box<Communicator>, Arc<Nccl>),
    Hccl(Box<hccl::Communicator>),
}

impl Installation {
    pub(super) fn new(
        tables: &Tables,
        system: &System,
        chip: &Chip,
        end: End,
    ) -> Result<Self, LibraryError> {
        let hardware = match tables {
            Tables::Nccl(nccl) => Hardware::Nccl(Platform::at(system, chip, end)?, nccl.clone()),
            Tables::Hccl(constants) => Hardware::Hccl {
                pair: hccl::Communicator::with(constants.clone(), system, chip, [2, 1, 1])?,
                domains: hccl::domains(system, chip),
            },
        };
        Ok(Self { end, hardware })
    }

    /// `ranks` devices, each `stride` after the one before, spread evenly over as few nodes as hold
    /// them: libraries are modelled on nodes with equally many ranks, so where the numbers leave a
    /// node partly filled it counts as full.
    ///
    /// # Errors
    /// [`LibraryError::Machine`] for fewer than 2 ranks, more than 2^20, or a path that has no
    /// bandwidth.
    pub fn group(&self, ranks: u32, stride: u32) -> Result<Group, LibraryError> {
        let ranks = match &self.hardware {
            Hardware::Nccl(platform, nccl) => {
                let (nodes, each) = spread(ranks, stride, platform.node_devices);
                let (constants, costs) = (nccl.constants.clone(), nccl.costs.clone());
                let platform = platform.clone();
                let made =
                    Communicator::with(nccl.library, platform, nodes, each, constants, costs)?;
                Ranks::Nccl(Box::new(made), nccl.clone())
            }
            Hardware::Hccl { pair, domains: (server, supernode) } => {
                let (supernodes, within) = spread(ranks, stride, *supernode);
                let (servers, devices) = spread(within, stride, *server);
                let span = ranks.saturating_mul(stride);
                Ranks::Hccl(Box::new(pair.resized([devices, servers, supernodes], span)?))
            }
        };
        Ok(Group { end: self.end, ranks })
    }
}

/// On how many units of `devices` devices `ranks` lie, `stride` devices apart, and how many on each.
fn spread(ranks: u32, stride: u32, devices: u32) -> (u32, u32) {
    let room = (devices / stride.max(1)).max(1);
    let units = ranks.div_ceil(room).max(1);
    (units, ranks.div_ceil(units))
}

impl Group {
    /// How long `function` takes on `bytes` of bf16: of a rank's buffer for all-reduce, of the large
    /// buffer for all-gather and reduce-scatter. Calls follow one another on a stream.
    ///
    /// # Errors
    /// [`LibraryError::Unsupported`] for functions that the library has no model of.
    pub fn time(&self, function: Function, bytes: u64) -> Result<Time, LibraryError> {
        match &self.ranks {
            Ranks::Nccl(made, nccl) => Ok(nccl.time(made, function, bytes, self.end)),
            Ranks::Hccl(made) => {
                let times = made.times(function, bytes, &made.choose(function, bytes)?)?;
                Ok(match self.end {
                    End::Best => times.low,
                    End::Middle => times.middle,
                    End::Worst => times.high,
                })
            }
        }
    }

    /// What the library chooses for it.
    ///
    /// # Errors
    /// As [`Group::time`].
    pub fn algorithm(&self, function: Function, bytes: u64) -> Result<String, LibraryError> {
        match &self.ranks {
            Ranks::Nccl(made, _) => Ok(choose(made, function, bytes).1.name()),
            Ranks::Hccl(made) => Ok(made.choose(function, bytes)?.name()),
        }
    }
}

impl Nccl {
    /// At the good and at the bad end the least and the most that the kinds of chips and networks
    /// say which stand for this one.
    fn time(&self, made: &Communicator, function: Function, bytes: u64, end: End) -> Time {
        let launched = Launched::default();
        let (call, choice) = choose(made, function, bytes);
        let own = made.time(&call, &choice, launched);
        let networks = || self.networks.iter();
        let kinds = self.chips.iter().flat_map(|chip| networks().map(move |net| (*chip, *net)));
        let times = kinds.map(|(chip, network)| {
            let rates = self.costs.rates(chip, network);
            Predictor { rates, ..made.predictor() }.time(&call, &choice, launched)
        });
        match end {
            End::Best => times.min().unwrap_or(own),
            End::Middle => own,
            End::Worst => times.max().unwrap_or(own),
        }
    }
}

fn choose(made: &Communicator, function: Function, bytes: u64) -> (Call, Choice) {
    let element = Element::from(DType::Bf16);
    let call = Call { element, ..Call::new(function, MessageSize::new(bytes.max(1))) };
    (call, made.choose(&call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_spread_over_as_few_units_as_hold_them() {
        let check = |ranks, stride, devices, expected| {
            assert_eq!(spread(ranks, stride, devices), expected, "{ranks} {stride} {devices}");
        };
        check(8, 1, 8, (1, 8));
        check(10, 1, 8, (2, 5));
        check(327, 8, 72, (37, 9));
        check(488, 8, 8192, (1, 488));
        // Groups larger than a unit: one rank on each.
        check(3, 16, 8, (3, 1));
        check(4, 1, u32::MAX, (1, 4));
    }
}
