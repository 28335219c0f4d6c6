//! The links of a phase: what each message costs on its way, by number.

use std::collections::BTreeMap;

use supernode_collectives::{Pattern, Phase};
use supernode_fabric::{CostModel, Route};

use crate::Unfit;
use crate::lockstep::rules::{Rules, below_latest};

/// Different links of a phase.
const MOST: usize = 1 << 16;
/// Ranks that one thread takes alone.
const FEW: usize = 4096;

/// What a message costs on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) latency: u64,
    pub(super) tx: u16,
    pub(super) rx: u16,
}

/// The links of all messages of a phase.
pub(super) struct Links {
    /// The number of the link of each message: those of a rank lie together. In a ring and in a shift a
    /// rank has one.
    numbers: Vec<u16>,
    per_rank: usize,
    table: Vec<Link>,
    /// How long a message occupies ports, by link and by factor of the slower end.
    busy: Vec<u64>,
    factors: usize,
}

/// Different routes, and how they are numbered.
#[derive(Default)]
struct Numbers {
    routes: Vec<Route>,
    known: BTreeMap<Key, u16>,
    last: Option<(Route, u16)>,
}

/// All that a message is priced by.
type Key = (u64, u64, u32, u16, u16, u32);

fn key(route: &Route) -> Key {
    let Route { rate, latency, level, tx_port, rx_port, fan_out_loss_ppm, .. } = *route;
    (rate.bytes_per_s(), latency.as_ps(), level, tx_port, rx_port, fan_out_loss_ppm)
}

impl Numbers {
    fn number(&mut self, route: &Route) -> Result<u16, Unfit> {
        if let Some((_, number)) = self.last.filter(|(last, _)| last == route) {
            return Ok(number);
        }
        let number = match self.known.get(&key(route)) {
            Some(number) => *number,
            None if self.routes.len() == MOST => return Err(Unfit::Large),
            None => {
                let number = self.routes.len() as u16;
                self.routes.push(*route);
                self.known.insert(key(route), number);
                number
            }
        };
        self.last = Some((*route, number));
        Ok(number)
    }
}

impl Links {
    pub(super) fn new(
        cost: &CostModel,
        rules: &Rules,
        phase: &Phase,
        factors: &[u64],
        threads: usize,
    ) -> Result<Self, Unfit> {
        let ranks = cost.fabric.ranks() as usize;
        let per_rank = match phase.pattern {
            Pattern::Direct { .. } | Pattern::OneShot => phase.messages() as usize,
            Pattern::Copy | Pattern::Reduce => 0,
            Pattern::Ring { .. } => usize::from(phase.size > 1),
            Pattern::Shift { .. } => 1,
        };
        let threads = if ranks < FEW { 1 } else { threads.max(1) };
        let share = ranks.div_ceil(threads);
        let part = |part: usize| -> Result<(Vec<u16>, Numbers), Unfit> {
            let range = part * share..((part + 1) * share).min(ranks);
            let mut numbers = Numbers::default();
            let mut list = Vec::with_capacity(range.len() * per_rank);
            for rank in range {
                for nth in 0..per_rank {
                    let to = receiver(phase, rank as u32, nth as u32);
                    list.push(numbers.number(&cost.fabric.route(rank as u32, to))?);
                }
            }
            Ok((list, numbers))
        };
        let mut parts: Vec<_> = std::thread::scope(|scope| {
            let part = &part;
            let others: Vec<_> =
                (1..threads).map(|thread| scope.spawn(move || part(thread))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            let first = part(0);
            std::iter::once(first).chain(others.into_iter().map(join)).collect::<Result<_, _>>()
        })?;
        // The first part numbers for all.
        let (mut numbers, mut all) = parts.remove(0);
        for (list, own) in parts {
            let numbered: Result<Vec<u16>, Unfit> =
                own.routes.iter().map(|route| all.number(route)).collect();
            let numbered = numbered?;
            numbers.extend(list.into_iter().map(|number| numbered[usize::from(number)]));
        }
        let (mut table, mut busy) = (Vec::new(), Vec::new());
        for route in &all.routes {
            let latency = below_latest(route.latency)?;
            table.push(Link { latency, tx: route.tx_port, rx: route.rx_port });
            for factor in factors {
                let route = cost.through_slow_port(*route, *factor);
                busy.push(below_latest(cost.occupancy(&route, rules.bytes, rules.fan))?);
            }
        }
        Ok(Self { numbers, per_rank, table, busy, factors: factors.len() })
    }

    /// The most latency and the most port time.
    pub(super) fn most(&self) -> (u64, u64) {
        let latency = self.table.iter().map(|link| link.latency).max().unwrap_or(0);
        (latency, self.busy.iter().copied().max().unwrap_or(0))
    }

    /// The link of the `nth` message that `rank` sends in this phase, and how long its ports are busy if
    /// the slower end has the factor at `factor`.
    #[inline]
    pub(super) fn of(&self, rank: usize, nth: usize, factor: u8) -> (Link, u64) {
        // A rank with one link has it for all of its messages.
        let nth = if self.per_rank == 1 { 0 } else { nth };
        let number = usize::from(self.numbers[rank * self.per_rank + nth]);
        (self.table[number], self.busy[number * self.factors + usize::from(factor)])
    }
}

/// Whom `rank` sends its `nth` message of the phase to.
fn receiver(phase: &Phase, rank: u32, nth: u32) -> u32 {
    let Phase { stride, size, .. } = *phase;
    let position = rank / stride % size;
    let to = match phase.pattern {
        Pattern::Shift { by, mirrored, .. } => phase.shift(position, by, mirrored).0,
        _ => (position + nth + 1) % size,
    };
    rank - position * stride + to * stride
}
