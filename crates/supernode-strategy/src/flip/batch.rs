//! The batch at which the verdict turns: replicas are no more than its sequences.

use supernode_catalog::End;

use super::Duel;
use crate::Workload;
use crate::question::Question;
use crate::side::{ENDS, Side, outcomes};

/// Batches are tried up to this many times the present one, and down to one sequence.
const GROWTH: u64 = 1 << 6;
/// An edge is found to this share of itself.
const RESOLUTION: u64 = 64;

/// What the batch does to the leader's victory at one end of the ranges, in tokens of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Whether it wins at the present batch.
    pub wins: bool,
    /// The smallest batch that wins if the present one does, else the largest smaller one that
    /// does; `None` if nothing changes on the way down.
    pub below: Option<u64>,
    /// The largest batch that wins if the present one does, else the smallest larger one that
    /// does; `None` if nothing changes on the way up.
    pub above: Option<u64>,
}

/// The batch at both ends of every range.
#[derive(Debug, Clone, Copy)]
pub struct BatchFlip {
    /// Smallest and largest batch that was tried.
    pub tried: (u64, u64),
    /// With the leader at the bad end of its ranges and the other at the good end of its own.
    pub bad: Batch,
    /// The other way round.
    pub good: Batch,
}

impl Duel<'_> {
    pub(super) fn batch(&self) -> BatchFlip {
        let (now, seq) = (self.question.workload.sequences(), self.question.workload.seq);
        let most = (Workload::TOKENS_MAX / seq).min(now.saturating_mul(GROWTH)).max(now);
        let down: Vec<u64> = steps(now, |n| (n > 1).then_some(n / 2));
        let up: Vec<u64> = steps(now, |n| (n < most).then(|| n.saturating_mul(2).min(most)));
        let at = |end: usize| {
            let wins = |sequences: u64| self.wins_with(sequences, end);
            let tokens = |edge: Option<u64>| edge.map(|sequences| sequences * seq);
            let present = wins(now);
            Batch {
                wins: present,
                below: tokens(edge(present, now, &down, wins)),
                above: tokens(edge(present, now, &up, wins)),
            }
        };
        BatchFlip { tried: (seq, most * seq), bad: at(0), good: at(1) }
    }

    /// Whether the leader wins with steps of `sequences` sequences. A machine that does not fit
    /// them loses.
    fn wins_with(&self, sequences: u64, end: usize) -> bool {
        let workload = {
            let workload = self.question.workload;
            Workload { tokens: sequences * workload.seq, ..*workload }
        };
        let question = Question { workload: &workload, ..self.question };
        let train =
            |side: &Side, end: End| outcomes(&side.machine, side.precision, end, question).ok();
        let (ours, theirs) = (train(self.leader, ENDS[end]), train(self.other, ENDS[1 - end]));
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => self.beats(end, &ours, &theirs),
            (ours, None) => ours.is_some(),
            (None, Some(_)) => false,
        }
    }
}

/// `from` left out, what `next` makes of it until nothing is left.
fn steps(from: u64, next: impl Fn(u64) -> Option<u64>) -> Vec<u64> {
    std::iter::successors(next(from), |&n| next(n)).collect()
}

/// The winning side of the first change on the way from `now` through `steps`.
fn edge(present: bool, now: u64, steps: &[u64], wins: impl Fn(u64) -> bool) -> Option<u64> {
    let changed = steps.iter().position(|&step| wins(step) != present)?;
    let mut same = if changed == 0 { now } else { steps[changed - 1] };
    let mut other = steps[changed];
    while same.abs_diff(other) > (same.min(other) / RESOLUTION).max(1) {
        let middle = same.midpoint(other);
        if wins(middle) == present {
            same = middle;
        } else {
            other = middle;
        }
    }
    Some(if present { same } else { other })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_winning_side_of_a_change_is_found() {
        let up: Vec<u64> = steps(64, |n| (n < 1024).then(|| n * 2));
        assert_eq!(up, [128, 256, 512, 1024]);
        assert_eq!(edge(true, 64, &up, |n| n < 100), Some(99));
        assert_eq!(edge(false, 64, &up, |n| n >= 100), Some(100));
        assert_eq!(edge(true, 64, &up, |_| true), None);
        let down: Vec<u64> = steps(64, |n| (n > 1).then_some(n / 2));
        assert_eq!(edge(true, 64, &down, |n| n > 10), Some(11));
    }
}
