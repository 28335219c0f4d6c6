//! How an algorithm is best run on a fabric: levels of a hierarchy and slices of a pipeline.

use supernode_collectives::{Algorithm, Collective, Inner, LevelPlan, Tuning, fit_machine, gcd};
use supernode_fabric::{CostModel, LevelKind};
use supernode_units::Time;

use crate::formula::{self, Elements};

/// Slices a pipeline may be cut into.
const SLICES_MAX: u32 = 64;
/// In-switch slices below this size gain nothing.
const IN_SWITCH_SLICE_BYTES: u64 = 512 << 10;

/// The tuning of `algorithm` for `elements` on all ranks of `cost`. The inner algorithm follows
/// the level (full mesh direct, torus ring, switch whichever of ring, direct and in-switch is
/// predicted fastest) unless `inner` names one for all.
pub fn tune(
    algorithm: Algorithm,
    collective: Collective,
    elements: impl Into<Elements>,
    cost: &CostModel,
    inner: Option<Inner>,
) -> Tuning {
    let elements = elements.into();
    let (ranks, bytes) = (cost.fabric.ranks(), elements.bytes());
    match algorithm {
        Algorithm::Hierarchical => {
            Tuning { levels: levels(collective, elements, cost, inner), ..Tuning::default() }
        }
        // Rings along the dimensions of the machine, whatever runs on them otherwise.
        Algorithm::MeshRings
        | Algorithm::TorusRings
        | Algorithm::MultiPortBucket
        | Algorithm::HcclPipeline => Tuning {
            levels: levels(collective, elements, cost, Some(Inner::Ring)),
            ..Tuning::default()
        },
        Algorithm::ByDimension => {
            let levels = levels(collective, elements, cost, Some(Inner::Direct));
            // On one level, as the algorithm cuts it.
            Tuning {
                levels: if levels.len() > 1 { levels } else { Vec::new() },
                ..Tuning::default()
            }
        }
        Algorithm::UnequalGroups => Tuning { levels: groups(cost), ..Tuning::default() },
        Algorithm::DoubleBinaryTree
        | Algorithm::DualRoot
        | Algorithm::Chain
        | Algorithm::CirculantBroadcast => {
            let slices = pipeline_slices(filling(algorithm, ranks), bytes, cost);
            Tuning { slices, ..Tuning::default() }
        }
        Algorithm::InSwitch => {
            let slices = bytes / u64::from(ranks) / IN_SWITCH_SLICE_BYTES;
            Tuning {
                slices: slices.clamp(1, u64::from(2 * SLICES_MAX)) as u32,
                ..Tuning::default()
            }
        }
        _ => Tuning::default(),
    }
}

/// The algorithm that the closed forms predict to be fastest, with its tuning and that time; the first
/// that there is, taken never to end, where no closed form knows a time.
///
/// Every algorithm is considered at any size, whether or not an engine can follow all its messages.
pub fn fastest(
    collective: Collective,
    elements: impl Into<Elements>,
    cost: &CostModel,
    inner: Option<Inner>,
) -> (Algorithm, Tuning, Time) {
    let fastest = by_time(collective, elements, cost, inner).into_iter().next();
    fastest.unwrap_or_else(|| {
        let defined = |algorithm: &Algorithm| {
            algorithm.schedule(collective, cost.fabric.ranks(), &Tuning::default()).is_ok()
        };
        let first = Algorithm::ALL.into_iter().find(defined).unwrap_or(Algorithm::Ring);
        (first, Tuning::default(), Time::MAX)
    })
}

/// The algorithms whose time a closed form knows, with their tuning and that time, fastest first.
pub fn by_time(
    collective: Collective,
    elements: impl Into<Elements>,
    cost: &CostModel,
    inner: Option<Inner>,
) -> Vec<(Algorithm, Tuning, Time)> {
    let elements = elements.into();
    let right = Algorithm::ALL.into_iter().filter(|algorithm| is_right(*algorithm, cost));
    let timed = right.filter_map(|algorithm| {
        let tuning = tune(algorithm, collective, elements, cost, inner);
        let time = formula::time(algorithm, collective, elements, &tuning, cost).ok()?;
        Some((algorithm, tuning, time))
    });
    let mut all: Vec<_> = timed.collect();
    all.sort_by_key(|(algorithm, _, time)| (*time, *algorithm));
    all
}

/// Whether the closed form of `algorithm` is good enough to choose by: that of shifts and of whole
/// vectors in groups takes all ranks to be in step, as they are where all pairs of ranks are alike.
fn is_right(algorithm: Algorithm, cost: &CostModel) -> bool {
    // Those of neighbour and pairwise exchange count the slowest pair of each round: never too good.
    let in_step = matches!(
        algorithm,
        Algorithm::Circulant
            | Algorithm::Nhr
            | Algorithm::Nb
            | Algorithm::Rabenseifner
            | Algorithm::Census
            | Algorithm::Bine
            | Algorithm::Pat
            | Algorithm::RecursiveMultiplying
            | Algorithm::RecursiveExchange
            | Algorithm::Bruck
            | Algorithm::ByDimension
    );
    !in_step || cost.fabric.is_uniform()
}

/// How many slices the pipeline of `algorithm` is long before it is full, as a share of what one slice
/// more costs: D/2 for D levels of the double tree, and what the others' files say.
fn filling(algorithm: Algorithm, ranks: u32) -> f64 {
    let depth = f64::from(ranks.next_power_of_two().ilog2());
    match algorithm {
        Algorithm::DoubleBinaryTree => depth / 2.0,
        Algorithm::DualRoot => (4.0 * depth - 6.0) / 3.0,
        Algorithm::CirculantBroadcast => depth - 1.0,
        _ => f64::from(ranks) - 2.0,
    }
}

/// k = sqrt(filling n beta / alpha), the slices that make a pipeline fastest.
fn pipeline_slices(filling: f64, bytes: u64, cost: &CostModel) -> u32 {
    if cost.fabric.ranks() == 1 || filling <= 0.0 {
        return 1;
    }
    let route = cost.route(0, cost.fabric.ranks() / 2);
    let wire = cost.occupancy(&route, bytes, 1).as_ps() as f64;
    let alpha = (route.latency + cost.step_overhead() + cost.recv_overhead()).as_ps().max(1) as f64;
    (filling * wire / alpha).sqrt().clamp(1.0, f64::from(SLICES_MAX)) as u32
}

fn levels(
    collective: Collective,
    elements: Elements,
    cost: &CostModel,
    inner: Option<Inner>,
) -> Vec<LevelPlan> {
    let (sizes, own) = offered(cost);
    // Where the machine leaves it open, and for what is left over at the top, a ring to begin with.
    let own = |level: Option<usize>| level.and_then(|level| own[level]);
    let fitted = fit_machine(cost.fabric.ranks(), &sizes);
    let fitted: Vec<(u32, Option<Inner>)> =
        fitted.iter().map(|fitted| (fitted.size, inner.or(own(fitted.level)))).collect();
    hierarchy(&fitted, collective, elements, cost)
}

/// Levels of these sizes, innermost first, each with its algorithm or the one that is predicted fastest.
pub fn hierarchy(
    sizes: &[(u32, Option<Inner>)],
    collective: Collective,
    elements: impl Into<Elements>,
    cost: &CostModel,
) -> Vec<LevelPlan> {
    let elements = elements.into();
    let given = sizes.iter();
    let mut plan: Vec<LevelPlan> = given
        .map(|(size, inner)| LevelPlan { size: *size, inner: inner.unwrap_or(Inner::Ring) })
        .collect();
    // Open levels take whichever is predicted fastest with the rest as it is.
    for index in (0..plan.len()).filter(|index| sizes[*index].1.is_none()) {
        let predicted = |inner: Inner| {
            let mut levels = plan.clone();
            levels[index].inner = inner;
            let tuning = Tuning { levels, ..Tuning::default() };
            formula::time(Algorithm::Hierarchical, collective, elements, &tuning, cost).ok()
        };
        let best = [Inner::Ring, Inner::Direct, Inner::InSwitch]
            .into_iter()
            .filter_map(|inner| predicted(inner).map(|time| (time, inner)))
            .min_by_key(|(time, _)| *time);
        if let Some((_, inner)) = best {
            plan[index].inner = inner;
        }
    }
    plan
}

/// The ranks of each node of the innermost level that joins any, the last one perhaps not full; one
/// group of all if there are too many to hold.
fn groups(cost: &CostModel) -> Vec<LevelPlan> {
    const MOST: u32 = 4096;
    let ranks = cost.fabric.ranks();
    let node = cost.fabric.levels().iter().map(|level| level.size).find(|size| *size > 1);
    let node = node.unwrap_or(ranks).clamp(ranks.div_ceil(MOST), ranks);
    let sizes = (0..ranks.div_ceil(node)).map(|group| (ranks - group * node).min(node));
    sizes.map(|size| LevelPlan { size, inner: Inner::Ring }).collect()
}

/// Sizes of the machine's levels, one per dimension of a mesh or torus, as far as ranks meet there,
/// and what runs on each where its links leave no choice.
fn offered(cost: &CostModel) -> (Vec<u32>, Vec<Option<Inner>>) {
    let (mut sizes, mut own) = (Vec::new(), Vec::new());
    for level in cost.fabric.levels() {
        let (dims, inner) = match &level.kind {
            LevelKind::FullMesh { dims } => (&dims[..], Some(Inner::Direct)),
            LevelKind::Torus { dims } => (&dims[..], Some(Inner::Ring)),
            LevelKind::Ring => (&[level.size][..], Some(Inner::Ring)),
            _ => (&[level.size][..], None),
        };
        sizes.extend(dims);
        own.extend(dims.iter().map(|_| inner));
    }
    // Where only every k-th device holds a rank, the inner levels join fewer.
    let mut stride = u64::from(cost.fabric.stride());
    for size in &mut sizes {
        let shared = gcd(u64::from(*size), stride);
        *size /= shared as u32;
        stride /= shared;
    }
    (sizes, own)
}
