//! Closed-form times from routes alone: no messages, so any size and any number of ranks.
//!
//! Exact where the alpha-beta model is (equal links, no contention); elsewhere an estimate that
//! follows the slowest link. A ring's rate is its max-plus eigenvalue: the larger of the busiest
//! port and the mean cost around the ring. Results of this engine say `formula`.

use supernode_collectives::{Algorithm, Collective, InSwitch, Inner, LevelPlan, Rank, Tuning};
use supernode_fabric::{CostModel, Route};
use supernode_units::Time;

/// The time of `collective` on all ranks of `cost` with `bytes` bytes in the large buffer, or
/// `None` if the ranks do not share the reducing switch that the algorithm needs, or the cost model
/// has noise, which no closed form knows.
pub fn time(
    algorithm: Algorithm,
    collective: Collective,
    bytes: u64,
    tuning: &Tuning,
    cost: &CostModel,
) -> Option<Time> {
    if cost.skew.is_some() {
        return None;
    }
    let ranks = cost.fabric.ranks();
    if ranks == 1 {
        return Some(cost.call() + cost.copy_time(bytes));
    }
    let n = u64::from(ranks);
    let flat = Line { first: 0, stride: 1, count: ranks };
    let block = bytes.div_ceil(n);
    let (reduces, gathers) = halves(collective);
    let phases = u64::from(reduces) + u64::from(gathers);
    let work = match algorithm {
        Algorithm::Ring => ring(cost, flat, block, reduces, gathers),
        Algorithm::OneShot if collective == Collective::AllReduce => {
            direct(cost, flat, bytes, true)
        }
        Algorithm::OneShot | Algorithm::TwoShot => {
            direct(cost, flat, block, reduces) + direct(cost, flat, block, false) * (phases - 1)
        }
        Algorithm::RecursiveDoubling => recursive_doubling(cost, collective, ranks, bytes),
        Algorithm::DoubleBinaryTree => double_binary_tree(cost, ranks, bytes, tuning.slices),
        Algorithm::InSwitch => in_switch(cost, flat, bytes, reduces, gathers, tuning.slices)?,
        Algorithm::Hierarchical => hierarchical(cost, collective, ranks, bytes, &tuning.levels)?,
    };
    Some(cost.call() + work)
}

/// Whether the collective has a reduce-scatter half and an all-gather half.
fn halves(collective: Collective) -> (bool, bool) {
    (collective.reduces(), collective != Collective::ReduceScatter)
}

/// Equally spaced ranks.
#[derive(Debug, Clone, Copy)]
struct Line {
    first: Rank,
    stride: u32,
    count: u32,
}

/// Overheads and latency of one message, without its port time.
fn alpha(cost: &CostModel, from: Rank, to: Rank) -> Time {
    cost.step_overhead() + cost.route(from, to).latency + cost.recv_overhead()
}

/// What a reduction adds beyond the arrival that hides it.
fn reduction(cost: &CostModel, bytes: u64, busy: Time) -> Time {
    cost.reduce_time(bytes).saturating_sub(busy) + cost.slice_tail(bytes)
}

fn ring(cost: &CostModel, line: Line, block: u64, reduces: bool, gathers: bool) -> Time {
    let (mut sum, mut sum_reducing, mut busiest) = (0_u128, 0_u128, Time::ZERO);
    for i in 0..line.count {
        let from = line.first + i * line.stride;
        let to = line.first + (i + 1) % line.count * line.stride;
        let busy = cost.occupancy(&cost.route(from, to), block, 1);
        let hop = alpha(cost, from, to) + busy;
        busiest = busiest.max(busy);
        sum += u128::from(hop.as_ps());
        sum_reducing += u128::from((hop + reduction(cost, block, busy)).as_ps());
    }
    let n = u128::from(line.count);
    // (N-1) steps of the mean, rounded up once; no faster than the busiest port.
    let half = |sum: u128| {
        let mean = Time::from_ps((sum * (n - 1)).div_ceil(n) as u64);
        mean.max(busiest * (u64::from(line.count) - 1))
    };
    let reduce = if reduces { half(sum_reducing) } else { Time::ZERO };
    reduce + if gathers { half(sum) } else { Time::ZERO }
}

/// Everyone sends `block` to everyone: the fullest port of the first and last member decides.
fn direct(cost: &CostModel, line: Line, block: u64, reduces: bool) -> Time {
    let fan = line.count - 1;
    let last = line.first + fan * line.stride;
    let (mut latest, mut busiest) = (Time::ZERO, Time::ZERO);
    let mut load = PortLoad::new(cost);
    let mut fullest = Time::ZERO;
    for own in [line.first, last] {
        for i in 0..line.count {
            let peer = line.first + i * line.stride;
            if peer != own {
                let route = cost.route(own, peer);
                let busy = cost.occupancy(&route, block, fan);
                load.send(&route, busy);
                load.receive(&cost.route(peer, own), busy);
                busiest = busiest.max(busy);
                latest = latest.max(route.latency);
            }
        }
        fullest = fullest.max(load.take());
    }
    let fan = u64::from(fan);
    let work = if reduces { reduction(cost, block, busiest) } else { Time::ZERO };
    // Issuing hides behind the port, or the port behind issuing.
    let sent = (cost.step_overhead() + fullest).max(cost.step_overhead() * fan + busiest);
    latest + sent.max(cost.recv_overhead() * fan) + cost.recv_overhead() + work
}

/// Time that the ports of one rank are busy.
struct PortLoad {
    sending: Vec<Time>,
    receiving: Vec<Time>,
}

impl PortLoad {
    fn new(cost: &CostModel) -> Self {
        let ports = cost.fabric.ports_per_device() as usize;
        Self { sending: vec![Time::ZERO; ports], receiving: vec![Time::ZERO; ports] }
    }

    fn send(&mut self, route: &Route, busy: Time) {
        self.sending[usize::from(route.tx_port)] += busy;
    }

    fn receive(&mut self, route: &Route, busy: Time) {
        self.receiving[usize::from(route.rx_port)] += busy;
    }

    /// The fullest port so far; empties all.
    fn take(&mut self) -> Time {
        let ports = self.sending.iter_mut().chain(&mut self.receiving);
        ports.map(std::mem::take).max().unwrap_or_default()
    }
}

fn recursive_doubling(cost: &CostModel, collective: Collective, ranks: u32, bytes: u64) -> Time {
    let rounds = ranks.ilog2();
    let reduces = collective.reduces();
    let exchange = |from: Rank, to: Rank, bytes: u64, reduces: bool| {
        let busy = cost.occupancy(&cost.route(from, to), bytes, 1);
        let work = if reduces { reduction(cost, bytes, busy) } else { Time::ZERO };
        alpha(cost, from, to) + busy + work
    };
    // Positions that are left once the odd ranks beyond a power of two have folded.
    let positions = 1 << rounds;
    let extra = ranks - positions;
    let rank = |position: u32| if position < extra { 2 * position } else { position + extra };
    let mut total = Time::ZERO;
    for round in 0..rounds {
        let distance = 1 << round;
        let share = match collective {
            Collective::AllReduce => bytes,
            // Halving and doubling: the far partners exchange the largest run.
            _ => bytes.div_ceil(u64::from(ranks)) * u64::from(distance),
        };
        // The slowest pair decides; the ends and the seam between folded and others stand for all.
        let pairs = [0, extra.saturating_sub(1), extra % positions, positions - 1];
        let slowest = pairs.map(|p| exchange(rank(p), rank(p ^ distance), share, reduces));
        total += slowest.into_iter().max().unwrap_or_default();
    }
    if !ranks.is_power_of_two() {
        let fold = if collective == Collective::AllGather {
            bytes.div_ceil(u64::from(ranks))
        } else {
            bytes
        };
        let unfold = if collective == Collective::ReduceScatter {
            bytes.div_ceil(u64::from(ranks))
        } else {
            bytes
        };
        total += exchange(1, 0, fold, reduces) + exchange(0, 1, unfold, false);
    }
    total
}

/// Two trees meet at every port; against the time-ordered engine on switches of 8 to 72 ranks they
/// hold each other up by a quarter.
const TREES_MEET: (u64, u64) = (5, 4);

fn double_binary_tree(cost: &CostModel, ranks: u32, bytes: u64, slices: u32) -> Time {
    let slice = bytes.div_ceil(2 * u64::from(slices.max(1)));
    let depth = ranks.next_power_of_two().ilog2();
    let mut load = PortLoad::new(cost);
    let mut path = Time::ZERO;
    let mut fullest = Time::ZERO;
    for level in 0..depth {
        let far = (1_u32 << level).min(ranks - 1);
        let busy = cost.occupancy(&cost.route(0, far), slice, 1);
        path += alpha(cost, 0, far) + busy + reduction(cost, slice, busy) / 2;
        // Rank `far` sends each slice to two children and a parent of one tree and to a neighbour
        // that is its parent in the other.
        for peer in [far - far / 2, far + far / 2, 2 * far, far + 1] {
            if peer != far && peer < ranks {
                let route = cost.route(far, peer);
                load.send(&route, cost.occupancy(&route, slice, 1));
            }
        }
        fullest = fullest.max(load.take());
    }
    let further = u64::from(slices.max(1)) - 1;
    path * 2 + fullest * (further * TREES_MEET.0) / TREES_MEET.1
}

fn in_switch(
    cost: &CostModel,
    line: Line,
    bytes: u64,
    reduces: bool,
    gathers: bool,
    slices: u32,
) -> Option<Time> {
    let domain = cost.fabric.switch_domain(line.first)?;
    for i in 0..line.count {
        let device = cost.fabric.device(line.first + i * line.stride);
        if device < domain.first_device || device - domain.first_device >= domain.devices {
            return None;
        }
    }
    let n = u64::from(line.count);
    let slices = u64::from(slices.max(1));
    let slice = bytes.div_ceil(n * slices);
    let port = cost.switch_occupancy(&domain, slice, line.count);
    let hop = alpha(cost, line.first, line.first + line.stride);
    let ways = u64::from(reduces) * 2 + u64::from(gathers);
    let depth = slices.min(u64::from(InSwitch::DEPTH));
    // A port passes a share of each of the N x slices reductions, or the others' multicasts. An
    // all-reduce does both at once, so it adds the own results, and the first reductions of all
    // others, which come before any multicast.
    let passes = match (reduces, gathers) {
        (true, true) => (n + 1) * slices + depth * (n - 2),
        (true, false) => n * slices,
        (false, _) => (n - 1) * slices,
    };
    let busy = port * passes;
    // Requests go out a few at a time: a round trip for each such group, if they are small.
    let groups = slices.div_ceil(u64::from(InSwitch::DEPTH));
    let waits = hop * (2 * (groups - 1)) + port * (n * depth);
    let work = if reduces { busy.max(waits) } else { busy };
    // A barrier comes first.
    Some(hop * (1 + ways) + work)
}

fn hierarchical(
    cost: &CostModel,
    collective: Collective,
    ranks: u32,
    bytes: u64,
    levels: &[LevelPlan],
) -> Option<Time> {
    let (reduces, gathers) = halves(collective);
    let flat = [LevelPlan { size: ranks, inner: Inner::Ring }];
    let levels = if levels.is_empty() { &flat[..] } else { levels };
    let block = bytes.div_ceil(u64::from(ranks));
    let mut total = Time::ZERO;
    let mut stride = 1_u32;
    for level in levels.iter().filter(|level| level.size > 1) {
        let line = Line { first: 0, stride, count: level.size };
        // All-reduce splits from the inside out, the others move blocks of the inner ranks.
        let share = match collective {
            Collective::AllReduce => block * u64::from(ranks / stride / level.size),
            _ => block * u64::from(stride),
        };
        let inner = |inner: Inner, reduces: bool, gathers: bool| {
            Some(match inner {
                Inner::Ring => ring(cost, line, share, reduces, gathers),
                Inner::Direct => {
                    let phase = |reduces| direct(cost, line, share, reduces);
                    let reduce = if reduces { phase(true) } else { Time::ZERO };
                    reduce + if gathers { phase(false) } else { Time::ZERO }
                }
                Inner::InSwitch => {
                    in_switch(cost, line, share * u64::from(level.size), reduces, gathers, 1)?
                }
            })
        };
        let first_reduction = match collective {
            Collective::ReduceScatter => {
                u64::from(stride) * u64::from(level.size) == u64::from(ranks)
            }
            _ => stride == 1,
        };
        if level.inner == Inner::InSwitch {
            if reduces {
                let way = if first_reduction { Inner::InSwitch } else { Inner::Direct };
                total += inner(way, true, false)?;
            }
            if gathers {
                total += inner(Inner::InSwitch, false, true)?;
            }
        } else {
            total += inner(level.inner, reduces, gathers)?;
        }
        stride *= level.size;
    }
    Some(total)
}
