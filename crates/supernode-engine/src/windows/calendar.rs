//! What happens in which window of time.
//!
//! Events of one window lie next to each other in blocks, in no order: memory is written and read along,
//! where a queue for each rank would be somewhere else for each message.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::events::Event;

/// Windows that have a list of their own.
const NEAR: usize = 4096;
/// Events of a block.
const BLOCK: usize = 8;
/// The end of a list.
const END: u32 = u32::MAX;

/// Events of one window.
#[derive(Debug)]
struct Block {
    events: [Event; BLOCK],
    len: usize,
    /// The next block of the same window, or of those that are free.
    next: u32,
}

impl Default for Block {
    fn default() -> Self {
        Self { events: [Event::default(); BLOCK], len: 0, next: END }
    }
}

/// Events by window.
#[derive(Debug)]
pub(super) struct Calendar {
    /// The length of a window.
    length: u64,
    /// The window that was taken last; the next ones are in `near`, from their number modulo its length.
    now: u64,
    /// The first block of each.
    near: Vec<u32>,
    blocks: Vec<Block>,
    free: u32,
    /// Events in `near`.
    count: usize,
    far: BinaryHeap<Reverse<Event>>,
}

impl Calendar {
    /// Windows of `length`, which is not zero where there are events.
    pub(super) fn new(length: u64) -> Self {
        let (blocks, far) = (Vec::new(), BinaryHeap::new());
        Self { length, now: 0, near: vec![END; NEAR], blocks, free: END, count: 0, far }
    }

    /// Adds an event of a window that is not over.
    pub(super) fn add(&mut self, event: Event) {
        let window = event.time / self.length;
        if window - self.now >= NEAR as u64 {
            self.far.push(Reverse(event));
            return;
        }
        let first = &mut self.near[window as usize % NEAR];
        if *first == END || self.blocks[*first as usize].len == BLOCK {
            let next = std::mem::replace(first, self.free);
            if *first == END {
                *first = self.blocks.len() as u32;
                self.blocks.push(Block::default());
            }
            let block = &mut self.blocks[*first as usize];
            self.free = block.next;
            (block.len, block.next) = (0, next);
        }
        let block = &mut self.blocks[*first as usize];
        block.events[block.len] = event;
        block.len += 1;
        self.count += 1;
    }

    /// The end of the next window in which something happens, and what, in `events`.
    pub(super) fn next(&mut self, events: &mut Vec<Event>) -> Option<u64> {
        events.clear();
        if self.count == 0 {
            let Reverse(event) = self.far.peek()?;
            self.now = event.time / self.length;
        }
        loop {
            while let Some(Reverse(event)) = self.far.peek().copied()
                && event.time / self.length - self.now < NEAR as u64
            {
                self.far.pop();
                self.add(event);
            }
            let mut at = std::mem::replace(&mut self.near[self.now as usize % NEAR], END);
            if at != END {
                while at != END {
                    let block = &mut self.blocks[at as usize];
                    events.extend_from_slice(&block.events[..block.len]);
                    let next = std::mem::replace(&mut block.next, self.free);
                    self.free = at;
                    at = next;
                }
                self.count -= events.len();
                return Some((self.now + 1).saturating_mul(self.length));
            }
            self.now += 1;
        }
    }
}
