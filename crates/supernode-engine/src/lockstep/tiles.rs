//! The sweep of a long ring: eight parts of it in one vector, and a piece of it for each thread.
//!
//! A rank hears of one neighbour, so in a round of `t` steps the parts of a ring can be taken ahead
//! next to each other: the first rank of a part no step, the next one step, and so on. What the
//! last rank of each part sends is then known for all `t` steps, and the first ranks of the part after
//! it take the steps that they are behind. Nothing is computed twice, the clocks of a rank stay in
//! registers for all of its steps, and threads hand on nothing but heads.

use std::sync::mpsc::{Receiver, Sender, channel};

use supernode_kernels::{Relay, Times, relay_ahead, relay_one, relay_rest};

use super::line::Line;

/// Parts of the piece of a thread.
const PARTS: usize = 8;
/// Steps of a round: their heads stay in the nearest cache.
const STEPS: usize = 256;
/// Rings shorter than this are taken one rank after the other.
pub(super) const LEAST: usize = 256;

/// Ranks next to each other.
struct Piece {
    /// At each place, the rank of each part.
    parts: Vec<Relay<PARTS>>,
    /// Those after the last part, too few for one more place.
    rest: Vec<Relay<1>>,
}

/// Takes `steps` steps on up to `threads` threads; the ring has [`LEAST`] ranks or more.
pub(super) fn advance(line: &mut Line, steps: u64, threads: usize) {
    let threads = threads.clamp(1, line.len() / LEAST);
    let share = line.len() / threads;
    let pieces: Vec<Piece> = (0..threads)
        .map(|thread| {
            let end = if thread + 1 == threads { line.len() } else { (thread + 1) * share };
            Piece::new(line, thread * share, end)
        })
        .collect();
    let (stay, round) = (line.links.stay as i64, STEPS.min(share / PARTS - 1));
    // Each piece tells the next; the first hears of the last.
    let (senders, mut receivers): (Vec<_>, Vec<_>) = (0..threads).map(|_| channel()).unzip();
    receivers.rotate_right(1);
    let work = |(mut piece, ends): (Piece, Ends)| {
        piece.advance(stay, steps, round, &ends);
        piece
    };
    let all = pieces.into_iter().zip(senders.into_iter().zip(receivers));
    let pieces: Vec<Piece> = if threads == 1 {
        all.map(work).collect()
    } else {
        std::thread::scope(|scope| {
            let running: Vec<_> = all.map(|one| scope.spawn(move || work(one))).collect();
            let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            running.into_iter().map(join).collect()
        })
    };
    for (thread, piece) in pieces.iter().enumerate() {
        piece.write(line, thread * share);
    }
}

/// What a piece hands on, and what it takes.
type Ends = (Sender<Vec<Times<1>>>, Receiver<Vec<Times<1>>>);

impl Piece {
    /// The ranks from `first` on and before `end`.
    fn new(line: &Line, first: usize, end: usize) -> Self {
        let places = (end - first) / PARTS;
        let parts = (0..places).map(|place| relay(line, |part| first + part * places + place));
        let rest = (first + PARTS * places..end).map(|rank| relay(line, |_| rank));
        Self { parts: parts.collect(), rest: rest.collect() }
    }

    /// Takes `steps` steps, `round` at a time.
    fn advance(&mut self, stay: i64, steps: u64, round: usize, (to, from): &Ends) {
        let mut heads = vec![[0; PARTS]; round];
        let mut left = steps;
        while left > 0 {
            let heads = &mut heads[..left.min(round as u64) as usize];
            left -= heads.len() as u64;
            relay_ahead(&mut self.parts, stay, heads);
            let mut last: Vec<Times<1>> = heads.iter().map(|head| [head[PARTS - 1]]).collect();
            for rank in &mut self.rest {
                relay_one(rank, stay, &mut last);
            }
            // A thread that is gone has panicked, and whoever joins it tells.
            let Ok(()) = to.send(last) else { return };
            let Ok(before) = from.recv() else { return };
            for (head, [before]) in heads.iter_mut().zip(before) {
                head.rotate_right(1);
                head[0] = before;
            }
            relay_rest(&mut self.parts, stay, heads);
        }
    }

    /// Writes the clocks back, from rank `first` on.
    fn write(&self, line: &mut Line, first: usize) {
        let places = self.parts.len();
        for (place, relay) in self.parts.iter().enumerate() {
            write(line, relay, |part| first + part * places + place);
        }
        for (rank, relay) in (first + PARTS * places..).zip(&self.rest) {
            write(line, relay, |_| rank);
        }
    }
}

/// The ranks at one place of each of `N` parts.
fn relay<const N: usize>(line: &Line, rank: impl Fn(usize) -> usize) -> Relay<N> {
    let of = |list: &[u64]| std::array::from_fn(|part| list[rank(part)] as i64);
    let [latency, busy, busy_in, through] = line.links.of(0..line.len()).map(of);
    let (ready, tx, rx) = (of(&line.ready), of(&line.tx), of(&line.rx));
    Relay { ready, tx, rx, latency, busy, busy_in, through }
}

fn write<const N: usize>(line: &mut Line, relay: &Relay<N>, rank: impl Fn(usize) -> usize) {
    for part in 0..N {
        let rank = rank(part);
        line.ready[rank] = relay.ready[part] as u64;
        line.tx[rank] = relay.tx[part] as u64;
        line.rx[rank] = relay.rx[part] as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::Links;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// The clocks of one step of all ranks after the other, whatever the links are.
        #[test]
        fn parts_and_pieces_equal_single_steps(
            members in prop::collection::vec(any::<[u8; 5]>(), LEAST..3 * LEAST),
            (stay, steps, threads) in (0_u64..200, 0_u64..700, 1_usize..4),
        ) {
            let column = |i: usize| -> Vec<u64> {
                members.iter().map(|member| u64::from(member[i])).collect()
            };
            let mut busy_in = column(4);
            busy_in.rotate_right(1);
            let through = busy_in.iter().map(|busy| busy + 7).collect();
            let links = Links { latency: column(3), busy: column(4), busy_in, through, stay };
            let (ready, tx, rx) = (column(0), column(1), column(2));
            let mut line = Line { ready, tx, rx, links };
            let mut plain = line.clone();
            advance(&mut line, steps, threads);
            (0..steps).for_each(|_| plain.step());
            prop_assert_eq!(line, plain);
        }
    }
}
