//! The rules of time that every engine shares (one place, so that engines can only differ in the
//! order in which they serve contended ports).
//!
//! A lane at time `t` issues a message at `ready = t + step overhead`, at least one gap after its
//! last one, and goes on at `ready`. The transmit port serves it at `tx = max(ready, free)` and is busy for `b`. The head arrives at
//! `tx + latency`, the receive port serves it at `rx = max(head, free)` and is done with the tail
//! at `rx + b`: serialisation is paid once. The receiver takes the message when its lane gets
//! there: a plain receive ends at `max(tail, t) + receive overhead`; a reduction streams with the
//! arrival, so it ends at `max(tail, start + reduce time) + one slice + receive overhead` with
//! `start = max(rx, t)`, never at the sum. The lanes of a rank share one engine that reduces and
//! copies: its rate is the device's, and it works in the order in which it is asked.

use supernode_collectives::Rank;
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

/// A message on its way, as its sender's port let it go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InFlight {
    /// When the first byte reaches the receive port.
    pub head: Time,
    /// How long the message occupies a port.
    pub busy: Time,
    /// The receiver's port.
    pub rx_port: u16,
}

/// When a lane that is at `now` has issued a message: after `overhead`, and no sooner than its issuer
/// is free, which then takes the profile's gap.
pub fn issue(cost: &CostModel, now: Time, overhead: Time, issuer_free: &mut Time) -> Time {
    let ready = (now + overhead).max(*issuer_free);
    *issuer_free = ready + cost.profile.gap;
    ready
}

/// When a lane that is at `now` has had `work` done by the rank's engine, free from `engine_free` on.
pub fn work(now: Time, work: Time, engine_free: &mut Time) -> Time {
    *engine_free = now.max(*engine_free) + work;
    *engine_free
}

/// Puts a message on the wire at `ready`, on a transmit port that is free from `tx_free` on.
pub fn launch(route: &Route, busy: Time, ready: Time, tx_free: &mut Time) -> InFlight {
    let tx = ready.max(*tx_free);
    *tx_free = tx + busy;
    InFlight { head: tx + route.latency, busy, rx_port: route.rx_port }
}

/// Serves `message` on a receive port that is free from `rx_free` on; gives (rx, tail).
pub fn land(message: InFlight, rx_free: &mut Time) -> (Time, Time) {
    let rx = message.head.max(*rx_free);
    *rx_free = rx + message.busy;
    (rx, *rx_free)
}

/// A message as its receive port served it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// When the first byte was in.
    pub rx: Time,
    /// When the last byte was in.
    pub tail: Time,
    /// Nominal bytes.
    pub bytes: u64,
    /// Whether it is combined with a local operand.
    pub reduces: bool,
}

/// When a lane of `rank` that is at `lane` has taken all of `arrivals`, in the order in which they landed.
///
/// The rank's engine, free from `engine_free` on, works through the arrivals as they stream in, after
/// `local` work of its own; what it has not finished when the last byte is in is the only reduction
/// time that shows.
pub fn take(
    cost: &CostModel,
    rank: Rank,
    lane: Time,
    local: Time,
    engine_free: &mut Time,
    arrivals: impl IntoIterator<Item = Landed>,
) -> Time {
    let mut now = lane;
    let overhead = cost.slowed(rank, cost.recv_overhead());
    // When the engine has done what this lane asked for; other lanes' work only delays it.
    let mut worked = if local == Time::ZERO { lane } else { work(lane, local, engine_free) };
    // Arrivals are alike more often than not, and a time is a division.
    let mut priced = (0, Time::ZERO, Time::ZERO);
    for Landed { rx, tail, bytes, reduces } in arrivals {
        let data = if reduces {
            if priced.0 != bytes {
                let [reduction, slice] = [cost.reduce_time(bytes), cost.slice_tail(bytes)];
                priced = (bytes, cost.slowed(rank, reduction), cost.slowed(rank, slice));
            }
            worked = work(rx.max(lane), priced.1, engine_free);
            tail.max(worked) + priced.2
        } else {
            tail
        };
        now = now.max(data) + overhead;
    }
    now.max(worked)
}
