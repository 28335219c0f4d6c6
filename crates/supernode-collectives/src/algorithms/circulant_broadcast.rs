//! Broadcast of blocks on a circulant graph (Traeff 2024, arXiv 2407.18004; MPICH's circ-graph): as many
//! rounds as no broadcast of so many blocks can do without, on any number of ranks.
//!
//! Ranks count from the root. With L = ceil(log2 N) and skips s(k) = ceil(N / 2^(L-k)), in round i, k = i
//! mod L, everyone sends to the rank s(k) further on and takes from the one s(k) before. In the first L
//! rounds the root sends blocks 0 to L-1, and a rank gets the one that its distance, taken apart into
//! skips, ends in; from then on it gets in every round k one more block, which of the next L a table
//! says that is worked out from those of the ranks before it: the largest that they have, and it has not.
//! Ranks 5 (skips 1 2 3), blocks that rank r gets, 4 blocks:
//!
//! ```text
//! round    0     1     2     3     4     5
//! skip     1     2     3     1     2     3
//! rank 1   0     .     .     3     2     1
//! rank 2   .     1     .     0     3     2
//! rank 3   .     .     2     1     0     3
//! rank 4   .     .     0     2     1     3
//! ```
//!
//! Cost with b blocks: (b-1+L) (alpha + n/b beta), the least that one port allows. Any N, any root,
//! broadcast only. Blocks are one more than a multiple of L, at least as many as asked for, so that no
//! round is idle but those of the first L.

use super::rounds::log2_up;
use crate::{Action, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

/// The broadcast on a circulant graph.
#[derive(Debug, Clone, Copy)]
pub struct CirculantBroadcast {
    ranks: u32,
    root: Rank,
    /// Rounds are this many times L, and L more.
    cycles: u32,
}

impl CirculantBroadcast {
    /// The broadcast over `ranks` ranks in at least `blocks` blocks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Root`], [`CollectiveError::TooManyChunks`] past
    /// 2^20 blocks, or [`CollectiveError::Unsupported`] for anything but broadcast.
    pub fn new(collective: Collective, ranks: u32, blocks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "circulant-broadcast";
        let defined = matches!(collective, Collective::Broadcast { .. });
        collective.check(algorithm, ranks, defined)?;
        if blocks >= 1 << 20 {
            return Err(CollectiveError::TooManyChunks { algorithm, ranks });
        }
        let rounds = log2_up(ranks).max(1);
        let cycles = if ranks == 1 { 0 } else { blocks.saturating_sub(1).div_ceil(rounds) };
        Ok(Self { ranks, root: collective.root().unwrap_or(0), cycles })
    }

    /// L.
    fn log(self) -> u32 {
        log2_up(self.ranks)
    }

    fn blocks(self) -> u32 {
        1 + self.cycles * self.log()
    }

    fn skip(self, k: u32) -> u32 {
        self.ranks.div_ceil(1 << (self.log() - k))
    }

    /// The largest k whose skip is not above `distance`, which is not zero; L from N on.
    fn top(self, distance: u32) -> u32 {
        self.log() - log2_up(self.ranks.div_ceil(distance))
    }

    /// The last of the skips that `distance` is taken apart into, largest first; L of the root.
    fn base(self, mut distance: u32) -> u32 {
        let mut base = self.log();
        while distance > 0 {
            base = self.top(distance);
            distance -= self.skip(base);
        }
        base
    }

    /// The set of all bases of the ranks `first..end`, a bit each, `end` being N at most.
    fn bases(self, mut first: u32, mut end: u32) -> u32 {
        // Those of ranks 1 to end - 1: all skips that there are among them.
        let all = |end: u32| if end < 2 { 0 } else { (2 << self.top(end - 1)) - 1 };
        let mut set = 0;
        while first < end {
            if first == 0 {
                return set | 1 << self.log() | all(end);
            }
            let top = self.top(end - 1);
            let skip = self.skip(top);
            if first > skip {
                (first, end) = (first - skip, end - skip);
            } else {
                set |= 1 << top | all(end - skip);
                end = skip;
            }
        }
        set
    }

    /// The same around the ranks: `first` and `end` are below 2N.
    fn bases_around(self, first: u32, end: u32) -> u32 {
        let n = self.ranks;
        if end <= n {
            self.bases(first, end)
        } else if first >= n {
            self.bases(first - n, end - n)
        } else {
            self.bases(first, n) | self.bases(0, end - n)
        }
    }

    /// Which block of each L the rank at `distance` gets in round `k` of every L; those below L are of
    /// the L before, but the one of its base.
    fn row(self, distance: u32, k: u32) -> u32 {
        let (n, log, base) = (self.ranks, self.log(), self.base(distance));
        let (mut used, mut last) = (1_u32 << base, base);
        for k in 0..=k {
            let (first, end) = (distance + n - self.skip(k + 1), distance + n - self.skip(k));
            let mut fresh = self.bases_around(first + 1, end + 1) & !used;
            if fresh == 0 {
                fresh = 1 << self.base(first % n);
            }
            last = fresh.ilog2();
            used |= 1 << last;
        }
        if last == log { log + base } else { last }
    }

    /// The block that the rank at `distance` gets in round `k` of cycle `cycle`, the first being 0.
    fn block(self, distance: u32, k: u32, cycle: u32) -> u32 {
        let block = self.row(distance, k) + (cycle * self.log()) - self.log();
        block.min(self.blocks() - 1)
    }

    /// The first k in whose round of the first cycle the rank at `distance` has something to send.
    fn from(self, distance: u32) -> u32 {
        let next = 2 * distance + 1;
        if next >= self.ranks { self.log() } else { self.top(next) }
    }

    fn distance(self, rank: Rank) -> u32 {
        (rank + self.ranks - self.root) % self.ranks
    }

    fn rank(self, distance: u32) -> Rank {
        (distance + self.root) % self.ranks
    }
}

impl Schedule for CirculantBroadcast {
    fn shape(&self) -> Shape {
        Shape {
            // One block comes once, from one sender.
            ports: if self.ranks <= 2 || self.cycles == 0 {
                Ports::Fixed
            } else {
                Ports::Contended
            },
            input_chunks: self.blocks(),
            output_chunks: self.blocks(),
            bit_identical: true,
            ..Shape::new(Collective::Broadcast { root: self.root }, self.ranks)
        }
    }

    /// A rank sends one message before each that it takes, the root all of its own.
    fn in_flight(&self) -> u64 {
        let rounds = (1 + self.cycles) * self.log();
        if self.ranks == 1 { 0 } else { 1 + u64::from(rounds.div_ceil(self.ranks)) }
    }

    fn steps(&self, rank: Rank, _lane: u32) -> u32 {
        // The root copies what others take.
        1 + self.log() - self.from(self.distance(rank)) + self.cycles * self.log()
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (n, log, distance) = (self.ranks, self.log(), self.distance(rank));
        let is_root = distance == 0;
        let own = if is_root { Span::input } else { Span::output };
        let first = self.from(distance);
        if is_root && index == log + self.cycles * log {
            let all = self.blocks();
            return Action::Copy { src: Span::input(0, all), dst: Span::output(0, all) }.into();
        }
        if !is_root && index == 0 {
            let k = self.top(distance);
            let (from, block) = (self.rank(distance + n - self.skip(k)), self.base(distance));
            let dst = Span::output(block.min(self.blocks() - 1), 1);
            return Action::Recv { from, dst, with: None, more: false }.into();
        }
        let index = index - u32::from(!is_root);
        if index < log - first {
            let to = distance + self.skip(first + index);
            let src = own(self.base(to).min(self.blocks() - 1), 1);
            return Action::Send { to: self.rank(to), src }.into();
        }
        let round = index - (log - first);
        let (k, cycle) = (round % log, round / log + 1);
        let (to, from) = ((distance + self.skip(k)) % n, (distance + n - self.skip(k)) % n);
        let sends = (to > 0).then(|| own(self.block(to, k, cycle), 1));
        let takes = (!is_root).then(|| Span::output(self.block(distance, k, cycle), 1));
        let (to, from) = (self.rank(to), self.rank(from));
        match (sends, takes) {
            (Some(src), Some(dst)) => Action::Exchange { to, src, from, dst, with: None },
            (Some(src), None) => Action::Send { to, src },
            // Of two neighbours in the cycle only one can be the root.
            (None, dst) => Action::Recv {
                from,
                dst: dst.unwrap_or(Span::output(0, 1)),
                with: None,
                more: false,
            },
        }
        .into()
    }
}
