//! The algorithms by name, and how each becomes a schedule.

use std::fmt;
use std::str::FromStr;

use crate::{
    Collective, CollectiveError, Direct, DoubleBinaryTree, Hierarchical, InSwitch,
    RecursiveDoubling, Ring, Schedule,
};

/// An algorithm of this crate. Names are the field's (NCCL, MPI).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// See [`Ring`].
    Ring,
    /// See [`DoubleBinaryTree`].
    DoubleBinaryTree,
    /// See [`RecursiveDoubling`].
    RecursiveDoubling,
    /// See [`Direct::one_shot`].
    OneShot,
    /// See [`Direct::two_shot`].
    TwoShot,
    /// See [`InSwitch`].
    InSwitch,
    /// See [`Hierarchical`].
    Hierarchical,
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
    /// Pieces each rank's share is cut into where the algorithm pipelines (trees, in-switch).
    pub slices: u32,
    /// Levels of a hierarchical schedule, innermost first; see [`crate::fit_levels`].
    pub levels: Vec<LevelPlan>,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { slices: 8, levels: Vec::new() }
    }
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Self; 7] = [
        Self::Ring,
        Self::DoubleBinaryTree,
        Self::RecursiveDoubling,
        Self::OneShot,
        Self::TwoShot,
        Self::InSwitch,
        Self::Hierarchical,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::DoubleBinaryTree => "double-binary-tree",
            Self::RecursiveDoubling => "recursive-doubling",
            Self::OneShot => "one-shot",
            Self::TwoShot => "two-shot",
            Self::InSwitch => "in-switch",
            Self::Hierarchical => "hierarchical",
        }
    }

    /// Other names in use for it.
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Ring => &[],
            Self::DoubleBinaryTree => &["tree", "dbt"],
            Self::RecursiveDoubling => &["rd", "recursive-halving"],
            Self::OneShot => &["allpairs"],
            Self::TwoShot => &["direct", "mesh"],
            Self::InSwitch => &["nvls", "sharp"],
            Self::Hierarchical => &["bucket", "blueconnect"],
        }
    }

    /// What it is, in a line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Ring => "neighbour to neighbour; best bandwidth on one link, 2(N-1) steps",
            Self::DoubleBinaryTree => "two pipelined trees; few steps at nearly full bandwidth",
            Self::RecursiveDoubling => "partners at distance 1, 2, 4, ...; log2 N steps",
            Self::OneShot => "everyone sends everything to everyone; one step",
            Self::TwoShot => "direct reduce-scatter, then direct all-gather; two steps",
            Self::InSwitch => "the switch reduces and multicasts (NVLink SHARP)",
            Self::Hierarchical => "level by level: mesh direct, switch ring, torus bucket",
        }
    }

    /// The schedule of `collective` over `ranks` ranks.
    ///
    /// # Errors
    /// When the algorithm does not define the collective, or the tuning does not fit the ranks.
    pub fn schedule(
        self,
        collective: Collective,
        ranks: u32,
        tuning: &Tuning,
    ) -> Result<Box<dyn Schedule>, CollectiveError> {
        Ok(match self {
            Self::Ring => Box::new(Ring::new(collective, ranks)?),
            Self::DoubleBinaryTree => {
                Box::new(DoubleBinaryTree::new(collective, ranks, tuning.slices)?)
            }
            Self::RecursiveDoubling => Box::new(RecursiveDoubling::new(collective, ranks)?),
            Self::OneShot => Box::new(Direct::one_shot(collective, ranks)?),
            Self::TwoShot => Box::new(Direct::two_shot(collective, ranks)?),
            Self::InSwitch => Box::new(InSwitch::new(collective, ranks, tuning.slices)?),
            Self::Hierarchical => Box::new(Hierarchical::new(collective, ranks, &tuning.levels)?),
        })
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
