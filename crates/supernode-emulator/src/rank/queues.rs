//! Messages of one rank: arrived, waiting to be taken, waiting to be delivered.

use std::collections::VecDeque;

use supernode_collectives::Rank;

use crate::mailbox::{Mailboxes, Message};

/// Queues of one rank; kept from run to run, because growing them anew costs more than a small
/// collective.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    /// Messages that have arrived and that no step has taken yet.
    pending: VecDeque<Message>,
    outbox: Vec<(Rank, Message)>,
    /// Where the mailbox is emptied into.
    pub(crate) arrived: Vec<Message>,
    /// Nothing arrived since `pending` was sorted.
    sorted: bool,
    /// Messages issued.
    issued: u32,
    messages: u64,
}

impl Queues {
    /// Takes what has arrived.
    pub(crate) fn accept(&mut self) {
        self.sorted = false;
        let Self { pending, arrived, .. } = self;
        if pending.is_empty() {
            // Both conversions keep their memory and move nothing.
            let emptied = Vec::from(std::mem::take(pending));
            *pending = VecDeque::from(std::mem::replace(arrived, emptied));
        } else {
            pending.extend(arrived.drain(..));
        }
    }

    /// Delivers what was sent.
    pub(super) fn flush(&mut self, mailboxes: &Mailboxes) {
        self.messages += self.outbox.len() as u64;
        let mut sent = self.outbox.drain(..).peekable();
        while let Some((to, first)) = sent.next() {
            let rest = std::iter::from_fn(|| sent.next_if(|(next, _)| *next == to));
            mailboxes.deliver(to, std::iter::once(first).chain(rest.map(|(_, message)| message)));
        }
    }

    pub(super) fn send(&mut self, to: Rank, mut message: Message) {
        message.sequence = self.issued;
        self.issued = self.issued.wrapping_add(1);
        self.outbox.push((to, message));
    }

    /// Messages delivered so far.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// Empties everything for the next run; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.arrived.clear();
        self.issued = 0;
        self.messages = 0;
    }

    /// The oldest message of (`from`, `lane`).
    pub(super) fn take(&mut self, from: Rank, lane: u32) -> Option<Message> {
        let at = self.position(from, lane)?;
        if at == 0 { self.pending.pop_front() } else { self.pending.remove(at) }
    }

    /// Position of the oldest message of (`from`, `lane`). The front is right almost always; a
    /// long queue from many senders is sorted once per arrival.
    fn position(&mut self, from: Rank, lane: u32) -> Option<usize> {
        const SORT_MIN: usize = 16;
        let key = |message: &Message| (message.lane, message.from);
        let wanted = (lane, from);
        if key(self.pending.front()?) == wanted {
            return Some(0);
        }
        if self.pending.len() < SORT_MIN {
            return self.pending.iter().position(|message| key(message) == wanted);
        }
        if !self.sorted {
            let whole_key = |message: &Message| (key(message), message.sequence);
            self.pending.make_contiguous().sort_unstable_by_key(whole_key);
            self.sorted = true;
        }
        let at = self.pending.partition_point(|message| key(message) < wanted);
        (at < self.pending.len() && key(&self.pending[at]) == wanted).then_some(at)
    }
}
