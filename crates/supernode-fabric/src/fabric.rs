//! Levels composed into a system, and routes through it by arithmetic.

use supernode_units::{Bandwidth, Time};

use crate::level::{InSwitch, Level, LevelKind, Oversubscription, Spread};
use crate::placement::Map;
use crate::skew::mix;
use crate::{FabricError, Placement};

/// What a fabric is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FabricConfig {
    /// The levels, innermost first.
    pub levels: Vec<Level>,
    /// Bandwidth of all ports of a device in one direction, if known; the port groups may not add
    /// up to more.
    pub device_bandwidth: Option<Bandwidth>,
}

/// The way of a message from one rank to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Port of the sender that the message leaves by.
    pub tx_port: u16,
    /// Port of the receiver that it arrives at.
    pub rx_port: u16,
    /// Highest level crossed.
    pub level: u8,
    /// Switches crossed, or direct links taken.
    pub hops: u16,
    /// Slowest rate on the way for a single message, both ports included.
    pub rate: Bandwidth,
    /// Time from the first byte out to the first byte in.
    pub latency: Time,
    /// Loss per extra concurrent peer on the slowest level, in millionths.
    pub fan_out_loss_ppm: u32,
}

/// The devices that one reducing switch joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchDomain {
    /// The level of the switch.
    pub level: u8,
    /// First device of the domain.
    pub first_device: u32,
    /// Number of devices.
    pub devices: u32,
    /// The switch's own rate.
    pub in_switch: InSwitch,
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
}

/// One level's part of a route.
struct Segment {
    tx_port: u16,
    rx_port: u16,
    hops: u32,
    /// Fixed latencies paid: one per direct link into a new dimension.
    links: u32,
    rate: Bandwidth,
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
            plans.push(Plan {
                stride,
                size: level.size,
                first_port,
                dims: level.kind.dims(level.size),
                any_to_any: level.kind.any_to_any(),
                rate_in_leaf: level.message_rate(false),
                rate_out: level.message_rate(true),
                latency: level.latency,
                hop: level.hop.time(),
                fan_out_loss_ppm: level.fan_out_loss_ppm,
            });
        }
        Self::check_ports(&levels, device_bandwidth)?;
        let devices = devices as u32;
        Ok(Self { levels, plans, devices, ports: ports as u16, ranks: devices, map: Map::Packed })
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
        Ok(self)
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

    /// The way from rank `from` to rank `to`. A rank reaches itself at no cost.
    ///
    /// # Panics
    /// If a rank is not placed: a bug of the caller.
    pub fn route(&self, from: u32, to: u32) -> Route {
        let (a, b) = (self.device(from), self.device(to));
        let mut route = Route {
            tx_port: 0,
            rx_port: 0,
            level: 0,
            hops: 0,
            rate: Bandwidth::new(u64::MAX),
            latency: Time::ZERO,
            fan_out_loss_ppm: 0,
        };
        let mut outermost = true;
        for (index, plan) in self.plans.iter().enumerate().rev() {
            let (da, db) = (a / plan.stride % plan.size, b / plan.stride % plan.size);
            if da == db {
                continue;
            }
            let segment = self.segment(index, plan, (a, b), (da, db));
            if outermost {
                outermost = false;
                route.level = index as u8;
                route.rx_port = segment.rx_port;
            }
            // Segments run innermost first, so the last one found is the first one taken.
            route.tx_port = segment.tx_port;
            route.hops += segment.hops as u16;
            route.latency +=
                plan.latency * u64::from(segment.links) + plan.hop * u64::from(segment.hops);
            if segment.rate < route.rate {
                route.rate = segment.rate;
                route.fan_out_loss_ppm = plan.fan_out_loss_ppm;
            }
            if plan.any_to_any {
                break;
            }
        }
        route
    }

    fn segment(
        &self,
        index: usize,
        plan: &Plan,
        (a, b): (u32, u32),
        (da, db): (u32, u32),
    ) -> Segment {
        let pooled = |hops: u32, rate| Segment {
            tx_port: plan.first_port,
            rx_port: plan.first_port,
            hops,
            links: 1,
            rate,
        };
        match &self.levels[index].kind {
            LevelKind::OnPackage | LevelKind::Switch => pooled(1, plan.rate_in_leaf),
            LevelKind::Clos { tiers, leaf, oversubscription, spread, .. } => {
                if da / leaf == db / leaf {
                    return pooled(1, plan.rate_in_leaf);
                }
                let near = *tiers == 2 || da / leaf / leaf == db / leaf / leaf;
                let rate = match spread {
                    Spread::Spray | Spread::Adaptive => plan.rate_out,
                    Spread::Ecmp { seed } => {
                        let group = leaf * plan.stride;
                        let first = a / group * group;
                        let sharing = self.sharing(*seed, (a, b), first, group, *oversubscription);
                        Bandwidth::new((plan.rate_in_leaf.bytes_per_s() / sharing).max(1))
                    }
                };
                pooled(if near { 3 } else { 5 }, rate)
            }
            LevelKind::Rail { leaf, .. } => {
                let same_rail = a % plan.stride == b % plan.stride;
                if same_rail && da / leaf == db / leaf {
                    pooled(1, plan.rate_in_leaf)
                } else {
                    pooled(3, plan.rate_out)
                }
            }
            LevelKind::FullMesh { .. } => Self::mesh_segment(plan, da, db),
            LevelKind::Torus { .. } | LevelKind::Ring => Self::torus_segment(plan, da, db),
        }
    }

    /// Flows on the uplink of the flow from `a` to `b`, itself included, when every device of its
    /// leaf (`group` devices from `first` on) sends as far as `a` does, as in a ring or exchange.
    fn sharing(
        &self,
        seed: u64,
        (a, b): (u32, u32),
        first: u32,
        group: u32,
        over: Oversubscription,
    ) -> u64 {
        let uplinks = u64::from((group * over.up / over.down).max(1));
        let shift = if b >= a { b - a } else { b + (self.devices - a) };
        let uplink = |device: u32| {
            let to = (u64::from(device) + u64::from(shift)) % u64::from(self.devices);
            mix(seed ^ mix(u64::from(device) << 32 | to)) % uplinks
        };
        let own = uplink(a);
        let last = (first + group).min(self.devices);
        (first..last).filter(|device| uplink(*device) == own).count() as u64
    }

    /// Dimension order: one link for each dimension that differs, lowest dimension first.
    fn mesh_segment(plan: &Plan, mut da: u32, mut db: u32) -> Segment {
        let mut port = u32::from(plan.first_port);
        let mut segment =
            Segment { tx_port: 0, rx_port: 0, hops: 0, links: 0, rate: plan.rate_in_leaf };
        for dim in &plan.dims {
            let (x, y) = (da % dim, db % dim);
            if x != y {
                // A device numbers its links by the other positions, skipping its own.
                let link = |own: u32, other: u32| (port + other - u32::from(other > own)) as u16;
                if segment.hops == 0 {
                    segment.tx_port = link(x, y);
                }
                segment.rx_port = link(y, x);
                segment.hops += 1;
                segment.links += 1;
            }
            port += dim - 1;
            (da, db) = (da / dim, db / dim);
        }
        segment
    }

    /// Dimension order, the shorter way round; upwards where both are equal.
    fn torus_segment(plan: &Plan, mut da: u32, mut db: u32) -> Segment {
        let mut port = plan.first_port;
        let mut segment =
            Segment { tx_port: 0, rx_port: 0, hops: 0, links: 1, rate: plan.rate_in_leaf };
        for dim in &plan.dims {
            let (x, y) = (da % dim, db % dim);
            if x != y {
                let up = (y + dim - x) % dim;
                let goes_up = up <= dim - up;
                if segment.hops == 0 {
                    segment.tx_port = port + u16::from(!goes_up);
                }
                // What was sent upwards arrives at the port that faces down.
                segment.rx_port = port + u16::from(goes_up);
                segment.hops += up.min(dim - up);
            }
            port += 2;
            (da, db) = (da / dim, db / dim);
        }
        segment
    }

    /// The nearest reducing switch above `rank`.
    pub fn switch_domain(&self, rank: u32) -> Option<SwitchDomain> {
        let device = self.device(rank);
        let found = self.levels.iter().position(|level| level.in_switch.is_some())?;
        let plan = &self.plans[found];
        let devices = plan.stride * plan.size;
        Some(SwitchDomain {
            level: found as u8,
            first_device: device / devices * devices,
            devices,
            in_switch: self.levels[found].in_switch?,
        })
    }

    /// Bandwidth between the halves of the fabric in one direction, cut at the outermost level
    /// that joins more than one child; saturates at 2^64 bytes per second.
    pub fn bisection(&self) -> Bandwidth {
        let Some(top) = (0..self.levels.len()).rev().find(|&i| self.levels[i].size > 1) else {
            return Bandwidth::new(0);
        };
        let (level, plan) = (&self.levels[top], &self.plans[top]);
        let link = u128::from(plan.rate_out.bytes_per_s());
        let devices = u128::from(plan.stride) * u128::from(plan.size);
        let longest = plan.dims.iter().copied().max().map_or(1, u128::from);
        let crossing = match level.kind {
            // Of each line of d devices, every one of one half has a link to each of the other.
            LevelKind::FullMesh { .. } => devices / longest * (longest / 2) * longest.div_ceil(2),
            // Each line is cut twice, once at the wrap-around.
            LevelKind::Torus { .. } | LevelKind::Ring => devices / longest * 2,
            _ => devices / 2,
        };
        Bandwidth::new(u64::try_from(crossing * link).unwrap_or(u64::MAX))
    }

    /// The slowest rate of any message, and its level.
    pub(crate) fn slowest(&self) -> Option<(&Level, Bandwidth)> {
        self.levels
            .iter()
            .zip(&self.plans)
            .filter(|(level, _)| level.size > 1)
            .map(|(level, plan)| match level.kind {
                // All flows of a leaf may meet on one uplink.
                LevelKind::Clos { leaf, spread: Spread::Ecmp { .. }, .. } => {
                    let flows = u64::from(leaf) * u64::from(plan.stride);
                    (level, Bandwidth::new((plan.rate_in_leaf.bytes_per_s() / flows).max(1)))
                }
                _ => (level, plan.rate_out),
            })
            .min_by_key(|(_, rate)| *rate)
    }
}
