//! Messages that are passed on along a line of ranks, several lines at once: sums and maxima.
//!
//! In every step each rank sends one message to the next and takes one from the rank before. It sends
//! when it has issued it and its port is free, it takes when the head is there and that port is free.
//! A rank hears of one neighbour only, so its steps may be taken all in a row, with the clocks in
//! registers, once the heads of what it takes are known; those of what it sends then replace them.

#![allow(clippy::inline_always, reason = "a loop has to be compiled anew for each instruction set")]

/// Times of the same kind on `N` lines, in picoseconds below 2^62.
pub type Times<const N: usize> = [i64; N];

/// Ranks at the same place of `N` lines: their clocks, and what does not change from step to step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relay<const N: usize> {
    /// When the next message is issued.
    pub ready: Times<N>,
    /// When the transmit port is free, and the receive port.
    pub tx: Times<N>,
    /// When the receive port is free.
    pub rx: Times<N>,
    /// From sending to the head being there.
    pub latency: Times<N>,
    /// How long a message occupies the transmit port.
    pub busy: Times<N>,
    /// How long a message occupies the receive port.
    pub busy_in: Times<N>,
    /// From a message being served to the next being issued.
    pub through: Times<N>,
}

/// Takes ranks that lie in a row as far ahead as they hear of nobody else: the first of them no step,
/// the next one step, and so on up to `heads.len()` steps. `stay` is the least time from one message of a
/// rank to its next.
///
/// `heads` is overwritten with those of what the last rank sends.
///
/// # Panics
/// If there are no more ranks than steps: a bug of the caller.
pub fn relay_ahead<const N: usize>(ranks: &mut [Relay<N>], stay: i64, heads: &mut [Times<N>]) {
    assert!(ranks.len() > heads.len(), "the last rank takes all steps");
    ahead_wide(ranks, stay, heads);
}

/// Takes as many ranks as there are `heads`, those with which [`relay_ahead`] began, through the steps
/// that are left: the first through all, the next through one less. `heads` are of what the first one
/// takes.
///
/// # Panics
/// If there are fewer ranks than steps: a bug of the caller.
pub fn relay_rest<const N: usize>(ranks: &mut [Relay<N>], stay: i64, heads: &mut [Times<N>]) {
    rest_wide(&mut ranks[..heads.len()], stay, heads);
}

/// Takes one rank through a step for each of `heads`.
pub fn relay_one(rank: &mut Relay<1>, stay: i64, heads: &mut [Times<1>]) {
    relay(rank, stay, heads);
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn ahead_wide<const N: usize>(ranks: &mut [Relay<N>], stay: i64, heads: &mut [Times<N>]) {
    for (steps, rank) in ranks.iter_mut().enumerate() {
        if steps < heads.len() {
            relay(rank, stay, &mut heads[..steps]);
            for (lane, head) in heads[steps].iter_mut().enumerate() {
                *head = rank.ready[lane].max(rank.tx[lane]) + rank.latency[lane];
            }
        } else {
            relay(rank, stay, heads);
        }
    }
}

#[multiversion::multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq",
    "x86_64+avx2+fma"
))]
fn rest_wide<const N: usize>(ranks: &mut [Relay<N>], stay: i64, heads: &mut [Times<N>]) {
    for (taken, rank) in ranks.iter_mut().enumerate() {
        relay(rank, stay, &mut heads[taken..]);
    }
}

#[inline(always)]
fn relay<const N: usize>(rank: &mut Relay<N>, stay: i64, heads: &mut [Times<N>]) {
    let Relay { mut ready, mut tx, mut rx, latency, busy, busy_in, through } = *rank;
    for head in heads {
        for lane in 0..N {
            let sent = ready[lane].max(tx[lane]);
            let served = head[lane].max(rx[lane]);
            tx[lane] = sent + busy[lane];
            rx[lane] = served + busy_in[lane];
            ready[lane] = (served + through[lane]).max(ready[lane] + stay);
            head[lane] = sent + latency[lane];
        }
    }
    (rank.ready, rank.tx, rank.rx) = (ready, tx, rx);
}
