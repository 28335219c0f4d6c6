//! Events that wait for a busy processor or interface.
//!
//! LogGOPSim puts each of them off to the time at which its resources are free; of `k` messages that
//! meet at a rank, `k - 1` are put off when the first is served, `k - 2` after the second, and so on.
//! Here only the first of a line stands in the queue, and the others behind it.
//!
//! That is exact. Events of a line (one rank; sends, arrivals or calculations) wait for the same
//! resources and the same time, and are served by number. Where the first of them finds the
//! processor itself busy, so will all others at that time: nothing can take a busy processor or change
//! until when it is busy. So the whole line moves with its first. Where only the interface is busy,
//! another event may come between, so the first goes alone and the next takes its place. Ranks with
//! several processors or interfaces have no lines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::queue::{Event, Queue};

/// No event.
const NONE: u32 = u32::MAX;

/// What waits in a line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Line {
    Sends,
    Arrivals,
    Calcs,
}

#[derive(Debug)]
pub(super) struct Lines {
    /// Number of the first event of each line, three lines a rank.
    first: Vec<u32>,
    rest: Vec<Rest>,
}

/// Who stands behind the first.
#[derive(Debug, Clone, Default)]
struct Rest {
    /// For which time the line waits.
    time: u64,
    /// Numbers and ids, by number.
    events: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Lines {
    /// Lines of that many ranks; 0 for none.
    pub(super) fn new(ranks: u32) -> Self {
        let lines = 3 * ranks as usize;
        Self { first: vec![NONE; lines], rest: vec![Rest::default(); lines] }
    }

    fn at(&self, rank: u32, line: Line) -> Option<usize> {
        let at = 3 * rank as usize + line as usize;
        (at < self.first.len()).then_some(at)
    }

    /// Takes note that an event was served: who stands behind it steps forward.
    pub(super) fn served(&mut self, queue: &mut Queue, rank: u32, line: Line, event: Event) {
        if let Some(at) = self.at(rank, line)
            && self.first[at] == event.number
        {
            self.step_forward(queue, at);
        }
    }

    /// Puts an event off to `time`; `stuck` says that its processor is busy.
    pub(super) fn put_off(
        &mut self,
        queue: &mut Queue,
        (rank, line): (u32, Line),
        event: Event,
        time: u64,
        stuck: bool,
    ) {
        let later = Event { time, ..event };
        let Some(at) = self.at(rank, line) else { return queue.push(later) };
        let (first, rest) = (self.first[at], &mut self.rest[at]);
        if first == event.number && !stuck {
            queue.push(later);
            self.step_forward(queue, at);
        } else if first == event.number || first == NONE {
            self.first[at] = event.number;
            rest.time = time;
            queue.push(later);
        } else if rest.time == time && first < event.number {
            rest.events.push(Reverse((event.number, event.id)));
        } else {
            queue.push(later);
        }
    }

    fn step_forward(&mut self, queue: &mut Queue, at: usize) {
        let rest = &mut self.rest[at];
        self.first[at] = match rest.events.pop() {
            Some(Reverse((number, id))) => {
                queue.push(Event { time: rest.time, number, id });
                number
            }
            None => NONE,
        };
    }
}
