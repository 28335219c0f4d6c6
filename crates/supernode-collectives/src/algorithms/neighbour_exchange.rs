//! Neighbour exchange (Chen, Zhang and Yuan 2005; Open MPI 5): two blocks at a time between
//! neighbours, left and right in turn.
//!
//! Pairs first share their own blocks; from then on a rank passes on the two that it got last, to
//! the other side every round. Ranks 6:
//!
//! ```text
//! round   rank 0        rank 1        rank 2        rank 3        rank 4        rank 5
//!   0     0 <> 1        1 <> 0        2 <> 3        3 <> 2        4 <> 5        5 <> 4
//!   1     01 > 5, 45    01 > 2, 23    23 > 1, 01    23 > 4, 45    45 > 3, 23    45 > 0, 01
//!   2     45 > 1, 23    23 > 0, 45    01 > 3, 45    45 > 2, 01    23 > 5, 01    01 > 4, 23
//! ```
//!
//! Cost: N/2 rounds and (N-1)/N n, half the rounds of a ring, between neighbours only. All-gather
//! only, of an even number of ranks: in an odd ring not everyone has a neighbour to share with.

use crate::{
    Action, Collective, CollectiveError, Pattern, Phase, Ports, Rank, Schedule, Shape, Span, Step,
};

/// The neighbour exchange.
#[derive(Debug, Clone, Copy)]
pub struct NeighbourExchange {
    ranks: u32,
}

impl NeighbourExchange {
    /// The all-gather over `ranks` ranks.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], [`CollectiveError::Unsupported`] for other collectives,
    /// [`CollectiveError::RanksForbidden`] for odd numbers but 1, or
    /// [`CollectiveError::TooManyChunks`] past 2^30 ranks.
    pub fn new(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "neighbour-exchange";
        collective.check(algorithm, ranks, collective == Collective::AllGather)?;
        if ranks > 1 && ranks % 2 == 1 {
            let allowed = "even numbers of ranks";
            return Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed });
        }
        Ok(Self { ranks })
    }

    /// Who `rank` shares with in round `round`: even ranks turn right first.
    fn peer(self, rank: Rank, round: u32) -> Rank {
        let n = self.ranks;
        if (rank + round).is_multiple_of(2) { (rank + 1) % n } else { (rank + n - 1) % n }
    }

    /// The pair of blocks that `rank` has got in round `round`: its own first, then one from the left
    /// and one from the right in turn, two blocks further away every second round.
    fn got(self, rank: Rank, round: u32) -> Span {
        let (n, own, away) = (self.ranks, rank & !1, (round + 1) & !1);
        let from_right = (rank + round).is_multiple_of(2);
        let first = if from_right { own + away } else { own + n - away };
        Span::output(first % n, 2)
    }
}

impl Schedule for NeighbourExchange {
    fn shape(&self) -> Shape {
        Shape {
            // Both neighbours send to the same port.
            ports: if self.ranks <= 2 { Ports::Fixed } else { Ports::InStep },
            bit_identical: true,
            ..Shape::new(Collective::AllGather, self.ranks)
        }
    }

    /// Even ranks turn right and odd ones left, then the other way round.
    fn phases(&self) -> Option<Vec<Phase>> {
        if self.ranks == 1 {
            return Some(vec![Phase::copy(1)]);
        }
        let round = |round: u32| {
            let by = if round.is_multiple_of(2) { 1 } else { self.ranks - 1 };
            let pattern = Pattern::Shift { by, mirrored: true, reduces: false };
            let first = u32::from(round == 0);
            Phase { stride: 1, size: self.ranks, pattern, chunks: 2 - first, copies: first }
        };
        Some((0..self.ranks / 2).map(round).collect())
    }

    /// A rank sends one message before each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.ranks > 1)
    }

    fn steps(&self, _rank: Rank, _lane: u32) -> u32 {
        if self.ranks == 1 { 1 } else { self.ranks / 2 + 2 }
    }

    fn step(&self, rank: Rank, _lane: u32, index: u32) -> Step {
        let (own, peer) = (Span::input(0, 1), self.peer(rank, 0));
        match index {
            // The first message goes before the copy, which hides behind it.
            0 if self.ranks > 1 => Action::Send { to: peer, src: own },
            0 | 1 => Action::Copy { src: own, dst: Span::output(rank, 1) },
            2 => Action::Recv { from: peer, dst: Span::output(peer, 1), with: None, more: false },
            index => {
                let round = index - 2;
                let peer = self.peer(rank, round);
                let (src, dst) = (self.got(rank, round - 1), self.got(rank, round));
                Action::Exchange { to: peer, src, from: peer, dst, with: None }
            }
        }
        .into()
    }
}
