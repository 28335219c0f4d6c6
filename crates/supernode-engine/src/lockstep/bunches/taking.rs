//! A member taking messages that arrive at even distances.

use super::super::rules::Rules;

/// Arrivals at one member at even distances, of messages of one length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bunch {
    pub(super) head: i64,
    pub(super) step: i64,
    pub(super) len: i64,
    pub(super) busy: i64,
    /// The sender of the first, and how far on the next one is.
    pub(super) first: i64,
    pub(super) next: i64,
}

impl Bunch {
    pub(super) fn last(&self) -> i64 {
        self.head + self.step * (self.len - 1)
    }
}

/// What a member takes: its port, its engine, its lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taking {
    pub(super) free: i64,
    pub(super) worked: i64,
    pub(super) now: i64,
}

/// How many times more the greater of two sides stays so, if they grow by this.
fn lasts(greater: (i64, i64), less: (i64, i64)) -> i64 {
    let faster = less.1 - greater.1;
    if faster <= 0 { i64::MAX } else { (greater.0 - less.0) / faster }
}

impl Taking {
    /// Serves a bunch.
    pub(super) fn take(&mut self, bunch: &Bunch, rules: &Rules) {
        let Bunch { mut head, step, len, busy, .. } = *bunch;
        let (work, slice) = (rules.reduction as i64, rules.slice as i64);
        let recv = rules.recv as i64;
        let mut left = len;
        while left > 0 {
            // One message, by the rules.
            let Self { free, worked, now } = *self;
            let served = free.max(head);
            self.free = served + busy;
            if rules.reduces {
                self.worked = worked.max(served) + work;
            }
            let data = if rules.reduces { self.free.max(self.worked) + slice } else { self.free };
            self.now = now.max(data) + recv;
            left -= 1;
            if left == 0 {
                return;
            }
            // As many more as all maxima stay with the same side.
            let (mut same, serving);
            if head >= free {
                serving = step;
                same = if step >= busy { i64::MAX } else { 0 };
            } else {
                serving = busy;
                same = lasts((free, busy), (head, step));
            }
            let (mut working, mut arriving) = (0, serving);
            if rules.reduces {
                if served >= worked {
                    working = serving;
                    same = same.min(if serving >= work { i64::MAX } else { 0 });
                } else {
                    working = work;
                    same = same.min(lasts((worked, work), (served, serving)));
                }
                let (port, engine) = ((self.free, serving), (self.worked, working));
                same = same.min(if port.0 >= engine.0 {
                    lasts(port, engine)
                } else {
                    arriving = working;
                    lasts(engine, port)
                });
            }
            let going = if data >= now {
                same = same.min(if arriving >= recv { i64::MAX } else { 0 });
                arriving
            } else {
                same = same.min(lasts((now, recv), (data, arriving)));
                recv
            };
            let same = same.min(left);
            self.free += same * serving;
            self.worked += same * working;
            self.now += same * going;
            head += (same + 1) * step;
            left -= same;
        }
    }
}
