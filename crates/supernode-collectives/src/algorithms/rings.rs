//! Several rings at once, one lane each, that share no link in the same direction.
//!
//! Each ring carries an equal share of every block, and is the [`Ring`] over the ranks in an order of
//! its own. A torus or a mesh has links in two directions, a full mesh one to every peer, and a single
//! ring uses one of them. Bidirectional, 4 ranks, two chunks a block (lane 0 right, lane 1 left):
//!
//! ```text
//! step   rank 0 lane 0    lane 1          rank 1 lane 0    lane 1
//!  0     send 6 > 1       send 3 > 3      send 0 > 2       send 5 > 0      own input
//!  1     4 += <3 > 1      5 += <1 > 3     6 += <0 > 2      7 += <2 > 0     add and forward
//!  2     2 += <3 > 1      7 += <1 > 3     4 += <0 > 2      1 += <2 > 0
//!  3     0 = C <3 > 1     1 = C <1 > 3    2 = C <0 > 2     3 = C <2 > 0    complete, pass on
//!  ...
//! ```
//!
//! Cost of k rings: 2(N-1)(alpha + n/kN beta) on links of their own, so beta is divided by k; with
//! one port for all it is that of one ring. Half of that for reduce-scatter and all-gather. Every chunk
//! is summed in one fixed order, so results are bit-identical across ranks. Which orders there are, and
//! for which ranks, is in the file `order`.

use super::ring::Ring;
use crate::{Buf, Collective, CollectiveError, Ports, Rank, Schedule, Shape, Span, Step};

mod even;
mod order;

use order::Order;

/// Rings at once.
#[derive(Debug, Clone, Copy)]
pub struct Rings {
    ring: Ring,
    ranks: u32,
    collective: Collective,
    order: Order,
}

impl Rings {
    fn new(
        algorithm: &'static str,
        collective: Collective,
        ranks: u32,
        order: Order,
    ) -> Result<Self, CollectiveError> {
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        CollectiveError::check(algorithm, ranks, order.rings())?;
        Ok(Self { ring: Ring::new(collective, ranks)?, ranks, collective, order })
    }

    /// Two rings: 0, 1, ..., N-1 and back (TPU; HCCL's double ring). Any N.
    ///
    /// # Errors
    /// [`CollectiveError::NoRanks`], or [`CollectiveError::TooManyChunks`] past 2^30 chunks.
    pub fn bidirectional(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        Self::new("bidirectional-ring", collective, ranks, Order::BothWays)
    }

    /// Two rings, there and back, along a Hamiltonian cycle of a mesh of `rows` x `columns` without
    /// links around its edges.
    ///
    /// # Errors
    /// As [`Rings::bidirectional`]; [`CollectiveError::RanksForbidden`] where the mesh has no such cycle:
    /// it has one if both sides are 2 or more and one of them is even.
    pub fn on_mesh(
        collective: Collective,
        rows: u32,
        columns: u32,
    ) -> Result<Self, CollectiveError> {
        let (algorithm, ranks) = ("mesh-rings", rows.saturating_mul(columns));
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        let order = Order::mesh(rows, columns).ok_or(CollectiveError::RanksForbidden {
            algorithm,
            ranks,
            allowed: "meshes of two levels of 2 or more, one of them even",
        })?;
        Self::new(algorithm, collective, ranks, order)
    }

    /// Four rings, there and back along two Hamiltonian cycles of a torus of `rows` x `columns` that
    /// have no link in common (`HammingMesh`).
    ///
    /// # Errors
    /// As [`Rings::bidirectional`]; [`CollectiveError::RanksForbidden`] where the construction is not
    /// known to work: it needs sides of 3 or more, one a multiple of the other, c, and coprime with
    /// c - 1.
    pub fn on_torus(
        collective: Collective,
        rows: u32,
        columns: u32,
    ) -> Result<Self, CollectiveError> {
        let (algorithm, ranks) = ("torus-rings", rows.saturating_mul(columns));
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        let order = Order::torus(rows, columns).ok_or(CollectiveError::RanksForbidden {
            algorithm,
            ranks,
            allowed: "tori of two levels of 3 or more, one a multiple of the other, c, and coprime \
                      with c - 1",
        })?;
        Self::new(algorithm, collective, ranks, order)
    }

    /// N-1 rings that use every link of a full mesh once in each direction (Tillson 1980). Any odd N,
    /// and 2, 8, 10, 12 and 16; 4 and 6 ranks have no such rings.
    ///
    /// # Errors
    /// As [`Rings::bidirectional`]; [`CollectiveError::RanksForbidden`] for other numbers.
    pub fn on_full_mesh(collective: Collective, ranks: u32) -> Result<Self, CollectiveError> {
        let algorithm = "full-mesh-rings";
        collective.check(algorithm, ranks, collective.is_all_reduce_or_half())?;
        let order = Order::full_mesh(ranks).ok_or(CollectiveError::RanksForbidden {
            algorithm,
            ranks,
            allowed: "odd numbers of ranks and 2, 8, 10, 12 and 16",
        })?;
        Self::new(algorithm, collective, ranks, order)
    }

    /// The span of ring `lane` that stands for `span` of a ring over positions.
    fn span(self, lane: u32, span: Span) -> Span {
        let rings = self.order.rings();
        let block = match (self.collective, span.buf) {
            // One block of the large buffer.
            (Collective::ReduceScatter, Buf::Output) | (Collective::AllGather, Buf::Input) => 0,
            _ => self.order.rank_at(lane, self.ranks, span.first),
        };
        Span { first: block * rings + lane, ..span }
    }
}

impl Schedule for Rings {
    fn shape(&self) -> Shape {
        let (shape, rings) = (self.ring.shape(), self.order.rings());
        Shape {
            lanes: rings,
            ports: if rings > 1 { Ports::Contended } else { shape.ports },
            input_chunks: shape.input_chunks * rings,
            output_chunks: shape.output_chunks * rings,
            ..shape
        }
    }

    /// Every lane starts with a message and passes one on for each that it takes.
    fn in_flight(&self) -> u64 {
        u64::from(self.order.rings()) * self.ring.in_flight()
    }

    fn steps(&self, _rank: Rank, lane: u32) -> u32 {
        self.ring.steps(0, lane)
    }

    fn step(&self, rank: Rank, lane: u32, index: u32) -> Step {
        let position = self.order.position(lane, self.ranks, rank);
        let peer = |position| self.order.rank_at(lane, self.ranks, position);
        let action = self.ring.step(position, 0, index).action;
        action.renamed(peer, |ranks| ranks, |span| self.span(lane, span)).into()
    }
}
