//! Messages of one rank that have arrived and wait to be taken.

use std::collections::VecDeque;
use std::task::Waker;

use supernode_collectives::{Rank, Span};
use supernode_engine::InFlight;
use supernode_units::Time;

use crate::payload::Payload;

/// A message between two lanes of the same number.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) from: Rank,
    pub(crate) lane: u32,
    /// The sender's step, which orders what a lane sends to one rank.
    pub(crate) step: u32,
    // The fields of an `InFlight`, without its padding.
    pub(crate) head: Time,
    pub(crate) busy: Time,
    pub(crate) rx_port: u16,
    pub(crate) bytes: u64,
    /// Where a one-sided write goes in the receiver's buffers; `None` for two-sided messages.
    pub(crate) put: Option<Span>,
    pub(crate) payload: Payload,
}

impl Message {
    /// What is left where a message was taken, and what stands where one will be.
    pub(crate) const TAKEN: Self = Self {
        from: Rank::MAX,
        lane: u32::MAX,
        step: 0,
        head: Time::ZERO,
        busy: Time::ZERO,
        rx_port: 0,
        bytes: 0,
        put: None,
        payload: Payload::Nothing,
    };

    /// As its sender's port let it go.
    #[inline(always)]
    pub(crate) fn flight(&self) -> InFlight {
        InFlight { head: self.head, busy: self.busy, rx_port: self.rx_port }
    }

    fn is_taken(&self) -> bool {
        self.from == Rank::MAX
    }
}

/// What has arrived for one rank; kept from run to run, because growing it anew costs more than a
/// small collective.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// Sent to this rank alone, in order of arrival; messages that were taken from the middle leave
    /// an empty one behind.
    pending: VecDeque<Message>,
    /// How many messages are still to be taken, parts of fans included.
    waiting: usize,
    /// Messages that have left the front of `pending` in this run.
    left: usize,
    index: Vec<Entry>,
    /// Nothing arrived since the index was made.
    indexed: bool,
    /// How many messages its rank waits for, and how it is woken.
    awaited: Option<(usize, Waker)>,
}

/// Where a message stands, in order of lane, sender and arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    lane: u32,
    from: Rank,
    /// Position in `pending`, plus what had left it.
    at: usize,
}

/// Capacity that an inbox may keep from run to run.
const KEEP_MESSAGES: usize = 256;

impl Inbox {
    /// Makes room for a message, to be filled in before the rank looks. Gives the waker of the rank
    /// too, if that waits and now has enough.
    #[inline(always)]
    pub(crate) fn push(&mut self) -> (&mut Message, Option<Waker>) {
        self.indexed = false;
        let waker = self.count();
        (self.pending.push_back_mut(Message::TAKEN), waker)
    }

    /// Counts a message that has arrived. Gives the waker of the rank, if that waits and now has
    /// enough.
    #[inline(always)]
    pub(crate) fn count(&mut self) -> Option<Waker> {
        self.waiting += 1;
        match &self.awaited {
            Some((needed, _)) if self.waiting >= *needed => self.wake(),
            _ => None,
        }
    }

    /// Counts a message as taken that is part of a fan.
    pub(crate) fn discount(&mut self) {
        self.waiting -= 1;
    }

    /// The sender's step of the oldest message of (`from`, `lane`) to this rank alone.
    pub(crate) fn step_of(&mut self, from: Rank, lane: u32) -> Option<u32> {
        self.position(from, lane).map(|at| self.pending[at].step)
    }

    /// Whether `needed` messages are there; if not, `waker` is told once they are.
    pub(crate) fn wait(&mut self, needed: usize, waker: &Waker) -> bool {
        let ready = self.waiting >= needed;
        self.awaited = if ready { None } else { Some((needed, waker.clone())) };
        ready
    }

    /// Ends the wait of its rank, if it waits.
    pub(crate) fn wake(&mut self) -> Option<Waker> {
        self.awaited.take().map(|(_, waker)| waker)
    }

    /// Messages that no step has taken yet.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Empties everything for the next run; keeps a little memory.
    pub(crate) fn reset(&mut self) {
        self.pending.clear();
        self.pending.shrink_to(KEEP_MESSAGES);
        self.index.clear();
        self.index.shrink_to(KEEP_MESSAGES);
        self.awaited = None;
        (self.waiting, self.left, self.indexed) = (0, 0, false);
    }

    /// The oldest message of (`from`, `lane`) to this rank alone.
    pub(crate) fn take(&mut self, from: Rank, lane: u32) -> Option<Message> {
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
            at: at + left,
        }));
        self.index.sort_unstable();
        self.indexed = true;
    }
}
