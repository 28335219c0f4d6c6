//! The alpha-beta costs of textbooks, as an oracle that shares nothing with formulas and engines.

use supernode_collectives::{Algorithm, Collective, Inner, LevelPlan, Tuning};

/// Time of a collective on one switch with a port per rank: `alphas * alpha + chunks * b`.
///
/// `alpha` is one message's overheads and latency, `b` the port time of one nominal chunk of the
/// schedule. Reductions and local copies cost nothing, overheads before a send are zero where a
/// rank sends to several peers at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ClosedForm {
    /// Messages one after the other.
    pub(crate) alphas: u64,
    /// Nominal chunks that pass one port one after the other.
    pub(crate) chunks: u64,
}

/// The closed form, where it is exact; the double binary tree's pipeline and the reducing
/// switch have none in these terms.
pub(crate) fn closed_form(
    algorithm: Algorithm,
    collective: Collective,
    ranks: u32,
    tuning: &Tuning,
) -> Option<ClosedForm> {
    let peers = u64::from(ranks) - 1;
    let phases = if collective == Collective::AllReduce { 2 } else { 1 };
    let form = |alphas, chunks| Some(ClosedForm { alphas, chunks });
    match algorithm {
        Algorithm::Ring => form(phases * peers, phases * peers),
        Algorithm::OneShot | Algorithm::TwoShot if ranks == 1 => form(0, 0),
        Algorithm::OneShot if collective == Collective::AllReduce => form(1, peers),
        Algorithm::OneShot | Algorithm::TwoShot => form(phases, phases * peers),
        Algorithm::RecursiveDoubling => {
            let folded = ranks - (1 << ranks.ilog2());
            let late = 2 * folded > 1 << ranks.ilog2();
            if folded > 0 && (collective != Collective::AllReduce || !late) {
                // Folded runs are unequal, and ranks that do not fold are ahead of the others:
                // unless more than half fold, who is last depends on the rank count.
                return None;
            }
            let rounds = u64::from(ranks.ilog2());
            let folds = if ranks.is_power_of_two() { 0 } else { 2 };
            let chunks = match collective {
                Collective::AllReduce => rounds + folds,
                _ => peers,
            };
            form(rounds + folds, chunks)
        }
        Algorithm::Hierarchical => hierarchical(collective, ranks, &tuning.levels),
        Algorithm::Linear
        | Algorithm::TwoSided
        | Algorithm::OneSided
        | Algorithm::Dissemination
        | Algorithm::Binomial
            if ranks == 1 =>
        {
            form(0, 0)
        }
        Algorithm::Pairwise | Algorithm::Chain => form(peers, peers),
        Algorithm::RecursiveExchange if ranks.is_power_of_two() => {
            form(phases * u64::from(ranks.ilog2()), phases * peers)
        }
        Algorithm::Bruck => {
            // With radix 2, whatever has a bit set goes once for it.
            let bits = log2_up(ranks);
            let set: u64 = (0..ranks).map(|slot| u64::from(slot.count_ones())).sum();
            form(bits, if collective == Collective::AllToAll { set } else { peers })
        }
        Algorithm::ByDimension => {
            let sizes = tuning.levels.iter().map(|level| u64::from(level.size));
            let stays: u64 = sizes.clone().map(|size| u64::from(ranks) / size).sum();
            let levels = tuning.levels.len() as u64;
            form(levels, levels * u64::from(ranks) - stays)
        }
        Algorithm::Linear => match collective {
            Collective::AllReduce => form(2, 2 * peers),
            Collective::Barrier => form(2, 0),
            _ => form(1, peers),
        },
        Algorithm::TwoSided | Algorithm::OneSided => form(1, 1),
        Algorithm::Dissemination => form(u64::from((ranks - 1).ilog2()) + 1, 0),
        Algorithm::Binomial if ranks.is_power_of_two() => {
            let rounds = u64::from(ranks.ilog2());
            match collective {
                Collective::Broadcast { .. } => form(rounds, rounds),
                Collective::Scatter { .. } => form(rounds, peers),
                Collective::Barrier => form(2 * rounds, 0),
                // Children that come together are served one after the other.
                _ => None,
            }
        }
        Algorithm::Circulant
        | Algorithm::Nhr
        | Algorithm::Nb
        | Algorithm::Swing
        | Algorithm::Bine => form(phases * log2_up(ranks), phases * peers),
        Algorithm::Rabenseifner if ranks.is_power_of_two() => {
            form(2 * u64::from(ranks.ilog2()), 2 * peers)
        }
        // Additions of its own, and rounds of whole vectors.
        Algorithm::Census => form(log2_up(ranks), log2_up(ranks)),
        Algorithm::Pat => {
            let power = u64::from(ranks.next_power_of_two());
            let at_once = 1_u64 << u64::from(tuning.slices).clamp(1, (power / 2).max(1)).ilog2();
            let high = u64::from(at_once.ilog2());
            form(if ranks == 1 { 0 } else { high + (power / at_once).min(peers + 1) - 1 }, peers)
        }
        Algorithm::NeighbourExchange => form(u64::from(ranks / 2), peers),
        Algorithm::DoubleBinaryTree
        | Algorithm::InSwitch
        | Algorithm::Rabenseifner
        | Algorithm::SegmentedRing
        | Algorithm::BidirectionalRing
        | Algorithm::MeshRings
        | Algorithm::TorusRings
        | Algorithm::FullMeshRings
        | Algorithm::Binomial
        | Algorithm::MultiPortBucket
        | Algorithm::RecursiveMultiplying
        | Algorithm::RecursiveExchange
        | Algorithm::ScatterAllGather
        | Algorithm::DualRoot
        | Algorithm::StragglerAware
        | Algorithm::CirculantBroadcast
        | Algorithm::HcclPipeline
        | Algorithm::UnequalGroups => None,
    }
}

/// ceil(log2 `ranks`).
fn log2_up(ranks: u32) -> u64 {
    u64::from(ranks.next_power_of_two().ilog2())
}

fn hierarchical(collective: Collective, ranks: u32, levels: &[LevelPlan]) -> Option<ClosedForm> {
    let phases = if collective == Collective::AllReduce { 2 } else { 1 };
    let flat = [LevelPlan { size: ranks, inner: Inner::Ring }];
    let levels = if levels.is_empty() { &flat[..] } else { levels };
    let mut form = ClosedForm::default();
    let mut inner_ranks = 1_u64;
    for level in levels.iter().filter(|level| level.size > 1) {
        let size = u64::from(level.size);
        // What a reduction has left at this level, or an all-gather brought to it.
        let share = u64::from(ranks) / inner_ranks / size;
        form.alphas += match level.inner {
            Inner::Ring => phases * (size - 1),
            Inner::Direct => phases,
            Inner::InSwitch => return None,
        };
        form.chunks += phases * (size - 1) * share;
        inner_ranks *= size;
    }
    Some(form)
}
