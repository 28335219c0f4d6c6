//! The links of one level.

use supernode_units::Bandwidth;

use crate::fabric::{Fabric, Plan};
use crate::level::{Level, LevelKind, Oversubscription, Spread};

/// The links of one level, which every node of it has as many of.
#[derive(Debug, Clone)]
pub(super) struct LevelLinks {
    /// The number of the first one.
    first: u64,
    nodes: u64,
    per_node: u64,
    /// Bytes per second of each.
    pub(super) rate: Bandwidth,
    pub(super) form: Form,
    /// Whether messages go around dead links.
    detours: bool,
}

/// How the links of a node are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By device and port.
    Ports {
        /// Ports of a device.
        ports: u32,
    },
    /// By rail, leaf and direction.
    Pooled {
        /// Children below a leaf switch.
        leaf: u32,
        /// Leaf switches of a node and rail.
        leaves: u32,
    },
    /// By leaf, uplink and direction; then by pod, middle switch, its uplink and direction.
    Hashed {
        /// Children below a leaf switch, and leaf switches of a pod.
        leaf: u32,
        /// Leaf switches of a node.
        leaves: u32,
        /// Uplinks of a leaf switch.
        uplinks: u32,
        /// Whether pods are joined by a third tier.
        pods: bool,
    },
}

/// A direction in which a leaf switch sends or is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
}

impl LevelLinks {
    /// The links of the level at `index` from number `first` on, for devices up to `last_device`;
    /// none if messages do not meet there.
    pub(super) fn of(fabric: &Fabric, index: usize, first: u64, last_device: u32) -> Option<Self> {
        let (kind, plan) = (&fabric.levels[index].kind, &fabric.plans[index]);
        let broken = fabric.broken.as_ref();
        let detours = broken.is_some_and(|broken| broken.has_detours(index as u32));
        let form = Form::of(kind, plan, detours)?;
        let port = plan.rate_in_leaf.bytes_per_s();
        let devices = |leaf: u32| u128::from(leaf) * u128::from(plan.stride);
        // All uplinks of a leaf together.
        let pooled = |devices: u128, over: Oversubscription| {
            u128::from(port) * devices * u128::from(over.up) / u128::from(over.down)
        };
        let (rate, per_node) = match (form, kind) {
            (Form::Pooled { leaf, leaves }, LevelKind::Rail { oversubscription, .. }) => {
                // A rail's leaf switch holds one device of each child.
                let rate = pooled(u128::from(leaf), *oversubscription);
                (rate, 2 * u64::from(plan.stride) * u64::from(leaves))
            }
            (Form::Pooled { leaf, leaves }, LevelKind::Clos { oversubscription, .. }) => {
                (pooled(devices(leaf), *oversubscription), 2 * u64::from(leaves))
            }
            (
                Form::Hashed { leaf, leaves, uplinks, pods },
                LevelKind::Clos { oversubscription, .. },
            ) => {
                let rate = pooled(devices(leaf), *oversubscription) / u128::from(uplinks);
                let middle = u64::from(if pods { leaves.div_ceil(leaf) * leaf } else { 0 });
                (rate, 2 * u64::from(uplinks) * (u64::from(leaves) + middle))
            }
            (Form::Ports { ports }, _) => {
                let devices = u64::from(plan.stride) * u64::from(plan.size);
                (u128::from(port), devices * u64::from(ports))
            }
            _ => return None,
        };
        let rate = Bandwidth::new(u64::try_from(rate).unwrap_or(u64::MAX).max(1));
        let nodes = u64::from(last_device) / (u64::from(plan.stride) * u64::from(plan.size)) + 1;
        Some(Self { first, nodes, per_node, rate, form, detours })
    }

    pub(super) fn count(&self) -> u64 {
        self.nodes.saturating_mul(self.per_node)
    }

    /// The most links of the level that a message takes, and the most legs.
    pub(super) fn longest(&self, level: &Level) -> (u32, u32) {
        let dims = level.kind.dims(level.size);
        let links = match (self.form, &level.kind) {
            (Form::Ports { .. }, LevelKind::FullMesh { .. }) => {
                dims.len() as u32 * if self.detours { 2 } else { 1 }
            }
            (Form::Ports { .. }, _) => {
                let most = |dim: &u32| if self.detours { dim - 1 } else { dim / 2 };
                dims.iter().map(most).fold(0, u32::saturating_add)
            }
            (Form::Hashed { pods: true, .. }, _) => 4,
            (Form::Pooled { .. } | Form::Hashed { .. }, _) => 2,
        };
        let mesh = matches!(level.kind, LevelKind::FullMesh { .. });
        let legs = if dims.is_empty() || mesh { links } else { dims.len() as u32 };
        (links, legs)
    }

    pub(super) fn holds(&self, link: u32) -> bool {
        (self.first..self.first + self.count()).contains(&u64::from(link))
    }

    /// The number of the link at `place` of `node`.
    pub(super) fn number(&self, node: u32, place: u64) -> u32 {
        (self.first + u64::from(node) * self.per_node + place) as u32
    }

    /// Node and place of a link: the reverse.
    pub(super) fn place(&self, link: u32) -> (u64, u64) {
        let own = u64::from(link) - self.first;
        (own / self.per_node, own % self.per_node)
    }
}

impl Form {
    fn of(kind: &LevelKind, plan: &Plan, detours: bool) -> Option<Self> {
        let crowded = |over: &Oversubscription| over.down > over.up;
        match kind {
            LevelKind::OnPackage | LevelKind::Switch => None,
            // A message that comes from another child is passed on, and so is one that turns or goes
            // further than a neighbour.
            LevelKind::FullMesh { dims } => {
                let turns = dims.iter().filter(|dim| **dim > 1).count() > 1;
                let ports = kind.links(plan.size) as u32;
                (turns || detours || plan.stride > 1).then_some(Self::Ports { ports })
            }
            LevelKind::Torus { .. } | LevelKind::Ring => {
                let turns = plan.dims.iter().filter(|dim| **dim > 1).count() > 1;
                let far = plan.dims.iter().any(|dim| *dim > 3);
                let ports = kind.links(plan.size) as u32;
                (turns || far || detours || plan.stride > 1).then_some(Self::Ports { ports })
            }
            // One leaf switch joins all.
            LevelKind::Clos { leaf, .. } if *leaf >= plan.size => None,
            LevelKind::Clos { leaf, spread: Spread::Ecmp { .. }, tiers, .. } => {
                let leaves = plan.size.div_ceil(*leaf);
                let uplinks = plan.uplinks.as_ref()?.count().min(u64::from(u32::MAX)) as u32;
                let pods = *tiers == 3 && leaves > *leaf;
                Some(Self::Hashed { leaf: *leaf, leaves, uplinks, pods })
            }
            LevelKind::Clos { leaf, oversubscription, .. }
            | LevelKind::Rail { leaf, oversubscription } => {
                let leaves = plan.size.div_ceil(*leaf);
                crowded(oversubscription).then_some(Self::Pooled { leaf: *leaf, leaves })
            }
        }
    }
}
