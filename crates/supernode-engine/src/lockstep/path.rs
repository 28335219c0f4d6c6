//! Rings as longest paths.
//!
//! Three clocks of a link repeat from step to step: when the lane of its sender issues a message (Y),
//! when the port begins to send it (S), and when the port of its receiver begins to receive it (R).
//! Each follows from others by sums and maxima alone:
//!
//! ```text
//! S(k)    = max(Y(k),           S(k-1) + busy)
//! R(k)    = max(S(k) + latency, R(k-1) + busy)
//! Y'(k+1) = max(R(k) + through, Y'(k) + stay)       of the next link
//! ```
//!
//! So a clock after `k` steps is the longest of all paths that lead to it: a path starts at some clock
//! of the beginning, moves along the ring Y, S, R, Y of the next link, ..., and takes each of its `k`
//! steps either by moving to the next link or by staying where it is. However it stays, it does best to
//! do all of that at the clock with the longest stay that it passes. For a given length `l` of a stay,
//! the best path among those that pass a stay of `l` or more, charged `l` a step, is a maximum over a
//! window of starts that slides along the ring; charging less than the true stay loses nothing,
//! because that is tried as well. A ring has few different lengths: one for the lanes and one for each
//! rate of its links.
//!
//! Where links are alike and their clocks lie on lines, the worth of a start lies on a line, too, and
//! the best of a part of a run is at an end of that part. So the window holds no links but ends of runs,
//! and between two places where it gains or loses an end, all that is compared are lines.

use super::run::{Ramp, Run, highest};

/// The different lengths of a stay, the lanes' first, if they are no more than `most`.
pub(super) fn lengths(runs: &[Run], stay: i64, most: usize) -> Option<Vec<i64>> {
    let mut lengths = vec![stay];
    for run in runs {
        // Who moves at all passes a lane.
        if run.link.busy > stay && !lengths.contains(&run.link.busy) {
            lengths.push(run.link.busy);
        }
        if lengths.len() > most {
            return None;
        }
    }
    Some(lengths)
}

/// The work of a ring of so many runs, in steps of single messages.
pub(super) fn work(runs: u64, lengths: u64) -> u64 {
    runs.saturating_mul(60 + 40 * lengths)
}

/// A run that a place is in, as often as the ring goes round.
#[derive(Clone, Copy)]
struct Cursor {
    run: usize,
    /// Links of the rounds before this one, negative before the first.
    round: i64,
}

/// The ring and the ways on it.
struct Ring<'a> {
    runs: &'a [Run],
    /// To the first link of each run.
    ways: Vec<i64>,
    /// All around, in links and in time.
    links: i64,
    around: i64,
}

impl Ring<'_> {
    fn run(&self, cursor: Cursor) -> &Run {
        &self.runs[cursor.run]
    }

    fn first(&self, cursor: Cursor) -> i64 {
        cursor.round + self.run(cursor).first
    }

    fn end(&self, cursor: Cursor) -> i64 {
        cursor.round + self.run(cursor).end()
    }

    fn next(&self, cursor: Cursor) -> Cursor {
        if cursor.run + 1 < self.runs.len() {
            Cursor { run: cursor.run + 1, ..cursor }
        } else {
            Cursor { run: 0, round: cursor.round + self.links }
        }
    }

    /// The way to `place`, which is in the run of `cursor`.
    fn way(&self, cursor: Cursor, place: i64) -> i64 {
        let rounds = cursor.round / self.links * self.around;
        let run = self.run(cursor);
        rounds + self.ways[cursor.run] + (place - self.first(cursor)) * run.link.moving()
    }

    /// What paths from `place` are worth before they stay.
    fn worth(&self, cursor: Cursor, place: i64) -> i64 {
        self.run(cursor).start(place - self.first(cursor)) - self.way(cursor, place)
    }
}

/// Starts of paths that are charged `length` a step, by what they are worth.
struct Window {
    length: i64,
    /// Worth and place of starts that a later one does not beat; `open` from `first` on.
    open: Vec<(i64, i64)>,
    first: usize,
    /// The same for starts that have not passed a stay that is long enough.
    closed: Vec<(i64, i64)>,
}

impl Window {
    fn push(list: &mut Vec<(i64, i64)>, first: usize, start: (i64, i64)) {
        while list.len() > first && list[list.len() - 1].0 <= start.0 {
            list.pop();
        }
        list.push(start);
    }

    /// A start at `place`, which lies on a link that is busy for `busy`.
    fn start(&mut self, worth: i64, place: i64, busy: i64, lanes: bool) {
        let start = (worth + self.length * place, place);
        if lanes || busy >= self.length {
            self.pass();
            Self::push(&mut self.open, self.first, start);
        } else {
            Self::push(&mut self.closed, 0, start);
        }
    }

    /// All starts so far pass a stay that is long enough.
    fn pass(&mut self) {
        for start in self.closed.drain(..) {
            Self::push(&mut self.open, self.first, start);
        }
    }

    /// The most that a start after `place` is worth.
    fn best(&mut self, place: i64) -> Option<i64> {
        while self.open.get(self.first).is_some_and(|start| start.1 <= place) {
            self.first += 1;
        }
        self.open.get(self.first).map(|start| start.0)
    }
}

/// The clocks of a ring `steps` steps further, for fewer steps than links and at least one. `lengths`
/// are those of [`lengths`].
///
/// The ports are left as if the next message were already on them, which changes no clock: that is
/// when it will be.
pub(super) fn advance(runs: &[Run], steps: i64, lengths: &[i64]) -> Vec<Run> {
    let (mut ways, mut around) = (Vec::with_capacity(runs.len()), 0);
    for run in runs {
        ways.push(around);
        around += run.len * run.link.moving();
    }
    let links = runs.last().map_or(0, Run::end);
    let ring = Ring { runs, ways, links, around };
    let window =
        |length: &i64| Window { length: *length, open: Vec::new(), first: 0, closed: Vec::new() };
    let mut windows: Vec<Window> = lengths.iter().map(window).collect();
    let add = |windows: &mut [Window], cursor: Cursor, place: i64| {
        let (worth, busy) = (ring.worth(cursor, place), ring.run(cursor).link.busy);
        for (i, window) in windows.iter_mut().enumerate() {
            window.start(worth, place, busy, i == 0);
        }
    };
    // The link that ends here, the one before it, which is the last to start from, and the first one.
    let here = runs.partition_point(|run| run.end() <= links - steps);
    let mut tail = Cursor { run: here, round: -links };
    let (mut head, mut x) = (Cursor { run: 0, round: 0 }, 0);
    let mut last = tail;
    add(&mut windows, last, (-steps).max(ring.first(last)));
    while ring.end(last) < 0 {
        add(&mut windows, last, ring.end(last) - 1);
        last = ring.next(last);
        add(&mut windows, last, ring.first(last));
    }
    let mut out = Vec::with_capacity(runs.len());
    let (mut issues, mut sends, mut receives) = (Vec::new(), Vec::new(), Vec::new());
    while x < links {
        if x == ring.end(head) {
            head = ring.next(head);
        }
        if x - 1 == ring.end(last) {
            add(&mut windows, last, x - 2);
            last = ring.next(last);
            add(&mut windows, last, x - 1);
        }
        if x - steps == ring.end(tail) {
            tail = ring.next(tail);
        }
        let until = ring.end(head).min(ring.end(last) + 1).min(ring.end(tail) + steps);
        let (own, before, from) = (ring.run(head), ring.run(last), ring.run(tail));
        let (lane, busy, moving) = (lengths[0], own.link.busy, own.link.moving());
        let (way, first) = (ring.way(head, x), x - steps);
        for list in [&mut issues, &mut sends, &mut receives] {
            list.clear();
        }
        // Who moves all the time starts at the end of the window.
        let whole = way - ring.way(tail, first);
        for start in from.starts() {
            let start = start.from(first - ring.first(tail)).later(whole);
            issues.push(Ramp { slope: start.slope + moving - from.link.moving(), ..start });
        }
        // Who moves once starts at the link before.
        let once = |stay: i64| before.link.moving() + (steps - 1) * stay;
        let near = before.starts().map(|start| start.from(x - 1 - ring.first(last)));
        let stay = lane.max(before.link.busy);
        issues.extend(near.map(|start| start.later(once(stay))));
        if busy > stay {
            sends.extend(near.map(|start| start.later(once(busy))));
        }
        for (i, window) in windows.iter_mut().enumerate() {
            let Window { length, .. } = *window;
            let line =
                |best: i64| Ramp { at: best + way + (steps - x) * length, slope: moving - length };
            issues.extend(window.best(first).map(line));
            if i > 0 && busy >= length && !window.closed.is_empty() {
                window.pass();
                sends.extend(window.best(first).map(line));
            }
        }
        // Who never moves.
        let at = x - ring.first(head);
        let [issue, send, receive] = own.clocks.map(|clock| clock.from(at));
        sends.extend(&issues);
        issues.push(issue.later(steps * lane));
        sends.extend([issue.later(steps * lane.max(busy)), send.later(steps * busy)]);
        receives.extend(sends.iter().map(|line| line.later(own.link.latency)));
        receives.push(receive.later(steps * busy));
        let lists = [&issues[..], &sends[..], &receives[..]];
        highest(lists, (0, until - x - 1), &mut |after, len, clocks| {
            Run { first: x + after, len, link: own.link, clocks }.push(&mut out);
        });
        x = until;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lockstep::run::Link;

    /// The rules, link by link.
    fn step(links: &[Link], stay: i64, clocks: &mut [[i64; 3]]) {
        let before = clocks.to_vec();
        let n = links.len();
        for i in 0..n {
            let from = if i == 0 { n - 1 } else { i - 1 };
            let issue = (before[from][2] + links[from].through).max(before[i][0] + stay);
            let send = issue.max(before[i][1] + links[i].busy);
            clocks[i] = [issue, send, (send + links[i].latency).max(before[i][2] + links[i].busy)];
        }
    }

    fn runs(links: &[Link], clocks: &[[i64; 3]]) -> Vec<Run> {
        let mut runs = Vec::new();
        for (first, (link, clocks)) in (0..).zip(links.iter().zip(clocks)) {
            let clocks = clocks.map(Ramp::constant);
            Run { first, len: 1, link: *link, clocks }.push(&mut runs);
        }
        runs
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn paths_are_steps(
            kinds in prop::collection::vec((0_i64..90, 0_i64..40, 0_i64..30), 4),
            pattern in prop::collection::vec((0_usize..4, 1_usize..9), 1..9),
            starts in prop::collection::vec((0_i64..300, 0_i64..300, 0_i64..300, 0_i64..9), 1..9),
            (stay, phases) in (0_i64..40, 1_usize..4),
            share in 0.0..1.0_f64,
        ) {
            let link = |kind: usize| {
                let (latency, busy, more) = kinds[kind];
                Link { latency, busy, through: busy + more }
            };
            let links: Vec<Link> =
                pattern.iter().flat_map(|(kind, len)| vec![link(*kind); *len]).collect();
            let n = links.len();
            let mut clocks: Vec<[i64; 3]> = (0..n)
                .map(|i| {
                    let (issue, send, receive, slope) = starts[i / 4 % starts.len()];
                    [issue + slope * i as i64, send, receive]
                })
                .collect();
            for start in &mut clocks {
                start[1] = start[1].max(start[0]);
            }
            for i in 0..n {
                clocks[i][2] = clocks[i][2].max(clocks[i][1] + links[i].latency);
            }
            let steps = ((n as f64 * share) as usize).clamp(1, n.max(2) - 1);
            prop_assume!(steps < n);
            let mut folded = runs(&links, &clocks);
            for _ in 0..phases {
                let lengths = lengths(&folded, stay, 8).expect("there are few");
                folded = advance(&folded, steps as i64, &lengths);
                (0..steps).for_each(|_| step(&links, stay, &mut clocks));
                let each = folded.iter().flat_map(|run| {
                    (0..run.len).map(|x| run.clocks.map(|clock| clock.value(x)))
                });
                prop_assert_eq!(each.collect::<Vec<_>>(), clocks.clone());
            }
        }
    }
}
