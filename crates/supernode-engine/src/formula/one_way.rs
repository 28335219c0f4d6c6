//! Schedules whose messages go one way through the ranks: a rank at a time, all of its steps at once.
//!
//! Of a broadcast or scatter, everything flows from the root on; of a reduce or gather, to the root. In
//! that order of ranks whatever a rank takes was sent before, so one pass by the rules of the engines
//! gives their time.

use supernode_collectives::{Action, Collective, Rank, Schedule, Span};
use supernode_fabric::CostModel;
use supernode_units::Time;

use crate::clock::{self, InFlight, Landed};

/// A message that waits for its receiver.
struct Waiting {
    from: Rank,
    flight: InFlight,
    bytes: u64,
}

/// One lane of one rank, and its ports.
pub(super) struct Lane<'a> {
    cost: &'a CostModel,
    pub(super) now: Time,
    issuer_free: Time,
    engine_free: Time,
    tx_free: Vec<Time>,
    rx_free: Vec<Time>,
}

/// The time of a schedule of one lane that is rooted, whose chunks have `chunk` bytes, and in which
/// every rank awaits all that it takes together. Without `copies`, the root need not copy what it has:
/// it is half of something.
pub(super) fn time(cost: &CostModel, schedule: &dyn Schedule, chunk: u64, copies: bool) -> Time {
    let shape = schedule.shape();
    let ranks = shape.ranks;
    let root = shape.collective.root().unwrap_or(0);
    let inward = matches!(shape.collective, Collective::Reduce { .. } | Collective::Gather { .. });
    let bytes = |span: Span| u64::from(span.len).saturating_mul(chunk);
    let mut inboxes: Vec<Vec<Waiting>> = (0..ranks).map(|_| Vec::new()).collect();
    let mut lane = Lane::new(cost);
    let (mut batch, mut local) = (Vec::new(), Time::ZERO);
    let mut last = Time::ZERO;
    for position in 0..ranks {
        let position = if inward { ranks - 1 - position } else { position };
        let rank = (position + root) % ranks;
        lane.reset();
        for index in 0..schedule.steps(rank, 0) {
            let step = schedule.step(rank, 0, index);
            match step.action {
                Action::Send { to, src } => {
                    let bytes = bytes(src);
                    let flight = lane.send(rank, to, bytes, step.fan);
                    inboxes[to as usize].push(Waiting { from: rank, flight, bytes });
                }
                Action::Recv { from, with, more, .. } => {
                    batch.push((from, with.is_some()));
                    if !more {
                        lane.take(&mut batch, &mut inboxes[rank as usize], local);
                        local = Time::ZERO;
                    }
                }
                Action::Copy { .. } if !copies => {}
                Action::Copy { src, .. } if batch.is_empty() => {
                    lane.work(cost.copy_time(bytes(src)));
                }
                Action::Reduce { src, .. } if batch.is_empty() => {
                    lane.work(cost.reduce_time(bytes(src)));
                }
                Action::Copy { src, .. } => local += cost.copy_time(bytes(src)),
                Action::Reduce { src, .. } => local += cost.reduce_time(bytes(src)),
                // The algorithms that come here have no other steps.
                _ => return Time::MAX,
            }
        }
        last = last.max(lane.now);
    }
    last
}

impl<'a> Lane<'a> {
    pub(super) fn new(cost: &'a CostModel) -> Self {
        let ports = vec![Time::ZERO; cost.fabric.ports_per_device() as usize];
        Self {
            cost,
            now: Time::ZERO,
            issuer_free: Time::ZERO,
            engine_free: Time::ZERO,
            tx_free: ports.clone(),
            rx_free: ports,
        }
    }

    fn reset(&mut self) {
        (self.now, self.issuer_free, self.engine_free) = (Time::ZERO, Time::ZERO, Time::ZERO);
        self.tx_free.fill(Time::ZERO);
        self.rx_free.fill(Time::ZERO);
    }

    pub(super) fn send(&mut self, rank: Rank, to: Rank, bytes: u64, fan: u32) -> InFlight {
        let overhead = self.cost.step_overhead();
        self.now = clock::issue(self.cost, self.now, overhead, &mut self.issuer_free);
        let route = self.cost.route(rank, to);
        let busy = self.cost.occupancy(&route, bytes, fan);
        clock::launch(&route, busy, self.now, &mut self.tx_free[usize::from(route.tx_port)])
    }

    pub(super) fn work(&mut self, time: Time) {
        self.now = clock::work(self.now, time, &mut self.engine_free);
    }

    /// Takes all messages of `inbox`, which are those of `batch` (sender, whether it is combined).
    fn take(&mut self, batch: &mut Vec<(Rank, bool)>, inbox: &mut Vec<Waiting>, local: Time) {
        batch.sort_unstable();
        inbox.sort_unstable_by_key(|message| message.from);
        let mut arrivals: Vec<(Waiting, bool)> =
            inbox.drain(..).zip(batch.drain(..).map(|(_, reduces)| reduces)).collect();
        arrivals.sort_unstable_by_key(|(message, _)| (message.flight.head, message.from));
        let arrivals = arrivals.into_iter();
        self.land(
            arrivals.map(|(message, reduces)| (message.flight, message.bytes, reduces)),
            local,
        );
    }

    /// Takes messages of so many bytes, which are combined or not, in the order in which they arrive.
    pub(super) fn land(
        &mut self,
        arrivals: impl IntoIterator<Item = (InFlight, u64, bool)>,
        local: Time,
    ) {
        let rx_free = &mut self.rx_free;
        let landed = arrivals.into_iter().map(|(flight, bytes, reduces)| {
            let (rx, tail) = clock::land(flight, &mut rx_free[usize::from(flight.rx_port)]);
            Landed { rx, tail, bytes, reduces }
        });
        self.now = clock::take(self.cost, 0, self.now, local, &mut self.engine_free, landed);
    }
}
