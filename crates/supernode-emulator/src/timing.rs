//! The clock of one rank whose ports are fixed: virtual time travels in the messages.

use supernode_collectives::Rank;
use supernode_engine::{self as engine, InFlight, Landed};
use supernode_fabric::{CostModel, Route};
use supernode_units::{Bandwidth, Time};

/// A message that is awaited together with others, as far as the clock looks at it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) from: Rank,
    /// Whether it is combined with a local operand.
    pub(crate) reduces: bool,
    pub(crate) flight: InFlight,
    pub(crate) bytes: u64,
}

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
    /// The last message to a single peer: most lanes send equal ones to one.
    last: Option<Last>,
    priced: Priced,
    /// The way to every peer, if it is the same.
    only: Option<Route>,
}

#[derive(Debug)]
struct Last {
    to: Rank,
    bytes: u64,
    route: Route,
    busy: Time,
}

/// What a message occupied a port for; most are alike.
#[derive(Debug, Default)]
struct Priced {
    /// Bytes, peers, rate and loss per peer.
    key: (u64, u32, Bandwidth, u32),
    busy: Time,
}

impl Priced {
    #[inline(always)]
    fn busy(&mut self, cost: &CostModel, route: &Route, bytes: u64, fan: u32) -> Time {
        let key = (bytes, fan, route.rate, route.fan_out_loss_ppm);
        if self.key != key {
            *self = Self { key, busy: cost.occupancy(route, bytes, fan) };
        }
        self.busy
    }
}

impl Clock {
    /// Sets the clock of `rank` to its `start` in a run; `only` is the way to every peer, if it is the
    /// same.
    pub(crate) fn reset(&mut self, cost: &CostModel, only: Option<Route>, rank: Rank, start: Time) {
        let ports = cost.fabric.ports_per_device() as usize;
        self.rank = rank;
        self.now = cost.call() + start;
        (self.issuer_free, self.engine_free, self.issued) = (self.now, self.now, 0);
        for free in [&mut self.tx_free, &mut self.rx_free] {
            free.clear();
            free.resize(ports, Time::ZERO);
        }
        self.last = None;
        self.priced = Priced::default();
        self.only = only;
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
        if fan > 1 {
            // Another peer, and another way, each time: none is worth being remembered.
            let other;
            let route = if let Some(route) = &self.only {
                route
            } else {
                other = cost.route(self.rank, to);
                &other
            };
            let busy = self.priced.busy(cost, route, bytes, fan);
            let tx_free = &mut self.tx_free[usize::from(route.tx_port)];
            return engine::launch(route, busy, ready, tx_free);
        }
        let last = match &mut self.last {
            Some(last) if last.to == to && last.bytes == bytes => last,
            last => {
                let route = cost.route(self.rank, to);
                let busy = self.priced.busy(cost, &route, bytes, fan);
                last.insert(Last { to, bytes, route, busy })
            }
        };
        let tx_free = &mut self.tx_free[usize::from(last.route.tx_port)];
        engine::launch(&last.route, last.busy, ready, tx_free)
    }

    #[inline(always)]
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
    /// the reducing engine does `local` work of the lane.
    pub(crate) fn receive_batch(&mut self, cost: &CostModel, batch: &[Arrival], local: Time) {
        let Self { rank, order, rx_free, engine_free, .. } = self;
        order.clear();
        order.extend((0_u128..).zip(batch).map(|(place, arrival)| {
            u128::from(arrival.flight.head.as_ps()) << 64 | u128::from(arrival.from) << 32 | place
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
            let Arrival { flight, bytes, reduces, .. } = batch[key as u32 as usize];
            let (rx, tail) = engine::land(flight, &mut rx_free[usize::from(flight.rx_port)]);
            Landed { rx, tail, bytes, reduces }
        });
        self.now = engine::take(cost, *rank, self.now, local, engine_free, landed);
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
