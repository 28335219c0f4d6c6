//! Where blocks deliver to each other, and who notices that all of them wait.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crossbeam::utils::CachePadded;
use supernode_collectives::Rank;

use super::Batch;

/// Where blocks deliver messages to each other, and the count of those that are not waiting.
#[derive(Debug)]
pub(crate) struct Offices {
    pub(super) blocks: Vec<CachePadded<Office>>,
    /// Ranks of each block but the last.
    pub(super) share: u32,
    /// Blocks that can still make progress on their own.
    running: CachePadded<AtomicUsize>,
    finished: AtomicUsize,
    given_up: AtomicBool,
}

#[derive(Debug, Default)]
pub(super) struct Office {
    /// Whether there is mail: asked more often than there is.
    pub(super) filled: AtomicBool,
    mail: Mutex<Mail>,
}

#[derive(Debug, Default)]
pub(super) struct Mail {
    pub(super) batches: Vec<Batch>,
    /// Batches for the senders to fill.
    pub(super) emptied: Vec<Batch>,
    /// Of the block, if it waits.
    waiting: Option<Waker>,
}

impl Office {
    pub(super) fn lock(&self) -> MutexGuard<'_, Mail> {
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

    pub(super) fn deliver(&self, office: &Office, batch: &mut Batch) {
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
