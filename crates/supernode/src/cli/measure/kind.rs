//! `--engine`: what computes a time.

use clap::ValueEnum;

/// What computes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EngineChoice {
    /// The most faithful one that answers within seconds.
    Auto,
    /// One task per rank, real bytes, results checked.
    Emulate,
    /// One task per rank, messages carry their size only.
    EmulateSizes,
    /// Exact, and folded by symmetry, longest paths and periods: any number of ranks.
    Folded,
    /// Exact, message by message in flat arrays; schedules that go in step.
    Sweep,
    /// The time-ordered ports engine.
    Ports,
    /// The same where messages share links inside the fabric: one after the other on each link.
    Links,
    /// All messages on a link at the same time, at max-min fair rates.
    LinksFair,
    /// The closed formula.
    Formula,
    /// The steps that a library would run, by their fitted costs.
    Profile,
}

impl EngineChoice {
    pub(in crate::cli) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Emulate => "emulate",
            Self::EmulateSizes => "emulate-sizes",
            Self::Folded => "folded",
            Self::Sweep => "sweep",
            Self::Ports => "ports",
            Self::Links => "links",
            Self::LinksFair => "links-fair",
            Self::Formula => "formula",
            Self::Profile => "profile",
        }
    }

    pub(in crate::cli) fn may_move_data(self) -> bool {
        matches!(self, Self::Auto | Self::Emulate)
    }
}
