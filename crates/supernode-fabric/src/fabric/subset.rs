//! Some of the ranks of a fabric by themselves, and which of them it cannot tell apart.

use super::Fabric;
use crate::level::{LevelKind, Spread};
use crate::placement::{Map, Placement};

impl Fabric {
    /// The same fabric with none but `ranks` on it, numbered in their order.
    ///
    /// Routes among them are what they were, except where flows are hashed to uplinks, which then count
    /// these ranks alone. Where the first devices look the same from inside, the ranks are put there, so
    /// that [`Fabric::period`] knows their symmetry.
    ///
    /// # Panics
    /// If a rank is not placed: a bug of the caller.
    #[must_use]
    pub fn among(&self, ranks: &[u32]) -> Self {
        let devices: Vec<u32> = ranks.iter().map(|rank| self.device(*rank)).collect();
        let count = devices.len() as u32;
        if let Some(stride) = spacing(&devices)
            && let Ok(first) = self.clone().place(Placement::Strided { stride }, count)
        {
            let here: Vec<u32> = (0..count).collect();
            if devices[0] == 0
                || self.likeness(ranks).is_some_and(|own| first.likeness(&here) == Some(own))
            {
                return first;
            }
        }
        let mut placed = vec![None; self.devices as usize];
        for (rank, device) in (0..).zip(&devices) {
            placed[*device as usize] = Some(rank);
        }
        let mut part = self.clone();
        (part.map, part.ranks) = (Map::Table { devices, ranks: placed }, count);
        part.forget_flows();
        part
    }

    /// All that routes among `ranks` tell of them: lists with equal likeness have equal routes, first to
    /// second as first to second, up to the numbers of ports. None where links are faulty, and where flows are hashed, because then
    /// others have a part in it.
    ///
    /// A route asks of two positions on a level no more than whether they, and the switches that they
    /// hang on, are the same, so each is told by the first member that has the same; in a torus it asks
    /// for their distance around each dimension.
    pub fn likeness(&self, ranks: &[u32]) -> Option<Vec<u32>> {
        let hashed =
            |kind: &LevelKind| matches!(kind, LevelKind::Clos { spread: Spread::Ecmp { .. }, .. });
        let joining = || self.levels.iter().zip(&self.plans).filter(|(level, _)| level.size > 1);
        if self.is_faulty() || joining().any(|(level, _)| hashed(&level.kind)) {
            return None;
        }
        let devices: Vec<u32> = ranks.iter().map(|rank| self.device(*rank)).collect();
        let mut told = Vec::with_capacity(ranks.len() * self.levels.len());
        let mut seen = Vec::new();
        for (level, plan) in joining() {
            let child = |device: u32| device / plan.stride % plan.size;
            // What a position is asked for: the value of `of`, below `values`.
            let mut same = |values: u32, of: &dyn Fn(u32) -> u32| {
                seen.clear();
                seen.resize(values as usize, u32::MAX);
                for (member, device) in (0..).zip(&devices) {
                    let first = &mut seen[of(child(*device)) as usize];
                    *first = (*first).min(member);
                    told.push(*first);
                }
            };
            match &level.kind {
                LevelKind::OnPackage | LevelKind::Switch => same(level.size, &|child| child),
                LevelKind::Rail { leaf, .. } | LevelKind::Clos { leaf, .. } => {
                    same(level.size, &|child| child);
                    same(level.size, &|child| child / leaf);
                    same(level.size, &|child| child / leaf / leaf);
                }
                LevelKind::FullMesh { .. } => {
                    let mut below = 1;
                    for dim in &plan.dims {
                        same(*dim, &|child| child / below % dim);
                        below *= dim;
                    }
                }
                LevelKind::Torus { .. } | LevelKind::Ring => {
                    let mut below = 1;
                    for dim in &plan.dims {
                        let at = |device: u32| child(device) / below % dim;
                        let first = devices.first().map_or(0, |device| at(*device));
                        told.extend(devices.iter().map(|device| (at(*device) + dim - first) % dim));
                        below *= dim;
                    }
                }
            }
        }
        Some(told)
    }
}

/// The distance from each to the next, if it is the same for all and upwards; 1 for a single one.
fn spacing(devices: &[u32]) -> Option<u32> {
    let [first, second, ..] = *devices else { return Some(1) };
    let apart = second.checked_sub(first).filter(|apart| *apart > 0)?;
    let even = devices.windows(2).all(|two| two[1].checked_sub(two[0]) == Some(apart));
    even.then_some(apart)
}
