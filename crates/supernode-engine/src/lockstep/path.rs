//! Rings as longest paths.
//!
//! Three clocks of a rank repeat from step to step: when its lane issues a message (Y), when its port
//! begins to send it (S) and when its port begins to receive one (R). Each follows from others by sums
//! and maxima alone:
//!
//! ```text
//! Y(k+1) = max(R(k) + through, Y(k) + stay)       of one rank
//! S(k)   = max(Y(k),           S(k-1) + busy)
//! R(k)   = max(S'(k) + latency, R(k-1) + busy')   of the rank before
//! ```
//!
//! So a clock after `k` steps is the longest of all paths that lead to it: a path starts at some clock
//! of the beginning, moves along the ring R, Y, S, R of the next rank, ..., and takes each of its `k`
//! steps either by moving from R to Y or by staying where it is. However it stays, it does best to do
//! all of that at the clock with the longest stay that it passes. For a given length `l` of a stay, the
//! best path among those that pass a stay of `l` or more, charged `l` a step, is a maximum over a
//! window that slides along the ring; charging less than the true stay loses nothing, because that is
//! tried as well. A ring has few different lengths: one for the lanes and one for each kind of link.

use super::line::Line;

/// Ranks and steps that one thread takes alone.
const SHORT: usize = 20_000;

/// The three clocks of all members after the last step.
struct Clocks {
    issue: Vec<i64>,
    send: Vec<i64>,
    receive: Vec<i64>,
}

/// The different lengths of a stay, if they are no more than `most`.
pub(super) fn lengths(line: &Line, most: usize) -> Option<Vec<u64>> {
    let mut lengths = vec![line.links.stay];
    for busy in &line.links.busy {
        if !lengths.contains(busy) {
            lengths.push(*busy);
        }
        if lengths.len() > most {
            return None;
        }
    }
    Some(lengths)
}

/// Takes `steps` steps at once. The ports are left as if the next message were already on them, which
/// changes no clock: that is when it will be.
pub(super) fn advance(line: &mut Line, steps: u64, lengths: &[u64], threads: usize) {
    // Starting a thread costs more than a short ring.
    let threads = if steps as usize + line.len() < SHORT { 1 } else { threads };
    let share = lengths.len().div_ceil(threads);
    let best = |lengths: &[u64], line: &Line| {
        let n = line.len();
        let mut clocks = Clocks { issue: vec![0; n], send: vec![0; n], receive: vec![0; n] };
        for length in lengths {
            longest(line, steps, *length, &mut clocks);
        }
        clocks
    };
    let all: Vec<Clocks> = if share == lengths.len() {
        vec![best(lengths, line)]
    } else {
        let (best, line) = (&best, &*line);
        std::thread::scope(|scope| {
            let spawn = |lengths| scope.spawn(move || best(lengths, line));
            let running: Vec<_> = lengths.chunks(share).map(spawn).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            running.into_iter().map(join).collect()
        })
    };
    let latest = |of: fn(&Clocks) -> &Vec<i64>, out: &mut Vec<u64>| {
        for (i, out) in out.iter_mut().enumerate() {
            *out = all.iter().map(|clocks| of(clocks)[i]).max().unwrap_or(0) as u64;
        }
    };
    latest(|clocks| &clocks.issue, &mut line.ready);
    latest(|clocks| &clocks.send, &mut line.tx);
    latest(|clocks| &clocks.receive, &mut line.rx);
}

/// Starts of paths by what they are worth at the end, the latest first to leave the window.
struct Window {
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

    /// A start at `place`; `passes` says whether its own stay is long enough.
    #[inline]
    fn start(&mut self, worth: i64, place: i64, passes: bool) {
        if !passes {
            Self::push(&mut self.closed, 0, (worth, place));
            return;
        }
        if !self.closed.is_empty() {
            for start in self.closed.drain(..) {
                Self::push(&mut self.open, self.first, start);
            }
        }
        Self::push(&mut self.open, self.first, (worth, place));
    }

    /// The most that a start from `place` on is worth.
    #[inline]
    fn best(&mut self, place: i64) -> Option<i64> {
        while self.open.get(self.first).is_some_and(|start| start.1 < place) {
            self.first += 1;
        }
        self.open.get(self.first).map(|start| start.0)
    }
}

/// Raises `clocks` to the best paths that pass a stay of `length`, charged that for each step that
/// they stay.
fn longest(line: &Line, steps: u64, length: u64, clocks: &mut Clocks) {
    let (n, links) = (line.len(), &line.links);
    let (steps, stay) = (steps as i64, length as i64);
    let lane_passes = links.stay >= length;
    let mut window = Window { open: Vec::new(), first: 0, closed: Vec::new() };
    // The members from `steps` before the first one on, as often as the ring goes round.
    let mut i = (n as i64 - steps % n as i64) as usize % n;
    // Cost of the way so far, less a stay for each step that it took.
    let mut way = 0_i64;
    let whole = steps * stay;
    for place in -steps..n as i64 {
        // R: a start there, and the end of paths of `steps` steps.
        let receive_passes = links.busy_in[i] >= length;
        window.start(line.rx[i] as i64 - way, place, receive_passes);
        if place >= 0
            && let Some(best) = window.best(place - steps)
        {
            clocks.receive[i] = clocks.receive[i].max(best + way + whole);
        }
        // Moving on to Y takes a step.
        way += links.through[i] as i64 - stay;
        let after = place + 1;
        window.start(line.ready[i] as i64 - way, after, lane_passes);
        if place >= 0
            && let Some(best) = window.best(after - steps)
        {
            clocks.issue[i] = clocks.issue[i].max(best + way + whole);
        }
        window.start(line.tx[i] as i64 - way, after, links.busy[i] >= length);
        if place >= 0
            && let Some(best) = window.best(after - steps)
        {
            clocks.send[i] = clocks.send[i].max(best + way + whole);
        }
        way += links.latency[i] as i64;
        i = if i + 1 == n { 0 } else { i + 1 };
    }
}
