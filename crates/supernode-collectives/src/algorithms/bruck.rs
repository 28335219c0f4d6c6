//! Bruck and others (1997), of any radix k: few messages, each of many blocks (MPICH's brucks and
//! k-brucks, Open MPI's modified bruck).
//!
//! Everything is counted from the own place: slot e of a rank is about the rank e further on, and lies
//! where the output has that rank's block, so nothing is turned at the end. The digits of e to the base
//! k say which way a block goes: digit j in the place of h = 1, k, k^2, ... takes it j h ranks back.
//!
//! All-to-all: for each place, for each digit j but 0, all slots that have it go j h back in one
//! message. Slots whose first digit is 0 do not go in the first place; they are copied, behind the
//! first message. Ranks 5, k = 2, slots of rank r:
//!
//! ```text
//! place   to     sends and takes           that is
//!   1     r-1    1 3 from the input         the blocks for r-1 and r-3; 0 2 4 are copied
//!   2     r-2    2 3                        3 is a block of r+1 now, on its way to r-2
//!   4     r-4    4                          slot e holds the block of r+e
//! ```
//!
//! All-gather: everyone has slots 0 to h-1, sends them j h back for all digits j at once, and takes as
//! many; of the last place only what is lacking. Ranks 5, k = 4 (3 messages at once):
//!
//! ```text
//! place   sends                       takes
//!   1     0 to r-1, r-2, r-3          1 from r+1, 2 from r+2, 3 from r+3
//!   4     0 to r-4                    4 from r+4
//! ```
//!
//! Cost, with d the digits of N-1: all-to-all up to d(k-1) messages of up to n/k each (k = 2: L alpha
//! + n/2 L beta); all-gather d alpha + (N-1)/N n beta, of k-1 messages at once. Any N, any radix.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The Bruck algorithms.
#[derive(Debug, Clone, Copy)]
pub struct Bruck {
    collective: Collective,
    ranks: u32,
    radix: u32,
}

/// Slots `first..first + len` of a cycle of places, in runs: what goes `by` ranks back in one message.
#[derive(Clone, Copy)]
struct Move {
    by: u32,
    /// The place, which is the length of a run.
    place: u32,
    len: u32,
}

impl Bruck {
    /// The algorithm for `collective` over `ranks` ranks, by the digits to the base `radix`, at least 2.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::TooManyChunks`] past 2^30 ranks, or
    /// [`CollectiveError::Unsupported`] for anything but all-to-all and all-gather.
    pub fn new(collective: Collective, ranks: u32, radix: u32) -> Result<Self, CollectiveError> {
        let defined = matches!(collective, Collective::AllToAll | Collective::AllGather);
        collective.check("bruck", ranks, defined)?;
        Ok(Self { collective, ranks, radix: radix.clamp(2, ranks.max(2)) })
    }

    /// Places of the digits of all slots.
    fn places(self) -> u32 {
        if self.ranks == 1 { 0 } else { (self.ranks - 1).ilog(self.radix) + 1 }
    }

    /// Digits but 0 that slots have in the place of `place`: fewer in the last one.
    fn digits(self, place: u32) -> u32 {
        (self.radix - 1).min((self.ranks - 1) / place)
    }

    /// Moves of all places.
    fn moves(self) -> u32 {
        match self.places() {
            0 => 0,
            places => (places - 1) * (self.radix - 1) + self.digits(self.radix.pow(places - 1)),
        }
    }

    /// The `nth` move.
    fn nth(self, nth: u32) -> Move {
        let place = self.radix.pow(nth / (self.radix - 1));
        let by = (nth % (self.radix - 1) + 1) * place;
        let len = if self.collective == Collective::AllGather {
            place.min(self.ranks - by)
        } else {
            // Slots of the whole cycles, and of what is left of one.
            let cycle = u64::from(place) * u64::from(self.radix);
            let left = (u64::from(self.ranks) % cycle).saturating_sub(u64::from(by));
            let whole = u64::from(self.ranks) / cycle * u64::from(place);
            (whole + left.min(u64::from(place))) as u32
        };
        Move { by, place, len }
    }

    /// The rank `by` further on.
    fn on(self, rank: Rank, by: u32) -> Rank {
        (rank + by) % self.ranks
    }

    /// The slots of `rank` from `first` on that move.
    fn slots(self, rank: Rank, first: u32, Move { place, len, .. }: Move) -> Span {
        let cycle = place.saturating_mul(self.radix).min(self.ranks);
        Span::output(self.on(rank, first), len).runs(place, cycle, self.ranks)
    }

    /// Blocks of the input that are copied behind the first message, to slots of the output.
    fn copied(self, rank: Rank) -> (Span, Span) {
        let (n, k) = (self.ranks, self.radix);
        if self.collective == Collective::AllGather {
            return (Span::input(0, 1), Span::output(rank, 1));
        }
        let len = n.div_ceil(k);
        (Span::input(rank, len).around(n - k % n, n), Span::output(rank, len).around(k, n))
    }

    /// What goes in move `nth`.
    fn sent(self, rank: Rank, nth: u32) -> Span {
        let (n, k, moved) = (self.ranks, self.radix, self.nth(nth));
        match self.collective {
            Collective::AllGather if nth < self.digits(1) => Span::input(0, 1),
            Collective::AllGather => self.slots(rank, 0, moved),
            // The block for the rank e before is that of slot e.
            _ if moved.place == 1 => {
                Span::input(self.on(rank, n - moved.by), moved.len).around(n - k % n, n)
            }
            _ => self.slots(rank, moved.by, moved),
        }
    }

    /// Whom move `nth` goes to, and whom it comes from.
    fn peers(self, rank: Rank, nth: u32) -> (Rank, Rank) {
        let by = self.nth(nth).by;
        (self.on(rank, self.ranks - by), self.on(rank, by))
    }

    fn taken(self, rank: Rank, nth: u32, more: bool) -> Action {
        let moved = self.nth(nth);
        let from = self.peers(rank, nth).1;
        Action::Recv { from, dst: self.slots(rank, moved.by, moved), with: None, more }
    }

    /// Messages of an all-gather that go at once in the place whose first move is `first`.
    fn at_once(self, first: u32) -> u32 {
        self.digits(self.nth(first).place)
    }

    /// Step `index` of an all-gather but the copy: all sends of a place, then all that it takes.
    fn gather(self, rank: Rank, index: u32) -> Step {
        let per_place = 2 * (self.radix - 1);
        let first = index / per_place * (self.radix - 1);
        let (at, fan) = (index % per_place, self.at_once(first));
        if at < fan {
            let (to, src) = (self.peers(rank, first + at).0, self.sent(rank, first + at));
            return Step::new(Action::Send { to, src }).fan(fan);
        }
        self.taken(rank, first + at - fan, at + 1 < 2 * fan).into()
    }

    /// Step `index` of an all-to-all but the copy; the first move is two steps.
    fn exchange(self, rank: Rank, index: u32) -> Step {
        let (to, from) = self.peers(rank, index.saturating_sub(1));
        match index {
            0 => Action::Send { to, src: self.sent(rank, 0) },
            1 => self.taken(rank, 0, false),
            _ => {
                let moved = self.nth(index - 1);
                let (src, dst) = (self.sent(rank, index - 1), self.slots(rank, moved.by, moved));
                Action::Exchange { to, src, from, dst, with: None }
            }
        }
        .into()
    }
}

impl Schedule for Bruck {
    fn shape(&self) -> Shape {
        Shape {
            // The senders of different moves meet at a port.
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            bit_identical: true,
            ..Shape::new(self.collective, self.ranks)
        }
    }

    fn phases(&self) -> Option<Vec<Phase>> {
        let gathers = self.collective == Collective::AllGather;
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        // Several messages at once to so many places further on are no pattern.
        if gathers && self.radix > 2 {
            return None;
        }
        let shift = |nth| {
            let Move { by, len, .. } = self.nth(nth);
            let by = self.ranks - by;
            let pattern = Pattern::Shift { by, mirrored: false, reduces: false };
            let copies = if nth == 0 { self.copied(0).0.len } else { 0 };
            Phase { stride: 1, size: self.ranks, pattern, chunks: len, copies }
        };
        Some((0..self.moves()).map(shift).collect())
    }

    /// A rank sends all messages of a place before it takes as many.
    fn in_flight(&self) -> u64 {
        match self.collective {
            _ if self.ranks == 1 => 0,
            Collective::AllGather => u64::from(self.digits(1)),
            _ => 1,
        }
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        match self.collective {
            _ if self.ranks == 1 => 1,
            Collective::AllGather => 2 * self.moves() + 1,
            _ => self.moves() + 2,
        }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (gathers, n) = (self.collective == Collective::AllGather, self.ranks);
        let sends = if n == 1 {
            0
        } else if gathers {
            self.digits(1)
        } else {
            1
        };
        if index == sends {
            let (src, dst) = self.copied(rank);
            return Action::Copy { src, dst }.into();
        }
        let index = if index > sends { index - 1 } else { index };
        if gathers { self.gather(rank, index) } else { self.exchange(rank, index) }
    }
}
