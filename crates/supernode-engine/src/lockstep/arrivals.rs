//! Exchanges whose messages overtake each other: ports serve in order of arrival.
//!
//! What a class sends, and when, follows from the heads of what it takes: its ports serve these in
//! order of arrival, its lane takes them in order of the phases. So the heads of all messages are guessed,
//! by taking ports to serve phase by phase, and then each class whose heads have changed is taken again,
//! which changes heads of others, until nothing changes any more. Then every port has served in order of
//! arrival and every clock follows from that, which is the run of an engine in order of time: its first
//! event that differed would have the same past, and be the same. Each round makes at least the first
//! wrong head right and whatever comes before stays so, hence it ends.

use super::Run;
use super::exchanges::{Clocks, Exchange, Link, Step};
use crate::Unfit;

/// Rounds before it gives up.
const ROUNDS: usize = 200;
/// Messages whose heads are kept.
const MOST: usize = 1 << 25;

/// All messages, by the class that takes them and the phase.
struct Messages<'a> {
    steps: &'a [Step],
    /// The rank that stands for each class.
    ranks: &'a [u32],
    heads: Vec<u64>,
    /// The links they come by, and those by which the class sends in that phase, among `links`.
    into: Vec<u16>,
    out: Vec<u16>,
    links: Vec<Link>,
    ports: usize,
    start: u64,
}

/// Takes all phases.
pub(super) fn run(
    run: &Run<'_>,
    steps: &[Step],
    ranks: &[u32],
    start: u64,
) -> Result<Vec<u64>, Unfit> {
    let (classes, phases) = (ranks.len(), steps.len());
    if classes.saturating_mul(phases) > MOST {
        return Err(Unfit::Large);
    }
    let ports = run.cost.fabric.ports_per_device() as usize;
    let empty = || vec![0; classes * phases];
    let (heads, links) = (vec![0; classes * phases], Vec::new());
    let mut messages =
        Messages { steps, ranks, heads, into: empty(), out: empty(), links, ports, start };
    messages.find_links()?;
    // As if ports served phase by phase.
    let mut free = vec![0; classes * ports];
    let heads = &mut messages.heads;
    let mut finish =
        Clocks::new(classes, ports, start).take(steps, ports, |nth, class, link, head| {
            heads[class * phases + nth] = head;
            let free = &mut free[class * ports + link.rx as usize];
            let at = head.max(*free);
            *free = at + link.busy;
            at
        });
    drop(free);
    let mut class = Class::new(&messages);
    let mut waiting: Vec<usize> = (0..classes).filter(|c| !class.in_order(&messages, *c)).collect();
    let (mut next, mut waits) = (Vec::new(), vec![false; classes]);
    for _ in 0..ROUNDS {
        for of in waiting.drain(..) {
            waits[of] = false;
            finish[of] = class.take(&mut messages, of, |changed| {
                if !std::mem::replace(&mut waits[changed], true) {
                    next.push(changed);
                }
            });
        }
        if next.is_empty() {
            let folded = classes < run.cost.fabric.ranks() as usize;
            let tied = folded && (0..classes).any(|of| class.ties(&messages, of));
            return if tied { Err(Unfit::Tie) } else { Ok(finish) };
        }
        std::mem::swap(&mut waiting, &mut next);
    }
    Err(Unfit::Overtaken)
}

impl Messages<'_> {
    /// Notes the links of all messages.
    fn find_links(&mut self) -> Result<(), Unfit> {
        let phases = self.steps.len();
        for (nth, step) in self.steps.iter().enumerate() {
            let Step::Exchange(exchange) = step else { continue };
            // Links of other phases are not looked at again.
            let known = self.links.len();
            for pairs in &exchange.pairs {
                let mut number = |link: Link| -> Result<u16, Unfit> {
                    let at = self.links[known..].iter().position(|other| *other == link);
                    let at = at.map_or(self.links.len(), |at| known + at);
                    if at == self.links.len() {
                        self.links.push(link);
                    }
                    u16::try_from(at).map_err(|_| Unfit::Large)
                };
                let (there, back) = (number(pairs.there)?, number(pairs.back)?);
                for lower in pairs.first..pairs.first + pairs.len {
                    let (lower, upper) =
                        (lower * phases + nth, (lower + exchange.apart) * phases + nth);
                    (self.into[upper], self.out[lower]) = (there, there);
                    if exchange.apart > 0 {
                        (self.into[lower], self.out[upper]) = (back, back);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Room to take one class.
struct Class {
    /// Port, head, sender and phase of what it takes, in order of service.
    order: Vec<(u32, u64, u32, usize)>,
    /// When the message of each phase is served.
    served: Vec<u64>,
    tx: Vec<u64>,
}

impl Class {
    fn new(messages: &Messages<'_>) -> Self {
        let phases = messages.steps.len();
        let (served, tx) = (vec![0; phases], vec![0; messages.ports]);
        Self { order: Vec::with_capacity(phases), served, tx }
    }

    /// Finds in which order the ports of a class serve.
    fn arrange(&mut self, messages: &Messages<'_>, class: usize) {
        let at = class * messages.steps.len();
        self.order.clear();
        for (nth, step) in messages.steps.iter().enumerate() {
            if let Step::Exchange(Exchange { stride, .. }) = step {
                let link = &messages.links[usize::from(messages.into[at + nth])];
                let sender = messages.ranks[class] ^ stride;
                self.order.push((link.rx, messages.heads[at + nth], sender, nth));
            }
        }
        self.order.sort_unstable();
    }

    /// Whether ports serve phase by phase.
    fn in_order(&mut self, messages: &Messages<'_>, class: usize) -> bool {
        self.arrange(messages, class);
        self.order.windows(2).all(|two| two[0].0 != two[1].0 || two[0].3 < two[1].3)
    }

    /// Whether messages come to a port at the same time, of which some take time, and it is not the same
    /// for all ranks of the class which is served first: the numbers of their senders differ first in
    /// the place of the larger stride, and ranks that differ there may be of one class.
    fn ties(&mut self, messages: &Messages<'_>, class: usize) -> bool {
        self.arrange(messages, class);
        let phase = |nth: usize| match &messages.steps[nth] {
            Step::Exchange(exchange) => (exchange.stride, exchange.apart == 0),
            Step::Local(_) => (0, false),
        };
        let into = &messages.into[class * messages.steps.len()..];
        let busy = |nth: usize| messages.links[usize::from(into[nth])].busy;
        self.order.windows(2).any(|two| {
            let (one, other) = (two[0].3, two[1].3);
            let same = (two[0].0, two[0].1) == (two[1].0, two[1].1);
            same && busy(one) + busy(other) > 0 && phase(one).max(phase(other)).1
        })
    }

    /// Takes a class through all phases, and tells which others take something at another time than
    /// was known; gives when it ends.
    fn take(
        &mut self,
        messages: &mut Messages<'_>,
        class: usize,
        mut changed: impl FnMut(usize),
    ) -> u64 {
        self.arrange(messages, class);
        let (steps, phases) = (messages.steps, messages.steps.len());
        let at = class * phases;
        let (mut port, mut free) = (u32::MAX, 0);
        for (rx, head, _, nth) in &self.order {
            if *rx != port {
                (port, free) = (*rx, 0);
            }
            self.served[*nth] = free.max(*head);
            free = self.served[*nth] + messages.links[usize::from(messages.into[at + nth])].busy;
        }
        self.tx.fill(0);
        let (mut now, mut issuer) = (messages.start, messages.start);
        for (nth, step) in steps.iter().enumerate() {
            let Exchange { rules, stride, apart, .. } = match step {
                Step::Exchange(exchange) => exchange,
                Step::Local(time) => {
                    now += time;
                    continue;
                }
            };
            let out = messages.links[usize::from(messages.out[at + nth])];
            let ready = (now + rules.overhead).max(issuer);
            issuer = ready + rules.gap;
            let tx = &mut self.tx[out.tx as usize];
            let sent = ready.max(*tx);
            *tx = sent + out.busy;
            let lower = messages.ranks[class] & stride == 0;
            let other = if lower { class + apart } else { class - apart };
            let head = &mut messages.heads[other * phases + nth];
            if *head != sent + out.latency {
                *head = sent + out.latency;
                changed(other);
            }
            let into = messages.links[usize::from(messages.into[at + nth])];
            let lane = rules.copy + rules.after_lane();
            now = (self.served[nth] + into.taken).max(ready + lane);
        }
        now
    }
}
