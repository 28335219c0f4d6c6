//! The clock of one rank whose ports are fixed: virtual time travels in the messages.

use std::sync::Arc;

use supernode_collectives::Rank;
use supernode_engine::{self as engine, InFlight, Landed};
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

use crate::mailbox::Message;

/// Clock and ports of one rank with one lane.
#[derive(Debug)]
pub(crate) struct Clock {
    cost: Arc<CostModel>,
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
    /// Order of arrival within a batch; kept for its memory.
    order: Vec<u32>,
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
    pub(crate) fn new(cost: Arc<CostModel>, rank: Rank) -> Self {
        let ports = cost.fabric.ports_per_device() as usize;
        let now = cost.call();
        Self {
            cost,
            rank,
            now,
            issued: 0,
            issuer_free: now,
            engine_free: now,
            tx_free: vec![Time::ZERO; ports],
            rx_free: vec![Time::ZERO; ports],
            order: Vec::new(),
            last: None,
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    pub(crate) fn send(&mut self, to: Rank, bytes: u64, fan: u32) -> InFlight {
        let overhead = self.cost.step_overhead_of(self.rank, 0, self.issued);
        let ready = engine::issue(&self.cost, self.now, overhead, &mut self.issuer_free);
        self.issued += 1;
        let priced = match self.last {
            Some(last) if last.to == to && last.bytes == bytes && last.fan == fan => last,
            _ => {
                let route = self.cost.route(self.rank, to);
                let busy = self.cost.occupancy(&route, bytes, fan);
                *self.last.insert(Priced { to, bytes, fan, route, busy })
            }
        };
        self.now = ready;
        let port = usize::from(priced.route.tx_port);
        engine::launch(&priced.route, priced.busy, ready, &mut self.tx_free[port])
    }

    pub(crate) fn receive(&mut self, flight: InFlight, bytes: u64, reduces: bool) {
        let (rx, tail) = engine::land(flight, &mut self.rx_free[usize::from(flight.rx_port)]);
        let landed = Landed { rx, tail, bytes, reduces };
        self.now = engine::take(&self.cost, self.now, Time::ZERO, &mut self.engine_free, [landed]);
    }

    /// Receives that are awaited together: the port serves them in order of (head, sender), while
    /// the reducing engine does the `local` steps (bytes, whether it reduces). `reduces` may be
    /// empty if no receive does.
    pub(crate) fn receive_batch(
        &mut self,
        batch: &[Message],
        reduces: &[bool],
        local: &[(u64, bool)],
    ) {
        let Self { cost, order, rx_free, engine_free, .. } = self;
        order.clear();
        order.extend(0..batch.len() as u32);
        let key = |&i: &u32| (batch[i as usize].flight.head, batch[i as usize].from);
        order.sort_unstable_by_key(key);
        let landed = order.iter().map(|&i| {
            let (message, reduces) = (&batch[i as usize], reduces.get(i as usize));
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
            if reduces { cost.reduce_time(bytes) } else { cost.copy_time(bytes) }
        };
        let local = local.iter().map(time).sum();
        self.now = engine::take(cost, self.now, local, engine_free, landed);
    }

    pub(crate) fn copy(&mut self, bytes: u64) {
        self.now = engine::work(self.now, self.cost.copy_time(bytes), &mut self.engine_free);
    }

    pub(crate) fn reduce(&mut self, bytes: u64) {
        self.now = engine::work(self.now, self.cost.reduce_time(bytes), &mut self.engine_free);
    }
}
