//! How messages reach a rank, and how a deadlock is noticed.
//!
//! Ranks are dealt out in blocks of consecutive ranks, one block a thread. Messages within a block
//! go straight into the receiver's inbox: one lock, the block's own, is held for a rank's whole
//! turn and nobody else asks for it. Messages between blocks are put together until the turn ends
//! and then go through the other block's office, whose lock is held for a moment only.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crossbeam::utils::CachePadded;
use supernode_collectives::Rank;

use crate::inbox::{Inbox, Message};

/// The inboxes of a block.
#[derive(Debug, Default)]
pub(crate) struct Post {
    first: Rank,
    inboxes: Vec<Inbox>,
    /// Ranks that can still make progress on their own.
    running: usize,
    finished: usize,
    /// Nobody in the run can make progress any more.
    given_up: bool,
    /// Ranks of each block but the last.
    share: u32,
    /// What is to be delivered to each block.
    leaving: Vec<Batch>,
    /// Batches whose messages were handed out; they go back to be filled again.
    emptied: Vec<Batch>,
}

/// Emptied batches that a post may keep from run to run.
const KEEP_BATCHES: usize = 64;

/// Messages to ranks of one block.
type Batch = Vec<(Rank, Message)>;

impl Post {
    /// Makes the post ready for a run of the `ranks` ranks from `first` on.
    pub(crate) fn reset(&mut self, first: Rank, ranks: usize, offices: &Offices) {
        self.inboxes.iter_mut().for_each(Inbox::reset);
        self.inboxes.resize_with(ranks, Inbox::default);
        self.leaving.resize_with(offices.blocks.len(), Vec::new);
        self.leaving.iter_mut().for_each(Vec::clear);
        self.emptied.truncate(KEEP_BATCHES);
        (self.first, self.share) = (first, offices.share);
        (self.running, self.finished, self.given_up) = (ranks, 0, false);
    }

    /// What has arrived for `rank` of this block.
    pub(crate) fn inbox(&mut self, rank: Rank) -> &mut Inbox {
        &mut self.inboxes[(rank - self.first) as usize]
    }

    /// Where a message to `to` is to be written: it is on its way from then on, or leaves with
    /// [`Post::flush`] if it goes to another block.
    #[inline(always)]
    pub(crate) fn send(&mut self, to: Rank) -> &mut Message {
        match self.inboxes.get_mut(to.wrapping_sub(self.first) as usize) {
            Some(inbox) => {
                let (message, waker) = inbox.push();
                if let Some(waker) = waker {
                    self.running += 1;
                    waker.wake();
                }
                message
            }
            None => &mut self.leaving[(to / self.share) as usize].push_mut((to, Message::TAKEN)).1,
        }
    }

    /// Delivers what was sent to other blocks.
    pub(crate) fn flush(&mut self, offices: &Offices) {
        for (office, batch) in offices.blocks.iter().zip(&mut self.leaving) {
            if !batch.is_empty() {
                offices.deliver(office, batch);
            }
        }
    }

    /// Takes what other blocks have delivered to `block`, which is this one.
    pub(crate) fn receive(&mut self, offices: &Offices, block: usize) {
        if !offices.blocks[block].filled.load(Ordering::Acquire) {
            return;
        }
        let mut batches = {
            let mut mail = offices.blocks[block].lock();
            offices.blocks[block].filled.store(false, Ordering::Relaxed);
            mail.emptied.append(&mut self.emptied);
            std::mem::take(&mut mail.batches)
        };
        for batch in &mut batches {
            for (to, message) in batch.drain(..) {
                *self.send(to) = message;
            }
        }
        self.emptied = batches;
    }

    /// Whether a rank that waits for `needed` messages may go on; none if none of the run can.
    pub(crate) fn poll_wait(&mut self, rank: Rank, needed: usize, waker: &Waker) -> Poll<bool> {
        if self.given_up {
            return Poll::Ready(false);
        }
        // A rank that is polled runs, whoever woke it.
        if self.inbox(rank).wake().is_some() {
            self.running += 1;
        }
        if self.inbox(rank).wait(needed, waker) {
            return Poll::Ready(true);
        }
        self.running -= 1;
        Poll::Pending
    }

    /// Notes that a rank is done with its program.
    pub(crate) fn finish(&mut self) {
        self.finished += 1;
        self.running -= 1;
    }

    /// Ends the wait of every rank of the block.
    pub(crate) fn give_up(&mut self) {
        self.given_up = true;
        for inbox in &mut self.inboxes {
            if let Some(waker) = inbox.wake() {
                self.running += 1;
                waker.wake();
            }
        }
    }

    /// Whether all ranks of the block wait for others.
    pub(crate) fn is_idle(&self) -> bool {
        self.running == 0
    }

    /// Whether all ranks of the block are done.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished == self.inboxes.len()
    }
}

/// Where blocks deliver messages to each other, and the count of those that are not waiting.
#[derive(Debug)]
pub(crate) struct Offices {
    blocks: Vec<CachePadded<Office>>,
    /// Ranks of each block but the last.
    share: u32,
    /// Blocks that can still make progress on their own.
    running: CachePadded<AtomicUsize>,
    finished: AtomicUsize,
    given_up: AtomicBool,
}

#[derive(Debug, Default)]
struct Office {
    /// Whether there is mail: asked more often than there is.
    filled: AtomicBool,
    mail: Mutex<Mail>,
}

#[derive(Debug, Default)]
struct Mail {
    batches: Vec<Batch>,
    /// Batches for the senders to fill.
    emptied: Vec<Batch>,
    /// Of the block, if it waits.
    waiting: Option<Waker>,
}

impl Office {
    fn lock(&self) -> MutexGuard<'_, Mail> {
        // A poisoned lock means that a task panicked; its message is the one to show.
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Offices {
    /// Offices of `blocks` blocks of `share` ranks each.
    pub(crate) fn new(blocks: usize, share: u32) -> Self {
        Self {
            blocks: (0..blocks).map(|_| CachePadded::default()).collect(),
            share,
            running: CachePadded::new(AtomicUsize::new(blocks)),
            finished: AtomicUsize::new(0),
            given_up: AtomicBool::new(false),
        }
    }

    /// Number of blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The first rank of `block` and how many there are, of `all`.
    pub(crate) fn ranks_of(&self, block: usize, all: u32) -> (Rank, usize) {
        let first = block as u32 * self.share;
        (first, self.share.min(all - first) as usize)
    }

    fn deliver(&self, office: &Office, batch: &mut Batch) {
        let mut mail = office.lock();
        let emptied = mail.emptied.pop().unwrap_or_default();
        mail.batches.push(std::mem::replace(batch, emptied));
        office.filled.store(true, Ordering::Release);
        self.wake(mail);
    }

    fn wake(&self, mut mail: MutexGuard<'_, Mail>) {
        if let Some(waker) = mail.waiting.take() {
            self.running.fetch_add(1, Ordering::AcqRel);
            drop(mail);
            waker.wake();
        }
    }

    /// Whether `block` has mail or should give up; if not, `waker` is told once it does.
    pub(crate) fn poll_wait(&self, block: usize, waker: &Waker) -> Poll<()> {
        let mut mail = self.blocks[block].lock();
        if self.given_up() || !mail.batches.is_empty() {
            return Poll::Ready(());
        }
        if mail.waiting.replace(waker.clone()).is_none() {
            drop(mail);
            self.stop_running();
        }
        Poll::Pending
    }

    /// Whether `block` has mail.
    pub(crate) fn has_mail(&self, block: usize) -> bool {
        self.blocks[block].filled.load(Ordering::Acquire)
    }

    /// Whether no rank of the run can make progress any more.
    pub(crate) fn given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Notes that a block is done.
    pub(crate) fn finish(&self) {
        self.finished.fetch_add(1, Ordering::AcqRel);
        self.stop_running();
    }

    /// Ends the wait of every block: a rank will never send again.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        for office in &self.blocks {
            self.wake(office.lock());
        }
    }

    /// The last block to stop decides: if others still wait, they wait for ever.
    fn stop_running(&self) {
        if self.running.fetch_sub(1, Ordering::AcqRel) == 1
            && self.finished.load(Ordering::Acquire) < self.blocks.len()
        {
            self.give_up();
        }
    }
}
