//! How an algorithm is best run on a fabric: levels of a hierarchy and slices of a pipeline.

use supernode_collectives::{Algorithm, Collective, Inner, LevelPlan, Tuning, fit_levels};
use supernode_fabric::{CostModel, LevelKind};
use supernode_units::Time;

use crate::formula;

/// Largest group that talks directly: every phase sends the square of it.
const DIRECT_MAX: u32 = 512;
/// Slices a pipeline may be cut into.
const SLICES_MAX: u32 = 64;
/// In-switch slices below this size gain nothing.
const IN_SWITCH_SLICE_BYTES: u64 = 512 << 10;

/// The tuning of `algorithm` for `bytes` bytes on all ranks of `cost`. The inner algorithm follows
/// the level (full mesh direct, torus ring, switch whichever of ring, direct and in-switch is
/// predicted fastest) unless `inner` names one for all.
pub fn tune(
    algorithm: Algorithm,
    collective: Collective,
    bytes: u64,
    cost: &CostModel,
    inner: Option<Inner>,
) -> Tuning {
    let ranks = cost.fabric.ranks();
    match algorithm {
        Algorithm::Hierarchical => {
            Tuning { levels: levels(collective, bytes, cost, inner), ..Tuning::default() }
        }
        Algorithm::DoubleBinaryTree => {
            Tuning { slices: tree_slices(ranks, bytes, cost), ..Tuning::default() }
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

/// The algorithm that the closed forms predict to be fastest, with its tuning and that time.
pub fn fastest(
    collective: Collective,
    bytes: u64,
    cost: &CostModel,
    inner: Option<Inner>,
) -> (Algorithm, Tuning, Time) {
    let ranks = cost.fabric.ranks();
    let candidates = Algorithm::ALL.into_iter().filter(|algorithm| {
        let direct = matches!(algorithm, Algorithm::OneShot | Algorithm::TwoShot);
        let tree = *algorithm == Algorithm::DoubleBinaryTree;
        let too_many = direct && ranks > DIRECT_MAX;
        let undefined = tree && collective != Collective::AllReduce;
        !too_many && !undefined
    });
    candidates
        .filter_map(|algorithm| {
            let tuning = tune(algorithm, collective, bytes, cost, inner);
            let time = formula::time(algorithm, collective, bytes, &tuning, cost)?;
            Some((algorithm, tuning, time))
        })
        .min_by_key(|(algorithm, _, time)| (*time, *algorithm))
        .unwrap_or_else(|| (Algorithm::Ring, Tuning::default(), Time::MAX))
}

/// k = sqrt(D n beta / 2 alpha), the slices that make the pipelined tree fastest.
fn tree_slices(ranks: u32, bytes: u64, cost: &CostModel) -> u32 {
    if ranks == 1 {
        return 1;
    }
    let route = cost.route(0, ranks / 2);
    let wire = cost.occupancy(&route, bytes, 1).as_ps() as f64;
    let alpha = (route.latency + cost.step_overhead() + cost.recv_overhead()).as_ps().max(1) as f64;
    let depth = f64::from(ranks.next_power_of_two().ilog2());
    (depth * wire / (2.0 * alpha)).sqrt().clamp(1.0, f64::from(SLICES_MAX)) as u32
}

fn levels(
    collective: Collective,
    bytes: u64,
    cost: &CostModel,
    inner: Option<Inner>,
) -> Vec<LevelPlan> {
    let ranks = cost.fabric.ranks();
    // Sizes of the machine, one per dimension of a mesh or torus.
    let mut offered: Vec<(u32, Option<Inner>)> = Vec::new();
    for level in cost.fabric.levels() {
        match &level.kind {
            LevelKind::FullMesh { dims } => {
                offered.extend(dims.iter().map(|dim| (*dim, Some(Inner::Direct))));
            }
            LevelKind::Torus { dims } => {
                offered.extend(dims.iter().map(|dim| (*dim, Some(Inner::Ring))));
            }
            LevelKind::Ring => offered.push((level.size, Some(Inner::Ring))),
            _ => offered.push((level.size, None)),
        }
    }
    // Where only every k-th device holds a rank, the inner levels join fewer.
    let mut stride = cost.fabric.stride();
    for (size, _) in &mut offered {
        let shared = gcd(*size, stride);
        *size /= shared;
        stride /= shared;
    }
    let sizes: Vec<(u32, Inner)> =
        offered.iter().map(|(size, own)| (*size, inner.or(*own).unwrap_or(Inner::Ring))).collect();
    let mut plan = fit_levels(ranks, &sizes);
    if inner.is_some() {
        return plan;
    }
    // Switched levels take whichever is predicted fastest with the rest as it is.
    for index in 0..plan.len() {
        let meshed = sizes.get(index).is_some_and(|_| plan[index].inner == Inner::Direct);
        let torus = offered.get(index).is_some_and(|(_, own)| *own == Some(Inner::Ring));
        if meshed || torus {
            continue;
        }
        let choices = [Inner::Ring, Inner::Direct, Inner::InSwitch];
        let predicted = |inner: Inner| {
            if inner == Inner::Direct && plan[index].size > DIRECT_MAX {
                return None;
            }
            let mut levels = plan.clone();
            levels[index].inner = inner;
            let tuning = Tuning { levels, ..Tuning::default() };
            formula::time(Algorithm::Hierarchical, collective, bytes, &tuning, cost)
        };
        let best = choices
            .into_iter()
            .filter_map(|inner| predicted(inner).map(|time| (time, inner)))
            .min_by_key(|(time, _)| *time);
        if let Some((_, inner)) = best {
            plan[index].inner = inner;
        }
    }
    plan
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
