//! The closed formulas that the files of the algorithms state, held against what a run counts.

use super::{Finding, Options, Proof, prove};
use crate::{Algorithm, Collective, CollectiveError, Inner, LevelPlan, Tuning};

mod forms;

use forms::{
    binomial, bruck, by_dimension, circulant_broadcast, double_binary_tree, hierarchical, linear,
    rabenseifner, recursive_doubling, recursive_exchange, scatter_all_gather,
};

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
            Algorithm::DoubleBinaryTree => double_binary_tree(collective, n),
            // To two children and the parent, or the other root; rounds depend on who waits for whom.
            Algorithm::DualRoot => Self { rounds: None, sent: Some((n.div_ceil(2).min(3), 1)) },
            Algorithm::HcclPipeline => {
                // The ring, and the mesh before or after it.
                let groups = tuning.levels.last().map(|level| u64::from(level.size));
                Self { rounds: groups.map(|groups| twice * groups), sent: optimal }
            }
            Algorithm::CirculantBroadcast => circulant_broadcast(n, tuning.slices),
            // The others meet the last rank between the halves of their ring.
            Algorithm::StragglerAware => {
                let others = n - 1;
                let rounds = (2 * others.saturating_sub(1)).max(2);
                Self { rounds: Some(rounds), sent: Some((2 * others - 1, others)) }
            }
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
            Algorithm::ScatterAllGather => scatter_all_gather(collective, n),
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
        let chunks = cost.chunks;
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
