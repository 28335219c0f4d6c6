//! Formulas that take more than a line.

use super::Stated;
use crate::{Collective, Inner, LevelPlan, Tuning};

pub(super) fn linear(collective: Collective, n: u64) -> Stated {
    let (rounds, sent) = match collective {
        Collective::AllReduce => (2, (n - 1, 1)),
        Collective::Barrier => (2, (0, 1)),
        Collective::Broadcast { .. } => (1, (n - 1, 1)),
        Collective::Scatter { .. } => (1, (n - 1, n)),
        Collective::Gather { .. } => (1, (1, n)),
        _ => (1, (1, 1)),
    };
    Stated { rounds: Some(rounds), sent: Some(sent) }
}

pub(super) fn binomial(collective: Collective, n: u64, radix: u64) -> Stated {
    let digits = (n - 1).ilog(radix);
    // The farthest position from the root has a digit that is not zero in every place, if there is one
    // with so many places.
    let full = (0..=digits).map(|digit| radix.pow(digit)).sum::<u64>() < n;
    let depth = u64::from(digits) + u64::from(full);
    // Children of the root, and the largest of their subtrees.
    let children = u64::from(digits) * (radix - 1) + (n - 1) / radix.pow(digits);
    let below = radix.pow(digits).min(n - radix.pow(digits));
    let largest = below.max(if digits > 0 { radix.pow(digits - 1) } else { 1 });
    let (times, sent) = match collective {
        Collective::Barrier => (2, (0, 1)),
        Collective::Broadcast { .. } => (1, (children, 1)),
        Collective::Scatter { .. } => (1, (n - 1, n)),
        Collective::Gather { .. } => (1, (largest, n)),
        _ => (1, (1, 1)),
    };
    Stated { rounds: Some(times * depth), sent: Some(sent) }
}

pub(super) fn bruck(collective: Collective, n: u64, radix: u64) -> Stated {
    let radix = radix.clamp(2, n);
    let last = (n - 1).ilog(radix);
    if collective == Collective::AllGather {
        return Stated { rounds: Some(u64::from(last) + 1), sent: Some((n - 1, n)) };
    }
    // A slot goes once for each of its digits that is not zero.
    let stays = |place: u64| {
        let cycle = place * radix;
        n / cycle * place + (n % cycle).min(place)
    };
    let sent = (0..=last).map(|digit| n - stays(radix.pow(digit))).sum();
    let rounds = u64::from(last) * (radix - 1) + (n - 1) / radix.pow(last);
    Stated { rounds: Some(rounds), sent: Some((sent, n)) }
}

pub(super) fn by_dimension(n: u64, levels: &[LevelPlan]) -> Stated {
    let mut sizes: Vec<u64> = levels.iter().map(|level| u64::from(level.size)).collect();
    if sizes.is_empty() {
        let nearest = (1..=n.isqrt()).rev().find(|size| n.is_multiple_of(*size)).unwrap_or(1);
        sizes = vec![nearest, n / nearest];
    }
    let rounds = sizes.iter().filter(|size| **size > 1).count() as u64;
    // On each level, all but what stays.
    let sent = sizes.iter().map(|size| n - n / size).sum();
    Stated { rounds: Some(rounds), sent: Some((sent, n)) }
}

pub(super) fn recursive_doubling(collective: Collective, n: u64) -> Stated {
    let rounds = u64::from(n.ilog2());
    let power = 1 << rounds;
    // Ranks beyond the power of two fold first and get the result last.
    let folds = if n == power { 0 } else { 2 };
    let sent = match collective {
        Collective::AllReduce => Some((rounds + folds / 2, 1)),
        // Folding sends whole vectors; what that adds is stated nowhere.
        _ if folds > 0 => None,
        _ => Some((n - 1, n)),
    };
    Stated { rounds: Some(rounds + folds), sent }
}

pub(super) fn recursive_exchange(twice: u64, n: u64, radix: u64) -> Stated {
    let radix = radix.max(2);
    let rounds = u64::from(n.ilog(radix));
    let power = radix.pow(n.ilog(radix));
    // What folds need not be late for every round; the result goes back as often as ranks have folded.
    let most = (n - power).div_ceil(power);
    let sent = Some((twice * (power - 1) + most * power, power));
    Stated { rounds: (n == power).then_some(twice * rounds), sent }
}

pub(super) fn rabenseifner(n: u64) -> Stated {
    let rounds = u64::from(n.ilog2());
    let power = 1 << rounds;
    // The first of a folded pair sends half a vector more before, and a whole one after.
    let (folds, extra) = if n == power { (0, 0) } else { (3, 3 * power / 2) };
    Stated { rounds: Some(2 * rounds + folds), sent: Some((2 * (power - 1) + extra, power)) }
}

pub(super) fn hierarchical(twice: u64, n: u64, tuning: &Tuning) -> Stated {
    let mut rounds = Some(0);
    for level in &tuning.levels {
        let own = match level.inner {
            _ if level.size <= 1 => Some(0),
            Inner::Ring => Some(u64::from(level.size) - 1),
            Inner::Direct => Some(1),
            Inner::InSwitch => None,
        };
        rounds = rounds.zip(own).map(|(sum, own)| sum + twice * own);
    }
    if tuning.levels.is_empty() {
        rounds = Some(twice * (n - 1));
    }
    Stated { rounds, sent: rounds.map(|_| (twice * (n - 1), n)) }
}

pub(super) fn double_binary_tree(collective: Collective, n: u64) -> Stated {
    let depth = u64::from((n - 1).ilog2() + 1);
    if collective != Collective::AllReduce {
        return Stated { rounds: Some(depth), sent: Some((1, 1)) };
    }
    // A slice climbs the depth of its tree, and comes down again. Up once and down twice in one tree, up
    // once in the other, half a vector each; fewer than 4 ranks have no inner node with two children.
    let sent = match n {
        2 => (1, 1),
        3 => (3, 2),
        _ => (2, 1),
    };
    Stated { rounds: Some(2 * depth), sent: Some(sent) }
}

pub(super) fn circulant_broadcast(n: u64, slices: u32) -> Stated {
    let log = u64::from((n - 1).ilog2() + 1);
    let blocks = 1 + u64::from(slices.max(1) - 1).div_ceil(log) * log;
    // The root sends in every round, and waits for nobody: what is in a row is less.
    Stated { rounds: None, sent: Some((blocks - 1 + log, blocks)) }
}

/// A tree gives out blocks, or brings them together, and a ring does the rest.
pub(super) fn scatter_all_gather(collective: Collective, n: u64) -> Stated {
    let half = if collective.reduces() {
        Collective::Gather { root: 0 }
    } else {
        Collective::Scatter { root: 0 }
    };
    let tree = binomial(half, n, 2);
    Stated {
        rounds: tree.rounds.map(|rounds| rounds + n - 1),
        sent: tree.sent.map(|(blocks, n)| (blocks + n - 1, n)),
    }
}
