//! Everyone sends to everyone: the fullest port, the reducing engine, or the issuing of messages
//! decides, at the first or the last member.

use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

use super::Line;

/// One phase in which every member of a line sends a block to every other.
pub(super) struct Traffic<'a> {
    cost: &'a CostModel,
    /// Messages that each sends.
    fan: u64,
    block: u64,
    /// The last byte of the last message, by the ports alone.
    drained: Time,
    latest: Time,
    soonest: Time,
    busiest: Time,
    quickest: Time,
}

impl<'a> Traffic<'a> {
    /// `block` bytes from each member of `line` to each other.
    pub(super) fn new(cost: &'a CostModel, line: Line, block: u64) -> Self {
        let fan = line.count - 1;
        let mut traffic = Self {
            cost,
            fan: u64::from(fan),
            block,
            drained: Time::ZERO,
            latest: Time::ZERO,
            soonest: Time::MAX,
            busiest: Time::ZERO,
            quickest: Time::MAX,
        };
        let ports = cost.fabric.ports_per_device() as usize;
        let mut last: Option<(Route, Time)> = None;
        for own in [0, fan] {
            let mut load = Load {
                sending: vec![Port::default(); ports],
                receiving: vec![Port::default(); ports],
            };
            for i in (0..line.count).filter(|i| *i != own) {
                let (rank, peer) = (line.rank(own), line.rank(i));
                let (there, back) = (cost.route(rank, peer), cost.route(peer, rank));
                // Most routes are as fast as the one before.
                let alike = |other: &Route| {
                    (other.rate, other.fan_out_loss_ppm) == (there.rate, there.fan_out_loss_ppm)
                };
                let busy = match last {
                    Some((route, busy)) if alike(&route) => busy,
                    _ => cost.occupancy(&there, block, fan),
                };
                last = Some((there, busy));
                load.sending[usize::from(there.tx_port)].pass(busy, there.latency);
                let port = &mut load.receiving[usize::from(back.rx_port)];
                port.pass(busy, back.latency);
                // Senders that come just before a member in rank order send to it first.
                let before = if i < own { own - i } else { own + line.count - i };
                port.nearest = if port.nearest == 0 { before } else { port.nearest.min(before) };
                traffic.busiest = traffic.busiest.max(busy);
                traffic.quickest = traffic.quickest.min(busy);
                traffic.latest = traffic.latest.max(there.latency);
                traffic.soonest = traffic.soonest.min(there.latency);
            }
            let waits = load.waits(cost, line, own, block);
            traffic.drained = traffic.drained.max(load.drained()).max(waits);
        }
        traffic
    }

    /// A phase that adds all arrivals to the own block.
    pub(super) fn reduce(&self) -> Time {
        self.finish(self.fan, Time::ZERO)
    }

    /// A phase that stores all arrivals, and copies `own` bytes first.
    pub(super) fn gather(&self, own: u64) -> Time {
        self.finish(0, if own > 0 { self.cost.copy_time(own) } else { Time::ZERO })
    }

    /// One phase of whole inputs. The first rank adds all arrivals to its own; the last one has to
    /// add its own after all arrivals, of which the first was stored as it was.
    pub(super) fn one_shot(&self) -> Time {
        let own = self.cost.reduce_time(self.block);
        self.finish(self.fan, Time::ZERO).max(self.finish(self.fan - 1, Time::ZERO) + own)
    }

    /// From the first send to the last of the arrivals, `reducing` of which are combined; `local`
    /// work comes between.
    fn finish(&self, reducing: u64, local: Time) -> Time {
        let cost = self.cost;
        let (issue, receive) = (cost.step_overhead(), cost.recv_overhead());
        let spacing = issue.max(cost.profile.gap);
        let issued = issue + spacing * (self.fan - 1);
        // Issuing hides behind the port, or the port behind issuing.
        let tail = (issue + self.drained).max(issued + self.latest + self.busiest);
        let lane = issued + local;
        let (work, slice) = match reducing {
            0 => (Time::ZERO, Time::ZERO),
            _ => (cost.reduce_time(self.block), cost.slice_tail(self.block)),
        };
        // The engine streams with the arrivals, or is the slowest of all and never idle.
        let streamed = tail + work.saturating_sub(self.busiest);
        let worked = (issue + self.soonest).max(lane) + work * reducing;
        let last = streamed.max(worked) + slice + receive;
        let first = issue + self.soonest + self.quickest.max(work) + slice;
        last.max(first.max(lane) + receive * self.fan)
    }
}

/// What passes one port.
#[derive(Clone, Copy, Default)]
struct Port {
    busy: Time,
    latest: Time,
    /// How many places before the receiver, in rank order, the nearest of the senders comes.
    nearest: u32,
}

impl Port {
    fn pass(&mut self, busy: Time, latency: Time) {
        self.busy += busy;
        self.latest = self.latest.max(latency);
    }
}

/// The ports of one rank.
struct Load {
    sending: Vec<Port>,
    receiving: Vec<Port>,
}

impl Load {
    /// When the last byte is through.
    fn drained(&self) -> Time {
        let ports = self.sending.iter().chain(&self.receiving);
        ports.map(|port| port.busy + port.latest).max().unwrap_or_default()
    }

    /// The same for the fullest receiving port, when it has to wait until its nearest sender has
    /// served others: all senders of a node turn to the members of the next one in the same order.
    /// Of equally full ports the one whose senders come last decides.
    fn waits(&self, cost: &CostModel, line: Line, own: u32, block: u64) -> Time {
        let Some(port) = self.receiving.iter().max_by_key(|port| (port.busy, port.nearest)) else {
            return Time::ZERO;
        };
        let member = |back: u32| line.rank((own + line.count - back) % line.count);
        let sender = member(port.nearest);
        let to_own = cost.route(sender, line.rank(own)).tx_port;
        let earlier = (1..port.nearest).map(|back| cost.route(sender, member(back)));
        let idle: Time = earlier
            .filter(|route| route.tx_port == to_own)
            .map(|route| cost.occupancy(&route, block, line.count - 1))
            .sum();
        port.busy + port.latest + idle
    }
}
