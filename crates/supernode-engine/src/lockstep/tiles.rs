//! The sweep of a long ring, in pieces that fit the cache and that threads share.
//!
//! In `t` steps a rank hears of the `t` ranks before it and of nobody else. A piece of the ring is
//! therefore taken `t` steps ahead on its own, from a copy of itself and of the `t` ranks before it,
//! whose results are thrown away. Pieces only read the state of before: no order, no locks.

use super::line::{Clocks, Line, Links, step};

/// Steps that a piece is taken ahead.
const STEPS: usize = 128;
/// Ranks of a piece.
const PIECE: usize = 2048;
/// Rings shorter than this are taken whole.
pub(super) const LEAST: usize = 1536;

/// State of all ranks between two rounds.
struct State {
    ready: Vec<u64>,
    tx: Vec<u64>,
    rx: Vec<u64>,
}

/// Takes `steps` steps on `threads` threads.
pub(super) fn advance(line: &mut Line, steps: u64, threads: usize) {
    let n = line.len();
    let piece = PIECE.min(n.div_ceil(threads));
    let mut now = State {
        ready: std::mem::take(&mut line.ready),
        tx: std::mem::take(&mut line.tx),
        rx: std::mem::take(&mut line.rx),
    };
    let mut next = State { ready: vec![0; n], tx: vec![0; n], rx: vec![0; n] };
    let mut left = steps;
    while left > 0 {
        let ahead = left.min(STEPS as u64) as usize;
        let share = n.div_ceil(piece).div_ceil(threads) * piece;
        std::thread::scope(|scope| {
            let parts = next.ready.chunks_mut(share).zip(next.tx.chunks_mut(share));
            for (part, ((ready, tx), rx)) in parts.zip(next.rx.chunks_mut(share)).enumerate() {
                let (now, links) = (&now, &line.links);
                let mut work = move || {
                    let pieces = ready.chunks_mut(piece).zip(tx.chunks_mut(piece));
                    for (i, ((ready, tx), rx)) in pieces.zip(rx.chunks_mut(piece)).enumerate() {
                        let at = part * share + i * piece;
                        take(now, links, at, ahead, &mut Clocks { ready, tx, rx });
                    }
                };
                if threads == 1 {
                    work();
                } else {
                    scope.spawn(work);
                }
            }
        });
        std::mem::swap(&mut now, &mut next);
        left -= ahead as u64;
    }
    (line.ready, line.tx, line.rx) = (now.ready, now.tx, now.rx);
}

/// Takes the ranks from `at` on `ahead` steps further, into `out`.
fn take(now: &State, links: &Links, at: usize, ahead: usize, out: &mut Clocks<'_>) {
    let copy = |list: &[u64]| -> Vec<u64> {
        let n = list.len();
        let own = &list[at..at + out.ready.len()];
        let first = (at + n - ahead) % n;
        let mut copy = Vec::with_capacity(ahead + own.len());
        if first < at {
            copy.extend_from_slice(&list[first..at]);
        } else {
            copy.extend_from_slice(&list[first..]);
            copy.extend_from_slice(&list[..at]);
        }
        copy.extend_from_slice(own);
        copy
    };
    let (mut ready, mut tx, mut rx) = (copy(&now.ready), copy(&now.tx), copy(&now.rx));
    let links_of = links.of(0..now.ready.len()).map(copy);
    for _ in 0..ahead {
        // What the first of the copy hears is not known; it reaches one rank further a step.
        let mut clocks = Clocks { ready: &mut ready, tx: &mut tx, rx: &mut rx };
        step(&mut clocks, links_of.each_ref().map(|list| &list[..]), links.stay, 0);
    }
    out.ready.copy_from_slice(&ready[ahead..]);
    out.tx.copy_from_slice(&tx[ahead..]);
    out.rx.copy_from_slice(&rx[ahead..]);
}
