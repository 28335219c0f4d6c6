//! In which order rings visit the ranks: no two of them from the same rank to the same next one.
//!
//! - *Both ways*: 0, 1, ..., N-1 and back.
//! - *Mesh* of a x b, one side even: along column 0, and back in a snake through the others:
//!
//! ```text
//! 0-1-2     4 x 3: 0 3 6 9 10 11 8 7 4 5 2 1
//! | | |
//! 3 4-5     column 0 down, then right and left in turn going up
//! | | |
//! 6 7-8
//! | | |     (each row but the last is crossed from one side to the other)
//! 9-...
//! ```
//!
//! - *Torus* of r x c, r a multiple of c and coprime with c-1: the first cycle walks c steps along
//!   each row and goes down, so row i starts at column -i; the second one takes the links that are
//!   left, c - 1 steps down each column and one to the right (`HammingMesh`, appendix).
//! - *Full mesh*: cycles of Walecki both ways for odd N; for even N found by search.

use super::even::EVEN;
use crate::{Rank, gcd};

/// The rings of a topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Neighbours by number, there and back.
    BothWays,
    /// A mesh, there and back; the sides are swapped if only the second is even.
    Mesh { rows: u32, columns: u32, swapped: bool },
    /// Two cycles of a torus, there and back; `inverse` is that of columns - 1 modulo rows.
    Torus { rows: u32, columns: u32, swapped: bool, inverse: u32 },
    /// All links of a full mesh.
    FullMesh { ranks: u32 },
}

impl Order {
    pub(super) fn mesh(rows: u32, columns: u32) -> Option<Self> {
        let possible =
            rows >= 2 && columns >= 2 && (rows.is_multiple_of(2) || columns.is_multiple_of(2));
        let swapped = rows % 2 == 1;
        let (rows, columns) = if swapped { (columns, rows) } else { (rows, columns) };
        possible.then_some(Self::Mesh { rows, columns, swapped })
    }

    pub(super) fn torus(rows: u32, columns: u32) -> Option<Self> {
        let swapped = rows < columns;
        let (rows, columns) = if swapped { (columns, rows) } else { (rows, columns) };
        let possible = columns >= 3
            && rows.is_multiple_of(columns)
            && gcd(rows.into(), u64::from(columns) - 1) == 1;
        let inverse = |inverse: &u32| product(*inverse, columns - 1, rows) == 1;
        // Some power of columns - 1 is its inverse.
        let powers =
            std::iter::successors(Some(1), |power| Some(product(*power, columns - 1, rows)));
        let inverse = possible.then(|| powers.take(rows as usize).find(inverse)).flatten()?;
        Some(Self::Torus { rows, columns, swapped, inverse })
    }

    pub(super) fn full_mesh(ranks: u32) -> Option<Self> {
        let known = ranks % 2 == 1 || ranks == 2 || EVEN.iter().any(|(n, _)| *n == ranks);
        known.then_some(Self::FullMesh { ranks })
    }

    /// How many rings there are.
    pub(super) fn rings(self) -> u32 {
        match self {
            Self::BothWays | Self::Mesh { .. } => 2,
            Self::Torus { .. } => 4,
            Self::FullMesh { ranks } => ranks.saturating_sub(1).max(1),
        }
    }

    /// Whether `ring` goes back along the one before.
    fn is_back(self, ring: u32) -> bool {
        ring % 2 == 1 && !matches!(self, Self::FullMesh { ranks } if ranks % 2 == 0)
    }

    /// The rank at `position` of `ring`, of `ranks` ranks.
    pub(super) fn rank_at(self, ring: u32, ranks: u32, position: u32) -> Rank {
        let position = if self.is_back(ring) { (ranks - position) % ranks } else { position };
        match self {
            Self::BothWays => position,
            Self::Mesh { rows, columns, swapped } => {
                let place = if position < rows {
                    (position, 0)
                } else {
                    let (up, along) =
                        ((position - rows) / (columns - 1), (position - rows) % (columns - 1));
                    (
                        rows - 1 - up,
                        if up.is_multiple_of(2) { 1 + along } else { columns - 1 - along },
                    )
                };
                rank(place, (rows, columns), swapped)
            }
            Self::Torus { rows, columns, swapped, .. } => {
                let (line, along) = (position / columns, position % columns);
                let place = if ring < 2 {
                    (line, (along + columns - line % columns) % columns)
                } else {
                    ((product(line, columns - 1, rows) + along) % rows, line % columns)
                };
                rank(place, (rows, columns), swapped)
            }
            Self::FullMesh { ranks } if ranks % 2 == 0 => cycle(ranks, ring, position),
            Self::FullMesh { ranks } => {
                let others = ranks - 1;
                match position.checked_sub(1) {
                    None => others,
                    // i, i-1, i+1, i-2, i+2, ...
                    Some(at) if at % 2 == 0 => (ring / 2 + at / 2) % others,
                    Some(at) => (ring / 2 + others - at.div_ceil(2)) % others,
                }
            }
        }
    }

    /// The position of `rank` in `ring`, of `ranks` ranks.
    pub(super) fn position(self, ring: u32, ranks: u32, rank: Rank) -> u32 {
        let position = match self {
            Self::BothWays => rank,
            Self::Mesh { rows, columns, swapped } => {
                let (row, column) = place(rank, (rows, columns), swapped);
                let up = rows - 1 - row;
                match column {
                    0 => row,
                    _ if up.is_multiple_of(2) => rows + up * (columns - 1) + column - 1,
                    _ => rows + up * (columns - 1) + columns - 1 - column,
                }
            }
            Self::Torus { rows, columns, swapped, inverse } => {
                let (row, column) = place(rank, (rows, columns), swapped);
                let along = (row + column) % columns;
                let line = if ring < 2 {
                    row
                } else {
                    product((row + rows - along % rows) % rows, inverse, rows)
                };
                line * columns + along
            }
            Self::FullMesh { ranks } if ranks % 2 == 0 => {
                let at = |position: &u32| cycle(ranks, ring, *position) == rank;
                (0..ranks).find(at).unwrap_or(0)
            }
            Self::FullMesh { ranks } if rank == ranks - 1 => 0,
            Self::FullMesh { ranks } => {
                let others = ranks - 1;
                let ahead = (rank + others - ring / 2) % others;
                if ahead < others / 2 { 1 + 2 * ahead } else { 2 * (others - ahead) }
            }
        };
        if self.is_back(ring) { (ranks - position) % ranks } else { position }
    }
}

/// `a * b` modulo `modulus`.
fn product(a: u32, b: u32, modulus: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(modulus)) as u32
}

fn rank((row, column): (u32, u32), (rows, columns): (u32, u32), swapped: bool) -> Rank {
    if swapped { column * rows + row } else { row * columns + column }
}

fn place(rank: Rank, (rows, columns): (u32, u32), swapped: bool) -> (u32, u32) {
    if swapped { (rank % rows, rank / rows) } else { (rank / columns, rank % columns) }
}

/// The rank at `position` of cycle `ring` of an even full mesh.
fn cycle(ranks: u32, ring: u32, position: u32) -> Rank {
    let found = EVEN.iter().find(|(n, _)| *n == ranks);
    found.map_or(position, |(_, cycles)| cycles[(ring * ranks + position) as usize].into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Neighbours of all rings, each once; every ring visits every rank, where its position says.
    fn links(order: Order, ranks: u32) -> BTreeSet<(Rank, Rank)> {
        let mut links = BTreeSet::new();
        for ring in 0..order.rings() {
            let visited: BTreeSet<Rank> =
                (0..ranks).map(|p| order.rank_at(ring, ranks, p)).collect();
            assert_eq!(visited.len(), ranks as usize, "{order:?} {ring}");
            for position in 0..ranks {
                let rank = order.rank_at(ring, ranks, position);
                assert_eq!(order.position(ring, ranks, rank), position, "{order:?} {ring}");
                let next = order.rank_at(ring, ranks, (position + 1) % ranks);
                assert!(links.insert((rank, next)), "{order:?}: {rank} to {next} twice");
            }
        }
        links
    }

    #[test]
    fn meshes_have_a_cycle_unless_both_sides_are_odd() {
        for (a, b) in (1..9).flat_map(|a| (1..9).map(move |b| (a, b))) {
            let order = Order::mesh(a, b);
            assert_eq!(order.is_some(), a > 1 && b > 1 && a * b % 2 == 0, "{a} x {b}");
            // Two ranks have one link, which two rings share.
            let Some(order) = order.filter(|_| a * b > 2) else { continue };
            for (from, to) in links(order, a * b) {
                let apart = (from / b).abs_diff(to / b) + (from % b).abs_diff(to % b);
                assert_eq!(apart, 1, "{a} x {b}: {from} to {to}");
            }
        }
    }

    #[test]
    fn tori_have_two_cycles_that_share_no_link() {
        let mut found = Vec::new();
        for (r, c) in (3..=16).flat_map(|r| (3..=8).map(move |c| (r, c))).filter(|(r, c)| r >= c) {
            let Some(order) = Order::torus(r, c) else { continue };
            found.push((r, c));
            let links = links(order, r * c);
            let near = |a: u32, b: u32, n: u32| (a + 1) % n == b || (b + 1) % n == a;
            for (from, to) in &links {
                let (row, column) = ((from / c, to / c), (from % c, to % c));
                let along = row.0 == row.1 && near(column.0, column.1, c);
                let down = column.0 == column.1 && near(row.0, row.1, r);
                assert!(along || down, "{r} x {c}: {from} to {to}");
            }
            // Every link of the torus in both directions, where no two links join the same ranks.
            assert_eq!(links.len(), 4 * (r * c) as usize);
            assert!(Order::torus(c, r).is_some());
        }
        // As an independent search found.
        let known = [
            (3, 3),
            (4, 4),
            (5, 5),
            (6, 6),
            (7, 7),
            (8, 4),
            (8, 8),
            (9, 3),
            (12, 6),
            (15, 3),
            (15, 5),
            (16, 4),
            (16, 8),
        ];
        assert_eq!(found, known);
    }

    #[test]
    fn full_meshes_use_every_link_once_each_way() {
        for ranks in [2, 3, 5, 7, 8, 9, 10, 11, 12, 15, 16, 17, 33] {
            let order = Order::full_mesh(ranks).unwrap();
            assert_eq!(links(order, ranks).len(), (ranks * (ranks - 1)) as usize);
        }
        assert!([4, 6, 14, 18].into_iter().all(|ranks| Order::full_mesh(ranks).is_none()));
    }
}
