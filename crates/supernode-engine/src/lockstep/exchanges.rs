//! Phases that are all exchanges of two: recursive doubling and halving.
//!
//! Every class sends one message a phase and takes one, so a phase is one loop over flat arrays. Ports
//! are taken to serve phase by phase, as everywhere in this module; where some message comes before one
//! of an earlier phase, [`arrivals`] puts the order right.

use supernode_collectives::{Pattern, Phase};

use super::rules::{Prices, Rules, below_latest};
use super::{LATEST, Order, Run, arrivals};
use crate::Unfit;

/// Runs of pairs with a link of their own.
const MOST: usize = 1 << 22;

/// One direction of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) latency: u64,
    pub(super) busy: u64,
    /// From being served to the lane going on.
    pub(super) taken: u64,
    pub(super) tx: u32,
    pub(super) rx: u32,
}

/// Classes next to each other that exchange over links that are alike.
pub(super) struct Pairs {
    pub(super) first: usize,
    pub(super) len: usize,
    /// From the lower member to the upper one, and back.
    pub(super) there: Link,
    pub(super) back: Link,
}

/// One phase.
pub(super) struct Exchange {
    pub(super) rules: Rules,
    pub(super) stride: u32,
    /// Classes from a lower member to its upper one; none if the two are of one class.
    pub(super) apart: usize,
    pub(super) pairs: Vec<Pairs>,
}

/// What all ranks do together.
pub(super) enum Step {
    /// Copying, or reducing, for a time.
    Local(u64),
    Exchange(Exchange),
}

/// Whether all phases are exchanges or copies.
pub(super) fn fit(phases: &[Phase]) -> bool {
    let exchange = |phase: &Phase| phase.size == 2 && matches!(phase.pattern, Pattern::Ring { .. });
    phases.iter().all(|phase| exchange(phase) || local(phase)) && phases.iter().any(exchange)
}

fn local(phase: &Phase) -> bool {
    matches!(phase.pattern, Pattern::Copy | Pattern::Reduce)
}

/// Takes all phases, which fit; none if there are too many different links.
pub(super) fn run(run: &Run<'_>) -> Result<Option<Vec<u64>>, Unfit> {
    let classes = run.classes.count();
    let ranks: Vec<u32> = (0..classes).map(|class| run.classes.representative(class)).collect();
    let start = below_latest(run.cost.call())?;
    let (mut steps, mut kept, mut longest) = (Vec::with_capacity(run.phases.len()), 0, 0_u128);
    for phase in &run.phases {
        let rules = Rules::new(run.cost, run.chunks, phase)?;
        longest += u128::from(rules.copy);
        if local(phase) {
            steps.push(Step::Local(rules.copy));
            continue;
        }
        let Some(pairs) = pairs(run, phase, &rules, &ranks, MOST - kept)? else {
            return Ok(None);
        };
        kept += pairs.len();
        let links = || pairs.iter().flat_map(|pairs| [pairs.there, pairs.back]);
        let latency = links().map(|link| link.latency).max().unwrap_or(0);
        let busy = links().map(|link| link.busy).max().unwrap_or(0);
        longest += rules.most(latency, busy);
        let axis = run.classes.axis(phase.stride);
        let apart = if axis.period == 1 { 0 } else { axis.apart() };
        steps.push(Step::Exchange(Exchange { rules, stride: phase.stride, apart, pairs }));
    }
    // A message may wait for those of all phases.
    if u128::from(start) + longest * (steps.len() as u128 + 1) > u128::from(LATEST) {
        return Err(Unfit::Long);
    }
    if let Some(finish) = in_step(run, &steps, start) {
        return Ok(Some(finish));
    }
    arrivals::run(run, &steps, &ranks, start).map(Some)
}

/// The pairs of a phase, if there are no more than `most` different ones.
fn pairs(
    run: &Run<'_>,
    phase: &Phase,
    rules: &Rules,
    ranks: &[u32],
    most: usize,
) -> Result<Option<Vec<Pairs>>, Unfit> {
    let (cost, axis) = (run.cost, run.classes.axis(phase.stride));
    let mut prices = Prices::new(cost, rules);
    let mut pairs: Vec<Pairs> = Vec::new();
    let mut at = 0;
    while at < ranks.len() {
        let mut end = ranks.len();
        if axis.period == 2 {
            let block = at / axis.apart();
            end = (block + 1) * axis.apart();
            if block % 2 == 1 {
                at = end;
                continue;
            }
        }
        let rank = ranks[at];
        let mut link = |from, to| -> Result<Link, Unfit> {
            let route = cost.route(from, to);
            let busy = prices.busy(&route)?;
            Ok(Link {
                latency: below_latest(route.latency)?,
                busy,
                taken: rules.after_port(busy),
                tx: route.tx_port.into(),
                rx: route.rx_port.into(),
            })
        };
        let (there, back) = (link(rank, rank + phase.stride)?, link(rank + phase.stride, rank)?);
        // Where devices have several ports, each rank is asked which ones it uses.
        let one_port = cost.fabric.ports_per_device() == 1;
        let alike = if one_port { cost.fabric.alike(rank, phase.stride) } else { 1 };
        let alike = rank + alike;
        let next = ranks[at..end].partition_point(|rank| *rank < alike) + at;
        match pairs.last_mut() {
            Some(last)
                if last.first + last.len == at && (last.there, last.back) == (there, back) =>
            {
                last.len += next - at;
            }
            _ => pairs.push(Pairs { first: at, len: next - at, there, back }),
        }
        if pairs.len() > most {
            return Ok(None);
        }
        at = next;
    }
    Ok(Some(pairs))
}

/// The clocks of all classes, and the ports that send.
pub(super) struct Clocks {
    now: Vec<u64>,
    issuer: Vec<u64>,
    tx: Vec<u64>,
}

impl Clocks {
    pub(super) fn new(classes: usize, ports: usize, start: u64) -> Self {
        let at_start = || vec![start; classes];
        Self { now: at_start(), issuer: at_start(), tx: vec![0; classes * ports] }
    }

    /// Lets a class send: gives when its lane goes on, and when the head is there.
    #[inline]
    fn send(&mut self, class: usize, port: usize, rules: &Rules, link: &Link) -> (u64, u64) {
        let ready = (self.now[class] + rules.overhead).max(self.issuer[class]);
        self.issuer[class] = ready + rules.gap;
        let sent = ready.max(self.tx[port]);
        self.tx[port] = sent + link.busy;
        (ready, sent + link.latency)
    }

    /// Takes all phases; `serve` says when a message of a phase is served, by class, link and head.
    pub(super) fn take(
        mut self,
        steps: &[Step],
        ports: usize,
        mut serve: impl FnMut(usize, usize, &Link, u64) -> u64,
    ) -> Vec<u64> {
        for (nth, step) in steps.iter().enumerate() {
            let Exchange { rules, apart, pairs, .. } = match step {
                Step::Exchange(exchange) => exchange,
                Step::Local(time) => {
                    for now in &mut self.now {
                        *now += time;
                    }
                    continue;
                }
            };
            let lane = rules.copy + rules.after_lane();
            let mut receive = |now: &mut Vec<u64>, class: usize, link: &Link, head, ready| {
                let served = serve(nth, class, link, head);
                now[class] = (served + link.taken).max(ready + lane);
            };
            for Pairs { first, len, there, back } in pairs {
                for lower in *first..first + len {
                    let port = |class: usize, link: &Link| class * ports + link.tx as usize;
                    let (ready, head) = self.send(lower, port(lower, there), rules, there);
                    if *apart == 0 {
                        receive(&mut self.now, lower, there, head, ready);
                        continue;
                    }
                    let upper = lower + apart;
                    let (other, its_head) = self.send(upper, port(upper, back), rules, back);
                    receive(&mut self.now, lower, back, its_head, ready);
                    receive(&mut self.now, upper, there, head, other);
                }
            }
        }
        self.now
    }
}

/// All phases with ports that serve phase by phase; none if a port would not.
fn in_step(run: &Run<'_>, steps: &[Step], start: u64) -> Option<Vec<u64>> {
    let (classes, ports) = (run.classes.count(), run.cost.fabric.ports_per_device() as usize);
    let free = |step: &Step| matches!(step, Step::Exchange(step) if step.rules.is_free());
    let order = Order { checks: run.checks, free: steps.iter().all(free) };
    // When each port is free, and one more than the last head.
    let mut served = vec![(0, 0); classes * ports];
    let mut kept = true;
    let finish = Clocks::new(classes, ports, start).take(steps, ports, |_, class, link, head| {
        let (free, seen): &mut (u64, u64) = &mut served[class * ports + link.rx as usize];
        kept &= order.keeps(seen.checked_sub(1), head).is_ok();
        let at = head.max(*free);
        (*free, *seen) = (at + link.busy, head + 1);
        at
    });
    kept.then_some(finish)
}
