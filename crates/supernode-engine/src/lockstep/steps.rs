//! Functions of the rank that are the same for most neighbours.

/// The first rank of each run of equal values, and that value; the first run begins at rank 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Steps<T>(Vec<(u32, T)>);

impl<T> Default for Steps<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Steps<T> {
    /// Goes on with `value` from `rank` on, which is after all runs so far have begun.
    pub(super) fn push(&mut self, rank: u32, value: T) {
        if self.0.last().is_none_or(|last| last.1 != value) {
            self.0.push((rank, value));
        }
    }

    /// Runs.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Where runs begin.
    pub(super) fn starts(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().map(|(start, _)| *start)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> + '_ {
        self.0.iter().map(|(_, value)| value)
    }

    /// The value of each of `ranks` ranks.
    pub(super) fn each(&self, ranks: u32) -> impl Iterator<Item = T> + '_ {
        let ends = self.starts().skip(1).chain([ranks]);
        self.0.iter().zip(ends).flat_map(|((start, value), end)| (*start..end).map(move |_| *value))
    }

    pub(super) fn map<U: Copy + PartialEq>(&self, of: impl Fn(T) -> U) -> Steps<U> {
        let mut out = Steps::default();
        for (start, value) in &self.0 {
            out.push(*start, of(*value));
        }
        out
    }

    /// The same `by` places on, around `ranks` ranks.
    pub(super) fn turned(&self, by: u32, ranks: u32) -> Self {
        // From here on values come around to the beginning.
        let cut = if by == 0 { 0 } else { ranks - by };
        let split = self.0.partition_point(|(start, _)| *start <= cut);
        let mut out = Self(Vec::with_capacity(self.0.len() + 2));
        if let Some((_, value)) = self.0[..split].last() {
            out.push(0, *value);
        }
        self.0[split..].iter().for_each(|(start, value)| out.push(start - cut, *value));
        let before = self.0[..split].iter().filter(|(start, _)| *start < cut);
        before.for_each(|(start, value)| out.push(start + by, *value));
        out
    }

    /// Goes on as `other` does on the ranks `from..to`.
    pub(super) fn copy(&mut self, other: &Self, from: u32, to: u32) {
        let next = other.0.partition_point(|(start, _)| *start <= from);
        if from < to && next > 0 {
            self.push(from, other.0[next - 1].1);
            let more = &other.0[next..];
            self.0.extend_from_slice(&more[..more.partition_point(|(start, _)| *start < to)]);
        }
    }

    /// Adds the ranges in which this is not `other`, of `ranks` ranks.
    pub(super) fn changes(&self, other: &Self, ranks: u32, ranges: &mut Vec<(u32, u32)>) {
        let mut since = None;
        self.with(other, |rank, one, two| match (one == two, since) {
            (false, None) => since = Some(rank),
            (true, Some(from)) => {
                ranges.push((from, rank));
                since = None;
            }
            _ => {}
        });
        ranges.extend(since.map(|from| (from, ranks)));
    }

    /// Calls `each` with both values wherever one of them changes.
    pub(super) fn with<U: Copy + PartialEq>(
        &self,
        other: &Steps<U>,
        mut each: impl FnMut(u32, T, U),
    ) {
        let (mut a, mut b) = (0, 0);
        while a < self.0.len() && b < other.0.len() {
            each(self.0[a].0.max(other.0[b].0), self.0[a].1, other.0[b].1);
            let next = |list: Option<u32>| list.unwrap_or(u32::MAX);
            let ends =
                [next(self.0.get(a + 1).map(|s| s.0)), next(other.0.get(b + 1).map(|s| s.0))];
            a += usize::from(ends[0] <= ends[1]);
            b += usize::from(ends[1] <= ends[0]);
        }
    }
}

/// A place in steps that moves to ever later ranks.
pub(super) struct Cursor<'a, T> {
    steps: &'a [(u32, T)],
    at: usize,
}

impl<'a, T: Copy> Cursor<'a, T> {
    pub(super) fn new(steps: &'a Steps<T>) -> Self {
        Self { steps: &steps.0, at: 0 }
    }

    /// Moves on to `rank`; gives its value.
    pub(super) fn to(&mut self, rank: u32) -> T {
        let ahead = |at: usize| self.steps.get(at + 1).is_some_and(|(start, _)| *start <= rank);
        if ahead(self.at) {
            self.at += 1;
            if ahead(self.at) {
                self.at += self.steps[self.at + 1..].partition_point(|(start, _)| *start <= rank);
            }
        }
        self.here()
    }

    /// The value where it stands.
    pub(super) fn here(&self) -> T {
        self.steps[self.at].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_turn_around() {
        let of = |list: &[u32]| {
            let mut steps = Steps::default();
            (0..).zip(list).for_each(|(rank, value)| steps.push(rank, *value));
            steps
        };
        let list = [7, 7, 8, 8, 8, 7];
        let all = |steps: &Steps<u32>| steps.each(6).collect::<Vec<_>>();
        for by in 0..6 {
            let mut turned = list;
            turned.rotate_right(by);
            assert_eq!(of(&list).turned(by as u32, 6), of(&turned));
            assert_eq!(all(&of(&turned)), turned);
            let mut ranges = Vec::new();
            of(&list).changes(&of(&turned), 6, &mut ranges);
            let differs = |rank: u32| list[rank as usize] != turned[rank as usize];
            let told = |rank| ranges.iter().any(|(from, to)| (*from..*to).contains(&rank));
            assert!((0..6).all(|rank| differs(rank) == told(rank)));
            let mut copy = Steps::default();
            copy.copy(&of(&turned), 0, by as u32);
            copy.copy(&of(&turned), by as u32, 6);
            assert_eq!(copy, of(&turned));
            let mut both = Vec::new();
            of(&list).with(&of(&turned), |rank, a, b| both.push((rank, a, b)));
            for (rank, a, b) in both {
                assert_eq!((a, b), (list[rank as usize], turned[rank as usize]));
            }
        }
    }
}
