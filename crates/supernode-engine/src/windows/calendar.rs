//! Which ranks have something to do in which window of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Windows that have a list of their own.
const NEAR: usize = 4096;

/// The end of a list.
const END: u32 = u32::MAX;

/// Ranks by the window of their next event.
#[derive(Debug)]
pub(super) struct Calendar {
    /// The window that was taken last; the next ones are in `near`, from their number modulo its length.
    now: u64,
    /// The first entry of each.
    near: Vec<u32>,
    /// Ranks, and the next entry of the same window, or of those that are free.
    entries: Vec<(u32, u32)>,
    free: u32,
    /// Entries in `near`.
    count: usize,
    far: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Calendar {
    pub(super) fn new() -> Self {
        let (entries, far) = (Vec::new(), BinaryHeap::new());
        Self { now: 0, near: vec![END; NEAR], entries, free: END, count: 0, far }
    }

    /// Notes that `rank` has something to do in `window`, which is not over.
    pub(super) fn add(&mut self, window: u64, rank: u32) {
        if window - self.now >= NEAR as u64 {
            self.far.push(Reverse((window, rank)));
            return;
        }
        let first = &mut self.near[window as usize % NEAR];
        let entry = (rank, *first);
        if self.free == END {
            *first = self.entries.len() as u32;
            self.entries.push(entry);
        } else {
            *first = self.free;
            self.free = std::mem::replace(&mut self.entries[self.free as usize], entry).1;
        }
        self.count += 1;
    }

    /// The next window in which a rank has something to do, and those ranks, in `ranks`.
    pub(super) fn next(&mut self, ranks: &mut Vec<u32>) -> Option<u64> {
        ranks.clear();
        if self.count == 0 {
            let Reverse((window, _)) = *self.far.peek()?;
            self.now = window;
        }
        loop {
            while let Some(Reverse((window, rank))) = self.far.peek().copied()
                && window - self.now < NEAR as u64
            {
                self.far.pop();
                self.add(window, rank);
            }
            let mut entry = std::mem::replace(&mut self.near[self.now as usize % NEAR], END);
            if entry != END {
                while entry != END {
                    let (rank, next) = self.entries[entry as usize];
                    ranks.push(rank);
                    self.entries[entry as usize].1 = self.free;
                    self.free = entry;
                    entry = next;
                }
                self.count -= ranks.len();
                return Some(self.now);
            }
            self.now += 1;
        }
    }
}
