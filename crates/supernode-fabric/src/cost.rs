//! What a message costs: the one interface between fabrics and engines.

use supernode_units::{Bandwidth, Time};

use crate::noise::{ONCE_PPM, slowed};
use crate::{
    Fabric, FabricError, Level, LevelKind, Noise, Profile, Route, SwitchDomain, SwitchRate,
};

/// How fast a device's engines work, all lanes of its rank together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRates {
    /// Bytes of incoming operand reduced per second.
    pub reduce: Bandwidth,
    /// Bytes copied per second.
    pub copy: Bandwidth,
}

/// A fabric, the software on top of it, and the devices at its ends.
#[derive(Debug, Clone)]
pub struct CostModel {
    /// The fabric, with ranks placed.
    pub fabric: Fabric,
    /// What software adds.
    pub profile: Profile,
    /// What devices do by themselves.
    pub rates: DeviceRates,
    /// Noise, if any.
    pub noise: Option<Noise>,
}

/// The largest message a model has to price: 1 TiB.
const LARGEST_MESSAGE: u64 = 1 << 40;
/// The largest time of one message, in picoseconds. Sums of them may still pass 64 bits: they are
/// then [`Time::MAX`], which engines refuse to report.
const LONGEST_MESSAGE: u128 = 1 << 62;
/// Picoseconds in a second.
const PS_PER_S: u128 = 1_000_000_000_000;

impl CostModel {
    /// Joins the three.
    ///
    /// # Errors
    /// [`FabricError::MessageTooSlow`] if a message of 1 TiB with the widest fan-out would not fit
    /// 2^62 ps on the slowest level, or in a switch that reduces;
    /// [`FabricError::EngineTooSlow`] if reducing or copying it would not. Both cover rates of zero.
    pub fn new(fabric: Fabric, profile: Profile, rates: DeviceRates) -> Result<Self, FabricError> {
        let wire = u128::from(profile.protocol.wire_bytes(LARGEST_MESSAGE));
        let too_long = |bytes: u128, rate: Bandwidth, loss: u128| {
            let ps = (bytes * PS_PER_S).checked_div(u128::from(rate.bytes_per_s()));
            ps.is_none_or(|ps| ps + ps / 1_000_000 * loss > LONGEST_MESSAGE)
        };
        let on_level = |level: &Level, rate| FabricError::MessageTooSlow {
            bytes: LARGEST_MESSAGE,
            level: level.name.clone(),
            rate,
        };
        if let Some((level, rate)) = fabric.slowest() {
            let loss = u128::from(level.fan_out_loss_ppm) * u128::from(fabric.ranks());
            if too_long(wire, rate, loss) {
                return Err(on_level(level, rate));
            }
        }
        for level in fabric.levels() {
            if let Some(SwitchRate { rate }) = level.in_switch
                && too_long(u128::from(LARGEST_MESSAGE), rate, 0)
            {
                return Err(on_level(level, rate));
            }
        }
        for (engine, rate) in [("reduce", rates.reduce), ("copy", rates.copy)] {
            if too_long(u128::from(LARGEST_MESSAGE), rate, 0) {
                return Err(FabricError::EngineTooSlow { engine, bytes: LARGEST_MESSAGE, rate });
            }
        }
        Ok(Self { fabric, profile, rates, noise: None })
    }

    /// What each rank pays once per collective.
    pub fn call(&self) -> Time {
        self.profile.call_time()
    }

    /// From a lane reaching a send to the message being issued: overhead and synchronisation.
    pub fn step_overhead(&self) -> Time {
        self.profile.send_overhead + self.profile.sync
    }

    /// The same for the `nth` message of a lane of `rank`, with noise.
    pub fn step_overhead_of(&self, rank: u32, lane: u32, nth: u64) -> Time {
        let Some(noise) = &self.noise else { return self.step_overhead() };
        let late = noise.delay(noise.key(self.fabric.device(rank), lane), nth);
        self.slowed(rank, self.step_overhead()) + late
    }

    /// How long `rank` takes for what its device does in `time` if it is not slow.
    #[inline]
    pub fn slowed(&self, rank: u32, time: Time) -> Time {
        match &self.noise {
            None => time,
            Some(noise) => slowed(time, noise.factor_ppm(self.fabric.device(rank))),
        }
    }

    /// From the last byte in to the lane going on.
    pub fn recv_overhead(&self) -> Time {
        self.profile.recv_overhead
    }

    /// The way from rank `from` to rank `to`, whose rate may be that of a slow device's port.
    pub fn route(&self, from: u32, to: u32) -> Route {
        self.through_ports(self.fabric.route(from, to), from, to)
    }

    /// `route` by the ports of these two ranks.
    pub fn through_ports(&self, route: Route, from: u32, to: u32) -> Route {
        match &self.noise {
            None => route,
            Some(noise) => {
                let factor = |rank| noise.factor_ppm(self.fabric.device(rank));
                self.through_slow_port(route, factor(from).max(factor(to)))
            }
        }
    }

    /// `route` by a port of a device that takes `factor_ppm` millionths of the usual time.
    pub fn through_slow_port(&self, route: Route, factor_ppm: u64) -> Route {
        if factor_ppm == ONCE_PPM {
            return route;
        }
        let port = self.fabric.levels()[route.level as usize].message_rate(false).bytes_per_s();
        let slow = u128::from(port) * u128::from(ONCE_PPM) / u128::from(factor_ppm);
        let slow = Bandwidth::new(u64::try_from(slow).unwrap_or(u64::MAX).max(1));
        Route { rate: route.rate.min(slow), ..route }
    }

    /// The way between any two ranks, if it is the same for all.
    pub fn only_route(&self) -> Option<Route> {
        let alike = self.noise.is_none() && self.fabric.is_uniform() && self.fabric.ranks() > 1;
        let route = alike.then(|| self.fabric.route(0, 1))?;
        // Every link of a full mesh has ports of its own.
        let is_mesh =
            matches!(self.fabric.levels()[route.level as usize].kind, LevelKind::FullMesh { .. });
        (!is_mesh).then_some(route)
    }

    /// How long a message of `bytes` bytes occupies a port of `route` while its sender sends to
    /// `fan` peers: `max(gap, ceil(wire bytes / (rate * eta(fan))))`.
    pub fn occupancy(&self, route: &Route, bytes: u64, fan: u32) -> Time {
        let wire = u128::from(self.profile.protocol.wire_bytes(bytes));
        // 1 / eta = 1 + loss (k - 1), in millionths.
        let slowdown =
            1_000_000 + u128::from(route.fan_out_loss_ppm) * u128::from(fan.saturating_sub(1));
        let work = (wire * 1_000_000).saturating_mul(slowdown);
        Time::from_ps_ratio(work, u128::from(route.rate.bytes_per_s())).max(self.profile.gap)
    }

    /// Time to reduce `bytes` bytes of operand that are already there.
    pub fn reduce_time(&self, bytes: u64) -> Time {
        Self::engine_time(self.rates.reduce, bytes)
    }

    /// Time to copy `bytes` bytes on the device.
    pub fn copy_time(&self, bytes: u64) -> Time {
        Self::engine_time(self.rates.copy, bytes)
    }

    fn engine_time(rate: Bandwidth, bytes: u64) -> Time {
        Time::from_ps_ratio(u128::from(bytes) * PS_PER_S, u128::from(rate.bytes_per_s()))
    }

    /// Time to reduce the last slice, which cannot start before it is there.
    pub fn slice_tail(&self, bytes: u64) -> Time {
        self.reduce_time(bytes.min(self.profile.slice_bytes))
    }

    /// How long one multicast or switch reduction of `bytes` bytes occupies each port it passes.
    ///
    /// The switch's rate is quoted as all-reduce bytes per second and device. An all-reduce of `n`
    /// bytes among `members` carries `n (members + 1) / members` through a port (all shares of the
    /// others' blocks and the own result), so a single step runs at that multiple of the rate, but
    /// never faster than the port.
    pub fn switch_occupancy(&self, domain: &SwitchDomain, bytes: u64, members: u32) -> Time {
        let n = u128::from(members.max(1));
        let rate = u128::from(domain.in_switch.rate.bytes_per_s());
        let work = (u128::from(bytes) * PS_PER_S).saturating_mul(n);
        let port = self.fabric.levels()[domain.level as usize].message_rate(false);
        let line = u128::from(port.bytes_per_s());
        let through = Time::from_ps_ratio(u128::from(bytes) * PS_PER_S, line);
        Time::from_ps_ratio(work, rate * (n + 1)).max(through).max(self.profile.gap)
    }
}
