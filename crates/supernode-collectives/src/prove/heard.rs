//! Who has heard of whom: what a barrier is proved by.
//!
//! A rank that leaves a barrier has to know that every other has come. A lane knows of its own rank,
//! and of all that the sender of a message that it takes knew when it sent it.

use std::rc::Rc;

use super::Place;
use crate::{Collective, Rank, Shape};

/// A set of ranks, a bit each.
pub(super) type Ranks = Rc<[u64]>;

/// What every lane knows.
#[derive(Debug)]
pub(super) struct Heard {
    lanes_per_rank: u32,
    lanes: Vec<Ranks>,
}

impl Heard {
    /// Every lane of a barrier knows of its own rank; nobody asks in other collectives.
    pub(super) fn new(shape: &Shape) -> Option<Self> {
        if shape.collective != Collective::Barrier {
            return None;
        }
        let words = shape.ranks.div_ceil(64) as usize;
        let alone = |rank: Rank| -> Ranks {
            let mut set = vec![0; words];
            set[rank as usize / 64] = 1 << (rank % 64);
            set.into()
        };
        let lanes = (0..shape.ranks).flat_map(|rank| {
            let set = alone(rank);
            (0..shape.lanes).map(move |_| Rc::clone(&set))
        });
        Some(Self { lanes_per_rank: shape.lanes, lanes: lanes.collect() })
    }

    fn lane(&self, at: Place) -> usize {
        (at.rank * self.lanes_per_rank + at.lane) as usize
    }

    /// What a message of the lane says.
    pub(super) fn known(&self, at: Place) -> Ranks {
        Rc::clone(&self.lanes[self.lane(at)])
    }

    /// The lane knows what `other` says.
    pub(super) fn join(&mut self, at: Place, other: &Ranks) {
        let lane = self.lane(at);
        let joined = self.lanes[lane].iter().zip(&**other).map(|(own, other)| own | other);
        self.lanes[lane] = joined.collect();
    }

    /// Those of `ranks` that `rank` does not know of when all its lanes are at their end.
    pub(super) fn missing(&self, rank: Rank, ranks: &[Rank]) -> Vec<Rank> {
        let first = (rank * self.lanes_per_rank) as usize;
        let lanes = &self.lanes[first..first + self.lanes_per_rank as usize];
        let knows = |other: &Rank| {
            lanes.iter().any(|set| set[*other as usize / 64] >> (other % 64) & 1 == 1)
        };
        ranks.iter().copied().filter(|other| !knows(other)).collect()
    }
}
