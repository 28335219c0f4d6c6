//! Messages of one rank: arrived, waiting to be taken, waiting to be delivered.

use std::collections::VecDeque;

use supernode_collectives::Rank;
use supernode_engine::InFlight;

use crate::mailbox::{Mailboxes, Message};

/// Queues of one rank; kept from run to run, because growing them anew costs more than a small
/// collective.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    /// Messages that have arrived, in order of arrival; those that were taken from the middle leave
    /// an empty one behind.
    pending: VecDeque<Message>,
    /// How many of them are still to be taken.
    waiting: usize,
    /// Messages that have left the front of `pending` in this run.
    left: usize,
    index: Vec<Entry>,
    /// Nothing arrived since the index was made.
    indexed: bool,
    /// Messages to `receiver` that are to be delivered together.
    outbox: Vec<Message>,
    receiver: Rank,
    /// Where the mailbox is emptied into.
    pub(crate) arrived: Vec<Message>,
    /// Messages issued.
    issued: u32,
    messages: u64,
}

/// Where a message stands, in order of lane, sender and sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    lane: u32,
    from: Rank,
    sequence: u32,
    /// Position in `pending`, plus what had left it.
    at: usize,
}

impl Queues {
    /// Takes what has arrived.
    pub(crate) fn accept(&mut self) {
        self.indexed = false;
        self.waiting += self.arrived.len();
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
        if !self.outbox.is_empty() {
            self.messages += self.outbox.len() as u64;
            mailboxes.deliver(self.receiver, &mut self.outbox);
        }
    }

    /// Sends `message`, together with others to the same receiver before and after it.
    ///
    /// Sender, sequence number and flight are written where the message stands in the end: written
    /// before, the copy would have to wait for them.
    pub(super) fn send(
        &mut self,
        to: Rank,
        message: Message,
        (from, flight): (Rank, Option<InFlight>),
        mailboxes: &Mailboxes,
    ) {
        if self.receiver != to {
            self.flush(mailboxes);
            self.receiver = to;
        }
        self.outbox.push(message);
        if let Some(message) = self.outbox.last_mut() {
            message.from = from;
            message.sequence = self.issued;
            message.flight = flight.unwrap_or(message.flight);
        }
        self.issued = self.issued.wrapping_add(1);
    }

    /// Messages delivered so far.
    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    /// Messages that have arrived and that no step has taken yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Empties everything for the next run; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.pending.clear();
        self.arrived.clear();
        self.index.clear();
        (self.waiting, self.left, self.issued, self.messages) = (0, 0, 0, 0);
    }

    /// The oldest message of (`from`, `lane`).
    pub(super) fn take(&mut self, from: Rank, lane: u32) -> Option<Message> {
        let at = self.position(from, lane)?;
        self.waiting -= 1;
        if at > 0 {
            return Some(std::mem::replace(&mut self.pending[at], Message::TAKEN));
        }
        let message = self.pending.pop_front();
        self.left += 1;
        while self.pending.front().is_some_and(Message::is_taken) {
            self.pending.pop_front();
            self.left += 1;
        }
        message
    }

    /// Position of the oldest message of (`from`, `lane`). The front is right almost always; a
    /// long queue from many senders is indexed once per arrival.
    fn position(&mut self, from: Rank, lane: u32) -> Option<usize> {
        const INDEX_MIN: usize = 16;
        let wanted = |message: &Message| message.from == from && message.lane == lane;
        if wanted(self.pending.front()?) {
            return Some(0);
        }
        if self.pending.len() < INDEX_MIN {
            return self.pending.iter().position(wanted);
        }
        if !self.indexed {
            self.make_index();
        }
        let first = self.index.partition_point(|entry| (entry.lane, entry.from) < (lane, from));
        let of_sender = self.index[first..].iter().take_while(|e| (e.lane, e.from) == (lane, from));
        // Those that were taken since the index was made come first.
        let mut places = of_sender.filter_map(|entry| entry.at.checked_sub(self.left));
        places.find(|at| !self.pending[*at].is_taken())
    }

    fn make_index(&mut self) {
        // Empty places go with the occasion.
        self.pending.retain(|message| !message.is_taken());
        let left = self.left;
        self.index.clear();
        self.index.extend(self.pending.iter().enumerate().map(|(at, message)| Entry {
            lane: message.lane,
            from: message.from,
            sequence: message.sequence,
            at: at + left,
        }));
        self.index.sort_unstable();
        self.indexed = true;
    }
}
