//! Uplinks that hashed flows share.

use std::sync::{Arc, Mutex, PoisonError};

use super::Fabric;
use crate::level::{Level, LevelKind, Spread};
use crate::mix::mix;

/// Leaves whose flows stay counted; the others are counted again when they are asked for.
const COUNTED_LEAVES: usize = 1024;

/// The uplinks of the leaves of one level, and how many flows each carries.
#[derive(Debug, Clone)]
pub(super) struct Uplinks {
    seed: u64,
    /// Devices below one leaf switch.
    leaf: u64,
    /// Uplinks of one leaf switch.
    links: u64,
    /// Leaf `i` is remembered at `i % len`. Ranks that go through the same steps ask with the same
    /// shift one after the other, so that a count serves a whole leaf.
    counted: Arc<[Mutex<Counted>]>,
}

/// Flows of one leaf by uplink when all its ranks send to the rank `shift` further on.
#[derive(Debug, Default)]
struct Counted {
    leaf: u64,
    shift: u32,
    flows: Vec<u32>,
}

impl Uplinks {
    /// The uplinks of `level`, whose children hold `stride` devices each, if flows are hashed there.
    pub(super) fn of(level: &Level, stride: u32) -> Option<Self> {
        let LevelKind::Clos { leaf, oversubscription, spread: Spread::Ecmp { seed }, .. } =
            level.kind
        else {
            return None;
        };
        let leaf = u64::from(leaf) * u64::from(stride);
        let up = u128::from(leaf) * u128::from(oversubscription.up);
        let links = (up / u128::from(oversubscription.down)).max(1) as u64;
        let leaves = (u64::from(level.size) * u64::from(stride)).div_ceil(leaf);
        let slots = (leaves as usize).min(COUNTED_LEAVES);
        Some(Self { seed, leaf, links, counted: (0..slots).map(|_| Mutex::default()).collect() })
    }

    /// Forgets what was counted, because ranks moved. Clones count for themselves from then on.
    pub(super) fn forget(&mut self) {
        self.counted = self.counted.iter().map(|_| Mutex::default()).collect();
    }

    /// Uplinks of one leaf switch.
    pub(super) fn count(&self) -> u64 {
        self.links
    }

    /// The hash of a flow between two devices; its remainder by the uplinks is the one that it takes.
    pub(super) fn hash(&self, from: u32, to: u32) -> u64 {
        mix(self.seed ^ mix(u64::from(from) << 32 | u64::from(to)))
    }

    /// The uplink that a flow between two devices is hashed to.
    fn link(&self, from: u32, to: u32) -> u64 {
        self.hash(from, to) % self.links
    }
}

impl Fabric {
    /// Flows on the uplink of the flow from one rank to another, itself included, when every rank of
    /// its leaf sends as many ranks on, as in a ring or an exchange, and those that stay in the leaf
    /// need no uplink.
    pub(super) fn sharing(&self, uplinks: &Uplinks, index: usize, (from, to): (u32, u32)) -> u32 {
        let shift = if to >= from { to - from } else { to + (self.ranks - from) };
        let (device, peer) = (self.device(from), self.device(to));
        let leaf = u64::from(device) / uplinks.leaf;
        let slot = &uplinks.counted[leaf as usize % uplinks.counted.len()];
        let mut counted = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.flows.is_empty() || (counted.leaf, counted.shift) != (leaf, shift) {
            *counted = self.count(uplinks, index, leaf, shift);
        }
        // The flow that asks is one of those counted.
        counted.flows[uplinks.link(device, peer) as usize].max(1)
    }

    fn count(&self, uplinks: &Uplinks, index: usize, leaf: u64, shift: u32) -> Counted {
        let mut flows = vec![0; uplinks.links as usize];
        let first = leaf * uplinks.leaf;
        let last = (first + uplinks.leaf).min(u64::from(self.devices));
        for device in first as u32..last as u32 {
            let Some(rank) = self.map.rank(device, self.ranks) else { continue };
            let to = (u64::from(rank) + u64::from(shift)) % u64::from(self.ranks);
            let peer = self.map.device(to as u32);
            if self.leaves_leaf(index, uplinks.leaf, device, peer) {
                flows[uplinks.link(device, peer) as usize] += 1;
            }
        }
        Counted { leaf, shift, flows }
    }

    /// Whether a message between two devices takes an uplink of level `index`.
    fn leaves_leaf(&self, index: usize, leaf: u64, from: u32, to: u32) -> bool {
        // It may pass by: a switch further out takes it all the way.
        let passes = self.plans[index + 1..].iter().any(|outer| {
            outer.any_to_any && from / outer.stride % outer.size != to / outer.stride % outer.size
        });
        let unit = u64::from(self.plans[index].stride) * u64::from(self.plans[index].size);
        let own = |device: u32| u64::from(device) % unit / leaf;
        !passes && own(from) != own(to)
    }
}
