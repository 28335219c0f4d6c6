//! Who sends what to whom, counted step by step.

use std::collections::BTreeMap;

use supernode_collectives::{Action, Rank, Schedule, Span};

/// Chunks of the messages from one rank to another on one lane, in program order.
type Channel = BTreeMap<(Rank, Rank, u32), Vec<u32>>;

/// Two-sided traffic and puts of a schedule.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// As the senders' steps say.
    pub(crate) sent: Channel,
    /// As the receivers' steps say.
    pub(crate) received: Channel,
}

impl Census {
    pub(crate) fn of(schedule: &dyn Schedule) -> Self {
        let mut census = Self::default();
        let shape = schedule.shape();
        for rank in 0..shape.ranks {
            for lane in 0..shape.lanes {
                for index in 0..schedule.steps(rank, lane) {
                    census.count(rank, lane, &schedule.step(rank, lane, index).action);
                }
            }
        }
        census
    }

    fn count(&mut self, rank: Rank, lane: u32, action: &Action) {
        let sent = |census: &mut Self, to: Rank, span: Span| {
            census.sent.entry((rank, to, lane)).or_default().push(span.len);
        };
        let received = |census: &mut Self, from: Rank, span: Span| {
            census.received.entry((from, rank, lane)).or_default().push(span.len);
        };
        match *action {
            Action::Send { to, src } => sent(self, to, src),
            Action::Recv { from, dst, .. } => received(self, from, dst),
            Action::Forward { from, to, with, keep } => {
                let span = with.or(keep).expect("a forward names a local span");
                received(self, from, span);
                sent(self, to, span);
            }
            Action::Exchange { to, src, from, dst, .. } => {
                sent(self, to, src);
                received(self, from, dst);
            }
            _ => {}
        }
    }

    /// All messages.
    pub(crate) fn messages(&self) -> usize {
        self.sent.values().map(Vec::len).sum()
    }

    /// Most chunks that one rank sends.
    pub(crate) fn most_sent(&self) -> u32 {
        let mut totals: BTreeMap<Rank, u32> = BTreeMap::new();
        for ((from, ..), lens) in &self.sent {
            *totals.entry(*from).or_default() += lens.iter().sum::<u32>();
        }
        totals.into_values().max().unwrap_or(0)
    }
}
