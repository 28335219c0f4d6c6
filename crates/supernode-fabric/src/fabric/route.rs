//! Routes by arithmetic.

use supernode_units::{Bandwidth, Time};

use super::broken::{Left, Line};
use super::{Fabric, Plan};
use crate::level::LevelKind;

/// The way of a message from one rank to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Port of the sender that the message leaves by.
    pub tx_port: u16,
    /// Port of the receiver that it arrives at.
    pub rx_port: u16,
    /// Highest level crossed.
    pub level: u32,
    /// Switches crossed, or direct links taken.
    pub hops: u32,
    /// Slowest rate on the way for a single message, both ports included.
    pub rate: Bandwidth,
    /// Time from the first byte out to the first byte in.
    pub latency: Time,
    /// Loss per extra concurrent peer on the slowest level, in millionths.
    pub fan_out_loss_ppm: u32,
}

/// What else is under way, as far as the rate of a route knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Traffic {
    /// Nothing.
    Alone,
    /// All devices of a leaf send, as in a step of a collective.
    Full,
}

/// One level's part of a route.
pub(super) struct Segment {
    tx_port: u16,
    rx_port: u16,
    pub(super) hops: u32,
    /// Fixed latencies paid: one per direct link into a new dimension.
    links: u32,
    rate: Bandwidth,
    /// What faulty links take longer.
    late: Time,
}

impl Segment {
    /// From the first byte in to the first byte out.
    pub(super) fn latency(&self, plan: &Plan) -> Time {
        plan.latency * u64::from(self.links) + plan.hop * u64::from(self.hops) + self.late
    }

    /// Passes links of which this is left.
    fn pass(&mut self, left: Left, plan: &Plan) {
        self.rate = self.rate.min(left.of(plan.rate_in_leaf));
        self.late += left.latency;
    }
}

impl Fabric {
    /// The way from rank `from` to rank `to`. A rank reaches itself at no cost.
    ///
    /// # Panics
    /// If a rank is not placed: a bug of the caller.
    pub fn route(&self, from: u32, to: u32) -> Route {
        self.route_among(from, to, Traffic::Full)
    }

    /// The way from rank `from` to rank `to` for a message that has the fabric to itself: its rate is
    /// that of the ports alone. What it shares with others is for [`Links`](crate::Links) to say.
    ///
    /// # Panics
    /// If a rank is not placed: a bug of the caller.
    pub fn route_alone(&self, from: u32, to: u32) -> Route {
        self.route_among(from, to, Traffic::Alone)
    }

    fn route_among(&self, from: u32, to: u32, traffic: Traffic) -> Route {
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
            let segment = self.segment(index, (from, to), (a, b), (da, db), traffic);
            if outermost {
                outermost = false;
                route.level = index as u32;
                route.rx_port = segment.rx_port;
            }
            // Segments run innermost first, so the last one found is the first one taken.
            route.tx_port = segment.tx_port;
            route.hops += segment.hops;
            route.latency += segment.latency(plan);
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

    pub(super) fn segment(
        &self,
        index: usize,
        ranks: (u32, u32),
        devices: (u32, u32),
        digits: (u32, u32),
        traffic: Traffic,
    ) -> Segment {
        match &self.levels[index].kind {
            LevelKind::FullMesh { .. } => self.mesh_segment(index, devices, digits),
            LevelKind::Torus { .. } | LevelKind::Ring => self.torus_segment(index, devices, digits),
            _ => {
                let mut segment = self.switched_segment(index, ranks, devices, digits, traffic);
                if let Some(broken) = &self.broken {
                    let left = broken.ports(index as u32, devices.0, devices.1);
                    segment.pass(left, &self.plans[index]);
                }
                segment
            }
        }
    }

    /// Up to the nearest switch above both, and down.
    fn switched_segment(
        &self,
        index: usize,
        ranks: (u32, u32),
        (a, b): (u32, u32),
        (da, db): (u32, u32),
        traffic: Traffic,
    ) -> Segment {
        let plan = &self.plans[index];
        let pooled = |hops: u32, rate| Segment {
            tx_port: plan.first_port,
            rx_port: plan.first_port,
            hops,
            links: 1,
            rate,
            late: Time::ZERO,
        };
        match &self.levels[index].kind {
            LevelKind::Clos { tiers, leaf, .. } => {
                if da / leaf == db / leaf {
                    return pooled(1, plan.rate_in_leaf);
                }
                let near = *tiers == 2 || da / leaf / leaf == db / leaf / leaf;
                let rate = match (traffic, &plan.uplinks) {
                    (Traffic::Alone, _) => plan.rate_in_leaf,
                    (Traffic::Full, None) => plan.rate_out,
                    (Traffic::Full, Some(uplinks)) => {
                        let sharing = u64::from(self.sharing(uplinks, index, ranks));
                        Bandwidth::new((plan.rate_in_leaf.bytes_per_s() / sharing).max(1))
                    }
                };
                pooled(if near { 3 } else { 5 }, rate)
            }
            LevelKind::Rail { leaf, .. } => {
                let same_rail = a % plan.stride == b % plan.stride;
                if same_rail && da / leaf == db / leaf {
                    return pooled(1, plan.rate_in_leaf);
                }
                match traffic {
                    Traffic::Alone => pooled(3, plan.rate_in_leaf),
                    Traffic::Full => pooled(3, plan.rate_out),
                }
            }
            _ => pooled(1, plan.rate_in_leaf),
        }
    }

    /// The line of a dimension of the level at `index` that a message between two devices passes, from its
    /// `position` there, where a step of the dimension is `below` positions. Of the levels below, it has the
    /// receiver's positions by then.
    pub(super) fn line(
        &self,
        index: usize,
        (a, b): (u32, u32),
        (position, below, dim): (u32, u32, u32),
    ) -> Line {
        let Plan { stride, size, .. } = self.plans[index];
        let node = a / (stride * size) * (stride * size) + b % stride;
        let across = position - position / below % dim * below;
        Line { level: index as u32, first: node + across * stride, apart: below * stride, dim }
    }

    /// Dimension order: one link for each dimension that differs, lowest dimension first; two where that
    /// is dead.
    fn mesh_segment(&self, index: usize, devices: (u32, u32), (da, db): (u32, u32)) -> Segment {
        let plan = &self.plans[index];
        let mut port = u32::from(plan.first_port);
        let mut segment = Segment::direct(plan, 0);
        let (mut position, mut below) = (da, 1);
        for dim in &plan.dims {
            let (x, y) = (position / below % dim, db / below % dim);
            if x != y {
                let starts = segment.hops == 0;
                let (mut first, mut last) = (y, x);
                if let Some(broken) = &self.broken {
                    let line = self.line(index, devices, (position, below, *dim));
                    let (left, via) = broken.mesh(&line, x, y);
                    segment.pass(left, plan);
                    if let Some(via) = via {
                        (first, last) = (via, via);
                        segment.hops += 1;
                        segment.links += 1;
                    }
                }
                // A device numbers its links by the other positions, skipping its own.
                let link = |own: u32, other: u32| (port + other - u32::from(other > own)) as u16;
                if starts {
                    segment.tx_port = link(x, first);
                }
                segment.rx_port = link(y, last);
                segment.hops += 1;
                segment.links += 1;
                position = position - x * below + y * below;
            }
            port += dim - 1;
            below *= dim;
        }
        segment
    }

    /// Dimension order, the shorter way round, upwards where both are equal; the other way where that is
    /// dead.
    fn torus_segment(&self, index: usize, devices: (u32, u32), (da, db): (u32, u32)) -> Segment {
        let plan = &self.plans[index];
        let mut port = plan.first_port;
        let mut segment = Segment::direct(plan, 1);
        let (mut position, mut below) = (da, 1);
        for dim in &plan.dims {
            let (x, y) = (position / below % dim, db / below % dim);
            if x != y {
                let up = (y + dim - x) % dim;
                let mut goes_up = up <= dim - up;
                if let Some(broken) = &self.broken {
                    let line = self.line(index, devices, (position, below, *dim));
                    let (left, way) = broken.torus(&line, x, y, goes_up);
                    segment.pass(left, plan);
                    goes_up = way;
                }
                if segment.hops == 0 {
                    segment.tx_port = port + u16::from(!goes_up);
                }
                // What was sent upwards arrives at the port that faces down.
                segment.rx_port = port + u16::from(goes_up);
                segment.hops += if goes_up { up } else { dim - up };
                position = position - x * below + y * below;
            }
            port += 2;
            below *= dim;
        }
        segment
    }
}

impl Segment {
    /// Direct links of a mesh or torus, none so far.
    fn direct(plan: &Plan, links: u32) -> Self {
        let rate = plan.rate_in_leaf;
        Self { tx_port: 0, rx_port: 0, hops: 0, links, rate, late: Time::ZERO }
    }
}
