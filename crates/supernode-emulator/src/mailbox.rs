//! How messages reach a rank, and how a deadlock is noticed.
//!
//! One mailbox per rank, filled by many senders, emptied by one task. Senders deliver in batches
//! and the receiver takes everything at once, so a lock is taken per batch, not per message. A
//! sender yields before its batch grows long, so what is in flight stays linear in ranks.

use std::future::poll_fn;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Poll, Waker};

use crossbeam::utils::CachePadded;
use supernode_collectives::{Rank, Span};
use supernode_engine::InFlight;
use supernode_units::Time;

use crate::payload::Payload;

/// A message between two lanes of the same number.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) from: Rank,
    pub(crate) lane: u32,
    /// Number of the message among those of its sender.
    pub(crate) sequence: u32,
    pub(crate) flight: InFlight,
    pub(crate) bytes: u64,
    /// Where a one-sided write goes in the receiver's buffers; `None` for two-sided messages.
    pub(crate) put: Option<Span>,
    pub(crate) payload: Payload,
}

impl Message {
    /// What is left where a message was taken, and what a new one starts from.
    pub(crate) const TAKEN: Self = Self {
        from: Rank::MAX,
        lane: u32::MAX,
        sequence: 0,
        flight: InFlight { head: Time::ZERO, busy: Time::ZERO, rx_port: 0 },
        bytes: 0,
        put: None,
        payload: Payload::Nothing,
    };

    pub(crate) fn is_taken(&self) -> bool {
        self.from == Rank::MAX
    }
}

#[derive(Debug, Default)]
struct Inbox {
    messages: Vec<Message>,
    waiting: Option<Waker>,
    /// Messages without which its rank cannot go on.
    needed: usize,
}

/// Capacity that an emptied mailbox may keep.
const KEEP_MESSAGES: usize = 256;

/// All mailboxes of a run, and the count of ranks that are not waiting.
#[derive(Debug)]
pub(crate) struct Mailboxes {
    inboxes: Vec<CachePadded<Mutex<Inbox>>>,
    /// Ranks that can still make progress on their own.
    running: CachePadded<AtomicUsize>,
    finished: CachePadded<AtomicUsize>,
    deadlocked: AtomicBool,
}

impl Mailboxes {
    pub(crate) fn new(ranks: u32) -> Self {
        Self {
            inboxes: (0..ranks).map(|_| CachePadded::default()).collect(),
            running: CachePadded::new(AtomicUsize::new(ranks as usize)),
            finished: CachePadded::default(),
            deadlocked: AtomicBool::new(false),
        }
    }

    /// Makes the mailboxes of a finished run ready for the next one of as many ranks.
    pub(crate) fn reset(&mut self) {
        *self.running.get_mut() = self.inboxes.len();
        *self.finished.get_mut() = 0;
        *self.deadlocked.get_mut() = false;
        for inbox in &mut self.inboxes {
            let inbox = inbox.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
            inbox.messages.clear();
            inbox.waiting = None;
        }
    }

    /// Number of mailboxes.
    pub(crate) fn ranks(&self) -> u32 {
        self.inboxes.len() as u32
    }

    /// Moves `batch` into the mailbox of `to` and wakes it if it waits and has enough.
    pub(crate) fn deliver(&self, to: Rank, batch: &mut Vec<Message>) {
        let waker = {
            let mut inbox = self.lock(to);
            if inbox.messages.is_empty() {
                std::mem::swap(&mut inbox.messages, batch);
            } else {
                inbox.messages.append(batch);
            }
            if inbox.messages.len() < inbox.needed { None } else { inbox.waiting.take() }
        };
        if let Some(waker) = waker {
            self.running.fetch_add(1, Ordering::AcqRel);
            waker.wake();
        }
    }

    /// Moves what has arrived for `rank` into `into` without waiting.
    pub(crate) fn collect(&self, rank: Rank, into: &mut Vec<Message>) {
        let mut inbox = self.lock(rank);
        Self::drain(&mut inbox, into);
    }

    /// Waits until `needed` messages are there for `rank` and moves all into `into`.
    ///
    /// Gives false if no rank of the run can make progress any more.
    pub(crate) async fn wait(&self, rank: Rank, needed: usize, into: &mut Vec<Message>) -> bool {
        poll_fn(|context| {
            if self.deadlocked.load(Ordering::Acquire) {
                return Poll::Ready(false);
            }
            let mut inbox = self.lock(rank);
            if inbox.messages.len() >= needed {
                Self::drain(&mut inbox, into);
                return Poll::Ready(true);
            }
            inbox.needed = needed;
            let waited = inbox.waiting.replace(context.waker().clone()).is_some();
            drop(inbox);
            if !waited {
                self.stop_running();
            }
            Poll::Pending
        })
        .await
    }

    /// Notes that a rank is done with its program.
    pub(crate) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::AcqRel);
        self.stop_running();
    }

    /// Ends the wait of every rank: one of them will never send again.
    pub(crate) fn give_up(&self) {
        self.deadlocked.store(true, Ordering::Release);
        for rank in 0..self.inboxes.len() as u32 {
            if let Some(waker) = self.lock(rank).waiting.take() {
                waker.wake();
            }
        }
    }

    /// The last rank to stop decides: if others still wait, they wait for ever.
    fn stop_running(&self) {
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1
            && self.finished.load(Ordering::Acquire) < self.inboxes.len()
        {
            self.give_up();
        }
    }

    fn drain(inbox: &mut Inbox, into: &mut Vec<Message>) {
        if into.is_empty() {
            std::mem::swap(&mut inbox.messages, into);
        } else {
            into.append(&mut inbox.messages);
        }
        if inbox.messages.capacity() > KEEP_MESSAGES {
            inbox.messages = Vec::new();
        }
    }

    fn lock(&self, rank: Rank) -> std::sync::MutexGuard<'_, Inbox> {
        // A poisoned lock means that another rank's task panicked; its message is the one to show.
        self.inboxes[rank as usize].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
