//! The links of a ring in runs, each with the clocks at its ends as lines.
//!
//! Neighbours in a ring are joined by few kinds of links, and most links are as the one before. So a
//! ring of a million ranks is a list of runs, and where the clocks of a run lie on lines, the run stands
//! for all of its links.

/// What a link costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) latency: i64,
    /// How long a message occupies its ports.
    pub(super) busy: i64,
    /// From its service at the receive port to the next message being issued.
    pub(super) through: i64,
}

impl Link {
    /// From a message being sent by one member to the next being issued by the next.
    pub(super) fn moving(self) -> i64 {
        self.latency + self.through
    }
}

/// A clock that grows by the same from link to link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ramp {
    pub(super) at: i64,
    pub(super) slope: i64,
}

impl Ramp {
    pub(super) fn constant(at: i64) -> Self {
        Self { at, slope: 0 }
    }

    pub(super) fn value(self, x: i64) -> i64 {
        self.at + self.slope * x
    }

    /// The same from `x` on.
    pub(super) fn from(self, x: i64) -> Self {
        Self { at: self.value(x), slope: self.slope }
    }

    /// The same, later by `time`.
    pub(super) fn later(self, time: i64) -> Self {
        Self { at: self.at + time, slope: self.slope }
    }

    /// The line through this one for `len` links and `next` for `more`, if there is one.
    fn joined(self, len: i64, next: Self, more: i64) -> Option<Self> {
        let slope = match (len, more) {
            (1, 1) => next.at - self.at,
            (1, _) => next.slope,
            _ => self.slope,
        };
        let joined = Self { at: self.at, slope };
        let same = joined.value(len) == next.at && (more == 1 || slope == next.slope);
        same.then_some(joined)
    }
}

/// Neighbouring links that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Number of the first link, which is that of its sender.
    pub(super) first: i64,
    pub(super) len: i64,
    pub(super) link: Link,
    /// When the next message of each link is issued, is sent, and is received.
    pub(super) clocks: [Ramp; 3],
}

impl Run {
    pub(super) fn end(&self) -> i64 {
        self.first + self.len
    }

    /// The lines of all three, as if at the sender.
    pub(super) fn starts(&self) -> [Ramp; 3] {
        let [issue, send, receive] = self.clocks;
        [issue, send, receive.later(-self.link.latency)]
    }

    /// The latest of them at `x` links from the first.
    pub(super) fn start(&self, x: i64) -> i64 {
        let [issue, send, receive] = self.starts().map(|line| line.value(x));
        issue.max(send).max(receive)
    }

    /// Adds to the last of `runs` what continues it, or else to their end.
    pub(super) fn push(self, runs: &mut Vec<Self>) {
        if let Some(last) = runs.last_mut().filter(|last| last.link == self.link) {
            let joined = |i: usize| last.clocks[i].joined(last.len, self.clocks[i], self.len);
            if let (Some(issue), Some(send), Some(receive)) = (joined(0), joined(1), joined(2)) {
                last.clocks = [issue, send, receive];
                last.len += self.len;
                return;
            }
        }
        runs.push(self);
    }
}

/// Places where the highest of the lines of each list changes: calls `piece` with the first place and
/// the number of places between changes, and the highest of each list from there on.
///
/// If one line is highest at both ends, then in between as well, because the highest of several lines
/// is never above the chord.
pub(super) fn highest<const N: usize>(
    lists: [&[Ramp]; N],
    (first, last): (i64, i64),
    piece: &mut impl FnMut(i64, i64, [Ramp; N]),
) {
    let mut top = [Ramp::constant(0); N];
    for (top, list) in top.iter_mut().zip(lists) {
        let top_at = |x: i64| {
            let by = |a: &Ramp, b: &Ramp| (a.value(x), a.slope).cmp(&(b.value(x), b.slope));
            list.iter().copied().max_by(by).unwrap_or(Ramp::constant(0))
        };
        *top = top_at(first);
        let other = top_at(last);
        if other.value(last) > top.value(last) {
            // The first place at which the other one is above.
            let split = (top.at - other.at).div_euclid(other.slope - top.slope) + 1;
            highest(lists, (first, split - 1), piece);
            highest(lists, (split, last), piece);
            return;
        }
    }
    piece(first, last + 1 - first, top.map(|line| line.from(first)));
}
