//! Runs of ranks that take the same messages at the same times, through all phases.

use super::super::exchanges::Link;
use super::super::steps::{Cursor, Steps};
use super::{PORTS, Shift, Step};

/// A run of ranks in one phase: the links by which it sends and takes, and when it takes.
struct Place<'a> {
    out: Cursor<'a, Link>,
    into: Cursor<'a, Link>,
    head: Cursor<'a, u64>,
}

/// Room to take one run of ranks.
pub(super) struct Taking {
    classes: u32,
    ranks: u32,
    start: u64,
    /// Port, head, sender and phase of what it takes, in order of service.
    order: Vec<(u32, u64, u32, usize)>,
    /// When the message of each phase is served.
    served: Vec<u64>,
    /// Whether messages that take time came to a port at the same time.
    pub(super) tied: bool,
    /// The heads of what ranks send, by phase and sender, and when they end.
    pub(super) sent: Vec<Steps<u64>>,
    pub(super) finish: Steps<u64>,
}

impl Taking {
    pub(super) fn new(phases: usize, (classes, ranks): (u32, u32), start: u64) -> Self {
        let (order, served) = (Vec::with_capacity(phases), vec![0; phases]);
        let (sent, finish) = (vec![Steps::default(); phases], Steps::default());
        Self { classes, ranks, start, order, served, tied: false, sent, finish }
    }

    /// Takes the ranks in `ranges`, by runs that begin at `breaks`.
    pub(super) fn take(
        &mut self,
        steps: &[Step],
        heads: &[Steps<u64>],
        ranges: &[(u32, u32)],
        breaks: &[u32],
    ) {
        let mut sent = vec![Steps::default(); steps.len()];
        let mut finish = Steps::default();
        let mut places: Vec<Option<Place<'_>>> = steps
            .iter()
            .zip(heads)
            .map(|(step, heads)| match step {
                Step::Shift(Shift { out, into, .. }) => Some(Place {
                    out: Cursor::new(out),
                    into: Cursor::new(into),
                    head: Cursor::new(heads),
                }),
                Step::Local(_) => None,
            })
            .collect();
        let mut breaks = breaks.iter().peekable();
        let (mut done, last) = (0, (self.classes, self.classes));
        for (from, to) in ranges.iter().chain([&last]) {
            // All others do as before.
            for (sent, before) in sent.iter_mut().zip(&self.sent) {
                sent.copy(before, done, *from);
            }
            finish.copy(&self.finish, done, *from);
            done = *to;
            while let Some(rank) = breaks.next_if(|rank| *rank < to) {
                self.order.clear();
                for (nth, (step, place)) in steps.iter().zip(&mut places).enumerate() {
                    if let (Step::Shift(shift), Some(place)) = (step, place) {
                        place.out.to(*rank);
                        let (link, head) = (place.into.to(*rank), place.head.to(*rank));
                        let by = shift.by;
                        let sender =
                            if *rank < by { *rank + (self.ranks - by) } else { *rank - by };
                        self.order.push((link.rx, head, sender, nth));
                    }
                }
                self.serve(&places);
                let (mut now, mut issuer) = (self.start, self.start);
                let mut tx = [0_u64; PORTS];
                for (nth, (step, place)) in steps.iter().zip(&places).enumerate() {
                    let (rules, place) = match (step, place) {
                        (Step::Shift(shift), Some(place)) => (&shift.rules, place),
                        (Step::Local(time), _) => {
                            now += time;
                            continue;
                        }
                        _ => continue,
                    };
                    let (out, into) = (place.out.here(), place.into.here());
                    let ready = (now + rules.overhead).max(issuer);
                    issuer = ready + rules.gap;
                    let port = &mut tx[out.tx as usize];
                    let left = ready.max(*port);
                    *port = left + out.busy;
                    sent[nth].push(*rank, left + out.latency);
                    let lane = rules.copy + rules.after_lane();
                    now = (self.served[nth] + into.taken).max(ready + lane);
                }
                finish.push(*rank, now);
            }
        }
        (self.sent, self.finish) = (sent, finish);
    }

    /// Lets the ports of a run serve in order of arrival.
    fn serve(&mut self, places: &[Option<Place<'_>>]) {
        if !self.order.is_sorted() {
            self.order.sort_unstable();
        }
        // The port, when it is free, and what it served last: its head and port time.
        let (mut port, mut free, mut last) = (u32::MAX, 0, (0, 0));
        for (rx, head, _, nth) in &self.order {
            let busy = places[*nth].as_ref().map_or(0, |place| place.into.here().busy);
            if *rx == port {
                self.tied |= last.0 == *head && last.1 + busy > 0;
            } else {
                (port, free) = (*rx, 0);
            }
            last = (*head, busy);
            self.served[*nth] = free.max(*head);
            free = self.served[*nth] + busy;
        }
    }
}
