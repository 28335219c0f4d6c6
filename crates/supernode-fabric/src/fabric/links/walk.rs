//! Which links a message takes.

use supernode_units::Time;

use super::level::{Direction, Form, LevelLinks};
use super::{Leg, Links, Path};
use crate::fabric::congestion::Uplinks;
use crate::fabric::route::Traffic;
use crate::fabric::{Fabric, Plan};
use crate::level::LevelKind;

/// A path as far as it is known.
struct Walk<'a> {
    legs: &'a mut Vec<Leg>,
    /// Latency since the last link.
    rest: Time,
}

/// What a message does on one level.
struct Crossing<'a> {
    index: u32,
    plan: &'a Plan,
    level: &'a LevelLinks,
    /// Devices of the sender and the receiver.
    devices: (u32, u32),
    /// Their positions on this level.
    digits: (u32, u32),
}

impl Links<'_> {
    /// The way from rank `from` to rank `to`; the links that it takes are stored in `legs`, in order.
    ///
    /// # Panics
    /// If a rank is not placed: a bug of the caller.
    pub fn path(&self, from: u32, to: u32, legs: &mut Vec<Leg>) -> Path {
        legs.clear();
        let fabric = self.fabric;
        let mut route = fabric.route_alone(from, to);
        let mut walk = Walk { legs, rest: Time::ZERO };
        let devices = (fabric.device(from), fabric.device(to));
        let digits = |plan: &Plan| {
            (devices.0 / plan.stride % plan.size, devices.1 / plan.stride % plan.size)
        };
        let differs = |plan: &Plan| digits(plan).0 != digits(plan).1;
        // A switch takes a message all the way through what is below it.
        let through = |plan: &Plan| plan.any_to_any && differs(plan);
        let start = fabric.plans.iter().rposition(through).unwrap_or(0);
        for (index, plan) in fabric.plans.iter().enumerate().skip(start) {
            if !differs(plan) {
                continue;
            }
            let digits = digits(plan);
            let entered = walk.legs.len();
            if let Some(level) = &self.levels[index] {
                let at = Crossing { index: index as u32, plan, level, devices, digits };
                match (level.form, &fabric.levels[index].kind) {
                    (Form::Ports { ports }, LevelKind::FullMesh { .. }) => {
                        at.mesh(&mut walk, fabric, ports);
                    }
                    (Form::Ports { ports }, _) => at.torus(&mut walk, fabric, ports),
                    (Form::Pooled { leaf, leaves }, kind) => {
                        let rails = matches!(kind, LevelKind::Rail { .. });
                        at.pooled(&mut walk, (leaf, leaves), rails, self.switches(&at));
                    }
                    (Form::Hashed { leaf, leaves, uplinks, .. }, _) => {
                        let far = self.switches(&at) == 5;
                        at.hashed(&mut walk, (leaf, leaves), uplinks, far);
                    }
                }
                if let Some(broken) = fabric.broken.as_ref().filter(|_| plan.any_to_any) {
                    walk.rest += broken.ports(index as u32, devices.0, devices.1).latency;
                }
                if walk.legs.len() > entered {
                    route.rate = route.rate.min(level.rate);
                }
            } else {
                let alone = fabric.segment(index, (from, to), devices, digits, Traffic::Alone);
                walk.rest += alone.latency(plan);
            }
        }
        Path { route, rest: walk.rest }
    }

    /// Switches that a message crosses on a level of switches.
    fn switches(&self, at: &Crossing) -> u32 {
        let Crossing { index, devices, digits, .. } = *at;
        // The ranks only tell how many send at the same time, and alone there is one.
        self.fabric.segment(index as usize, (0, 0), devices, digits, Traffic::Alone).hops
    }
}

impl Crossing<'_> {
    /// The node of the level that sender and receiver are in, as far as this level can tell.
    fn node(&self) -> u32 {
        self.devices.0 / self.plan.stride / self.plan.size
    }

    /// Takes the link at `place`.
    fn enter(&self, walk: &mut Walk, place: u64) {
        walk.legs.push(Leg {
            level: self.index,
            link: self.level.number(self.node(), place),
            count: 1,
            before: std::mem::take(&mut walk.rest),
            between: Time::ZERO,
            step: 0,
            edge: 0,
            turn: 0,
        });
    }

    /// The place of a port of the device at `digit` that a message passes: of the levels below, it
    /// has the receiver's positions by then.
    fn port(&self, digit: u32, ports: u32, port: u32) -> u64 {
        let device = digit * self.plan.stride + self.devices.1 % self.plan.stride;
        u64::from(device) * u64::from(ports) + u64::from(port)
    }

    /// One direct link for each dimension that differs, lowest first, or two around a dead one.
    fn mesh(&self, walk: &mut Walk, fabric: &Fabric, ports: u32) {
        let (mut position, target) = self.digits;
        let (mut below, mut first) = (1, 0);
        for dim in &self.plan.dims {
            let (x, y) = (position / below % dim, target / below % dim);
            if x != y {
                let mut via = None;
                if let Some(broken) = &fabric.broken {
                    let line =
                        fabric.line(self.index as usize, self.devices, (position, below, *dim));
                    let (left, detour) = broken.mesh(&line, x, y);
                    walk.rest += left.latency;
                    via = detour;
                }
                let mut own = x;
                for next in via.into_iter().chain([y]) {
                    let port = first + next - u32::from(next > own);
                    self.enter(walk, self.port(position, ports, port));
                    walk.rest += self.plan.latency + self.plan.hop;
                    position = position - own * below + next * below;
                    own = next;
                }
            }
            first += dim - 1;
            below *= dim;
        }
    }

    /// From neighbour to neighbour, dimension by dimension, the shorter way round, or the other one.
    fn torus(&self, walk: &mut Walk, fabric: &Fabric, ports: u32) {
        let (mut position, target) = self.digits;
        let (mut below, mut port) = (1, 0);
        for dim in &self.plan.dims {
            let (x, y) = (position / below % dim, target / below % dim);
            if x != y {
                let up = (y + dim - x) % dim;
                let mut goes_up = up <= dim - up;
                let mut late = Time::ZERO;
                if let Some(broken) = &fabric.broken {
                    let line =
                        fabric.line(self.index as usize, self.devices, (position, below, *dim));
                    let (left, way) = broken.torus(&line, x, y, goes_up);
                    (late, goes_up) = (left.latency, way);
                }
                // From a link to that of the next device, and round the whole dimension.
                let step = below * self.plan.stride * ports;
                let round = step * dim;
                let first = self.port(position, ports, port + u32::from(!goes_up));
                walk.legs.push(Leg {
                    level: self.index,
                    link: self.level.number(self.node(), first),
                    count: if goes_up { up } else { dim - up },
                    before: std::mem::take(&mut walk.rest),
                    between: self.plan.hop,
                    step: if goes_up { step } else { step.wrapping_neg() },
                    edge: if goes_up { dim - x } else { x + 1 },
                    turn: if goes_up { round.wrapping_neg() } else { round },
                });
                walk.rest = self.plan.hop + late;
                position = position - x * below + y * below;
            }
            port += 2;
            below *= dim;
        }
        // The fixed part is end to end.
        walk.rest += self.plan.latency;
    }

    /// Up from a leaf switch and down to another, sprayed over all links there are.
    fn pooled(&self, walk: &mut Walk, (leaf, leaves): (u32, u32), rails: bool, switches: u32) {
        let hop = self.plan.hop;
        if switches > 1 {
            let place = |device: u32, digit: u32, way: Direction| {
                let rail = u64::from(if rails { device % self.plan.stride } else { 0 });
                2 * (rail * u64::from(leaves) + u64::from(digit / leaf)) + way as u64
            };
            walk.rest += hop;
            self.enter(walk, place(self.devices.0, self.digits.0, Direction::Up));
            walk.rest += hop * u64::from(switches - 2);
            self.enter(walk, place(self.devices.1, self.digits.1, Direction::Down));
        }
        walk.rest += hop + self.plan.latency;
    }

    /// Up and down on the links that the hash of the flow chooses, through a third tier if it is far.
    fn hashed(&self, walk: &mut Walk, (leaf, leaves): (u32, u32), uplinks: u32, far: bool) {
        let (hop, own, other) = (self.plan.hop, self.digits.0 / leaf, self.digits.1 / leaf);
        if own != other {
            let hash = self
                .plan
                .uplinks
                .as_ref()
                .map_or(0, |hashed: &Uplinks| hashed.hash(self.devices.0, self.devices.1));
            let (leaf, uplinks) = (u64::from(leaf), u64::from(uplinks));
            // Middle switch `uplink` of a pod hangs on the uplinks of that number.
            let uplink = hash % uplinks;
            let leaf_link = |number: u32, way: Direction| {
                2 * (u64::from(number) * uplinks + uplink) + way as u64
            };
            let middle_link = |number: u32, way: Direction| {
                let switch = u64::from(number) / leaf * uplinks + uplink;
                // It has as many uplinks as there are leaf switches below.
                let own = switch * leaf + hash / uplinks % leaf;
                2 * (u64::from(leaves) * uplinks + own) + way as u64
            };
            walk.rest += hop;
            self.enter(walk, leaf_link(own, Direction::Up));
            walk.rest += hop;
            if far {
                self.enter(walk, middle_link(own, Direction::Up));
                walk.rest += hop;
                self.enter(walk, middle_link(other, Direction::Down));
                walk.rest += hop;
            }
            self.enter(walk, leaf_link(other, Direction::Down));
        }
        walk.rest += hop + self.plan.latency;
    }
}
