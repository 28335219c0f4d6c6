//! Which ranks have something to do in which window of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Windows that have a list of their own.
const NEAR: usize = 4096;

/// Ranks by the window of their next event.
#[derive(Debug)]
pub(super) struct Calendar {
    /// The window that was taken last; those after it are in `near`, from their number modulo its length.
    now: u64,
    near: Vec<Vec<u32>>,
    /// Entries in `near`.
    entries: usize,
    far: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Calendar {
    pub(super) fn new() -> Self {
        Self { now: 0, near: vec![Vec::new(); NEAR], entries: 0, far: BinaryHeap::new() }
    }

    /// Notes that `rank` has something to do in `window`, which is not over.
    pub(super) fn add(&mut self, window: u64, rank: u32) {
        if window - self.now < NEAR as u64 {
            self.near[window as usize % NEAR].push(rank);
            self.entries += 1;
        } else {
            self.far.push(Reverse((window, rank)));
        }
    }

    /// The next window in which a rank has something to do, and those ranks, in `ranks`.
    pub(super) fn next(&mut self, ranks: &mut Vec<u32>) -> Option<u64> {
        ranks.clear();
        if self.entries == 0 {
            let Reverse((window, _)) = *self.far.peek()?;
            self.now = window;
        }
        loop {
            while let Some(Reverse((window, rank))) = self.far.peek().copied()
                && window - self.now < NEAR as u64
            {
                self.far.pop();
                self.near[window as usize % NEAR].push(rank);
                self.entries += 1;
            }
            let list = &mut self.near[self.now as usize % NEAR];
            if !list.is_empty() {
                std::mem::swap(ranks, list);
                self.entries -= ranks.len();
                return Some(self.now);
            }
            self.now += 1;
        }
    }
}
