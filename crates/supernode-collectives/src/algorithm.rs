//! The algorithms by name, and how each becomes a schedule.

use std::fmt;
use std::str::FromStr;

use crate::{
    Bine, Binomial, Bruck, ByDimension, Census, Chain, CirculantBroadcast, Collective,
    CollectiveError, Direct, Dissemination, DoubleBinaryTree, DualRoot, HcclPipeline, Hierarchical,
    InSwitch, Linear, MultiPortBucket, NeighbourExchange, Pairwise, Pat, Rabenseifner,
    RecursiveDoubling, Ring, Rings, ScatterAllGather, Schedule, SegmentedRing, SendRecv,
    StragglerAware, Swing, UnequalGroups, circulant, nb, nhr, recursive_exchange,
    recursive_multiplying,
};

/// The algorithms, and what is known of each: its name on the command line, other names in use for
/// it, what it is in a line, and how it is made of (collective, ranks, tuning).
macro_rules! algorithms {
    ($($(#[$doc:meta])* $variant:ident: $name:literal, [$($alias:literal),*], $summary:literal,
        $make:expr;)*) => {
        /// An algorithm of this crate. Names are the field's (NCCL, MPI).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Algorithm {
            $($(#[$doc])* $variant,)*
        }

        impl Algorithm {
            /// All algorithms.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Other names in use for it.
            pub const fn aliases(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($alias),*],)*
                }
            }

            /// What it is, in a line.
            pub const fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => $summary,)*
                }
            }

            /// The schedule of `collective` over `ranks` ranks.
            ///
            /// # Errors
            /// When the algorithm does not define the collective, its root is no rank, or the tuning
            /// does not fit the ranks.
            pub fn schedule(
                self,
                collective: Collective,
                ranks: u32,
                tuning: &Tuning,
            ) -> Result<Box<dyn Schedule>, CollectiveError> {
                match self {
                    $(Self::$variant => made($make(collective, ranks, tuning)),)*
                }
            }
        }
    };
}

/// The sizes of the levels that `told` has.
fn sizes(told: &Tuning) -> Vec<u32> {
    told.levels.iter().map(|level| level.size).collect()
}

/// The sizes of the two levels that `told` has.
fn two_levels(
    algorithm: &'static str,
    what: Collective,
    ranks: u32,
    told: &Tuning,
) -> Result<[u32; 2], CollectiveError> {
    what.check(algorithm, ranks, what.is_all_reduce_or_half())?;
    match sizes(told)[..] {
        [inner, outer] if u64::from(inner) * u64::from(outer) == u64::from(ranks) => {
            Ok([inner, outer])
        }
        _ => {
            let allowed = "two levels whose sizes multiply to the number of ranks";
            Err(CollectiveError::RanksForbidden { algorithm, ranks, allowed })
        }
    }
}

/// A schedule behind a pointer.
fn made<S: Schedule + 'static>(
    schedule: Result<S, CollectiveError>,
) -> Result<Box<dyn Schedule>, CollectiveError> {
    Ok(Box::new(schedule?))
}

algorithms! {
    /// See [`Ring`].
    Ring: "ring", [],
        "neighbour to neighbour; best bandwidth on one link, 2(N-1) steps",
        |what, ranks, _: &Tuning| Ring::new(what, ranks);
    /// See [`DoubleBinaryTree`].
    DoubleBinaryTree: "double-binary-tree", ["tree", "dbt"],
        "two pipelined trees; few steps at nearly full bandwidth",
        |what, ranks, told: &Tuning| DoubleBinaryTree::new(what, ranks, told.slices);
    /// See [`DualRoot`].
    DualRoot: "dual-root", ["dual-tree"],
        "two halves with a tree each; sums in rank order, up and down at once",
        |what, ranks, told: &Tuning| DualRoot::new(what, ranks, told.slices);
    /// See [`RecursiveDoubling`].
    RecursiveDoubling: "recursive-doubling", ["rd", "recursive-halving"],
        "partners at distance 1, 2, 4, ...; log2 N steps",
        |what, ranks, _: &Tuning| RecursiveDoubling::new(what, ranks);
    /// See [`Direct::one_shot`].
    OneShot: "one-shot", ["allpairs"],
        "everyone sends everything to everyone; one step",
        |what, ranks, _: &Tuning| Direct::one_shot(what, ranks);
    /// See [`Direct::two_shot`].
    TwoShot: "two-shot", ["direct", "mesh"],
        "direct reduce-scatter, then direct all-gather; two steps",
        |what, ranks, _: &Tuning| Direct::two_shot(what, ranks);
    /// See [`InSwitch`].
    InSwitch: "in-switch", ["nvls", "sharp"],
        "the switch reduces and multicasts (NVLink SHARP)",
        |what, ranks, told: &Tuning| InSwitch::new(what, ranks, told.slices);
    /// See [`Hierarchical`].
    Hierarchical: "hierarchical", ["bucket", "blueconnect"],
        "level by level: mesh direct, switch ring, torus bucket",
        |what, ranks, told: &Tuning| Hierarchical::new(what, ranks, &told.levels);
    /// See [`circulant()`].
    Circulant: "circulant", ["traeff"],
        "distances halved, rounded up; ceil(log2 N) steps at full bandwidth on any N",
        |what, ranks, _: &Tuning| circulant(what, ranks);
    /// See [`nhr()`].
    Nhr: "nhr", ["sparbit", "low-bit"],
        "distances 1, 2, 4, ...; ceil(log2 N) steps at full bandwidth, near first (HCCL)",
        |what, ranks, _: &Tuning| nhr(what, ranks);
    /// See [`nb()`].
    Nb: "nb", [],
        "distances 1, 2, 4, ...; ceil(log2 N) steps at full bandwidth, Bruck (HCCL)",
        |what, ranks, _: &Tuning| nb(what, ranks);
    /// See [`Rabenseifner`].
    Rabenseifner: "rabenseifner", ["rhd", "halving-doubling"],
        "recursive halving, then doubling; 2 log2 N steps at full bandwidth on powers of two",
        |what, ranks, _: &Tuning| Rabenseifner::new(what, ranks);
    /// See [`Census`].
    Census: "census", [],
        "whole vectors in ceil(log2 N) steps on any N; last bits differ between ranks",
        |what, ranks, _: &Tuning| Census::new(what, ranks);
    /// See [`NeighbourExchange`].
    NeighbourExchange: "neighbour-exchange", ["neighbor"],
        "two blocks at a time between neighbours; N/2 steps, even N",
        |what, ranks, _: &Tuning| NeighbourExchange::new(what, ranks);
    /// See [`recursive_multiplying()`].
    RecursiveMultiplying: "recursive-multiplying", [],
        "whole vectors in groups of the radix at distance 1, k, k^2, ...",
        |what, ranks, told: &Tuning| recursive_multiplying(what, ranks, told.radix);
    /// See [`recursive_exchange()`].
    RecursiveExchange: "recursive-exchange", ["recexch", "sra-knomial"],
        "halving and doubling in groups of the radix",
        |what, ranks, told: &Tuning| recursive_exchange(what, ranks, told.radix);
    /// See [`MultiPortBucket`].
    MultiPortBucket: "multi-port-bucket", ["multi-bucket"],
        "buckets through the dimensions of a torus (levels) on all links at once",
        |what, ranks, told: &Tuning| MultiPortBucket::new(what, ranks, &sizes(told));
    /// See [`HcclPipeline`].
    HcclPipeline: "hccl-pipeline", [],
        "a ring across groups while a mesh works inside them (HCCL)",
        |what, ranks, told: &Tuning| {
            let [inner, groups] = two_levels("hccl-pipeline", what, ranks, told)?;
            HcclPipeline::new(what, inner, groups)
        };
    /// See [`UnequalGroups`].
    UnequalGroups: "ahc", ["unequal-groups"],
        "two levels of unequal groups, whose sizes the levels are (HCCL)",
        |what, ranks, told: &Tuning| UnequalGroups::new(what, ranks, &sizes(told));
    /// See [`Swing`].
    Swing: "swing", [],
        "distances 1, -1, 3, -5, ...; ceil(log2 N) steps, little across a torus, even N",
        |what, ranks, _: &Tuning| Swing::new(what, ranks);
    /// See [`StragglerAware`].
    StragglerAware: "straggler-aware", ["stragglar"],
        "a ring that spares its last rank, which is late or degraded",
        |what, ranks, _: &Tuning| StragglerAware::new(what, ranks);
    /// See [`Bine`].
    Bine: "bine", [],
        "peers of swing, each step one run of blocks; powers of two",
        |what, ranks, _: &Tuning| Bine::new(what, ranks);
    /// See [`Pat`].
    Pat: "pat", [],
        "trees of all blocks at once, at most so many slices a message (NCCL)",
        |what, ranks, told: &Tuning| Pat::new(what, ranks, told.slices);
    /// See [`SegmentedRing`].
    SegmentedRing: "segmented-ring", ["pipelined-ring"],
        "a ring in slices, whose latency hides behind the next slice",
        |what, ranks, told: &Tuning| SegmentedRing::new(what, ranks, told.slices);
    /// See [`Rings::bidirectional`].
    BidirectionalRing: "bidirectional-ring", ["double-ring"],
        "a ring each way round, half of the data on each",
        |what, ranks, _: &Tuning| Rings::bidirectional(what, ranks);
    /// See [`Rings::on_mesh`].
    MeshRings: "mesh-rings", ["hamiltonian-ring"],
        "both ways along a cycle through all of a mesh (two levels)",
        |what, ranks, told: &Tuning| {
            let [columns, rows] = two_levels("mesh-rings", what, ranks, told)?;
            Rings::on_mesh(what, rows, columns)
        };
    /// See [`Rings::on_torus`].
    TorusRings: "torus-rings", [],
        "both ways along two cycles of a torus (two levels) that share no link",
        |what, ranks, told: &Tuning| {
            let [columns, rows] = two_levels("torus-rings", what, ranks, told)?;
            Rings::on_torus(what, rows, columns)
        };
    /// See [`Rings::on_full_mesh`].
    FullMeshRings: "full-mesh-rings", ["tillson", "multi-ring"],
        "N-1 rings that use every link of a full mesh once each way",
        |what, ranks, _: &Tuning| Rings::on_full_mesh(what, ranks);
    /// See [`Binomial`].
    Binomial: "binomial", ["k-nomial", "knomial"],
        "a tree whose holders of data double every round (or times the radix)",
        |what, ranks, told: &Tuning| Binomial::new(what, ranks, told.radix);
    /// See [`Chain`].
    Chain: "chain", ["pipeline"],
        "slices pass from rank to rank; best bandwidth on one link",
        |what, ranks, told: &Tuning| Chain::new(what, ranks, told.slices);
    /// See [`CirculantBroadcast`].
    CirculantBroadcast: "circulant-broadcast", ["circ-graph"],
        "blocks on a circulant graph; the fewest rounds on any N",
        |what, ranks, told: &Tuning| CirculantBroadcast::new(what, ranks, told.slices);
    /// See [`ScatterAllGather`].
    ScatterAllGather: "scatter-all-gather", ["van-de-geijn"],
        "blocks down a tree, then around a ring (or back): large vectors",
        |what, ranks, _: &Tuning| ScatterAllGather::new(what, ranks);
    /// See [`Linear`].
    Linear: "linear", ["flat", "star"],
        "the root talks to everyone",
        |what, ranks, _: &Tuning| Linear::new(what, ranks);
    /// See [`Pairwise`].
    Pairwise: "pairwise", [],
        "everyone meets one other every round; N-1 rounds, no incast",
        |what, ranks, _: &Tuning| Pairwise::new(what, ranks);
    /// See [`Bruck`].
    Bruck: "bruck", ["k-bruck"],
        "blocks by the digits of their distance; ceil(log2 N) messages (or by the radix)",
        |what, ranks, told: &Tuning| Bruck::new(what, ranks, told.radix);
    /// See [`ByDimension`].
    ByDimension: "by-dimension", ["2d-mesh", "3d-mesh"],
        "all-to-all level by level: fewer, larger messages",
        |what, ranks, told: &Tuning| ByDimension::new(what, ranks, &told.levels);
    /// See [`Dissemination`].
    Dissemination: "dissemination", ["k-dissemination"],
        "signals at distance 1, 2, 4, ... (or powers of the radix)",
        |what, ranks, told: &Tuning| Dissemination::new(what, ranks, told.radix);
    /// See [`SendRecv::two_sided`].
    TwoSided: "two-sided", ["p2p"],
        "send and receive",
        |what, ranks, _: &Tuning| SendRecv::two_sided(what, ranks);
    /// See [`SendRecv::one_sided`].
    OneSided: "one-sided", ["put"],
        "put into the memory of the receiver, then its signal",
        |what, ranks, _: &Tuning| SendRecv::one_sided(what, ranks);
}

/// How the ranks of one level of a hierarchy talk among themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inner {
    /// Around a ring.
    Ring,
    /// Everyone with everyone at once.
    Direct,
    /// Through a switch that reduces and multicasts.
    InSwitch,
}

impl FromStr for Inner {
    type Err = CollectiveError;
    fn from_str(text: &str) -> Result<Self, CollectiveError> {
        match text {
            "ring" => Ok(Self::Ring),
            "direct" => Ok(Self::Direct),
            "in-switch" => Ok(Self::InSwitch),
            _ => Err(CollectiveError::UnknownAlgorithm {
                name: text.to_owned(),
                known: "ring, direct, in-switch".to_owned(),
            }),
        }
    }
}

/// One level of a hierarchical schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LevelPlan {
    /// Ranks (innermost level) or groups that meet at this level.
    pub size: u32,
    /// How they talk.
    pub inner: Inner,
}

/// What an algorithm may be told beyond the number of ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tuning {
    /// Pieces each rank's share is cut into where the algorithm pipelines (trees, chains, in-switch).
    pub slices: u32,
    /// Levels of a hierarchical schedule, innermost first; see [`crate::fit_levels`].
    pub levels: Vec<LevelPlan>,
    /// Radix of trees and of dissemination, 2 or more: one more than the peers of a round.
    pub radix: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { slices: 8, levels: Vec::new(), radix: 2 }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = CollectiveError;
    /// Accepts names and aliases, with `-` or `_`.
    fn from_str(text: &str) -> Result<Self, CollectiveError> {
        let name = text.replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|a| a.name() == name || a.aliases().contains(&name.as_str()))
            .ok_or_else(|| CollectiveError::UnknownAlgorithm {
                name: text.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            })
    }
}
