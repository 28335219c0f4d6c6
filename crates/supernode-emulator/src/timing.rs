//! The clock of one rank whose ports are fixed: virtual time travels in the messages.

use supernode_collectives::Rank;
use supernode_engine::{self as engine, InFlight, Landed};
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

use crate::inbox::Message;

/// Clock and ports of one rank with one lane.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    rank: Rank,
    now: Time,
    /// Messages issued.
    issued: u64,
    /// When the next one may be issued.
    issuer_free: Time,
    /// The engine that reduces and copies.
    engine_free: Time,
    tx_free: Vec<Time>,
    rx_free: Vec<Time>,
    /// Order of arrival within a batch: head, sender and place in one number, because the sort is
    /// most of what a batch costs. Kept for its memory.
    order: Vec<u128>,
    /// The last message's route and port time: most lanes send equal messages to one peer.
    last: Option<Priced>,
}

#[derive(Debug, Clone, Copy)]
struct Priced {
    to: Rank,
    bytes: u64,
    fan: u32,
    route: Route,
    busy: Time,
}

impl Clock {
    /// Sets the clock of `rank` to its `start` in a run.
    pub(crate) fn reset(&mut self, cost: &CostModel, rank: Rank, start: Time) {
        let ports = cost.fabric.ports_per_device() as usize;
        self.rank = rank;
        self.now = cost.call() + start;
        (self.issuer_free, self.engine_free, self.issued) = (self.now, self.now, 0);
        for free in [&mut self.tx_free, &mut self.rx_free] {
            free.clear();
            free.resize(ports, Time::ZERO);
        }
        self.last = None;
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    #[inline(always)]
    pub(crate) fn send(&mut self, cost: &CostModel, to: Rank, bytes: u64, fan: u32) -> InFlight {
        let overhead = cost.step_overhead_of(self.rank, 0, self.issued);
        let ready = engine::issue(cost, self.now, overhead, &mut self.issuer_free);
        self.issued += 1;
        self.now = ready;
        match &self.last {
            Some(last) if last.to == to && last.bytes == bytes && last.fan == fan => {
                let tx_free = &mut self.tx_free[usize::from(last.route.tx_port)];
                engine::launch(&last.route, last.busy, ready, tx_free)
            }
            _ => {
                let route = cost.route(self.rank, to);
                let alike = |last: &Priced| {
                    let rate = (last.route.rate, last.route.fan_out_loss_ppm);
                    (last.bytes, last.fan, rate)
                        == (bytes, fan, (route.rate, route.fan_out_loss_ppm))
                };
                let busy = match &self.last {
                    Some(last) if alike(last) => last.busy,
                    _ => cost.occupancy(&route, bytes, fan),
                };
                self.last = Some(Priced { to, bytes, fan, route, busy });
                engine::launch(&route, busy, ready, &mut self.tx_free[usize::from(route.tx_port)])
            }
        }
    }

    pub(crate) fn receive(
        &mut self,
        cost: &CostModel,
        flight: InFlight,
        bytes: u64,
        reduces: bool,
    ) {
        let (rx, tail) = engine::land(flight, &mut self.rx_free[usize::from(flight.rx_port)]);
        let landed = Landed { rx, tail, bytes, reduces };
        self.now =
            engine::take(cost, self.rank, self.now, Time::ZERO, &mut self.engine_free, [landed]);
    }

    /// Receives that are awaited together: the port serves them in order of (head, sender), while
    /// the reducing engine does the `local` steps (bytes, whether it reduces). `reduces` may be
    /// empty if no receive does.
    pub(crate) fn receive_batch(
        &mut self,
        cost: &CostModel,
        batch: &[Message],
        reduces: &[bool],
        local: &[(u64, bool)],
    ) {
        let Self { rank, order, rx_free, engine_free, .. } = self;
        order.clear();
        order.extend((0_u128..).zip(batch).map(|(place, message)| {
            u128::from(message.flight.head.as_ps()) << 64 | u128::from(message.from) << 32 | place
        }));
        // Peers that each send to all others, the next one first, arrive in falling order of sender
        // from some sender on: turned round they are sorted already, which a sort sees at once.
        let falls = |pair: &[u128]| pair[0] > pair[1];
        if order.windows(2).filter(|pair| falls(pair)).count() > order.len() / 2 {
            order.reverse();
        }
        if let Some(last) = order.windows(2).position(falls) {
            order.rotate_left(last + 1);
            order.sort_unstable();
        }
        let landed = order.iter().map(|&key| {
            let place = key as u32 as usize;
            let (message, reduces) = (&batch[place], reduces.get(place));
            let port = usize::from(message.flight.rx_port);
            let (rx, tail) = engine::land(message.flight, &mut rx_free[port]);
            Landed {
                rx,
                tail,
                bytes: message.bytes,
                reduces: reduces.is_some_and(|reduces| *reduces),
            }
        });
        let time = |&(bytes, reduces): &(u64, bool)| {
            let time = if reduces { cost.reduce_time(bytes) } else { cost.copy_time(bytes) };
            cost.slowed(*rank, time)
        };
        let local = local.iter().map(time).sum();
        self.now = engine::take(cost, self.rank, self.now, local, engine_free, landed);
    }

    pub(crate) fn copy(&mut self, cost: &CostModel, bytes: u64) {
        self.now = engine::work(
            self.now,
            cost.slowed(self.rank, cost.copy_time(bytes)),
            &mut self.engine_free,
        );
    }

    pub(crate) fn reduce(&mut self, cost: &CostModel, bytes: u64) {
        self.now = engine::work(
            self.now,
            cost.slowed(self.rank, cost.reduce_time(bytes)),
            &mut self.engine_free,
        );
    }
}
