//! Levels composed into a system.

use std::sync::Arc;

use supernode_units::{Bandwidth, Time};

use crate::level::{Level, LevelKind, SwitchRate};
use crate::placement::Map;
use crate::{FabricError, Placement};

mod broken;
mod capacity;
mod congestion;
mod links;
mod reach;
mod route;
mod subset;
mod symmetry;

use broken::Broken;
use congestion::Uplinks;
pub use links::{Leg, Links, Path};
pub use route::Route;

/// What a fabric is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FabricConfig {
    /// The levels, innermost first.
    pub levels: Vec<Level>,
    /// Bandwidth of all ports of a device in one direction, if known; the port groups may not add
    /// up to more.
    pub device_bandwidth: Option<Bandwidth>,
}

/// The devices that one reducing switch joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchDomain {
    /// The level of the switch.
    pub level: u32,
    /// First device of the domain.
    pub first_device: u32,
    /// Number of devices.
    pub devices: u32,
    /// The switch's own rate.
    pub in_switch: SwitchRate,
}

/// A composed fabric with ranks placed on it.
#[derive(Debug, Clone)]
pub struct Fabric {
    levels: Vec<Level>,
    plans: Vec<Plan>,
    devices: u32,
    ports: u16,
    ranks: u32,
    map: Map,
    /// Links that are slow or dead.
    broken: Option<Arc<Broken>>,
}

/// What routing needs of a level, precomputed.
#[derive(Debug, Clone)]
struct Plan {
    /// Devices below one child.
    stride: u32,
    size: u32,
    first_port: u16,
    dims: Vec<u32>,
    any_to_any: bool,
    rate_in_leaf: Bandwidth,
    rate_out: Bandwidth,
    latency: Time,
    hop: Time,
    fan_out_loss_ppm: u32,
    /// Where flows are hashed to uplinks.
    uplinks: Option<Uplinks>,
    /// Whether it takes a message longer to leave a leaf.
    tells_leaves: bool,
}

impl Fabric {
    /// Composes the levels of `config`, every rank on the device of its number.
    ///
    /// # Errors
    /// When a level is impossible or the port groups exceed the device; see [`FabricError`].
    pub fn new(config: FabricConfig) -> Result<Self, FabricError> {
        let FabricConfig { levels, device_bandwidth } = config;
        if levels.is_empty() {
            return Err(FabricError::NoLevels);
        }
        let mut devices: u128 = 1;
        let mut plans: Vec<Plan> = Vec::with_capacity(levels.len());
        let mut ports: u64 = 0;
        for (index, level) in levels.iter().enumerate() {
            level.validate()?;
            let stride = devices as u32;
            devices *= u128::from(level.size);
            if devices > u128::from(u32::MAX) {
                return Err(FabricError::TooManyDevices { devices });
            }
            let earlier = levels[..index].iter().position(|l| l.port_group == level.port_group);
            let first_port = if let Some(earlier) = earlier {
                let both = [&levels[earlier], level];
                if let Some(linked) = both.iter().find(|l| !l.kind.any_to_any()) {
                    return Err(FabricError::SharedLinks {
                        level: linked.name.clone(),
                        group: level.port_group.clone(),
                    });
                }
                plans[earlier].first_port
            } else {
                let first = ports;
                ports += level.kind.links(level.size);
                if ports > u64::from(u16::MAX) {
                    return Err(FabricError::TooManyPorts { ports });
                }
                first as u16
            };
            let hop = level.hop.time();
            let rates = [false, true].map(|leaves_leaf| level.message_rate(leaves_leaf));
            let uplinks = Uplinks::of(level, stride);
            plans.push(Plan {
                stride,
                size: level.size,
                first_port,
                dims: level.kind.dims(level.size),
                any_to_any: level.kind.any_to_any(),
                rate_in_leaf: rates[0],
                rate_out: rates[1],
                latency: level.latency,
                hop,
                fan_out_loss_ppm: level.fan_out_loss_ppm,
                tells_leaves: hop > Time::ZERO || rates[0] != rates[1] || uplinks.is_some(),
                uplinks,
            });
        }
        Self::check_ports(&levels, device_bandwidth)?;
        let devices = devices as u32;
        Ok(Self {
            levels,
            plans,
            devices,
            ports: ports as u16,
            ranks: devices,
            map: Map::Packed,
            broken: None,
        })
    }

    fn check_ports(levels: &[Level], total: Option<Bandwidth>) -> Result<(), FabricError> {
        let Some(total) = total else { return Ok(()) };
        let joins = |level: &Level| level.size > 1 && level.kind != LevelKind::OnPackage;
        let mut sum = 0_u64;
        for (index, level) in levels.iter().enumerate().filter(|(_, level)| joins(level)) {
            let group = |l: &&Level| joins(l) && l.port_group == level.port_group;
            if levels[..index].iter().any(|l| group(&l)) {
                continue;
            }
            let widest = levels.iter().filter(group).map(|l| l.bandwidth.bytes_per_s()).max();
            sum = sum.saturating_add(widest.unwrap_or(0));
        }
        if sum > total.bytes_per_s() {
            return Err(FabricError::PortTotal { sum: Bandwidth::new(sum), total });
        }
        Ok(())
    }

    /// The same fabric with `ranks` ranks laid out by `placement`.
    ///
    /// # Errors
    /// When there are no ranks or more ranks than devices.
    pub fn place(mut self, placement: Placement, ranks: u32) -> Result<Self, FabricError> {
        let (children, child_devices) =
            self.plans.last().map_or((1, 1), |outermost| (outermost.size, outermost.stride));
        self.map = Map::new(placement, ranks, children, child_devices)?;
        self.ranks = ranks;
        self.forget_flows();
        Ok(self)
    }

    /// The same with ranks on the devices that are not in `dead`, in the order in which `placement` takes
    /// all of them.
    ///
    /// # Errors
    /// When there are no ranks, more ranks than devices that are left, or no such dead device.
    pub fn place_without(
        mut self,
        placement: Placement,
        ranks: u32,
        dead: &[u32],
    ) -> Result<Self, FabricError> {
        if dead.is_empty() {
            return self.place(placement, ranks);
        }
        let mut lives = vec![true; self.devices as usize];
        for device in dead {
            let last = self.devices - 1;
            *lives
                .get_mut(*device as usize)
                .ok_or(FabricError::NoSuchDevice { device: *device, last })? = false;
        }
        let left = lives.iter().filter(|lives| **lives).count() as u32;
        if ranks > left {
            let dead = self.devices - left;
            return Err(FabricError::TooFewLeft { ranks, left, dead });
        }
        if ranks == 0 {
            return Err(FabricError::NoRanks);
        }
        let by = if let Placement::Strided { stride } = placement { stride.max(1) } else { 1 };
        let seats = self.devices.div_ceil(by);
        self = self.place(placement, seats)?;
        let order = (0..seats).map(|seat| self.map.device(seat));
        let devices: Vec<u32> =
            order.filter(|device| lives[*device as usize]).take(ranks as usize).collect();
        if (devices.len() as u32) < ranks {
            let (left, dead) = (devices.len() as u32, self.devices - left);
            return Err(FabricError::TooFewLeft { ranks, left, dead });
        }
        let mut placed = vec![None; self.devices as usize];
        for (rank, device) in (0..).zip(&devices) {
            placed[*device as usize] = Some(rank);
        }
        (self.map, self.ranks) = (Map::Table { devices, ranks: placed }, ranks);
        self.forget_flows();
        Ok(self)
    }

    /// Forgets which flows share uplinks, because ranks moved.
    fn forget_flows(&mut self) {
        for uplinks in self.plans.iter_mut().filter_map(|plan| plan.uplinks.as_mut()) {
            uplinks.forget();
        }
    }

    /// Number of devices.
    pub fn devices(&self) -> u32 {
        self.devices
    }

    /// Number of ranks placed.
    pub fn ranks(&self) -> u32 {
        self.ranks
    }

    /// Devices from one rank to the next; 1 unless the placement is strided.
    pub fn stride(&self) -> u32 {
        self.map.stride()
    }

    /// The levels, innermost first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Ports of one device over all levels.
    pub fn ports_per_device(&self) -> u32 {
        u32::from(self.ports)
    }

    /// The device of `rank`.
    ///
    /// # Panics
    /// If `rank` is not placed: a bug of the caller.
    pub fn device(&self, rank: u32) -> u32 {
        assert!(rank < self.ranks, "rank {rank} of {} is not placed", self.ranks);
        self.map.device(rank)
    }

    /// Whether every rank is as far from every other as any: they hang on one switch, or on one
    /// full mesh of a single dimension.
    pub fn is_uniform(&self) -> bool {
        if self.is_faulty() {
            return false;
        }
        let first = self.device(0);
        let mut joining = self.plans.iter().enumerate().filter(|(_, plan)| {
            let digit = |device: u32| device / plan.stride % plan.size;
            (1..self.ranks).any(|rank| digit(self.map.device(rank)) != digit(first))
        });
        let Some((level, plan)) = joining.next() else {
            return true;
        };
        let alike = match self.levels[level].kind {
            LevelKind::OnPackage | LevelKind::Switch => true,
            LevelKind::FullMesh { .. } => plan.dims.iter().filter(|dim| **dim > 1).count() <= 1,
            _ => false,
        };
        alike && joining.next().is_none()
    }

    /// The nearest reducing switch above `rank`.
    pub fn switch_domain(&self, rank: u32) -> Option<SwitchDomain> {
        self.shared_switch([rank])
    }

    /// The nearest reducing switch above all of `ranks`.
    pub fn shared_switch(&self, ranks: impl IntoIterator<Item = u32>) -> Option<SwitchDomain> {
        let mut devices = ranks.into_iter().map(|rank| self.device(rank));
        let first = devices.next()?;
        let (low, high) = devices.fold((first, first), |(l, h), d| (l.min(d), h.max(d)));
        self.levels.iter().zip(&self.plans).enumerate().find_map(|(index, (level, plan))| {
            let in_switch = level.in_switch?;
            let devices = plan.stride * plan.size;
            let first_device = low / devices * devices;
            (high - first_device < devices).then_some(SwitchDomain {
                level: index as u32,
                first_device,
                devices,
                in_switch,
            })
        })
    }
}
