//! How messages reach a rank, and how a deadlock is noticed.
//!
//! Ranks are dealt out in blocks of consecutive ranks, one block a thread. Messages within a block
//! go straight into the receiver's inbox: one lock, the block's own, is held for a rank's whole
//! turn and nobody else asks for it. Messages between blocks are put together until the turn ends
//! and then go through the other block's office, whose lock is held for a moment only.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};

use supernode_collectives::{Rank, Span};
use supernode_engine::InFlight;

use crate::fan::{Fan, Part};
use crate::inbox::{Inbox, Message};
use crate::payload::Payload;

mod offices;

pub(crate) use offices::Offices;

/// The inboxes of a block.
#[derive(Debug, Default)]
pub(crate) struct Post {
    first: Rank,
    inboxes: Vec<Inbox>,
    /// Fans with parts for this block, by sender and in order of arrival; as long as the ranks once
    /// there was one.
    fans: Vec<VecDeque<Fan>>,
    /// How many there are.
    fanned: usize,
    /// Lists for fans of this block.
    spare: Vec<Vec<Part>>,
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

/// Lists of fans that a post may keep from run to run for each of its ranks, and their length.
const KEEP_LISTS: usize = 4;
const KEEP_PARTS: usize = 256;

/// What leaves for one block.
#[derive(Debug, Default)]
struct Batch {
    messages: Vec<(Rank, Message)>,
    fans: Vec<Fan>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.fans.is_empty()
    }

    fn clear(&mut self) {
        self.messages.clear();
        self.fans.clear();
    }
}

impl Post {
    /// Makes the post ready for a run of the `ranks` ranks from `first` on.
    pub(crate) fn reset(&mut self, first: Rank, ranks: usize, offices: &Offices) {
        self.inboxes.iter_mut().for_each(Inbox::reset);
        self.inboxes.resize_with(ranks, Inbox::default);
        self.leaving.resize_with(offices.blocks.len(), Batch::default);
        self.leaving.iter_mut().for_each(Batch::clear);
        self.emptied.truncate(KEEP_BATCHES);
        if self.fanned > 0 {
            self.fans.clear();
        }
        self.fanned = 0;
        self.spare.retain(|parts| parts.capacity() <= KEEP_PARTS);
        self.spare.truncate(KEEP_LISTS * ranks);
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
        let Some(inbox) = self.inboxes.get_mut(to.wrapping_sub(self.first) as usize) else {
            let batch = &mut self.leaving[(to / self.share) as usize];
            return &mut batch.messages.push_mut((to, Message::TAKEN)).1;
        };
        let (message, waker) = inbox.push();
        if let Some(waker) = waker {
            self.running += 1;
            waker.wake();
        }
        message
    }

    /// An empty list for the parts of a fan that begins with rank `to`, and the rank it has to end
    /// before: the first of the next block.
    pub(crate) fn list(&mut self, to: Rank) -> (Vec<Part>, Rank) {
        let end = (to / self.share + 1) * self.share;
        (self.spare.pop().unwrap_or_default(), end)
    }

    /// Sends a fan, whose receivers are of one block: all at once, or with [`Post::flush`] if they
    /// are of another block.
    pub(crate) fn send_fan(&mut self, fan: Fan) {
        match fan.first.checked_sub(self.first) {
            Some(index) if (index as usize) < self.inboxes.len() => self.spread(fan),
            _ => self.leaving[(fan.first / self.share) as usize].fans.push(fan),
        }
    }

    /// Tells the receivers of a fan that there is something for them.
    fn spread(&mut self, fan: Fan) {
        for to in fan.receivers() {
            if let Some(waker) = self.inbox(to).count() {
                self.running += 1;
                waker.wake();
            }
        }
        let from = fan.from as usize;
        if self.fans.len() <= from {
            self.fans.resize_with(from + 1, VecDeque::new);
        }
        self.fans[from].push_back(fan);
        self.fanned += 1;
    }

    /// Takes the oldest message of `lane` of `from` to `to`, which is of this block.
    #[inline(always)]
    pub(crate) fn take(&mut self, to: Rank, from: Rank, lane: u32) -> Option<Message> {
        if self.fanned == 0 {
            return self.inbox(to).take(from, lane);
        }
        self.take_any(to, from, lane)
    }

    /// [`Post::take`] while there are fans.
    #[inline(never)]
    fn take_any(&mut self, to: Rank, from: Rank, lane: u32) -> Option<Message> {
        let mut message = Message { from, lane, ..Message::TAKEN };
        let is_there = self.hand_over(to, from, lane, |flight, bytes, payload, put| {
            (message.head, message.busy, message.rx_port) =
                (flight.head, flight.busy, flight.rx_port);
            (message.bytes, message.put, message.payload) = (bytes, put, payload);
        });
        is_there.then_some(message)
    }

    /// As [`Post::take`], but hands time, size, bytes and place to `taker`; gives whether there was
    /// a message. Inlined for the sake of [`Fan::take`].
    #[inline(always)]
    pub(crate) fn hand_over(
        &mut self,
        to: Rank,
        from: Rank,
        lane: u32,
        taker: impl FnOnce(InFlight, u64, Payload, Option<Span>),
    ) -> bool {
        let inbox = &mut self.inboxes[(to - self.first) as usize];
        if self.fanned > 0
            && let Some(fans) = self.fans.get_mut(from as usize)
            && let Some(place) = fans.iter().position(|fan| fan.holds(lane, to))
            && inbox.step_of(from, lane).is_none_or(|step| fans[place].step < step)
        {
            inbox.discount();
            let fan = &mut fans[place];
            let bytes = fan.bytes;
            fan.take(to, |flight, payload| taker(flight, bytes, payload, None));
            if fan.left == 0
                && let Some(mut fan) = fans.remove(place)
            {
                self.fanned -= 1;
                fan.parts.clear();
                self.spare.push(fan.parts);
            }
            return true;
        }
        let Some(message) = inbox.take(from, lane) else { return false };
        taker(message.flight(), message.bytes, message.payload, message.put);
        true
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
            for (to, message) in batch.messages.drain(..) {
                *self.send(to) = message;
            }
            batch.fans.drain(..).for_each(|fan| self.spread(fan));
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
