//! The closed formulas that the files of the algorithms state, held against what a run counts.

use super::{Finding, Options, Proof, prove};
use crate::{Algorithm, Collective, CollectiveError, Inner, LevelPlan, Tuning};

/// What an algorithm states about its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// Messages in a row.
    pub rounds: Option<u64>,
    /// Most that a rank sends, as a fraction (numerator, denominator) of the large buffer.
    pub sent: Option<(u64, u64)>,
}

impl Stated {
    /// What the file of `algorithm` states for `collective` on `ranks` ranks.
    pub fn of(algorithm: Algorithm, collective: Collective, ranks: u32, tuning: &Tuning) -> Self {
        let n = u64::from(ranks);
        if n <= 1 {
            return Self { rounds: Some(0), sent: Some((0, 1)) };
        }
        // All-reduce is a reduce-scatter and an all-gather, for most.
        let twice = if collective == Collective::AllReduce { 2 } else { 1 };
        let optimal = Some((twice * (n - 1), n));
        match algorithm {
            Algorithm::Ring
            | Algorithm::SegmentedRing
            | Algorithm::BidirectionalRing
            | Algorithm::MeshRings
            | Algorithm::TorusRings
            | Algorithm::FullMeshRings => Self { rounds: Some(twice * (n - 1)), sent: optimal },
            Algorithm::TwoShot => Self { rounds: Some(twice), sent: optimal },
            Algorithm::OneShot if collective == Collective::AllReduce => {
                Self { rounds: Some(1), sent: Some((n - 1, 1)) }
            }
            Algorithm::OneShot => Self { rounds: Some(1), sent: optimal },
            Algorithm::RecursiveDoubling => recursive_doubling(collective, n),
            Algorithm::DoubleBinaryTree => Self {
                // A slice climbs the depth of its tree, and comes down again.
                rounds: Some(2 * u64::from((n - 1).ilog2() + 1)),
                // Up once and down twice in one tree, up once in the other, half a vector each;
                // fewer than 4 ranks have no inner node with two children.
                sent: Some(match n {
                    2 => (1, 1),
                    3 => (3, 2),
                    _ => (2, 1),
                }),
            },
            Algorithm::InSwitch => Self {
                rounds: None,
                sent: (collective == Collective::AllReduce).then_some((n + 1, n)),
            },
            Algorithm::Hierarchical => hierarchical(twice, n, tuning),
            Algorithm::Circulant
            | Algorithm::Nhr
            | Algorithm::Nb
            | Algorithm::Swing
            | Algorithm::Bine => {
                let half = u64::from((n - 1).ilog2() + 1);
                Self { rounds: Some(twice * half), sent: optimal }
            }
            Algorithm::Pat => {
                let power = n.next_power_of_two();
                let at_once = 1_u64 << u64::from(tuning.slices).clamp(1, power / 2).ilog2();
                let rounds = u64::from(at_once.ilog2()) + (power / at_once).min(n) - 1;
                Self { rounds: Some(rounds), sent: optimal }
            }
            Algorithm::Rabenseifner => rabenseifner(n),
            Algorithm::RecursiveMultiplying => {
                let radix = u64::from(tuning.radix.max(2));
                let rounds = u64::from(n.ilog(radix));
                let folds = n - radix.pow(n.ilog(radix));
                let most = folds.div_ceil(radix.pow(n.ilog(radix)));
                Self {
                    // What folds need not be late for every round.
                    rounds: (folds == 0).then_some(rounds),
                    sent: Some((rounds * (radix - 1) + most, 1)),
                }
            }
            Algorithm::RecursiveExchange => recursive_exchange(twice, n, u64::from(tuning.radix)),
            Algorithm::MultiPortBucket => {
                let rings = |level: &LevelPlan| LevelPlan { inner: Inner::Ring, ..*level };
                let levels = tuning.levels.iter().map(rings).collect();
                hierarchical(twice, n, &Tuning { levels, ..tuning.clone() })
            }
            // What unequal groups send is a matter of which blocks they share.
            Algorithm::UnequalGroups => Self { rounds: None, sent: None },
            Algorithm::Census => {
                let rounds = u64::from((n - 1).ilog2() + 1);
                Self { rounds: Some(rounds), sent: Some((rounds, 1)) }
            }
            Algorithm::NeighbourExchange => Self { rounds: Some(n / 2), sent: optimal },
            Algorithm::Binomial => binomial(collective, n, u64::from(tuning.radix.max(2))),
            Algorithm::ScatterAllGather => {
                // A tree gives out blocks, or brings them together, and a ring does the rest.
                let half = if collective.reduces() {
                    Collective::Gather { root: 0 }
                } else {
                    Collective::Scatter { root: 0 }
                };
                let tree = binomial(half, n, 2);
                Self {
                    rounds: tree.rounds.map(|rounds| rounds + n - 1),
                    sent: tree.sent.map(|(blocks, n)| (blocks + n - 1, n)),
                }
            }
            Algorithm::Chain => Self { rounds: Some(n - 1), sent: Some((1, 1)) },
            Algorithm::Linear => linear(collective, n),
            Algorithm::Pairwise => Self { rounds: Some(n - 1), sent: optimal },
            Algorithm::Bruck => bruck(collective, n, u64::from(tuning.radix)),
            Algorithm::ByDimension => by_dimension(n, &tuning.levels),
            Algorithm::Dissemination => {
                let rounds = (n - 1).ilog(u64::from(tuning.radix.max(2))) + 1;
                Self { rounds: Some(u64::from(rounds)), sent: Some((0, 1)) }
            }
            Algorithm::TwoSided | Algorithm::OneSided => {
                Self { rounds: Some(1), sent: Some((1, 1)) }
            }
        }
    }

    /// What of it a proof contradicts.
    pub fn contradictions(&self, proof: &Proof) -> Vec<Finding> {
        let cost = &proof.cost;
        let mut found = Vec::new();
        if let Some(rounds) = self.rounds
            && rounds != u64::from(cost.rounds)
        {
            let (counted, stated) = (cost.rounds.to_string(), rounds.to_string());
            found.push(Finding::Formula { what: "rounds", counted, stated });
        }
        let chunks = u64::from(cost.chunks);
        if let Some((numerator, denominator)) = self.sent
            && cost.sent * denominator != numerator * chunks
        {
            let counted = format!("{}/{chunks} of the vector", cost.sent);
            let stated = format!("{numerator}/{denominator}");
            found.push(Finding::Formula { what: "most sent by a rank", counted, stated });
        }
        found
    }
}

fn linear(collective: Collective, n: u64) -> Stated {
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

fn binomial(collective: Collective, n: u64, radix: u64) -> Stated {
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

fn bruck(collective: Collective, n: u64, radix: u64) -> Stated {
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

fn by_dimension(n: u64, levels: &[LevelPlan]) -> Stated {
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

fn recursive_doubling(collective: Collective, n: u64) -> Stated {
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

fn recursive_exchange(twice: u64, n: u64, radix: u64) -> Stated {
    let radix = radix.max(2);
    let rounds = u64::from(n.ilog(radix));
    let power = radix.pow(n.ilog(radix));
    // What folds need not be late for every round; the result goes back as often as ranks have folded.
    let most = (n - power).div_ceil(power);
    let sent = Some((twice * (power - 1) + most * power, power));
    Stated { rounds: (n == power).then_some(twice * rounds), sent }
}

fn rabenseifner(n: u64) -> Stated {
    let rounds = u64::from(n.ilog2());
    let power = 1 << rounds;
    // The first of a folded pair sends half a vector more before, and a whole one after.
    let (folds, extra) = if n == power { (0, 0) } else { (3, 3 * power / 2) };
    Stated { rounds: Some(2 * rounds + folds), sent: Some((2 * (power - 1) + extra, power)) }
}

fn hierarchical(twice: u64, n: u64, tuning: &Tuning) -> Stated {
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

/// Proves an algorithm of this crate: its schedule, and what it states about its cost.
///
/// # Errors
/// When there is no such schedule, or it has too many chunks to be proved.
pub fn prove_algorithm(
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    tuning: &Tuning,
    options: &Options,
) -> Result<Proof, CollectiveError> {
    let schedule = algorithm.schedule(collective, ranks, tuning)?;
    let mut proof = prove(&*schedule, options)?;
    // A schedule that does not run costs nothing; saying so twice helps nobody.
    if proof.holds() {
        let found = Stated::of(algorithm, collective, ranks, tuning).contradictions(&proof);
        proof.found += found.len() as u64;
        proof.findings.extend(found);
    }
    Ok(proof)
}
