//! Routes by arithmetic.

use supernode_units::{Bandwidth, Time};

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
}

impl Segment {
    /// From the first byte in to the first byte out.
    pub(super) fn latency(&self, plan: &Plan) -> Time {
        plan.latency * u64::from(self.links) + plan.hop * u64::from(self.hops)
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
        };
        match &self.levels[index].kind {
            LevelKind::OnPackage | LevelKind::Switch => pooled(1, plan.rate_in_leaf),
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
            LevelKind::FullMesh { .. } => Self::mesh_segment(plan, da, db),
            LevelKind::Torus { .. } | LevelKind::Ring => Self::torus_segment(plan, da, db),
        }
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
}
